"""Which types of the project its contracts refer to, directly or through others."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from ..contract import Literals, Named, Ref, Type, parts
from ..reader.contracts import Reading
from ..reader.shapes import Structure

__all__ = ["referenced"]


def referenced(reading: Reading) -> Iterator[Structure]:
    """Every type of the source roots that the contracts refer to, directly or through others."""
    structures = reading.structures
    queue: deque[Ref] = deque()
    for contract in reading.contracts:
        queue.extend(contract.raises)
        for type_ in contract.types():
            queue.extend(_refs(type_))
    seen: set[Ref] = set()
    while queue:
        structure = structures.of(queue.popleft())
        if structure is None or structure.ref in seen:
            continue
        seen.add(structure.ref)
        yield structure
        queue.extend(structure.bases)
        for shown in (structure.target, *(field.type for field in structure.fields)):
            queue.extend(_refs(shown) if shown is not None else ())


def _refs(type_: Type) -> Iterator[Ref]:
    for part in parts(type_):
        if isinstance(part, Named):
            yield part.ref
        elif isinstance(part, Literals):
            for value in part.values:
                for member in value.parts:
                    if isinstance(member, Ref):
                        enum, _, _ = member.name.rpartition(".")
                        yield Ref(module=member.module, name=enum or member.name)
