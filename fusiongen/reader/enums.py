"""The members of enums and their values, made by Python's own `enum` of what the text shows.

`auto()`, aliases, flags and the types mixed in are as Python has them; `_generate_next_value_` and
`__new__` are followed as far as they come down to one expression. Where a value cannot be known, it
is the text that makes it, which is no literal: a change of it shows.
"""

from __future__ import annotations

import ast
import builtins
import enum
import hashlib
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import libcst as cst

from ..contract import Ref
from .literals import literal, spelled, tree_of
from .modules import Module
from .nodes import dotted, statements
from .values import Values, assigned

__all__ = ["Body", "boundary_of", "enum_values", "travel_by_value"]


@dataclass(frozen=True, slots=True)
class Body:
    """A class statement, and the module that it is in."""

    module: Module
    node: cst.ClassDef

    def method(self, name: str) -> cst.FunctionDef | None:
        """The method of this name, if this class itself defines it."""
        found = (
            each
            for each in statements(self.node.body)
            if isinstance(each, cst.FunctionDef) and each.name.value == name
        )
        return next(found, None)


def boundary_of(bodies: tuple[Body, ...], bases: tuple[Ref, ...]) -> str | None:
    """What a flag does with bits that it does not know, `keep` them for one; None of any other
    enum. Takes what `enum_values` takes."""
    kinds = [each for each in map(_standard, bases) if each and issubclass(each, enum.Flag)]
    for body in bodies if kinds else ():
        for keyword in body.node.keywords:
            if keyword.keyword is not None and keyword.keyword.value == "boundary":
                return (dotted(keyword.value) or "").rpartition(".")[2].lower()
    flags: list[Any] = kinds
    return flags[0]._boundary_.name.lower() if flags else None


def enum_values(values: Values, bodies: tuple[Body, ...], bases: tuple[Ref, ...]) -> dict[str, str]:
    """What the value of each member of an enum comes down to.

    bodies: the enum, and the classes of the source roots that it derives from, in the order that
        Python looks attributes up.
    bases: the other classes that it derives from.
    """
    return _Enum(values, bodies, bases).read()


def travel_by_value(texts: Iterable[str | None], *, is_flag: bool) -> bool:
    """Whether members of these values travel as their values, not as their names."""
    try:
        values = [ast.literal_eval(text or "") for text in texts]
    except (ValueError, SyntaxError):
        return False
    return all(
        type(value) is str or (type(value) is int and (is_flag or value.bit_length() < 64))
        for value in values
    )


_VALUES = ("datetime", "decimal", "fractions", "ipaddress", "pathlib", "uuid")
"""Modules whose classes make values."""


class _Unknown(Exception):
    """Raised where the text does not tell a value."""


class _Enum:
    def __init__(self, values: Values, bodies: tuple[Body, ...], bases: tuple[Ref, ...]) -> None:
        self._values = values
        self._body = bodies[0]
        self._new = _nearest(bodies, "__new__")
        self._next = _nearest(bodies, "_generate_next_value_")
        self._bases = bases
        self._raw: dict[str, Any] = {}
        self._scope: dict[str, ast.expr] = {}

    def read(self) -> dict[str, str]:
        texts: dict[str, str] = {}
        known = True
        for name, node in _members(self._body):
            tree = self._values.of(self._body.module, node, self._scope)
            texts[name] = self._text(node, tree, len(texts))
            try:
                if tree is None or not known:
                    raise _Unknown
                self._raw[name] = self._value(name, tree)
                self._scope[name] = tree_of(self._raw[name])
            except (_Unknown, ValueError):
                known = False
        try:
            if known:
                return self._made()
        except _Unknown:
            pass
        return {name: self._mixed(text) for name, text in texts.items()}

    def _text(self, node: cst.BaseExpression, tree: ast.expr | None, index: int) -> str:
        """How a member reads whose value is not known: with all that takes part in making it."""
        text = spelled(tree) if tree is not None else self._body.module.code(node)
        makers = [each for each in (self._new, self._next) if each is not None]
        if makers or "auto()" in text:
            text = f"{text} as number {index}"
        for body, method in makers:
            code = spelled(ast.parse(body.module.tree.code_for_node(method).strip()))
            text += f" by {method.name.value} {hashlib.sha256(code.encode()).hexdigest()[:8]}"
        return text

    def _mixed(self, text: str) -> str:
        """What a class that is mixed in makes of a value: an instance of one of Python's own is
        neither a string nor an integer, that of any other class cannot be known."""
        others = [each for each in self._bases if _standard(each) is None]
        if others and all(each.module in _VALUES for each in others):
            return f"({text},)"
        return f"{text} under {', '.join(map(str, others))}" if others else text

    def _value(self, name: str, tree: ast.expr) -> Any:
        """What the class statement gives a member, `auto()` worked out."""
        if not _is_auto(tree):
            return literal(tree)
        before = list(self._raw.values())
        if self._next is not None:
            return self._returned(*self._next, (name, 1, len(before), before))
        namespace = self._namespace(self._raw)
        namespace[name] = enum.auto()
        return namespace[name]

    def _namespace(self, members: dict[str, Any]) -> Any:
        namespace: Any = enum.EnumType.__prepare__("Members", self._classes())
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for name, value in members.items():
                    namespace[name] = value
        except (TypeError, ValueError):
            raise _Unknown from None
        return namespace

    def _classes(self) -> tuple[Any, ...]:
        """What Python has the enum derive from; a type that is mixed in makes no difference where
        `__new__` says what the value is."""
        classes = [_standard(each) for each in self._bases]
        if any(each is None for each in classes):
            raise _Unknown
        if self._new is not None:
            classes = [each for each in classes if each and issubclass(each, enum.Flag)]
        return tuple(dict.fromkeys(classes)) or (enum.Enum,)

    def _made(self) -> dict[str, str]:
        values = {name: self._by_new(value) for name, value in self._raw.items()}
        classes, namespace = self._classes(), self._namespace(values)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                made = enum.EnumType("Members", classes, namespace)
                return {name: spelled(tree_of(made[name].value)) for name in values}
        except (TypeError, ValueError, KeyError, AttributeError):
            raise _Unknown from None

    def _by_new(self, raw: Any) -> Any:
        """What `__new__` says that the value is, if it does."""
        if self._new is None:
            return raw
        body, method = self._new
        given = raw if isinstance(raw, tuple) else (raw,)
        for statement in statements(method.body):
            match statement:
                case cst.Assign(
                    targets=[cst.AssignTarget(target=cst.Attribute(attr=cst.Name("_value_")))],
                    value=value,
                ):
                    return self._evaluated(body, method, value, (None, *given))
        raise _Unknown

    def _returned(self, body: Body, method: cst.FunctionDef, given: tuple[Any, ...]) -> Any:
        """What a method returns that only returns something."""
        match [each for each in statements(method.body) if not isinstance(each, cst.Expr)]:
            case [cst.Return(value=value)] if value is not None:
                return self._evaluated(body, method, value, given)
        raise _Unknown

    def _evaluated(
        self, body: Body, method: cst.FunctionDef, node: cst.CSTNode, given: tuple[Any, ...]
    ) -> Any:
        parameters = method.params
        names = [each.name.value for each in parameters.params]
        if len(given) > len(names):
            raise _Unknown
        scope = {
            each.name.value: default
            for each in parameters.params
            if each.default is not None
            and (default := self._values.of(body.module, each.default)) is not None
        }
        try:
            scope.update(zip(names, map(tree_of, given), strict=False))
            tree = self._values.of(body.module, node, scope)
            if tree is None:
                raise _Unknown
            return literal(tree)
        except ValueError:
            raise _Unknown from None


def _nearest(bodies: tuple[Body, ...], name: str) -> tuple[Body, cst.FunctionDef] | None:
    found = ((body, body.method(name)) for body in bodies)
    return next(((body, method) for body, method in found if method is not None), None)


def _members(body: Body) -> Iterator[tuple[str, cst.BaseExpression]]:
    given = list(assigned(body.node))
    ignored = [body.module.code(value) for name, value in given if name == "_ignore_"]
    for name, value in given:
        if any(re.search(rf"\b{name}\b", text) for text in ignored):
            continue
        is_plain = not name.startswith("_") and not isinstance(value, cst.Lambda)
        if is_plain and "nonmember" not in (_called(value) or ""):
            yield name, value


def _called(node: cst.BaseExpression) -> str | None:
    return dotted(node.func) if isinstance(node, cst.Call) else None


def _is_auto(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node) == "enum.auto()"


def _standard(ref: Ref) -> Any:
    """A class of Python's own that an enum may derive from; None for any other."""
    home = {"builtins": builtins, "enum": enum}.get(ref.module)
    found = getattr(home, ref.name, None)
    return found if isinstance(found, type) else None
