"""Versions of a contract, side by side in one process: generated, imported, and compared."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from fusiongen.compat.changes import changed
from fusiongen.compat.rule import Change
from fusiongen.output.contents import lock_of
from fusiongen.output.lock import Lock, lock_text
from fusiongen.output.plan import plan
from fusiongen.output.write import write
from fusiongen.project import load
from fusiongen.reader.contracts import Reading

__all__ = ["MARKER", "Pair", "Served", "Version", "Workshop", "module_text", "workshop"]

MARKER = "marker"
"""A compute method that every contract here has, for the tests themselves; what is sharded, is so
by its `id`."""
PRELUDE = """\
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Collection, Mapping
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import date
from decimal import Decimal
from enum import STRICT, Enum, Flag, IntEnum, IntFlag, StrEnum, auto
from typing import Annotated, Any, Final, Generic, Literal, NamedTuple, NewType, NotRequired
from typing import Optional, Protocol, Required, Self, TypedDict, TypeVar, Union
from uuid import UUID

import attr
import attrs
import msgspec
from fusionrt import (
    ANY,
    Principal,
    Secret,
    Session,
    command,
    compute,
    idempotent,
    oneway,
    service,
    stream,
)
from pydantic import AliasChoices, BaseModel, Field
from typing_extensions import ReadOnly, deprecated

Id = NewType("Id", str)
Name = str


"""
_SERVICE = "@service\nclass Carts(Protocol):\n"
_MARKED = f"\n\n    @compute\n    async def {MARKER}(self, id: str) -> int: ...\n"
_CONFIG = '[tool.fusiongen]\ncontracts = ["{0}/contracts.py"]\nout = "{0}/generated"\n'
_NAME = "shop"


def module_text(case: str) -> str:
    """The module of one side of a rule's case: methods alone stand for a contract of them."""
    return PRELUDE + (_SERVICE if case.startswith("    ") else "") + case + _MARKED


@dataclass(frozen=True, slots=True)
class Served:
    """One service of a version, as it is generated."""

    service: Any
    client: Any
    contract: Any


@dataclass(frozen=True)
class Version:
    """One version.

    package: its import name. lock: with `shop` in its place, so that versions can be compared.
    """

    package: str
    lock: Lock
    reading: Reading

    @cached_property
    def contracts(self) -> Any:
        """The module of its contract."""
        return importlib.import_module(f"{self.package}.contracts")

    def found(self, name: str) -> Any:
        """What a name of the lock stands for in this version; None if there is no such thing."""
        found = self.contracts
        for part in name.split(".")[2:]:
            found = getattr(found, part, None)
        return found

    @cached_property
    def services(self) -> Mapping[str, Served]:
        """Its services, by name."""
        return dict(self._services())

    def _services(self) -> Iterator[tuple[str, Served]]:
        for name, locked in self.lock.contracts.items():
            module = importlib.import_module(f"{self.package}.generated.{name}")
            title = locked.protocol.rpartition(".")[2]
            client, service = (getattr(module, f"{title}{end}") for end in ("Client", "Service"))
            yield name, Served(service, client, client._fusion_contract)

    def spelled(self, text: str) -> str:
        """A text with names of the lock, as they are in this version."""
        return text.replace(f"{_NAME}.", f"{self.package}.")

    def unspelled(self, text: str) -> str:
        """A text with names of this version, as the lock has them."""
        return text.replace(f"{self.package}.", f"{_NAME}.")


@dataclass(frozen=True)
class Pair:
    """Two versions of a contract."""

    old: Version
    new: Version

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What `check --against` says, with `shop` in the place of the package."""
        old = Lock.model_validate_json(self.new.spelled(self.old.lock.model_dump_json()))
        return tuple(
            replace(each, at=self.new.unspelled(each.at), message=self.new.unspelled(each.message))
            for each in changed(old, self.new.reading)
        )


class Workshop:
    """Makes versions, each with a package of its own below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[str, Version] = {}
        self._pairs: dict[tuple[str, str], Pair] = {}
        self._numbers = count()

    def pair(self, old: str, new: str) -> Pair:
        """The versions whose modules have these texts."""
        if (old, new) not in self._pairs:
            self._pairs[old, new] = Pair(self.version(old), self.version(new))
        return self._pairs[old, new]

    def version(self, text: str) -> Version:
        """The version whose module has this text.

        Raises:
            GenerationError: the contract is refused.
        """
        if text in self._made:
            return self._made[text]
        name = f"v{next(self._numbers):04}"
        place = self.folder / name
        place.mkdir()
        (place / "contracts.py").write_text(text)
        (self.folder / "pyproject.toml").write_text(_CONFIG.format(name))
        project = load(self.folder)
        planned = plan(project)
        lock = lock_text(lock_of(planned.reading)).replace(f"{name}.", f"{_NAME}.")
        write(project, planned)
        importlib.invalidate_caches()
        made = self._made[text] = Version(name, Lock.model_validate_json(lock), planned.reading)
        return made


@contextmanager
def workshop(folder: Path) -> Iterator[Workshop]:
    """A workshop whose packages can be imported while the context lasts."""
    made = Workshop(folder)
    sys.path.insert(0, str(folder))
    try:
        yield made
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if (folder / name.partition(".")[0]).is_dir()]:
            del sys.modules[name]
