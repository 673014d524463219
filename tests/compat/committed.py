"""A project whose first lock is committed, and what is told of it since."""

from __future__ import annotations

import subprocess
from pathlib import Path

from fusiongen.commands.check import check
from fusiongen.compat.rule import Tier
from fusiongen.output.write import generate
from fusiongen.project import Project
from fusiongen.show.report import Report

__all__ = ["NEW", "OLD", "TYPES", "git", "told_against"]

OLD = """\
from shop.types import Cart
from typing import Protocol

from fusionrt import command, compute, service


@service
class Carts(Protocol):
    @compute
    async def get(self, id: str, /) -> Cart: ...

    async def ping(self) -> str: ...

    @command(invalidates=["get(cart.id)"])
    async def put(self, cart: Cart) -> None: ...
"""
NEW = OLD.replace("    async def ping(self) -> str: ...\n\n", "").replace("cart: Cart", "new: Cart")
NEW = NEW.replace("get(cart.id)", "get(new.id)")
TYPES = "from dataclasses import dataclass\n\n\n@dataclass(frozen=True)\nclass Cart:\n    id: str\n"


def git(folder: Path, *arguments: str) -> str:
    """What git answers in a folder."""
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def told_against(project: Project, against: str = "HEAD", tier: Tier = Tier.SOURCE) -> list[Report]:
    """The breaking changes since a revision or a lock file."""
    generate(project)
    return [each for each in check(project, against, tier) if each.kind == "breaking"]
