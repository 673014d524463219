"""A real nats-server that permits what `fusiongen permissions` prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fusiongen.permissions import Rights, as_nats

from .natsserver import NatsServer

__all__ = ["permitted"]


def permitted(
    folder: Path, rights: dict[str, Rights], patch: pytest.MonkeyPatch, *more: str
) -> NatsServer:
    """With what is printed for these roles; the password of each is its name, behind `pw-`.

    more: of its command line.
    """
    text = as_nats(rights)
    for variable in re.findall(r"\$(\w+_PASSWORD)", text):
        patch.setenv(variable, f"pw-{variable.removesuffix('_PASSWORD').lower()}")
    path = folder / "server.conf"
    path.write_text(text)
    return NatsServer(folder, "-c", str(path), *more)
