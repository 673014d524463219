"""Names in the annotations of fields that mean something else in their class than in its module.

`date: date | None = None` reads well and says nothing: Python assigns the default first and then
asks what `date` is. Annotations in quotes, or below `from __future__ import annotations`, are asked
for later, in the module first; so there a name of the module is safe and one of Python's own is
not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from .compiling import parsed_text
from .modules import Module
from .nodes import dotted

__all__ = ["Shadows"]


class Shadows:
    """Finds them in one class.

    local_first: whether what reads its annotations later looks into the class first, as pydantic.
    slotted: whether its fields are attributes of the class even without a default.
    """

    def __init__(
        self, module: Module, body: Sequence[cst.CSTNode], *, local_first: bool, slotted: bool
    ) -> None:
        self._module = module
        self._deferred = module.postpones
        self._local_first = local_first
        self._bound = _bound(body)
        self._fields = _fields(body) if slotted else frozenset()
        self._places = {id(node): index for index, node in enumerate(body)}

    def of(self, field: cst.AnnAssign) -> str | None:
        """The name in a field's annotation that means something else, or `None`."""
        place = self._places[id(field)]
        annotation = field.annotation.annotation
        for name, deferred in _names(annotation, self._deferred):
            bound = self._bound.get(name)
            if not deferred:
                shadowed = bound is not None and bound <= place
            elif self._local_first or name not in self._module.scan.bindings:
                shadowed = bound is not None or name in self._fields
            else:
                shadowed = False
            if shadowed:
                return name
        return None


def _bound(body: Sequence[cst.CSTNode]) -> Mapping[str, int]:
    """What the class gives a value that is no type, and in which statement."""
    found: dict[str, int] = {}
    for index, node in enumerate(body):
        match node:
            case cst.AnnAssign(target=cst.Name(value=name), value=value) if value is not None:
                found.setdefault(name, index)
            case cst.FunctionDef(name=cst.Name(value=name)):
                found.setdefault(name, index)
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Call()
            ):
                found.setdefault(name, index)
    return found


def _fields(body: Sequence[cst.CSTNode]) -> frozenset[str]:
    return frozenset(
        node.target.value
        for node in body
        if isinstance(node, cst.AnnAssign) and isinstance(node.target, cst.Name)
    )


def _names(node: cst.CSTNode, deferred: bool) -> Iterator[tuple[str, bool]]:
    """The names that an annotation starts from, and whether each is asked for later."""
    match node:
        case cst.Name(value=name):
            yield name, deferred
        case cst.Attribute(value=value):
            yield from _names(value, deferred)
        case cst.SimpleString() | cst.ConcatenatedString():
            text = node.evaluated_value
            parsed = parsed_text(text) if isinstance(text, str) else None
            if parsed is not None:
                yield from _names(parsed, True)
        case cst.Subscript(value=value, slice=elements):
            yield from _names(value, deferred)
            special = (dotted(value) or "").rpartition(".")[2]
            for element in elements[: {"Literal": 0, "Annotated": 1}.get(special, len(elements))]:
                yield from _names(element, deferred)
        case _:
            for child in node.children:
                yield from _names(child, deferred)
