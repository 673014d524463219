"""Types as locks spell them, taken apart."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TypeGuard

from ..contract import Kind
from ..output.lock import LockedType

__all__ = [
    "Types",
    "arguments",
    "checked",
    "is_dots",
    "is_recursive",
    "is_union",
    "members",
    "names",
    "opened",
    "parsed",
    "travelling",
    "united",
]

Types = Mapping[str, LockedType]
"""The types of a lock, by name."""

_FIELD_FORMS = frozenset(
    f"typing.{name}" for name in ("Final", "NotRequired", "ReadOnly", "Required")
)
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


@cache
def parsed(text: str) -> ast.expr | None:
    """The type; `None` if the lock has it as text that the reader could not make out."""
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


def names(node: ast.expr) -> Iterator[str]:
    """Every dotted name in it."""
    match node:
        case ast.Name() | ast.Attribute():
            yield ast.unparse(node)
        case ast.Subscript():
            yield ast.unparse(node.value)
            for argument in arguments(node):
                yield from names(argument)
        case ast.BinOp(left=left, right=right):
            yield from names(left)
            yield from names(right)


def arguments(node: ast.Subscript) -> list[ast.expr]:
    """What is between the brackets."""
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]


def is_dots(node: ast.expr) -> bool:
    """Whether this is the `...` of `tuple[str, ...]`."""
    return isinstance(node, ast.Constant) and node.value is ...


def is_union(node: ast.AST) -> TypeGuard[ast.BinOp]:
    """Whether this is `A | B`."""
    return isinstance(node, ast.BinOp)


def members(node: ast.expr) -> Iterator[ast.expr]:
    """The members of a union; anything else is its own only member."""
    if isinstance(node, ast.BinOp):
        yield from members(node.left)
        yield from members(node.right)
    else:
        yield node


def is_recursive(name: str, types: Types) -> bool:
    """Whether this is an alias for something with itself in it: it stays what it is called."""
    if name in _JSON_VALUE:
        return True
    seen: set[str] = set()
    queue = [name]
    while queue:
        type_ = types.get(queue.pop())
        target = parsed(type_.target) if type_ is not None and type_.target else None
        for inner in names(target) if target is not None else ():
            if inner == name:
                return True
            if inner not in seen:
                seen.add(inner)
                queue.append(inner)
    return False


def opened(node: ast.expr, types: Types, *, newtypes: bool = True) -> ast.expr:
    """The type behind aliases and NewTypes, without marks that change nothing on the wire."""
    seen: set[str] = set()
    while True:
        name = ast.unparse(node)
        type_ = types.get(name)
        target = parsed(type_.target) if type_ is not None and type_.target else None
        if target is not None and name not in seen and not is_recursive(name, types):
            if type_ is not None and type_.kind is Kind.NEWTYPE and not newtypes:
                return node
            seen.add(name)
            node = target
            continue
        if isinstance(node, ast.Subscript):
            outer, (first, *rest) = ast.unparse(node.value), arguments(node)
            if outer in _FIELD_FORMS:
                node = first
                continue
            if outer == "typing.Annotated":
                kept = [mark for each in rest for mark in _marks(each)]
                if not kept:
                    node = first
                    continue
                slice_ = ast.Tuple([first, *kept], ast.Load())
                return ast.Subscript(node.value, slice_, ast.Load())
        return node


def _marks(node: ast.expr) -> list[ast.expr]:
    """What matters of one item of metadata: not what it only says."""
    if isinstance(node, ast.Constant):
        return []
    function = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    if function in _DOC:
        return []
    if isinstance(node, ast.Call) and function in (*_META, *_FIELD):
        comments = _META_COMMENTS if function in _META else _FIELD_COMMENTS
        kept = [each for each in node.keywords if each.arg not in comments]
        kept.sort(key=lambda each: each.arg or "")
        arguments = node.args if function in _META else []
        return [ast.Call(node.func, arguments, kept)] if kept or arguments else []
    return [node]


def travelling(node: ast.expr, types: Types) -> list[ast.expr]:
    """The members of a union as the runtime numbers them, which is how the lock has them."""
    found = {
        ast.unparse(member): member
        for each in members(node)
        for member in members(opened(each, types))
    }
    found.pop(_UNSET, None)
    return list(found.values())


def united(text: str, types: Types, *, deep: bool = False) -> Iterator[str]:
    """The names in a type that stand in a union with others than `None`; if `deep`, those within
    its members, too."""
    root = parsed(text) if text else None
    for node in ast.walk(root) if root is not None else ():
        if is_union(node):
            found = [each for each in travelling(node, types) if ast.unparse(each) != "None"]
            for each in found if len(found) > 1 else ():
                yield ast.unparse(each)
                yield from names(each) if deep else ()


def checked(node: ast.expr, types: Types) -> str:
    """The type as a type checker sees it: aliases opened, metadata dropped, unions in any order."""
    node = opened(node, types, newtypes=False)
    if isinstance(node, ast.BinOp):
        found = {
            checked(member, types)
            for each in members(node)
            for member in members(opened(each, types, newtypes=False))
        }
        return " | ".join(sorted(found))
    if isinstance(node, ast.Subscript):
        name, inner = ast.unparse(node.value), arguments(node)
        if name == "typing.Annotated":
            return checked(inner[0], types)
        if name == "typing.Literal":
            return f"{name}[{', '.join(sorted(map(ast.unparse, inner)))}]"
        return f"{name}[{', '.join(checked(each, types) for each in inner)}]"
    return ast.unparse(node)
