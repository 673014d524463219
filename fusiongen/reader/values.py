"""What defaults, metadata and options come down to, as far as text shows it: constants by their
values, arithmetic done. No user code runs (C2): only literals are put together, by a few operators
and by methods of strings.

What cannot be known (a call, a name from outside of the source roots) stays as it is spelled, with
the constants in it opened: whoever compares two of these sees that the text changed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from operator import getitem
from typing import Any

import libcst as cst

from ..contract import Expression, Ref
from .literals import binary, dotted, made, method, parsed, spelled, unary
from .modules import Module, Modules
from .nodes import inner_class, statements

__all__ = ["Scope", "Values", "assigned", "given_names"]

Scope = Mapping[str, ast.expr]
"""What bare names stand for where they are not those of the module."""

_SCOPED = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Values:
    """Works out the expressions of the source roots.

    member: what `Color.RED`, `Color.RED.value` or `Color.RED.name` comes down to; None for a name
        that is no such thing.
    """

    def __init__(self, modules: Modules, member: Callable[[Ref], ast.expr | None]) -> None:
        self._modules = modules
        self._member = member

    def of(self, module: Module, node: cst.CSTNode, scope: Scope | None = None) -> ast.expr | None:
        """What an expression in a module comes down to; None if it is no expression."""
        return self._opened(module, node, scope or {}, frozenset())

    def of_expression(self, expression: Expression) -> str:
        """What a default or a piece of metadata comes down to."""
        names: dict[str, Ref] = {}
        text = ""
        for part in expression.parts:
            if isinstance(part, Ref):
                name = f"_{len(names)}_"
                names[name] = part
                text += name
            else:
                text += part
        node = parsed(text)
        if node is None:
            return str(expression)
        return spelled(_Opener(self, names.get, {}, frozenset()).visit(node))

    def constant(self, ref: Ref, seen: frozenset[Ref]) -> ast.expr | None:
        """What a name stands for; None if the source roots do not show it to be a value."""
        origin = self._modules.origin(ref)
        if origin in seen or not origin.name:
            return None
        home = self._modules.find(origin.module)
        if home is None:
            return None
        seen = seen | {origin}
        head, _, rest = origin.name.partition(".")
        definition = home.scan.definitions.get(head)
        if isinstance(definition, cst.ClassDef):
            return self._member(origin) or self._of_class(home, definition, rest, seen)
        if rest or not isinstance(definition, cst.BaseExpression):
            return None
        return self._either(home, home.scan.assigned[head], {}, seen)

    def _of_class(
        self, home: Module, node: cst.ClassDef, name: str, seen: frozenset[Ref]
    ) -> ast.expr | None:
        """`Limits.MOST`, or one of a class within the class."""
        head, _, rest = name.partition(".")
        if rest:
            inner = inner_class(node, head)
            return None if inner is None else self._of_class(home, inner, rest, seen)
        own = dict(assigned(node))
        found = [value for name, value in assigned(node) if name == head]
        scope: dict[str, ast.expr] = {}
        for earlier, value in own.items():
            if earlier == head:
                break
            opened = self._opened(home, value, scope, seen)
            if opened is not None:
                scope[earlier] = opened
        return self._either(home, found, scope, seen) if found else None

    def _either(
        self, home: Module, nodes: list[cst.BaseExpression], scope: Scope, seen: frozenset[Ref]
    ) -> ast.expr | None:
        """The value of a name; if it is given several, all of them: none is known to last."""
        opened = [self._opened(home, node, scope, seen) for node in nodes]
        known = [each for each in opened if each is not None]
        if len(known) == 1:
            return known[0]
        return ast.Call(ast.Name("one_of"), known, []) if known else None

    def _opened(
        self, module: Module, node: cst.CSTNode, scope: Scope, seen: frozenset[Ref]
    ) -> ast.expr | None:
        tree = parsed(module.tree.code_for_node(node))
        if tree is None:
            return None
        opener = _Opener(self, module.resolve, scope, seen)
        try:
            opened: ast.expr = opener.visit(tree)
        except RecursionError:
            return None
        return opened

    def full_name(self, ref: Ref) -> str:
        """A name as every lock spells it."""
        return str(self._modules.origin(ref))

    def makes_nothing(self, ref: Ref) -> bool:
        """Whether a call of this gives its argument back: a `NewType`."""
        found = self._modules.definition(ref)
        if found is None or not isinstance(found.node, cst.Call):
            return False
        return str(found.module.meaning(found.node.func)) == "typing.NewType"


class _Opener(ast.NodeTransformer):
    """Puts values in the place of names, and literals in that of what they make."""

    def __init__(
        self,
        values: Values,
        resolve: Callable[[str], Ref | None],
        scope: Scope,
        seen: frozenset[Ref],
    ) -> None:
        self._values = values
        self._resolve = resolve
        self._scope = scope
        self._seen = seen

    def visit(self, node: ast.AST) -> Any:
        return node if isinstance(node, _SCOPED) else super().visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._scope.get(node.id) or self._named(node, node.id)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        name = dotted(node)
        if name is None or name.partition(".")[0] in self._scope:
            self.generic_visit(node)
            return node
        return self._named(node, name)

    def _named(self, node: ast.expr, name: str) -> ast.expr:
        ref = self._resolve(name)
        if ref is None:
            return node
        found = self._values.constant(ref, self._seen)
        if found is not None:
            return found
        return ast.Name(self._values.full_name(ref))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.args = [self.visit(each) for each in node.args]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        function = dotted(node.func)
        known = function is not None and function.partition(".")[0] not in self._scope
        ref = self._resolve(function) if function and known else None
        if ref is not None:
            if len(node.args) == 1 and not node.keywords and self._values.makes_nothing(ref):
                return node.args[0]
            method = self._method_of_constant(node, ref)
            node.func = ast.Name(self._values.full_name(ref))
            return method or node
        node.func = self.visit(node.func)
        return self._method(node) or node

    def _method_of_constant(self, node: ast.Call, ref: Ref) -> ast.expr | None:
        """`NAME.lower()`, which reads like the name of a function."""
        owner, _, method = ref.name.rpartition(".")
        found = (
            self._values.constant(Ref(module=ref.module, name=owner), self._seen) if owner else None
        )
        if found is None:
            return None
        return self._method(ast.Call(ast.Attribute(found, method), node.args, node.keywords))

    def _method(self, node: ast.Call) -> ast.expr | None:
        if not isinstance(node.func, ast.Attribute) or node.keywords:
            return None
        return method(node.func.value, node.func.attr, node.args)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return binary(node) or node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        return made(getitem, node.value, node.slice) or node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return unary(node) or node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        self.generic_visit(node)
        parts = [
            each.value
            if isinstance(each, ast.FormattedValue)
            and each.conversion == -1
            and each.format_spec is None
            else each
            for each in node.values
        ]
        return made(lambda *texts: "".join(map(str, texts)), *parts) or node


def assigned(node: cst.ClassDef) -> Iterator[tuple[str, cst.BaseExpression]]:
    """The names that a class body gives values to."""
    for statement in statements(node.body):
        yield from given_names(statement)


def given_names(statement: cst.CSTNode) -> Iterator[tuple[str, cst.BaseExpression]]:
    """The names that a statement gives values to."""
    match statement:
        case cst.Assign(targets=targets, value=value):
            for target in targets:
                yield from _names(target.target, value)
        case cst.AnnAssign(target=cst.Name(value=name), value=given) if given is not None:
            yield name, given


def _names(
    target: cst.BaseExpression, value: cst.BaseExpression
) -> Iterator[tuple[str, cst.BaseExpression]]:
    match target, value:
        case cst.Name(value=name), _:
            yield name, value
        case ((cst.Tuple() | cst.List()), (cst.Tuple() | cst.List())) if len(
            target.elements
        ) == len(value.elements):
            for each, part in zip(target.elements, value.elements, strict=True):
                yield from _names(each.value, part.value)
