"""The shape of the types that contracts refer to, as far as the source roots show it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

import libcst as cst

from ..contract import FIELD_FORMS, Annotated, Kind, Named, Nothing, Ref, Type, Union, parts
from ..errors import Violation
from .annotations import Annotations
from .classes import read_class
from .enums import travel_by_value
from .exceptions import is_exception, true_exception, why_not_raised
from .literals import parsed, spelled
from .made import made_type
from .members import type_or_none
from .modules import Module, Modules
from .parameters import declared_variables
from .quotes import alias_value
from .shapes import Field, Structure
from .standard import standard
from .values import Values

__all__ = ["Search", "Structures"]

Search: TypeAlias = Callable[[Type, "Structures", set[Any]], str | None]
"""Tells the first thing that is wrong with a type, or with whatever that refers to."""

_NOT_TRAVELLING = (Kind.PLAIN, Kind.PROTOCOL, Kind.VARIABLE)
_SEVERAL = "is not all that its name means in its module: declare one type of this name"


class Structures:
    """Looks types up, each once. Reading is tolerant: what it cannot make out is `UNKNOWN`."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._known: dict[Ref, Structure | None] = {}
        self._fine: dict[Search, set[Any]] = {}
        self.values = Values(modules, self._member)

    def origin(self, ref: Ref) -> Ref:
        """Where a name is really defined, in its modern spelling."""
        return standard(self._modules.origin(ref))

    def flaw(self, ref: Ref) -> str | None:
        """Why what a name stands for cannot travel, whatever it holds; or `None`."""
        if self._modules.is_stood_in_for(ref):
            return _SEVERAL
        structure = self.of(ref)
        return None if structure is None else structure.flaw

    def has_module(self, name: str) -> bool:
        """Whether a source root holds the module of this import name."""
        return self._modules.has(name)

    def defines(self, ref: Ref) -> bool:
        """Whether its module in the source roots defines this name; also if that cannot be read."""
        try:
            module = self._modules.find(ref.module)
        except Violation:
            return True
        return module is not None and module.node_of(ref.name) is not None

    def of(self, ref: Ref) -> Structure | None:
        """The structure behind a name, if the source roots define it."""
        origin = self.origin(ref)
        if origin not in self._known:
            self._known[origin] = None  # ends the recursion of a class that names itself as a base
            self._known[origin] = self._read(origin)
        return self._known[origin]

    def _read(self, ref: Ref) -> Structure | None:
        try:
            module = self._modules.find(ref.module)
        except Violation:
            return Structure(ref, Kind.UNKNOWN, complete=False)
        if module is None:
            return None
        found = self._defined(module, ref)
        if ref.head in module.scan.several and found.kind not in _NOT_TRAVELLING:
            return replace(found, flaw=found.flaw or _SEVERAL)
        return found

    def _defined(self, module: Module, ref: Ref) -> Structure:
        node = module.node_of(ref.name)
        match node:
            case None if _is_type_parameter(module, ref):
                return Structure(ref, Kind.VARIABLE, complete=False)
            case None:
                return Structure(ref, Kind.UNKNOWN, complete=False)
            case cst.ClassDef():
                return read_class(module, ref, node, self.of, self.values)
            case cst.BaseExpression():
                return self._assigned(module, ref, node)
        return Structure(ref, Kind.UNKNOWN, complete=False)

    def _assigned(self, module: Module, ref: Ref, node: cst.BaseExpression) -> Structure:
        given, value = node, alias_value(module, node)
        if value is not node and isinstance(value, cst.BaseExpression):
            node = value
        elif isinstance(node, cst.Call):
            function = str(module.origin(node.func))
            if function == "typing.NewType" and len(node.args) == 2:
                of = node.args[1].value
                problem = Annotations(module).misused(of)
                flaw = f"stands for no type: {problem}" if problem else None
                return Structure(ref, Kind.NEWTYPE, target=type_or_none(module, of), flaw=flaw)
            variable = function in ("typing.TypeVar", "typing.ParamSpec", "typing.TypeVarTuple")
            if variable:
                return Structure(ref, Kind.VARIABLE, complete=False)
            unread = Structure(ref, Kind.UNKNOWN, complete=False, text=self._text(module, node))
            return made_type(module, ref, node) or unread
        target = type_or_none(module, node)
        if target is None:
            return Structure(ref, Kind.UNKNOWN, complete=False, text=self._text(module, node))
        is_object = ref.name in module.scan.aliases or value is not given
        return Structure(ref, Kind.ALIAS, target=target, is_object=is_object)

    def _text(self, module: Module, node: cst.BaseExpression) -> str:
        made = self.values.of(module, node)
        return module.code(node) if made is None else spelled(made)

    def _member(self, ref: Ref) -> ast.expr | None:
        """What a member of an enum comes down to, or the value or name of one."""
        owner, _, last = ref.name.rpartition(".")
        if last in ("name", "value") and "." in owner:
            found = self.enum_member(Ref(module=ref.module, name=owner))
            if found is not None:
                return ast.Constant(found[1].name) if last == "name" else parsed(found[1].value)
        found = self.enum_member(ref)
        if found is None:
            return None
        structure, field = found
        name = ast.Name(str(structure.ref))
        by_value = travel_by_value(
            (each.value for each in structure.fields), is_flag="boundary" in dict(structure.options)
        )
        value = parsed(field.value) if by_value else None
        return ast.Attribute(name, last) if value is None else ast.Call(name, [value], [])

    def enum_member(self, ref: Ref) -> tuple[Structure, Field] | None:
        """An enum and the member of it that a name stands for, if it is such a name."""
        owner, _, member = ref.name.rpartition(".")
        structure = self.of(Ref(module=ref.module, name=owner)) if owner else None
        if structure is None or structure.kind is not Kind.ENUM:
            return None
        return next(((structure, each) for each in structure.fields if each.name == member), None)

    def keeps_its_name(self, ref: Ref) -> bool:
        """Whether an alias is one for Python, too, not only another name: a `type` statement's."""
        found = self._modules.definition(ref)
        return found is not None and found.alias is not None

    def accepts_none(self, type_: Type) -> bool:
        """Whether `None` is a value of this type; unknown names are taken for classes."""
        return any(isinstance(member, Nothing) for member in self.members(type_))

    def exception(self, ref: Ref) -> Ref:
        """The class that a name in `raises` stands for: it travels by the name of that."""
        return true_exception(self._modules.meaning(ref))

    def not_raised(self, ref: Ref) -> str | None:
        """Why no body can raise a class of this name to its caller, or `None`: its text may not be
        there to tell."""
        origin = self.exception(ref)
        structure = self.of(origin)
        if structure is None:
            return why_not_raised(origin)
        if structure.kind not in (Kind.EXCEPTION, Kind.UNKNOWN):
            return "is no exception class"
        problems = (self.not_raised(base) for base in structure.bases if self._is_error(base))
        return next((problem for problem in problems if problem is not None), None)

    def _is_error(self, base: Ref) -> bool:
        structure = self.of(base)
        return is_exception(base) if structure is None else structure.kind is Kind.EXCEPTION

    def first(self, search: Search, type_: Type) -> str | None:
        """What a search finds in a type, or `None`.

        It is given what it has come by, in this type and in others before, and need not look at
        again: where classes refer to each other, ways between them are without number (C7).
        """
        seen = self._fine.setdefault(search, set())
        problem = search(type_, self, seen)
        if problem is not None:
            seen.clear()  # what led there leads there again
        return problem

    def is_variable(self, ref: Ref) -> bool:
        """Whether a name is a type variable's."""
        structure = self.of(ref)
        return structure is not None and structure.kind is Kind.VARIABLE

    def is_open(self, type_: Type) -> bool:
        """Whether a type depends on type variables."""
        return any(isinstance(part, Named) and self.is_variable(part.ref) for part in parts(type_))

    def unmarked(self, type_: Type) -> Type:
        """The type of a field without the forms that only fields have: `ReadOnly[str]` is `str`."""
        while isinstance(type_, Named) and str(self.origin(type_.ref)) in FIELD_FORMS:
            if not type_.arguments:
                break
            type_ = type_.arguments[0]
        return type_

    def is_endless(self, alias: Structure) -> bool:
        """Whether an alias stands for itself, with nothing around it."""
        inner = self._alternatives(alias.target, frozenset((alias.ref,)))
        return any(each == alias.ref for each in inner)

    def _alternatives(self, type_: Type | None, seen: frozenset[Ref]) -> Iterator[Ref]:
        match type_:
            case Union(members=members):
                for member in members:
                    yield from self._alternatives(member, seen)
            case Annotated(base=base):
                yield from self._alternatives(base, seen)
            case Named(ref=ref):
                origin = self.origin(ref)
                yield origin
                structure = self.of(origin) if origin not in seen else None
                if structure is not None and structure.target is not None:
                    yield from self._alternatives(structure.target, seen | {origin})

    def members(self, type_: Type, seen: frozenset[Ref] = frozenset()) -> Iterator[Type]:
        """The alternatives of a type: unions and aliases opened, metadata and NewTypes removed."""
        match type_.kind:
            case "union":
                for member in type_.members:
                    yield from self.members(member, seen)
            case "annotated":
                yield from self.members(type_.base, seen)
            case "named":
                structure = self.of(type_.ref)
                if structure and structure.target is not None and structure.ref not in seen:
                    yield from self.members(structure.target, seen | {structure.ref})
                else:
                    yield type_
            case _:
                yield type_


def _is_type_parameter(module: Module, ref: Ref) -> bool:
    """Whether it is one of a class, in the spelling of PEP 695."""
    owner, _, name = ref.name.rpartition(".")
    node = module.node_of(owner) if owner else None
    return isinstance(node, cst.ClassDef) and name in declared_variables(module, ref, node)
