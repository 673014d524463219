"""Callers of a contract, written against its old version: every way to call each method, and to
make and read each type. They type-check against the new version unless it breaks source."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from copy import copy
from itertools import combinations, count
from pathlib import Path
from typing import Any

import attrs
import msgspec.structs

from fusiongen.compat.layout import given_as, is_read_only, optional, positional
from fusiongen.contract import FREEZABLE, RECORDS, Kind, MethodKind, ParameterKind
from fusiongen.output.lock import (
    Lock,
    LockedContract,
    LockedField,
    LockedMethod,
    LockedParameter,
    LockedType,
)
from fusionrt.values.codecs import codec
from tests.python import RUNTIME, python

from .samples import samples
from .versions import Pair

__all__ = ["caller_text", "complaints", "misbehaviour"]

_HEAD = """\
from __future__ import annotations

import annotated_types
import builtins
import collections.abc
import dataclasses
import datetime
import decimal
import enum
import typing
import uuid

import attr
import attrs
import fusionrt
import msgspec
import msgspec.structs
import pydantic
import typing_extensions

import shop.contracts

"""
_ASSIGNABLE = (*FREEZABLE, Kind.TYPED_DICT)
_RECORDS = (*RECORDS, Kind.MODEL)
_ONLY = {
    Kind.ATTRS: "attrs.evolve(value)",
    Kind.DATACLASS: "dataclasses.replace(value)",
    Kind.STRUCT: "msgspec.structs.replace(value)",
    Kind.MODEL: "value.model_copy()",
    Kind.NAMED_TUPLE: "value._replace()",
}
"""What only instances of one sort of type can do."""
_COMPARISONS: dict[str, Callable[[Any], bool]] = {
    "is not hashable": lambda value: isinstance(hash(value), int),
    "has no order": lambda value: isinstance(value < value, bool),
    "does not equal its copy": lambda value: bool(value == copy(value)),
}
_BETWEEN: dict[str, Callable[[Any, Any], Any]] = {
    "are equal, or not": lambda one, other: bool(one == other),
    "come one before the other": lambda one, other: bool(one < other),
}
"""What two instances tell of each other."""
_MARKS = ("typing.NotRequired[", "typing.Required[", "typing.Final[", "typing.ReadOnly[")


def caller_text(old: Lock, *, clients: bool = False) -> str:
    """A module of callers, with names as the lock has them.

    clients: also what takes a client for its contract; it needs the generated packages.
    """
    number = count()
    imports = _imports(old) if clients else ""
    takers = _takers(old) if clients else ()
    parts = [
        f"{head.format(next(number))}\n{body}\n"
        for head, body in (*_calls(old), *takers, *_types(old))
    ]
    return _HEAD + imports + "\n".join(parts)


def _imports(lock: Lock) -> str:
    return "".join(f"import shop.generated.{name}\n" for name in lock.contracts)


_Function = tuple[str, str]


def _takers(lock: Lock) -> Iterator[_Function]:
    for name, contract in lock.contracts.items():
        if not contract.asks:
            client = f"shop.generated.{name}.{contract.protocol.rpartition('.')[2]}Client"
            yield f"def f{{}}(client: {client}) -> {contract.protocol}:", "    return client"


def _calls(lock: Lock) -> Iterator[_Function]:
    for contract in lock.contracts.values():
        for name, method in contract.methods.items():
            for passed in _ways(method):
                yield _call(contract, name, method, passed)
        for error in contract.raises.values():
            yield f"def f{{}}(error: {error}) -> Exception:", "    return error"


def _ways(method: LockedMethod) -> Iterator[list[tuple[str, str, str]]]:
    """Name, type and spelling of the arguments: by position, by keyword, and as few as can be."""
    rows = [
        (
            each,
            (f"p{index}", each.type, f"p{index}"),
            (f"p{index}", each.type, f"{each.name}=p{index}"),
        )
        for index, each in enumerate(map(_typed, method.parameters))
    ]
    yield [named if each.kind is ParameterKind.KEYWORD else by for each, by, named in rows]
    yield [by if each.kind is ParameterKind.POSITIONAL else named for each, by, named in rows]
    yield [
        named if each.kind is ParameterKind.KEYWORD else by
        for each, by, named in rows
        if each.default is None
    ]


def _typed(parameter: LockedParameter) -> LockedParameter:
    """With the type that a caller passes."""
    if parameter.streamed is None:
        return parameter
    whole = f"collections.abc.{parameter.streamed.value}[{parameter.type}]"
    return parameter.model_copy(update={"type": whole})


def _call(
    contract: LockedContract, name: str, method: LockedMethod, passed: list[tuple[str, str, str]]
) -> _Function:
    parameters = ", ".join(f"{name}: {type_}" for name, type_, _ in passed)
    call = f"service.{name}({', '.join(spelled for _, _, spelled in passed)})"
    given = f"service: {contract.protocol}, {parameters}".rstrip(", ")
    if method.head is not None:
        result = f"{method.head[:-1]}, collections.abc.AsyncIterator[{method.result}]]"
        return f"async def f{{}}({given}) -> {result}:", f"    return await {call}"
    if method.kind is MethodKind.STREAM:
        returned = "AsyncGenerator[{}, None]" if method.generator else "AsyncIterator[{}]"
        head = f"def f{{}}({given}) -> collections.abc.{returned.format(method.result)}:"
        return head, f"    return {call}"
    returned = "" if method.result == "None" else "return "
    return f"async def f{{}}({given}) -> {method.result}:", f"    {returned}await {call}"


def _types(lock: Lock) -> Iterator[_Function]:
    for name, type_ in lock.types.items():
        if "typing.Generic" in type_.bases:
            continue
        for base in type_.bases:
            if base.startswith("shop.") or type_.kind in (Kind.ENUM, Kind.EXCEPTION):
                yield f"def f{{}}(value: {name}) -> {base}:", "    return value"
        if type_.kind in _RECORDS:
            yield from _record(name, type_)
        elif type_.kind is Kind.ENUM:
            for member in type_.fields:
                yield f"def f{{}}() -> {name}:", f"    return {name}.{member.name}"
        elif type_.kind is Kind.ALIAS:
            yield f"def f{{}}(value: {type_.target}) -> {name}:", "    return value"
            yield f"def f{{}}(value: {name}) -> {type_.target}:", "    return value"
        elif type_.kind is Kind.NEWTYPE:
            yield f"def f{{}}(value: {type_.target}) -> {name}:", f"    return {name}(value)"
            yield f"def f{{}}(value: {name}) -> {type_.target}:", "    return value"
        elif type_.kind is Kind.EXCEPTION:
            for field in type_.fields:
                head = f"def f{{}}(error: {name}) -> {field.type}:"
                yield head, f"    return error.{field.name}"


def _record(name: str, type_: LockedType) -> Iterator[_Function]:
    fields = [(index, each, _bare(each.type)) for index, each in enumerate(type_.fields)]
    for _, field, spelled in fields:
        read = f'["{field.name}"]' if type_.kind is Kind.TYPED_DICT else f".{field.name}"
        yield f"def f{{}}(value: {name}) -> {spelled}:", f"    return value{read}"
        if type_.kind in _ASSIGNABLE and not type_.frozen and not is_read_only(field):
            head = f"def f{{}}(value: {name}, new: {spelled}) -> None:"
            yield head, f"    value{read} = new"
    if type_.kind is Kind.TYPED_DICT and any(is_read_only(each) for each in type_.fields):
        own = "".join(f"        {each.name}: {each.type}\n" for each in type_.fields)
        own = own.replace("typing.ReadOnly", "typing_extensions.ReadOnly")
        given = f"    def given(value: Own) -> {name}:\n        return value"
        yield "def f{}() -> None:", f"    class Own(typing.TypedDict):\n{own}\n{given}"
    only = _ONLY.get(type_.kind)
    if only is not None:
        yield f"def f{{}}(value: {name}) -> {name}:", f"    return {only}"
    required = [each for each in fields if not optional(type_, each[1])]
    for made in (fields, required):
        given = ", ".join(f"p{index}: {spelled}" for index, _, spelled in made)
        named = ", ".join(f"{_keyword(field)}=p{index}" for index, field, _ in made)
        yield f"def f{{}}({given}) -> {name}:", f"    return {name}({named})"
        if set(positional(type_)) >= {field.name for _, field, _ in made}:
            values = ", ".join(f"p{index}" for index, _, _ in made)
            yield f"def f{{}}({given}) -> {name}:", f"    return {name}({values})"


def _keyword(field: LockedField) -> str:
    """What a constructor takes the field as: in a model, by its alias if it has one."""
    alias = re.search(r"""\balias=['"](\w+)""", field.default or "")
    return alias.group(1) if alias else field.name


def _bare(spelled: str) -> str:
    for mark in _MARKS:
        if spelled.startswith(mark):
            return _bare(spelled.removeprefix(mark).removesuffix("]"))
    return spelled


def complaints(folder: Path, pairs: Iterable[Pair]) -> dict[tuple[str, str], list[str]]:
    """What `mypy --strict` has to say of each pair's callers, by the packages of the version that
    they were written against and of the one that they use; of its own one, too."""
    files = {}
    for pair in pairs:
        text = caller_text(pair.old.lock, clients=_asks(pair))
        for used in (pair.old, pair.new):
            module = f"calls_{pair.old.package}_{used.package}"
            (folder / f"{module}.py").write_text(used.spelled(text))
            files[f"{module}.py"] = (pair.old.package, used.package)
    command = ("-m", "mypy", "--strict", "--no-error-summary", *files)
    finished = python(*command, cwd=folder, path=(folder, RUNTIME))
    assert finished.returncode in (0, 1), finished.stdout + finished.stderr
    found: dict[tuple[str, str], list[str]] = {key: [] for key in files.values()}
    for line in finished.stdout.splitlines():
        file, _, rest = line.partition(":")
        if ": note: " not in line:
            assert file in files, line
            found[files[file]].append(rest)
    return found


def _asks(pair: Pair) -> bool:
    """Whether a client may be something else than its contract in one of the versions."""
    return any(
        contract.asks for each in (pair.old, pair.new) for contract in each.lock.contracts.values()
    )


def misbehaviour(pair: Pair) -> list[str]:
    """What type-checks, and yet does not do what it did: instances that are made with positional
    arguments, hashed, changed, or used as only their sort can be."""
    return [
        f"{name}: {problem}"
        for name, old in pair.old.lock.types.items()
        if old.kind in _RECORDS and "typing.Generic" not in old.bases
        for problem in _misbehaving(name, old, pair)
    ]


def _misbehaving(name: str, old: LockedType, pair: Pair) -> Iterator[str]:
    before, after = pair.old.found(name), pair.new.found(name)
    if after is None:
        return
    yield from _apart(before, after)
    for value in samples(before):
        fields = {each: getattr(value, each) for each in positional(old)}
        try:
            made = after(*fields.values()) if fields else samples(after)[0]
            if any(getattr(made, each, given) != given for each, given in fields.items()):
                yield f"{value!r} became {made!r}"
            for keywords in _keywords(old, _translated(before, value, after)):
                after(**keywords)
            yield from (f"{value!r}: {made!r} {lost}" for lost in _lost(value, made))
            if not old.frozen and old.kind in (Kind.ATTRS, Kind.MODEL):
                for field in old.fields:
                    if not is_read_only(field) and hasattr(made, field.name):
                        setattr(made, field.name, getattr(made, field.name))
            if old.kind in _ONLY:
                eval(
                    _ONLY[old.kind],
                    {"attrs": attrs, "dataclasses": dataclasses, "msgspec": msgspec},
                    {"value": made},
                )
        except (AttributeError, TypeError, ValueError) as error:
            yield f"{value!r}: {error}"


def _apart(before: Any, after: Any) -> Iterator[str]:
    """What two values tell of each other, and not those that they are in the other version."""
    values = [(value, _translated(before, value, after)) for value in samples(before)]
    for says, tells in _BETWEEN.items():
        for (one, one_made), (other, other_made) in combinations(values, 2):
            with suppress(TypeError, ValueError):
                if tells(one, other) != tells(one_made, other_made):
                    yield f"{one!r} and {other!r} {says}, and are not as they were"
                    break


def _lost(value: Any, made: Any) -> Iterator[str]:
    """What can be told of a value, by its class, and not of one of the other version."""
    for says, tells in _COMPARISONS.items():
        with suppress(TypeError):
            if tells(value) and not _holds(tells, made):
                yield says


def _holds(tells: Callable[[Any], bool], value: Any) -> bool:
    try:
        return tells(value)
    except TypeError:
        return False


def _translated(before: Any, value: Any, after: Any) -> Any:
    """The value as the other version has it, so that its parts are of its classes; else itself."""
    try:
        return codec(after).decode(codec(before).encode(value))
    except (TypeError, ValueError):
        return value


def _keywords(old: LockedType, value: Any) -> Iterator[dict[str, Any]]:
    """What a value can be made with: each field by each keyword that it was taken as."""
    if old.kind is Kind.TYPED_DICT:
        return
    known = {field.name: sorted(given_as(old, field)) for field in old.fields}
    for name, keywords in known.items():
        others = {each[0]: other for other, each in known.items() if each and other != name}
        given = {keyword: getattr(value, other, None) for keyword, other in others.items()}
        yield from ({**given, keyword: getattr(value, name, None)} for keyword in keywords)
