"""Two versions of one service in one process: their hosts and clients speak over a broker."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fusiongen.compat.compare import breaking
from fusiongen.emit import generate, reading_of
from fusiongen.lock import Lock, lock_of, lock_text
from fusiongen.project import load

__all__ = ["Version", "Versions", "versions"]

_PRELUDE = """\
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import NamedTuple, Protocol
from uuid import UUID

from fusionrt import ANY, command, compute, service

"""
_SERVICE = """\
from {package}.contracts import *
from {package}.contracts import __dict__ as _names
from {package}.generated.carts import CartsService

globals().update(_names)

"""
_CONFIG = '[tool.fusiongen]\ncontracts = ["{0}/contracts.py"]\nout = "{0}/generated"\n'


@dataclass(frozen=True, slots=True)
class Version:
    """One version: the module of its contract, its client's class, and its service's class."""

    contracts: Any
    client: Any
    service: Any


@dataclass(frozen=True, slots=True)
class Versions:
    """Both of them, and the ids of the breaking changes between them."""

    old: Version
    new: Version
    changes: frozenset[str]


@contextmanager
def versions(folder: Path, old: tuple[str, str], new: tuple[str, str]) -> Iterator[Versions]:
    """Generate and import both. A version is the text of its contract, and that of a subclass of
    `CartsService` called `Carts_`.
    """
    before = set(sys.modules)
    locks = []
    made = []
    sys.path.insert(0, str(folder))
    try:
        for name, (contract, service) in (("old_version", old), ("new_version", new)):
            place = folder / name
            place.mkdir()
            (place / "contracts.py").write_text(f"{_PRELUDE}\n{contract}")
            (folder / "pyproject.toml").write_text(_CONFIG.format(name))
            project = load(folder)
            generate(project)
            lock = lock_text(lock_of(reading_of(project)))
            locks.append(lock.replace("old_version.", "new_version."))
            (place / "service.py").write_text(f"{_SERVICE.format(package=name)}\n{service}")
            importlib.invalidate_caches()
            made.append(
                Version(
                    importlib.import_module(f"{name}.contracts"),
                    importlib.import_module(f"{name}.generated.carts").CartsClient,
                    importlib.import_module(f"{name}.service").Carts_,
                )
            )
        old_lock, new_lock = map(Lock.model_validate_json, locks)
        changes = breaking(old_lock, new_lock)
        yield Versions(made[0], made[1], frozenset(change.rule for change in changes))
    finally:
        sys.path.remove(str(folder))
        for module in set(sys.modules) - before:
            if module.startswith(("old_version", "new_version")):
                del sys.modules[module]
