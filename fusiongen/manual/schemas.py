"""Writes the JSON Schemas of the files that users see: `python -m fusiongen.manual.schemas`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel

from ..output.lock import Lock
from ..project import Config
from ..resources import folder
from ..show.description import Description

__all__ = ["schemas", "write"]


_MODELS: Mapping[str, tuple[type[BaseModel], Literal["validation", "serialization"]]] = {
    "config": (Config, "validation"),
    "description": (Description, "serialization"),
    "lock": (Lock, "validation"),  # what has its default is left out
}


def schemas() -> Mapping[str, str]:
    """The text of each schema, by its file name."""
    return {
        f"{name}.schema.json": json.dumps(
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                **model.model_json_schema(mode=mode),
            },
            indent=2,
            sort_keys=True,
        )
        + "\n"
        for name, (model, mode) in _MODELS.items()
    }


def write() -> None:
    """Bring the folder `schemas` up to date."""
    for name, text in schemas().items():
        (folder("schemas") / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
