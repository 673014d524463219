"""Which context variables a function reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from ..reader.literals import dotted
from .modules import Code, Codes

__all__ = ["MENTIONS", "Contexts", "Function"]

Function = ast.FunctionDef | ast.AsyncFunctionDef

_DEEPEST: Final = 3
"""Calls from a body to where the variable is read: a helper of a helper is found."""
_LOCALS: Final = frozenset(
    (
        *("flask.g", "flask.request", "flask.session", "flask_login.current_user"),
        *("quart.g", "quart.request", "quart.session", "quart_auth.current_user"),
        "starlette_context.context",
    )
)
"""What stands for a value of the context, and is read without a call."""
MENTIONS: Final = (b"ContextVar", *{each.partition(".")[0].encode() for each in _LOCALS})
"""One of these is in every project that reads the context."""


class Contexts:
    """Looks into functions, and into those of the project that they call.

    compute: methods of the same class that are cached themselves, and looked at by themselves.
    """

    def __init__(self, codes: Codes, compute: frozenset[str]) -> None:
        self._codes = codes
        self._compute = compute

    def read_by(
        self, code: Code, function: Function, own: ast.ClassDef | None, depth: int = 0
    ) -> Iterator[tuple[ast.expr, str]]:
        """The variables that a function reads, by their names, and where in it.

        own: the class that it is a method of.
        """
        hidden = _own_names(function, is_method=own is not None)
        for node in ast.walk(function):
            name = dotted(node.func if isinstance(node, ast.Call) else node)
            if name is None or name.partition(".")[0] in hidden:
                continue
            if isinstance(node, ast.Call):
                found = self._called(code, name, function, own, depth)
                if found is not None:
                    yield node, found
            elif isinstance(node, ast.expr) and self._codes.origin(code, name)[1] in _LOCALS:
                yield node, name

    def _called(
        self,
        code: Code,
        name: str,
        function: Function,
        own: ast.ClassDef | None,
        depth: int,
    ) -> str | None:
        """The variable that a call of what has this name reads, if it does."""
        holder, _, method = name.rpartition(".")
        if method == "get" and holder:
            home, variable = self._codes.origin(code, holder)
            if home is not None and self._is_variable(home, variable):
                return variable
        if depth == _DEEPEST:
            return None
        inside = self._inside(code, holder, method, function, own)
        if inside is None:
            return None
        reads = self.read_by(*inside, depth=depth + 1)
        return next((variable for _, variable in reads), None)

    def _inside(
        self, code: Code, holder: str, name: str, function: Function, own: ast.ClassDef | None
    ) -> tuple[Code, Function, ast.ClassDef | None] | None:
        """The project's function that is called so: of a module, or a method of the same class."""
        first = function.args.posonlyargs + function.args.args
        if own is not None and first and holder == first[0].arg:
            methods = (
                each
                for each in own.body
                if isinstance(each, Function) and each.name not in self._compute
            )
            found = next((each for each in methods if each.name == name), None)
            return None if found is None or found is function else (code, found, own)
        home, whole = self._codes.origin(code, f"{holder}.{name}".lstrip("."))
        statement = home.defined.get(whole) if home is not None else None
        if home is None or not isinstance(statement, Function) or statement is function:
            return None
        return home, statement, None

    def _is_variable(self, code: Code, name: str) -> bool:
        match code.defined.get(name):
            case ast.Assign(value=ast.Call(func=made)):
                return self._is_context_var(code, made)
            case ast.AnnAssign(annotation=annotation, value=value):
                made = value.func if isinstance(value, ast.Call) else annotation
                bare = made.value if isinstance(made, ast.Subscript) else made
                return self._is_context_var(code, bare)
        return False

    def _is_context_var(self, code: Code, node: ast.expr) -> bool:
        bare = node.value if isinstance(node, ast.Subscript) else node
        name = dotted(bare)
        return name is not None and self._codes.origin(code, name)[1] == "contextvars.ContextVar"


def _own_names(function: Function, *, is_method: bool) -> frozenset[str]:
    """What a function calls its own values; `self` apart."""
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args][is_method:] + arguments.kwonlyargs
    stored = (
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    return frozenset((*(each.arg for each in given), *stored))
