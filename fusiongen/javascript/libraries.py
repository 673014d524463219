"""Contracts of installed packages that pages call, too: read from their text, as the project's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from ..contract import Ref
from ..errors import GenerationError
from ..reader.contracts import Reading, read
from ..reader.modules import Modules
from ..reader.sources import Sources
from ..show.description import Description, description_of

__all__ = ["Library", "libraries"]


class Library(NamedTuple):
    """One package: its text, and the services of it that are asked for."""

    sources: Sources
    description: Description


def libraries(names: Iterable[str]) -> Iterator[Library]:
    """The packages that hold these contracts. Nothing of them is imported.

    names: whence an application imports them: `fusionrt.ext.Users`.

    Raises:
        GenerationError: there is no such contract, or browsers cannot reach it.
    """
    by_root: dict[Path, list[str]] = {}
    for name in names:
        by_root.setdefault(_root_of(name), []).append(name)
    for root, named in by_root.items():
        yield _read(root, named)


def _root_of(name: str) -> Path:
    """The folder that a package is imported from."""
    package = name.partition(".")[0]
    spec = find_spec(package) if package.isidentifier() else None
    places = _places(spec) if spec is not None else []
    if not places:
        raise _unknown(name)
    return Path(places[0]).parent.resolve()


def _places(spec: ModuleSpec) -> list[str]:
    if spec.submodule_search_locations is not None:
        return list(spec.submodule_search_locations)
    return [spec.origin] if spec.has_location and spec.origin else []


def _read(root: Path, names: list[str]) -> Library:
    sources = Sources(root, [root])
    modules = Modules(sources)
    wanted = {_origin(modules, name): name for name in names}
    reading = read(sources, sorted({ref.module for ref in wanted}))
    found = {contract.ref: contract for contract in reading.contracts}
    for ref, name in wanted.items():
        if ref not in found:
            raise _unknown(name)
        if found[ref].internal:
            raise GenerationError(
                f"`{name}` under `library-contracts` is internal, so no page may call it: "
                "call it from a service of your own"
            )
    return Library(sources, _only(reading, {found[ref].name for ref in wanted}))


def _only(reading: Reading, services: set[str]) -> Description:
    description = description_of(reading)
    kept = {name: each for name, each in description.services.items() if name in services}
    return description.model_copy(update={"services": kept})


def _origin(modules: Modules, name: str) -> Ref:
    """Where a contract is defined, whencever it is imported."""
    module, _, last = name.rpartition(".")
    found = modules.definition(Ref(module=module, name=last)) if module else None
    if found is None or found.node is None:
        raise _unknown(name)
    return found.ref


def _unknown(name: str) -> GenerationError:
    return GenerationError(
        f"`{name}` under `library-contracts` is no contract of an installed package: "
        "write whence your application imports it, such as `fusionrt.ext.Users`"
    )
