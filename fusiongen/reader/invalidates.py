"""The grammar of `invalidates`: strings in, bound calls with their guards out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

import libcst as cst

from ..contract import (
    Argument,
    Call,
    Constant,
    Contract,
    Loop,
    Method,
    MethodKind,
    Parameter,
    ParameterKind,
    Path,
    Ref,
    Type,
    Wildcard,
)
from ..errors import Span
from ..rules.invalidations import (
    BadArguments,
    BadEntry,
    UnknownContract,
    UnknownMethod,
    UnknownVariable,
)
from .compiling import parsed_text
from .expressions import constant
from .methods import MethodSyntax
from .modules import Module
from .nodes import dotted
from .options import Entry
from .paths import Paths

__all__ = ["Invalidations", "Target", "Unjudged"]


@dataclass(frozen=True, slots=True)
class Target:
    """A contract of the project.

    methods: by name.
    unread: the names of those that are not wholly understood.
    complete: whether all that it inherits is there.
    """

    contract: Contract
    methods: Mapping[str, Method]
    unread: frozenset[str]
    complete: bool


class Unjudged(Exception):
    """Raised for an entry about something that could not be read, which is reported as such."""


_ANY = ("fusionrt.ANY", "fusionrt.contract.ANY")


class Invalidations:
    """Binds the entries of one command.

    contracts: every contract of the project, by its class.
    own: the contract that the command belongs to.
    """

    def __init__(
        self,
        paths: Paths,
        contracts: Callable[[Ref], Target | None],
        own: Ref,
        syntax: MethodSyntax,
    ) -> None:
        self._paths = paths
        self._contracts = contracts
        self._own = own
        self._syntax = syntax
        self._variables: dict[str, Type | None] = {
            parameter.name: parameter.type
            for parameter in syntax.method.parameters
            if parameter.streamed is None
        }
        self._variables["result"] = syntax.method.result

    def call(self, entry: Entry) -> Call:
        """Read one entry.

        Raises:
            Violation: it breaks a rule (FG040 to FG044).
            Unjudged: what it names could not be read.
        """
        return _Entry(self, entry).call()


class _Entry:
    def __init__(self, command: Invalidations, entry: Entry) -> None:
        self._command = command
        self._entry = entry
        self._variables = dict(command._variables)

    def call(self) -> Call:
        call, comprehension = self._parsed()
        loop = self._loop(comprehension) if comprehension is not None else None
        contract, method = self._method(call)
        arguments = self._arguments(call, method)
        return Call(
            service=contract.name,
            contract=contract.ref,
            method=method.name,
            arguments=arguments,
            loop=loop,
        )

    def _parsed(self) -> tuple[cst.Call, cst.CompFor | None]:
        node = parsed_text(self._entry.text)
        match node:
            case cst.Call(lpar=[_]):
                return node, None
            case cst.GeneratorExp(lpar=[_], elt=cst.Call(lpar=[]) as call, for_in=clause) if not (
                clause.ifs or clause.inner_for_in or clause.asynchronous
            ):
                return call, clause
        self._bad()

    def _bad(self) -> NoReturn:
        problem = f"`{self._entry.text}` is not in the grammar of `invalidates`"
        raise BadEntry.violation(self._span, problem)

    @property
    def _span(self) -> Span:
        return self._module.span(self._entry.node)

    @property
    def _module(self) -> Module:
        return self._command._syntax.module

    def _loop(self, clause: cst.CompFor) -> Loop:
        if not isinstance(clause.target, cst.Name):
            self._bad()
        variable = clause.target.value
        if variable in self._variables:
            problem = f"the loop's variable `{variable}` hides a parameter"
            raise UnknownVariable.violation(self._span, problem, "Rename the loop's variable.")
        name = dotted(clause.iter)
        if name is None:
            self._bad()
        root, *attributes = name.split(".")
        iterable = self._path(root, attributes, accepts_none=False)
        self._variables[variable] = self._command._paths.item_of(self._variables[root], attributes)
        return Loop(variable=variable, iterable=iterable)

    def _method(self, call: cst.Call) -> tuple[Contract, Method]:
        name = dotted(call.func)
        if name is None:
            self._bad()
        qualifier, _, method = name.rpartition(".")
        ref = self._qualified(qualifier) if qualifier else self._command._own
        target = self._command._contracts(ref) if ref else None
        if target is None:
            if ref is not None and self._module.modules.is_broken(ref.module):
                raise Unjudged
            problem = f"`{qualifier}` in `{self._entry.text}` is no contract of this project"
            raise UnknownContract.violation(self._span, problem)
        found = target.methods.get(method)
        if method in target.unread or (found is None and not target.complete):
            raise Unjudged
        if found is None or found.kind is not MethodKind.COMPUTE:
            problem = f"`{target.contract.ref.name}` has no compute method `{method}`"
            raise UnknownMethod.violation(self._span, problem)
        return target.contract, found

    def _qualified(self, name: str) -> Ref | None:
        module = self._module
        ref = module.resolve(name)
        return module.modules.origin(ref) if ref else None

    def _arguments(self, call: cst.Call, method: Method) -> tuple[Argument, ...]:
        bound: dict[str, Argument] = {}
        places = [each for each in method.parameters if each.kind is not ParameterKind.KEYWORD]
        named = {
            each.name: each
            for each in method.parameters
            if each.kind is not ParameterKind.POSITIONAL
        }
        for index, node in enumerate(call.args):
            if node.star:
                self._bad()
            if node.keyword is not None:
                parameter = named.get(node.keyword.value)
            else:
                parameter = places[index] if index < len(places) else None
            if parameter is None or parameter.name in bound:
                self._misfit(method)
            value = self._value(node.value, parameter)
            keyword = node.keyword.value if node.keyword else None
            bound[parameter.name] = Argument(name=keyword, value=value)
        if any(each.default is None and each.name not in bound for each in method.parameters):
            self._misfit(method)
        return tuple(bound.values())

    def _misfit(self, method: Method) -> NoReturn:
        names = ", ".join(parameter.name for parameter in method.parameters)
        problem = f"`{self._entry.text}` does not fit `{method.name}({names})`"
        raise BadArguments.violation(self._span, problem)

    def _value(self, node: cst.BaseExpression, parameter: Parameter) -> Path | Wildcard | Constant:
        text = constant(node)
        if text is not None:
            return Constant(text=text)
        name = dotted(node)
        if name is None:
            self._bad()
        root, *attributes = name.split(".")
        if root not in self._variables and self._is_any(name):
            return Wildcard()
        accepts_none = self._command._paths.accepts_none(parameter.type)
        return self._path(root, attributes, accepts_none=accepts_none)

    def _is_any(self, name: str) -> bool:
        """Linters remove an import of `ANY` that only strings use, so it may be missing."""
        ref = self._qualified(name)
        return name == "ANY" if ref is None else str(ref) in _ANY

    def _path(self, root: str, attributes: list[str], *, accepts_none: bool) -> Path:
        if root not in self._variables:
            problem = f"`{root}` in `{self._entry.text}` is not known here"
            raise UnknownVariable.violation(self._span, problem)
        guards = self._command._paths.guards(
            root, self._variables[root], attributes, accepts_none=accepts_none
        )
        return Path(root=root, attributes=tuple(attributes), guards=guards)
