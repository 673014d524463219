"""The shape of the types that contracts refer to, as far as the source roots show it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import libcst as cst

from ..contract import Annotated, Named, Nothing, Ref, Type, Union, parts
from ..errors import Violation
from .attributes import attrs_decorator
from .enums import Body, boundary_of, enum_values, travel_by_value
from .exceptions import is_exception, true_exception, why_not_raised
from .kinds import DECORATED, MADE_OF_THEIR_KIND, Kind, Making, hashes, is_frozen, own_fields
from .literals import parsed, spelled
from .members import Field, Members, keywords_of, type_or_none
from .module import Module
from .modules import Modules
from .parameters import type_parameters
from .quotes import alias_value
from .standard import standard
from .values import Values

__all__ = ["Field", "Kind", "Structure", "Structures"]


@dataclass(frozen=True, slots=True)
class Structure:
    """One definition.

    fields: inherited ones first; the members of an enum, with their values as defaults.
    properties: what else can be read from an instance, with its type.
    target: what a NewType or an alias stands for.
    is_object: it is an alias that is an object of its own at run time.
    validated: it is a model of pydantic, or a dataclass of it.
    bases: the classes it derives from.
    frozen: its instances are hashable values.
    options: what its class statement, decorator or `model_config` says of its form on the wire.
    generic: it takes type arguments.
    complete: there is no base outside of the source roots that may add fields.
    doc: its docstring.
    parameters: the names of its type parameters, in order.
    text: how it is made, if it is neither a class nor a type that can be read.
    """

    ref: Ref
    kind: Kind
    fields: tuple[Field, ...] = ()
    properties: tuple[Field, ...] = ()
    target: Type | None = None
    is_object: bool = False
    validated: bool = False
    bases: tuple[Ref, ...] = ()
    frozen: bool = False
    generic: bool = False
    complete: bool = True
    options: tuple[tuple[str, str], ...] = ()
    doc: str | None = None
    parameters: tuple[str, ...] = ()
    text: str | None = None


_FAMILIES: Mapping[str, Kind] = {
    "msgspec.Struct": Kind.STRUCT,
    "pydantic.BaseModel": Kind.MODEL,
    "pydantic.main.BaseModel": Kind.MODEL,
    "typing.NamedTuple": Kind.NAMED_TUPLE,
    "typing.TypedDict": Kind.TYPED_DICT,
    "typing.Protocol": Kind.PROTOCOL,
    "enum.Enum": Kind.ENUM,
    "enum.Flag": Kind.ENUM,
    "enum.IntEnum": Kind.ENUM,
    "enum.IntFlag": Kind.ENUM,
    "enum.StrEnum": Kind.ENUM,
}
_DATACLASSES = ("dataclasses.dataclass", "pydantic.dataclasses.dataclass")
_FIELD_FORMS = tuple(f"typing.{name}" for name in ("Final", "NotRequired", "ReadOnly", "Required"))
_WIRE_OPTIONS = (
    *("alias_generator", "array_like", "extra", "forbid_unknown_fields", "kw_only"),
    *("extra_items", "omit_defaults", "populate_by_name", "rename", "tag", "tag_field", "total"),
    *("validate_by_alias", "validate_by_name"),
)
_SCHEMA = "__get_pydantic_core_schema__"
_NEUTRAL = ("abc.ABC", "object", "typing.Generic")


class Structures:
    """Looks types up, each once. Reading is tolerant: what it cannot make out is `UNKNOWN`."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._known: dict[Ref, Structure | None] = {}
        self.values = Values(modules, self._member)

    def origin(self, ref: Ref) -> Ref:
        """Where a name is really defined, in its modern spelling."""
        return standard(self._modules.origin(ref))

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
        node = module.node_of(ref.name)
        match node:
            case None:
                return Structure(ref, Kind.UNKNOWN, complete=False)
            case cst.ClassDef():
                return self._class(module, ref, node)
            case cst.BaseExpression():
                return self._assigned(module, ref, node)
        return Structure(ref, Kind.UNKNOWN, complete=False)

    def _assigned(self, module: Module, ref: Ref, node: cst.BaseExpression) -> Structure:
        given, value = node, alias_value(module, node)
        if value is not node and isinstance(value, cst.BaseExpression):
            node = value
        elif isinstance(node, cst.Call):
            function = self._named(module, node.func)
            if function == "typing.NewType" and len(node.args) == 2:
                return Structure(
                    ref,
                    Kind.NEWTYPE,
                    target=type_or_none(module, node.args[1].value),
                )
            variable = function in ("typing.TypeVar", "typing.ParamSpec", "typing.TypeVarTuple")
            if variable:
                return Structure(ref, Kind.VARIABLE, complete=False)
            return Structure(ref, Kind.UNKNOWN, complete=False, text=self._text(module, node))
        target = type_or_none(module, node)
        if target is None:
            return Structure(ref, Kind.UNKNOWN, complete=False, text=self._text(module, node))
        is_object = ref.name in module.scan.aliases or value is not given
        return Structure(ref, Kind.ALIAS, target=target, is_object=is_object)

    def _text(self, module: Module, node: cst.BaseExpression) -> str:
        made = self.values.of(module, node)
        return module.code(node) if made is None else spelled(made)

    def _class(self, module: Module, ref: Ref, node: cst.ClassDef) -> Structure:
        bases, unnamed = self._bases(module, node)
        inherited = [(base, self.of(base)) for base in bases]
        members = Members(module, ref, node, self.values)
        keywords = {
            argument.keyword.value: argument.value for argument in node.keywords if argument.keyword
        }
        making = self._making(module, node, members, inherited)
        kind = making.kind
        options = {**keywords, **keywords_of(making.call), **members.configuration()}
        fields: dict[str, Field] = {}
        properties: dict[str, Field] = {}
        complete = not unnamed
        for base, structure in reversed(inherited):
            if structure is None:
                complete = complete and (str(base) in _FAMILIES or str(base) in _NEUTRAL)
                continue
            complete = complete and structure.complete
            if structure.kind is kind or kind not in MADE_OF_THEIR_KIND:
                fields.update((field.name, field) for field in structure.fields)
            properties.update((field.name, field) for field in structure.properties)
        own: Iterable[Field] = own_fields(members, making, options, module)
        spelled_options = dict(_inherited_options(kind, inherited))
        spelled_options.update(
            (name, members.valued(options[name])) for name in _WIRE_OPTIONS if name in options
        )
        if kind is Kind.ENUM:
            bodies, others = self._lineage(Body(module, node), bases)
            made = enum_values(self.values, bodies, others)
            own = (replace(each, value=made[each.name]) for each in own if each.name in made)
            if (boundary := boundary_of(bodies, others)) is not None:
                spelled_options["boundary"] = boundary
        elif kind is Kind.MODEL:
            own = (each for each in own if not self._is_constant(each))
        fields.update((field.name, field) for field in own)
        properties.update((field.name, field) for field in members.properties())
        above = any(each.frozen and each.kind is kind for _, each in inherited if each is not None)
        return Structure(
            ref,
            kind,
            tuple(fields.values()),
            tuple(properties.values()),
            bases=tuple(bases),
            validated=kind is Kind.MODEL or making.pydantic,
            frozen=is_frozen(making, options, above) or hashes(kind, members),
            generic=self._is_generic(module, node),
            complete=complete,
            options=tuple(spelled_options.items()),
            doc=node.get_docstring(),
            parameters=tuple(each.name for each in type_parameters(module, node)),
        )

    def _is_constant(self, field: Field) -> bool:
        """Whether pydantic takes this for no field: it is `Final` and has a value."""
        type_ = field.type if field.default is not None else None
        return isinstance(type_, Named) and str(self.origin(type_.ref)) == "typing.Final"

    def _bases(self, module: Module, node: cst.ClassDef) -> tuple[list[Ref], bool]:
        """The bases in full, and whether there is one that has no name."""
        bases: list[Ref] = []
        unnamed = False
        for argument in node.bases:
            value = argument.value
            ref = module.named(value.value if isinstance(value, cst.Subscript) else value)
            if ref is None or argument.star:
                unnamed = True
            else:
                bases.append(self.origin(ref))
        return bases, unnamed

    def _lineage(self, body: Body, bases: list[Ref]) -> tuple[tuple[Body, ...], tuple[Ref, ...]]:
        """A class and those of the source roots that it derives from; and the other ones."""
        bodies, others = [body], []
        for base in bases:
            home = self._modules.find(base.module)
            node = home.node_of(base.name) if home is not None else None
            if home is None or not isinstance(node, cst.ClassDef):
                others.append(base)
                continue
            above = self._lineage(Body(home, node), self._bases(home, node)[0])
            bodies += above[0]
            others += above[1]
        return tuple(bodies), tuple(each for each in others if str(each) not in _NEUTRAL)

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

    def _is_generic(self, module: Module, node: cst.ClassDef) -> bool:
        """Whether a class has type parameters of its own."""
        bases = (type_or_none(module, base.value) for base in node.bases)
        return node.type_parameters is not None or any(
            isinstance(part, Named) and self.is_variable(part.ref)
            for base in bases
            if base is not None
            for part in parts(base)
        )

    def _making(
        self,
        module: Module,
        node: cst.ClassDef,
        members: Members,
        bases: list[tuple[Ref, Structure | None]],
    ) -> Making:
        family = self._family(bases)
        direct = any(_FAMILIES.get(str(base)) is family for base, _ in bases)
        strange = len(bases) < len(node.bases) or members.defines(_SCHEMA)
        for decorator in node.decorators:
            call = decorator.decorator if isinstance(decorator.decorator, cst.Call) else None
            name = self._named(module, call.func if call else decorator.decorator)
            attrs = attrs_decorator(name, call)
            if name in _DATACLASSES or attrs is not None:
                kind = Kind.DATACLASS if attrs is None else Kind.ATTRS
                kind = Kind.UNKNOWN if attrs is not None and not attrs.readable else kind
                kind = Kind.EXCEPTION if family is Kind.EXCEPTION else kind
                return Making(kind, call, attrs, pydantic=name.startswith("pydantic"))
            strange = True
        kind = family or (Kind.UNKNOWN if strange else Kind.PLAIN)
        return Making(kind, inherited=kind in DECORATED and not direct)

    def _family(self, bases: list[tuple[Ref, Structure | None]]) -> Kind | None:
        """What the bases make of a class."""
        for base, structure in bases:
            family = _FAMILIES.get(str(base))
            if family is None and structure is not None and structure.kind is not Kind.PLAIN:
                family = structure.kind
            if family is None and is_exception(base):
                family = Kind.EXCEPTION
            if family is None and structure is None and str(base) not in _NEUTRAL:
                family = Kind.UNKNOWN if base.module != "builtins" else None
            if family is not None:
                return family
        return None

    def _named(self, module: Module, node: cst.CSTNode) -> str:
        ref = module.named(node)
        return str(self.origin(ref)) if ref else ""

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
        if structure.kind is Kind.UNKNOWN:
            return None
        if structure.kind is not Kind.EXCEPTION:
            return "is no exception class"
        problems = (self.not_raised(base) for base in structure.bases if self._is_error(base))
        return next((problem for problem in problems if problem is not None), None)

    def _is_error(self, base: Ref) -> bool:
        structure = self.of(base)
        return is_exception(base) if structure is None else structure.kind is Kind.EXCEPTION

    def is_variable(self, ref: Ref) -> bool:
        """Whether a name is a type variable's."""
        structure = self.of(ref)
        return structure is not None and structure.kind is Kind.VARIABLE

    def is_open(self, type_: Type) -> bool:
        """Whether a type depends on type variables."""
        return any(isinstance(part, Named) and self.is_variable(part.ref) for part in parts(type_))

    def unmarked(self, type_: Type) -> Type:
        """The type of a field without the forms that only fields have: `ReadOnly[str]` is `str`."""
        while isinstance(type_, Named) and str(self.origin(type_.ref)) in _FIELD_FORMS:
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


def _inherited_options(
    kind: Kind, bases: list[tuple[Ref, Structure | None]]
) -> Iterator[tuple[str, str]]:
    """What Structs and models take over from those that they derive from."""
    for _, base in reversed(bases) if kind in (Kind.STRUCT, Kind.MODEL) else ():
        if base is not None and base.kind is kind:
            yield from (each for each in base.options if each[0] != "kw_only")
