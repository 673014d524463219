"""The head of a contract: its class, and what `@service` says of it."""

from __future__ import annotations

import keyword
import re

import libcst as cst

from ..contract import Contract, Ref, Sharding
from ..errors import Diagnostic, Span, Violation
from ..rules.services import BadServiceOption
from .declarations import Declaration
from .expressions import constant
from .modules import Module
from .raises import raised_classes

__all__ = ["head_of"]

SHARDS = 64
"""The default of `shards`."""
MOST_SHARDS = 4096
"""Its largest value: an owner has a subscription for each."""


def head_of(declaration: Declaration) -> tuple[Contract, list[Diagnostic]]:
    """A contract without its methods, and what is wrong with its options."""
    module, node, span = declaration.module, declaration.node, declaration.span
    diagnostics: list[Diagnostic] = []
    options = _Options(module)
    for argument in declaration.arguments:
        try:
            options.read(argument)
        except Violation as violation:
            diagnostics.append(violation.diagnostic)
    sharding = None
    try:
        sharding = options.sharding()
    except Violation as violation:
        diagnostics.append(violation.diagnostic)
    ref = declaration.ref
    name = options.name or _snake_case(ref.name)
    if not diagnostics and not _is_service_name(name):
        problem = f"`{ref.name}` gives no service name: `{name}` is none"
        fix = 'Name it in lower-case ASCII letters: `@service(name="…")`.'
        diagnostics.append(BadServiceOption.at(span, problem, fix))
    contract = Contract(
        ref=ref,
        file=module.file,
        name=name,
        version=options.version,
        internal=options.internal,
        raises=options.raises,
        shard=sharding,
        doc=node.get_docstring(),
        methods=(),
        span=span,
    )
    return contract, diagnostics


class _Options:
    """The options of `@service`."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self.name: str | None = None
        self.version: int | None = None
        self.internal = False
        self.raises: tuple[Ref, ...] = ()
        self._shard: tuple[str, Span] | None = None
        self._shards: tuple[int, Violation] | None = None

    def read(self, argument: cst.Arg) -> None:
        """Read one option.

        Raises:
            Violation: there is no such option, or its value is none (FG014), or not known (FG002).
        """
        option = argument.keyword.value if argument.keyword else ""
        value = argument.value
        text = constant(value)
        match option:
            case "name" if isinstance(value, cst.SimpleString):
                name = value.evaluated_value
                if isinstance(name, str) and _is_service_name(name):
                    self.name = name
                    return
            case "version" if text is not None and text.isdigit():
                self.version = int(text)
                return
            case "internal" if text in ("True", "False"):
                self.internal = text == "True"
                return
            case "raises":
                found = raised_classes(self._module, value)
                if found is not None:
                    self.raises = found
                    return
            case "shard" if isinstance(value, cst.SimpleString):
                name = value.evaluated_value
                if isinstance(name, str) and name.isidentifier():
                    self._shard = name, self._module.span(argument)
                    return
            case "shards" if text is not None and text.isdigit():
                if 1 <= int(text) <= MOST_SHARDS:
                    self._shards = int(text), self._refused(argument)
                    return
            case "name" | "version" | "shard" if text == "None":
                return
        raise self._refused(argument)

    def sharding(self) -> Sharding | None:
        """What `shard` and `shards` say together.

        Raises:
            Violation: there are `shards` of nothing (FG014).
        """
        if self._shard is None:
            if self._shards is not None:
                raise self._shards[1]
            return None
        parameter, span = self._shard
        count = SHARDS if self._shards is None else self._shards[0]
        return Sharding(parameter=parameter, count=count, span=span)

    def _refused(self, argument: cst.Arg) -> Violation:
        code = self._module.code(argument.with_changes(comma=cst.MaybeSentinel.DEFAULT))
        problem = f"`{code}` is no option of `@service`"
        return BadServiceOption.violation(self._module.span(argument), problem)


def _is_service_name(name: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None and not keyword.iskeyword(name)


def _snake_case(name: str) -> str:
    """`HTTPCarts2` → `http_carts2`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return spaced.lower().strip("_")
