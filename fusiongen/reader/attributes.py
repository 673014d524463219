"""Classes of attrs: which decorator makes one, and which statements are its fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from .members import Members
from .nodes import dotted, is_true, keywords_of
from .shadows import Shadows
from .shapes import Field

__all__ = ["AttrsDecorator", "attrs_decorator", "attrs_fields"]

_NEW = {"define": False, "mutable": False, "frozen": True}
_OLD = {"s": False, "attrs": False, "attributes": False, "dataclass": True}
_MAKERS = frozenset(
    ("attrs.field", *(f"attr.{name}" for name in ("attr", "attrib", "field", "ib")))
)


@dataclass(frozen=True, slots=True)
class AttrsDecorator:
    """One such decorator.

    annotated: whether every annotation makes a field; `None` if that depends on whether some field
        has none.
    frozen, ordered: what it says of instances; a base may say more.
    readable: whether the text of the class shows all fields.
    """

    annotated: bool | None
    frozen: bool
    ordered: bool
    readable: bool


def attrs_decorator(name: str, call: cst.Call | None) -> AttrsDecorator | None:
    """What a decorator of this full name says, if it is one of attrs."""
    package, _, short = name.rpartition(".")
    new = package in ("attr", "attrs") and short in _NEW
    if not new and (package != "attr" or short not in _OLD):
        return None
    options = keywords_of(call)
    annotated: bool | None = None if new else _OLD[short]
    if "auto_attribs" in options:
        given = dotted(options["auto_attribs"])
        annotated = {"True": True, "False": False}.get(given or "")
    frozen = is_true(options["frozen"]) if "frozen" in options else _NEW.get(short, False)
    ordered = not new and ("eq" not in options or is_true(options["eq"]))
    if "order" in options:
        ordered = is_true(options["order"])
    return AttrsDecorator(annotated, frozen, ordered, readable="these" not in options)


def attrs_fields(members: Members, annotated: bool | None, shadows: Shadows) -> Iterator[Field]:
    """The fields of such a class."""
    defaults = dict(_default_methods(members.statements))
    made = dict(_made(members))
    known = {field.name: field for field in members.annotated(shadows)}
    bare = made.keys() - known.keys()
    if annotated is False or (annotated is None and bare):
        known = {name: field for name, field in known.items() if name in made}
    for name in made:
        if name in bare:
            known[name] = members.typed_by(name, made[name], keywords_of(made[name]).get("type"))
    for name, field in known.items():
        default = f"attrs.field(factory={defaults[name]})" if name in defaults else field.default
        yield replace(field, default=default)


def _made(members: Members) -> Iterator[tuple[str, cst.Call]]:
    """What `attrs.field` and its kin make."""
    for node in members.statements:
        match node:
            case cst.AnnAssign(target=cst.Name(value=name), value=cst.Call() as call):
                pass
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Call() as call
            ):
                pass
            case _:
                continue
        if members.named(call.func) in _MAKERS:
            yield name, call


def _default_methods(statements: Sequence[cst.CSTNode]) -> Iterator[tuple[str, str]]:
    """The fields whose default a method makes: `@lines.default`; and the method."""
    for node in statements:
        for decorator in node.decorators if isinstance(node, cst.FunctionDef) else ():
            name, _, what = (dotted(decorator.decorator) or "").rpartition(".")
            if what == "default" and isinstance(node, cst.FunctionDef):
                yield name, node.name.value
