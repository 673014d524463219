"""Locks made ready to be compared: unions as they travel, types and their parameters under the
names of today."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ..contract import Kind, Named, Ref, Type, Union, filled, parsed_type, remade
from ..output.lock import Lock, LockedField, LockedMethod, LockedType

__all__ = ["ordered", "parameterized", "renamed"]


def ordered(lock: Lock) -> Lock:
    """The lock with every union as it travels."""

    def text(type_: str) -> str:
        return str(_ordered(parsed_type(type_), lock.unions)) if type_ else ""

    if not lock.unions:
        return lock
    contracts = {
        name: contract.model_copy(
            update={"methods": {key: _each(it, text) for key, it in contract.methods.items()}}
        )
        for name, contract in lock.contracts.items()
    }
    types = {
        name: type_.model_copy(
            update={
                "target": text(type_.target) if type_.target else None,
                "fields": tuple(
                    each.model_copy(update={"type": text(each.type)}) for each in type_.fields
                ),
            }
        )
        for name, type_ in lock.types.items()
    }
    return lock.model_copy(update={"contracts": contracts, "types": types})


def _each(method: LockedMethod, text: Callable[[str], str]) -> LockedMethod:
    parameters = tuple(
        each.model_copy(update={"type": text(each.type)}) for each in method.parameters
    )
    head = None if method.head is None else text(method.head)
    result = text(method.result)
    return method.model_copy(update={"parameters": parameters, "result": result, "head": head})


def _ordered(type_: Type, unions: Mapping[str, str]) -> Type:
    if isinstance(type_, Union):
        type_ = parsed_type(unions.get(str(type_), str(type_)))
    return remade(type_, lambda part: _ordered(part, unions))


def parameterized(lock: Lock, today: Lock) -> Lock:
    """The lock with type parameters as nothing but names, wherever their variables are declared:
    those of today, for a class that has as many there."""
    types = {name: _parameterized(it, today.types.get(name)) for name, it in lock.types.items()}
    return lock.model_copy(update={"types": types})


def _parameterized(type_: LockedType, today: LockedType | None) -> LockedType:
    names = type_.parameters
    if today is not None and len(today.parameters) == len(names):
        names = today.parameters
    given = {old: Named(ref=Ref.of(new)) for old, new in zip(type_.parameters, names, strict=True)}

    def text(field: LockedField) -> str:
        return str(filled(parsed_type(field.type), given))

    fields = tuple(each.model_copy(update={"type": text(each)}) for each in type_.fields)
    return type_.model_copy(update={"fields": fields}) if given else type_


def renamed(lock: Lock, name_now: Callable[[str, Kind], str]) -> Lock:
    """The lock with its types under the names that they have now: one that moved, or was renamed,
    and still has its old name where it was has not changed for anybody.

    name_now: the name of what an old name stands for today; takes the sort of type that it was.
    """
    names = {name: name_now(name, kind) for name, kind in _named(lock)}
    moved = sorted((old for old, new in names.items() if old != new), key=len, reverse=True)
    if not moved:
        return lock
    pattern = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, moved))})(?!\w)")
    text = pattern.sub(lambda match: names[match.group()], lock.model_dump_json())
    return Lock.model_validate_json(text)


def _named(lock: Lock) -> Iterator[tuple[str, Kind]]:
    for contract in lock.contracts.values():
        yield contract.protocol, Kind.PROTOCOL
        yield from ((name, Kind.EXCEPTION) for name in contract.raises)
    yield from ((name, type_.kind) for name, type_ in lock.types.items())
