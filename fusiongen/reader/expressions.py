"""Defaults, metadata and literals: source in, source in canonical spelling out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import libcst as cst

from ..contract import Expression, Ref, quoted
from ..errors import Diagnostic, Violation
from ..rules.files import NotUnderstood
from ..rules.names import HiddenByStar, TypingOnly, UnknownName
from .modules import Definition, Module
from .nodes import dotted

__all__ = ["Names", "Unreadable", "constant"]


class Unreadable(Exception):
    """Raised for an expression that is more than names, literals, arithmetic, tuples and calls."""


def constant(node: cst.CSTNode) -> str | None:
    """The canonical spelling of a literal: a number, a string, True, False or None."""
    match node:
        case cst.Integer(value=text):
            return f"0x{text[2:].upper()}" if text[:2] in ("0x", "0X") else text.lower()
        case cst.Float(value=text):
            return re.sub(r"^\.|\.(?!\d)", _full_point, text.lower())
        case cst.SimpleString() | cst.ConcatenatedString():
            value = node.evaluated_value
            return None if value is None else quoted(value)
        case cst.Name(value="True" | "False" | "None" as text):
            return text
        case cst.UnaryOperation(operator=cst.Minus(), expression=expression):
            inner = constant(expression)
            return f"-{inner}" if inner is not None and inner[0].isdigit() else None
    return None


def _full_point(match: re.Match[str]) -> str:
    """`.5` is `0.5`, and `1.` is `1.0`."""
    return ".0" if match.start() else "0."


class Names:
    """Resolves the names of one module. `at` is the node that a complaint points to.

    hidden: names that mean something else in the scope that they are used in.

    Raises, in every method:
        Violation: the module does not bind the name, or only by a star import, or not at run time;
            or it is hidden.
    """

    def __init__(self, module: Module, hidden: Collection[str] = ()) -> None:
        self._hidden = hidden
        self._module = module

    def ref(self, name: str, at: cst.CSTNode) -> Ref:
        """What a dotted name means here."""
        head = name.partition(".")[0]
        if head in self._hidden:
            problem = f"`{head}` is the method above, in this class"
            raise NotUnderstood.violation(self._module.span(at), problem)
        ref = self._module.resolve(name)
        scan = self._module.scan
        if ref is None and scan.stars:
            problem = f"`{name}` can only come from `from {scan.stars[0]} import *`"
            raise HiddenByStar.violation(self._module.span(at), problem)
        if ref is None:
            raise UnknownName.violation(
                self._module.span(at), f"`{name}` is not defined in this module"
            )
        found = self._module.modules.definition(ref)
        if found is None:
            return ref
        if found.ref.head in found.module.scan.typing_only:
            raise TypingOnly.violation(
                self._module.span(at), f"`{name}` is only defined for type checkers"
            )
        if not _is_bound(found):
            problem = f"{found.module.file} does not define `{found.ref.head}`"
            raise UnknownName.violation(self._module.span(at), problem)
        return ref

    def named(self, node: cst.CSTNode, at: cst.CSTNode) -> Ref | None:
        """What the dotted name that a node spells means here; `None` if it spells none."""
        name = dotted(node)
        return None if name is None else self.ref(name, at)

    def unknown(self, node: cst.CSTNode, at: cst.CSTNode) -> Diagnostic | None:
        """Why the dotted name that a node spells means nothing; `None` if it does, or is none."""
        try:
            self.named(node, at)
        except Violation as violation:
            return violation.diagnostic
        return None

    def expression(self, node: cst.BaseExpression, at: cst.CSTNode, *, calls: bool) -> Expression:
        """A default (no calls) or a piece of metadata.

        Raises:
            Unreadable: it is more than that.
        """
        merged: list[str | Ref] = []
        for part in self._parts(node, at, calls):
            if isinstance(part, str) and merged and isinstance(merged[-1], str):
                merged[-1] += part
            else:
                merged.append(part)
        return Expression(parts=tuple(merged))

    def _parts(self, node: cst.BaseExpression, at: cst.CSTNode, calls: bool) -> Iterator[str | Ref]:
        text = constant(node)
        name = dotted(node)
        match node:
            case _ if text is not None:
                yield text
            case _ if name is not None:
                ref = self.ref(name, at)
                if not ref.name:  # a module
                    raise Unreadable
                yield ref
            case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
                yield "-"
                yield from self._parts(inner, at, calls)
            case cst.BinaryOperation(left=left, operator=operator, right=right):
                sign = _OPERATORS.get(type(operator))
                if sign is None or node.lpar:
                    raise Unreadable
                yield from self._parts(left, at, calls)
                yield f" {sign} "
                yield from self._parts(right, at, calls)
            case cst.Tuple(elements=elements):
                yield "("
                yield from self._list([element.value for element in elements], at, calls)
                yield ",)" if len(elements) == 1 else ")"
            case cst.Call(func=function, args=arguments) if calls:
                yield from self._parts(function, at, calls)
                yield "("
                for index, argument in enumerate(arguments):
                    if argument.star:
                        raise Unreadable
                    yield (", " if index else "") + (
                        f"{argument.keyword.value}=" if argument.keyword else ""
                    )
                    yield from self._parts(argument.value, at, calls)
                yield ")"
            case cst.List(elements=elements) if calls:
                yield "["
                yield from self._list([element.value for element in elements], at, calls)
                yield "]"
            case _:
                raise Unreadable

    def _list(
        self, nodes: list[cst.BaseExpression], at: cst.CSTNode, calls: bool
    ) -> Iterator[str | Ref]:
        for index, node in enumerate(nodes):
            if index:
                yield ", "
            yield from self._parts(node, at, calls)


def _is_bound(found: Definition) -> bool:
    """Whether the module does define the name, for all that can be seen."""
    home, name = found.module, found.ref.head
    return (
        not name
        or name in home.scan.definitions  # not so if two modules import it from each other
        or bool(home.scan.stars)
        or "__getattr__" in home.scan.bindings
        or home.modules.has(f"{home.name}.{name}")
    )


_OPERATORS: dict[type[cst.BaseBinaryOp], str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.BitOr: "|",
}
