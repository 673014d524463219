"""Writes the JSON Schemas of the files that users see: `python -m fusiongen.schemas`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import BaseModel

from .lock import Lock
from .project import Config
from .resources import folder

__all__ = ["schemas", "write"]


def schemas() -> Mapping[str, str]:
    """The text of each schema, by its file name."""
    models: Mapping[str, type[BaseModel]] = {"config": Config, "lock": Lock}
    return {
        f"{name}.schema.json": json.dumps(
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                **model.model_json_schema(),
            },
            indent=2,
            sort_keys=True,
        )
        + "\n"
        for name, model in models.items()
    }


def write() -> None:
    """Bring the folder `schemas` up to date."""
    for name, text in schemas().items():
        (folder("schemas") / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
