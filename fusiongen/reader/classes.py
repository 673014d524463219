"""The structure that a class statement makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property

import libcst as cst

from ..contract import Kind, Named, Ref, parts
from .above import bases_of
from .enums import Body, boundary_of, enum_values
from .equality import are_ordered, equal_themselves_alone, hashed_by
from .made import made_type
from .making import (
    MADE_OF_THEIR_KIND,
    Bases,
    adds_no_fields,
    is_frozen,
    is_neutral,
    made_by,
    own_fields,
)
from .members import Members, type_or_none
from .modules import Module
from .nodes import keywords_of
from .parameters import type_parameters
from .shapes import Field, Structure
from .standard import standard
from .values import Values

__all__ = ["read_class"]

_OF_VALUES = (
    *("allow_inf_nan", "extra", "str_max_length", "str_min_length", "str_strip_whitespace"),
    *("str_to_lower", "str_to_upper"),
)
"""What pydantic's configuration says of values, not of names."""
_WIRE_OPTIONS = (
    *("alias_generator", "array_like", "extra_items", "forbid_unknown_fields", "kw_only"),
    *("omit_defaults", "populate_by_name", "rename", "tag", "tag_field", "total"),
    *("validate_by_alias", "validate_by_name", *_OF_VALUES),
)
_OF_ITS_OWN = ("extra_items", "kw_only", "total")
"""What a base says of its own fields alone."""
_CONFIGURED = (Kind.DATACLASS, Kind.TYPED_DICT)
"""Sorts that pydantic takes as part of its own, configured by themselves."""
_CONFIGURING = ("pydantic.with_config", "pydantic.config.with_config")


Known = Callable[[Ref], Structure | None]
"""The structure behind a name, if the source roots define it."""


def read_class(
    module: Module, ref: Ref, node: cst.ClassDef, known: Known, values: Values
) -> Structure:
    """Read one class.

    known: tells the structure of a base.
    values: works out what it gives its fields and options.
    """
    return _Class(module, ref, node, known, values).read()


class _Class:
    def __init__(
        self, module: Module, ref: Ref, node: cst.ClassDef, known: Known, values: Values
    ) -> None:
        self._known = known
        self._values = values
        self._module = module
        self._ref = ref
        self._node = node
        bases = bases_of(module, ref, node)
        self._bases = [each.ref for each in bases]
        self._above = [(each, known(each.ref)) for each in bases]
        calls = (base.value for base in node.bases if isinstance(base.value, cst.Call))
        made = filter(None, (made_type(module, ref, call) for call in calls))
        self._inherited = [
            *((base.ref, base.filled(above)) for base, above in self._above),
            *((ref, structure) for structure in made),
        ]
        self._members = Members(module, ref, node, values)
        self._making = made_by(module, node, self._members, self._inherited)
        self._kind = self._making.kind
        keywords = {each.keyword.value: each.value for each in node.keywords if each.keyword}
        decorator = keywords_of(self._making.call)
        valued = {name: self._members.valued(each) for name, each in (keywords | decorator).items()}
        self._configuration = self._configured(decorator.get("config"))
        self._options = {**self._configuration, **valued}

    def read(self) -> Structure:
        fields = {field.name: field for field in (*self._fields_above(), *self._own_fields())}
        making, kind = self._making, self._kind
        bases = [each for _, each in self._inherited if each and each.kind is kind]
        said = making, self._options, self._members
        frozen = is_frozen(making, self._options, any(each.frozen for each in bases))
        above = bases[0] if bases else None
        parameters = type_parameters(self._module, self._node)
        return Structure(
            self._ref,
            kind,
            tuple(fields.values()),
            self._properties(),
            bases=tuple(self._bases),
            validated=kind is Kind.MODEL or making.pydantic,
            frozen=frozen,
            hashed_by=hashed_by(*said, above.hashed_by if above else None, frozen=frozen),
            ordered=are_ordered(*said, above=above.ordered if above else False),
            by_identity=equal_themselves_alone(*said, above=above.by_identity if above else None),
            generic=self._is_generic(),
            complete=self._is_complete(),
            options=tuple(dict(self._options_on_the_wire()).items()),
            doc=self._node.get_docstring(),
            parameters=tuple(each.name for each in parameters),
            text=", ".join(self._given_bases()) or None,
            flaw=self._flaw(),
            of_arguments=any(
                above and above.kind is kind and base.arguments for base, above in self._above
            ),
        )

    def _configured(self, given: cst.BaseExpression | None) -> dict[str, str]:
        """What pydantic is told of it; of a class that is none of its own, as part of one that
        is."""
        found = self._members.configuration()
        if self._making.pydantic and given is not None:
            found |= self._members.configured(given)
        for decorator in self._node.decorators:
            call = decorator.decorator
            if isinstance(call, cst.Call) and self._members.named(call.func) in _CONFIGURING:
                found |= self._members.configured(keywords_of(call).get("config", call))
        if self._kind in _CONFIGURED and not self._making.pydantic:
            return {name: text for name, text in found.items() if name in _OF_VALUES}
        return found

    def _given_bases(self) -> Iterator[str]:
        """The bases that are given types, of a class of no known sort: these may make it."""
        for base in self._node.bases if self._kind is Kind.UNKNOWN else ():
            if isinstance(base.value, cst.Subscript):
                yield self._members.valued(base.value)

    def _flaw(self) -> str | None:
        if self._kind is Kind.STRUCT and self._node.type_parameters and self._module.postpones:
            return (
                "has type parameters that msgspec does not find in annotations which are texts: "
                "declare them with `TypeVar`, or drop `from __future__ import annotations`"
            )
        assigned = self._kind in (Kind.ATTRS, Kind.ENUM)
        name = next(self._members.on_condition(assigned=assigned), None)
        if name is not None and not self._making.is_plain_error:
            return f"may have `{name}` or not: declare it outside of `if`, `try` and the like"
        return next(filter(None, (base.flaw(above) for base, above in self._above)), None)

    def _fields_above(self) -> Iterator[Field]:
        for _, base in reversed(self._inherited):
            if base is not None and (
                base.kind is self._kind or self._kind not in MADE_OF_THEIR_KIND
            ):
                yield from base.fields

    def _own_fields(self) -> Iterable[Field]:
        found = own_fields(self._members, self._making, self._options, self._module)
        if self._kind is Kind.ENUM:
            values = enum_values(self._values, *self._lineage)
            if self._mixes_in_values(self._bases) and not self._members.defines("__new__"):
                values = {name: f"({text},)" for name, text in values.items()}
            return (replace(each, value=values[each.name]) for each in found if each.name in values)
        if self._kind is Kind.MODEL:
            return (each for each in found if not self._is_constant(each))
        return found

    def _mixes_in_values(self, bases: Iterable[Ref]) -> bool:
        """Whether values of an enum are instances of a class of the source roots, not literals."""
        for above in filter(None, map(self._known, bases)):
            if above.kind is Kind.ENUM:
                if self._mixes_in_values(above.bases):
                    return True
            elif above.kind is not Kind.PLAIN or not all(map(is_neutral, above.bases)):
                return True
        return False

    @cached_property
    def _lineage(self) -> tuple[tuple[Body, ...], tuple[Ref, ...]]:
        return _lineage(Body(self._module, self._node), self._bases)

    def _is_constant(self, field: Field) -> bool:
        """Whether pydantic takes this for no field: it is `Final` and has a value."""
        type_ = field.type if field.default is not None else None
        if not isinstance(type_, Named):
            return False
        return str(standard(self._module.modules.origin(type_.ref))) == "typing.Final"

    def _properties(self) -> tuple[Field, ...]:
        above = (each for _, base in reversed(self._inherited) if base for each in base.properties)
        found = {each.name: each for each in (*above, *self._members.properties())}
        return tuple(found.values())

    def _options_on_the_wire(self) -> Iterator[tuple[str, str]]:
        if self._takes_options_over():
            yield from _inherited_options(self._kind, self._inherited)
        for name in _WIRE_OPTIONS:
            if name in self._options:
                yield name, self._options[name]
        boundary = boundary_of(*self._lineage) if self._kind is Kind.ENUM else None
        if boundary is not None:
            yield "boundary", boundary

    def _takes_options_over(self) -> bool:
        """Whether those of a base of its kind hold for it, too."""
        inheriting = self._kind in _CONFIGURED and not self._configuration
        return self._kind in (Kind.STRUCT, Kind.MODEL) or inheriting

    def _is_complete(self) -> bool:
        """Whether every base has a name, and is one whose fields are known."""
        return len(self._bases) == len(self._node.bases) and all(
            adds_no_fields(base) if structure is None else structure.complete
            for base, structure in self._inherited
        )

    def _is_generic(self) -> bool:
        """Whether it has type parameters of its own."""
        bases = (type_or_none(self._module, base.value) for base in self._node.bases)
        return self._node.type_parameters is not None or any(
            isinstance(part, Named) and self._is_variable(part.ref)
            for base in bases
            if base is not None
            for part in parts(base)
        )

    def _is_variable(self, ref: Ref) -> bool:
        structure = self._known(ref)
        return structure is not None and structure.kind is Kind.VARIABLE


def _lineage(body: Body, bases: Iterable[Ref]) -> tuple[tuple[Body, ...], tuple[Ref, ...]]:
    """A class and those of the source roots that it derives from; and the other ones."""
    bodies, others = [body], []
    for base in bases:
        home = body.module.modules.find(base.module)
        node = home.node_of(base.name) if home is not None else None
        if home is None or not isinstance(node, cst.ClassDef):
            others.append(base)
            continue
        above = _lineage(Body(home, node), [each.ref for each in bases_of(home, base, node)])
        bodies += above[0]
        others += above[1]
    return tuple(bodies), tuple(each for each in others if not is_neutral(each))


def _inherited_options(kind: Kind, bases: Bases) -> Iterator[tuple[str, str]]:
    for _, base in reversed(bases):
        if base is not None and base.kind is kind:
            yield from (each for each in base.options if each[0] not in _OF_ITS_OWN)
