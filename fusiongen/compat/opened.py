"""What stands behind types as locks spell them: aliases, NewTypes and metadata opened."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping

from ..contract import (
    FIELD_FORMS,
    Annotated,
    Expression,
    Kind,
    Literals,
    Named,
    Type,
    Union,
    members,
    parsed_expression,
    parsed_type,
    parts,
)
from ..output.lock import Lock, LockedType
from .containers import filled

__all__ = [
    "Types",
    "checked",
    "field_forms",
    "is_recursive",
    "names",
    "opened",
    "reached",
    "texts",
    "travelling",
    "united",
]

Types = Mapping[str, LockedType]
"""The types of a lock, by name."""

_JSON_VALUE = ("pydantic.JsonValue", "pydantic.types.JsonValue")
_UNSET = "msgspec.UnsetType"
"""In a union, it says that a field may be absent."""
_META = ("msgspec.Meta", "msgspec._core.Meta")
_META_COMMENTS = ("description", "examples", "extra", "extra_json_schema", "title")
_FIELD = ("pydantic.Field", "pydantic.fields.Field")
_FIELD_COMMENTS = frozenset(
    (
        *("alias", "alias_priority", "default", "default_factory", "deprecated", "description"),
        *("examples", "frozen", "init", "json_schema_extra", "kw_only", "repr"),
        *("serialization_alias", "title", "validate_default", "validation_alias"),
    )
)
"""What a `Field(…)` says that is no condition on the value: other rules look at some of it."""
_DOC = ("annotated_doc.Doc", "typing_extensions.Doc")
_SECRET = ("fusionrt.Secret", "fusionrt.contract.Secret")
"""It says what texts show, not what travels."""


def names(type_: Type) -> Iterator[str]:
    """Every name in it."""
    return (str(part.ref) for part in parts(type_) if isinstance(part, Named))


def texts(lock: Lock) -> Iterator[str]:
    """Every type that a lock spells."""
    for contract in lock.contracts.values():
        for method in contract.methods.values():
            yield method.result
            yield method.head or ""
            yield from (parameter.type for parameter in method.parameters)
    for type_ in lock.types.values():
        yield from _texts(type_)


def _texts(type_: LockedType) -> Iterator[str]:
    yield type_.target or ""
    yield from (field.type for field in type_.fields)


def reached(
    given: Iterable[str], types: Types, goes_on: Callable[[str], bool] = lambda _: True
) -> set[str]:
    """The types of these names, and all that they are made of.

    goes_on: whether a name is one of them; what only others are made of is not.
    """
    found: set[str] = set()
    queue = list(given)
    while queue:
        name = queue.pop()
        if name in types and name not in found and goes_on(name):
            found.add(name)
            queue.extend(each for text in _texts(types[name]) for each in names(parsed_type(text)))
    return found


def is_recursive(name: str, types: Types) -> bool:
    """Whether this is an alias for something with itself in it: it stays what it is called."""
    if name in _JSON_VALUE:
        return True
    seen: set[str] = set()
    queue = [name]
    while queue:
        target = _target(queue.pop(), types)
        for inner in names(target) if target is not None else ():
            if inner == name:
                return True
            if inner not in seen:
                seen.add(inner)
                queue.append(inner)
    return False


def _target(name: str, types: Types) -> Type | None:
    """What an alias or a NewType stands for."""
    known = types.get(name)
    return parsed_type(known.target) if known is not None and known.target else None


def opened(type_: Type, types: Types, *, newtypes: bool = True) -> Type:
    """The type behind aliases and NewTypes, without marks that change nothing on the wire."""
    seen: set[str] = set()
    while True:
        match type_:
            case Named(ref=ref, arguments=None):
                name = str(ref)
                target = _target(name, types)
                if target is None or name in seen or is_recursive(name, types):
                    return type_
                if types[name].kind is Kind.NEWTYPE and not newtypes:
                    return type_
                seen.add(name)
                type_ = target
            case Named(ref=ref, arguments=(inner, *_)) if str(ref) in FIELD_FORMS:
                type_ = inner
            case Annotated(base=base, metadata=metadata):
                kept = tuple(mark for each in metadata if (mark := _mark(each)) is not None)
                if kept:
                    return Annotated(base=base, metadata=kept)
                type_ = base
            case _:
                return type_


def field_forms(text: str) -> frozenset[str]:
    """What stands around the type of a field that only fields have: `Required`, `ReadOnly`, …"""
    found: set[str] = set()
    type_ = parsed_type(text)
    while True:
        match type_:
            case Annotated(base=base):
                type_ = base
            case Named(ref=ref, arguments=inner) if str(ref) in FIELD_FORMS:
                found.add(str(ref).removeprefix("typing."))
                if not inner:
                    return frozenset(found)
                type_ = inner[0]
            case _:
                return frozenset(found)


def _mark(mark: Expression) -> Expression | None:
    """What matters of one item of metadata: not what it only says."""
    node = parsed_expression(str(mark))
    if isinstance(node, ast.Constant):
        return None
    if str(mark) in _SECRET:
        return None
    if not isinstance(node, ast.Call):
        return mark
    function = ast.unparse(node.func)
    if function in (*_DOC, *_SECRET):
        return None
    if function not in (*_META, *_FIELD):
        return mark
    comments = _META_COMMENTS if function in _META else _FIELD_COMMENTS
    kept = [each for each in node.keywords if each.arg not in comments]
    kept.sort(key=lambda each: each.arg or "")
    arguments = node.args if function in _META else []
    if not kept and not arguments:
        return None
    return Expression(parts=(ast.unparse(ast.Call(node.func, arguments, kept)),))


def travelling(type_: Type, types: Types) -> list[Type]:
    """The members of a union as the runtime numbers them, which is how the lock has them."""
    found = {
        str(member): member for each in members(type_) for member in members(opened(each, types))
    }
    found.pop(_UNSET, None)
    return list(found.values())


def united(text: str, types: Types, *, deep: bool = False) -> Iterator[str]:
    """The names in a type that stand in a union with others than `None`; if `deep`, those within
    its members, too."""
    for part in parts(parsed_type(text)):
        if isinstance(part, Union):
            found = [each for each in travelling(part, types) if str(each) != "None"]
            for each in found if len(found) > 1 else ():
                yield str(each)
                yield from names(each) if deep else ()


def checked(type_: Type, types: Types) -> str:
    """The type as a type checker sees it: aliases opened, metadata dropped, unions in any order."""
    type_ = filled(opened(type_, types, newtypes=False))
    match type_:
        case Union():
            found = {
                checked(member, types)
                for each in members(type_)
                for member in members(opened(each, types, newtypes=False))
            }
            return " | ".join(sorted(found))
        case Annotated(base=base):
            return checked(base, types)
        case Literals(values=values):
            return f"typing.Literal[{', '.join(sorted(map(str, values)))}]"
        case Named(ref=ref, arguments=arguments) if arguments is not None:
            return f"{ref}[{', '.join(checked(each, types) for each in arguments)}]"
    return str(type_)
