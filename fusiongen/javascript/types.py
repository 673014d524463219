"""Types as JavaScript codes them, and as TypeScript spells them (W12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..compat.containers import ITEMS, SETS, TABLES
from ..compat.opened import is_recursive
from ..contract import (
    FIELD_FORMS,
    Annotated,
    Dots,
    Kind,
    Literals,
    Named,
    Nothing,
    Type,
    Union,
    parsed_type,
)
from ..reference.encodings import Encodings
from ..reference.records import enum_members, travels_by_name
from ..show.description import TypeDescription
from .defaults import literal
from .definitions import Definitions
from .shown import Shown, Unsupported
from .unions import Member, union_of

__all__ = ["Types"]


def _scalar(codec: str, script: str, form: str) -> Shown:
    return Shown(f"f.{codec}", script, frozenset((form,)))


def _text(script: str) -> Shown:
    return _scalar("text", script, "string")


_SCALARS: Mapping[str, Shown] = {
    "bool": _scalar("bool", "boolean", "boolean"),
    "int": _scalar("int", "t.Int", "number"),
    "float": _scalar("float", "number", "number"),
    "bytes": _scalar("bytes", "Uint8Array", "bytes"),
    "str": _text("string"),
    "decimal.Decimal": _text("t.Decimal"),
    "uuid.UUID": _text("t.UUID"),
    "datetime.datetime": _scalar("datetime", "t.DateTime", "string"),
    "datetime.date": _text("t.PlainDate"),
    "datetime.time": _text("t.PlainTime"),
    "datetime.timedelta": _text("t.Duration"),
    "None": _scalar("none", "null", "null"),
    **{
        name: _text("string")
        for name in (
            "zoneinfo.ZoneInfo",
            *(f"pathlib.{kind}Path" for kind in ("", "Pure", "PurePosix", "PureWindows")),
            *(
                f"ipaddress.IPv{version}{what}"
                for version in "46"
                for what in ("Address", "Interface", "Network")
            ),
            *("pydantic.EmailStr", "pydantic.SecretStr"),
            *(f"pydantic.{kind}Url" for kind in ("Any", "AnyHttp", "Http", "File", "Ftp")),
            "pydantic.WebsocketUrl",
        )
    },
}
_ANY = Shown("f.any", "unknown", frozenset(("any",)))
_ANYTHING = ("typing.Any", "object", "pydantic.JsonValue", "pydantic.types.JsonValue")
_FORMS = {str: "string", int: "number", bool: "boolean"}


class Types:
    """Shows the types of one project.

    definitions: those with names, that were needed so far.
    """

    def __init__(self, types: Mapping[str, TypeDescription], names: Mapping[str, str]) -> None:
        self._types = types
        self._names = names
        self._encodings = Encodings(types)
        self.definitions = Definitions(types, names, self.show)

    def of(self, text: str) -> Shown:
        """A type, as the lock spells it.

        Raises:
            Unsupported: it, or a part of it, has no form in JavaScript.
        """
        return self.show(parsed_type(text))

    def show(self, type_: Type) -> Shown:
        """The same of a type."""
        match type_:
            case Nothing():
                return _SCALARS["None"]
            case Union():
                return self._union(type_)
            case Literals():
                return self._literals(type_)
            case Annotated(base=base):
                return self.show(base)
            case Named():
                return self._named(type_, str(type_.ref), type_.items)
        raise Unsupported(str(type_), "is no type whose values travel")

    def _named(self, type_: Named, name: str, items: Sequence[Type]) -> Shown:
        if name in _SCALARS:
            return _SCALARS[name]
        if name in _ANYTHING:
            return _ANY
        if name in self._types:
            return self._defined(type_, name, self._types[name])
        if name in FIELD_FORMS and items:
            return self.show(items[0])
        if name in ITEMS or name in TABLES:
            return self._container(type_, name, items)
        raise Unsupported(
            name, "is not defined in the source roots: declare a type of the project instead"
        )

    def _container(self, type_: Named, name: str, items: Sequence[Type]) -> Shown:
        if type_.arguments is None:
            items = (_UNKNOWN, _UNKNOWN) if name in TABLES else (_UNKNOWN,)
        if name in TABLES:
            return self._table(*items)
        if name == "tuple" and type_.arguments is not None and Dots() not in type_.arguments:
            places = [self.show(item) for item in items]
            codec = f"f.tuple({', '.join(each.codec for each in places)})"
            script = f"[{', '.join(each.script for each in places)}]"
            return Shown(codec, script, frozenset(("array",)))
        item = self.show(items[0])
        if name in SETS:
            script = f"Set<{item.script}>"
            return Shown(f"f.set({item.codec})", script, frozenset(("set",)))
        script = f"Array<{item.script}>" if " " in item.script else f"{item.script}[]"
        return Shown(f"f.list({item.codec})", script, frozenset(("array",)))

    def _table(self, key: Type, value: Type) -> Shown:
        keys, values = self.show(key), self.show(value)
        in_map = self._encodings.is_map_key(key)
        if in_map and keys.codec == "f.text":
            codec, script = f"f.table({values.codec})", f"Record<string, {values.script}>"
            return Shown(codec, script, frozenset(("object",)))
        codec = f"f.map({keys.codec}, {values.codec}, {'true' if in_map else 'false'})"
        script = f"Map<{keys.script}, {values.script}>"
        return Shown(codec, script, frozenset(("map",)))

    def _literals(self, type_: Literals) -> Shown:
        values = [self._encodings.value(each) for each in type_.values]
        shown = [literal(each) for each in values]
        if None in shown or any(type(each) not in (str, int, bool, type(None)) for each in values):
            raise Unsupported(str(type_), "holds a value that JavaScript has no literal for")
        if self._mixes_enums(type_):
            raise Unsupported(str(type_), "mixes members of enums with others: declare an enum")
        text = ", ".join(map(str, shown))
        kinds = [type(each) for each in values if each is not None]
        forms = {_FORMS[kind] for kind in kinds} | ({"null"} if None in values else set())
        return Shown(f"f.literal({text})", " | ".join(map(str, shown)), frozenset(forms))

    def _mixes_enums(self, type_: Literals) -> bool:
        owners = {str(each).rpartition(".")[0] for each in type_.values}
        return len(owners & self._types.keys()) > 0 and len(owners) > 1

    def _union(self, union: Union) -> Shown:
        members, nullable = self._encodings.members(union)
        shown = [Member(self._member_name(each), self.show(each)) for each in members]
        tags = [self.definitions.tag_of(self._encodings.opened(each)) for each in members]
        indexed = self._encodings.needs_index(members)
        whole = union_of(shown, tags, indexed=indexed)
        if not nullable:
            return whole
        return Shown(
            f"f.optional({whole.codec})",
            f"{whole.script} | null",
            whole.forms | {"null"},
        )

    def _member_name(self, type_: Type) -> str:
        """What tells a member of a union that JavaScript cannot tell itself."""
        text = str(self._encodings.opened(type_))
        for whole, name in self._names.items():
            text = text.replace(whole, name)
        return text.rpartition(".")[2] if "[" not in text else text

    def _defined(self, type_: Named, name: str, known: TypeDescription) -> Shown:
        if known.target is not None:
            return self._alias(name, known, parsed_type(known.target))
        if known.kind is Kind.ENUM:
            return self._enum(name, known)
        return self.definitions.record(type_, known)

    def _alias(self, name: str, known: TypeDescription, target: Type) -> Shown:
        if is_recursive(name, self._types):
            return self.definitions.recursive(name, target)
        shown = self.show(target)
        script = self.definitions.alias(name, known, shown)
        return Shown(shown.codec, script, shown.forms)

    def _enum(self, name: str, known: TypeDescription) -> Shown:
        members = enum_members(known)
        if any(base.endswith("Flag") for base in known.bases):
            return Shown("f.int", "t.Int", frozenset(("number",)))
        if any(literal(value) is None for value in members.values()):
            raise Unsupported(name, "has members whose values are not known from the text")
        script = self.definitions.enum(name, known, members)
        values = ", ".join(str(literal(value)) for value in members.values())
        kinds = [str] if travels_by_name(known) else [type(each) for each in members.values()]
        return Shown(
            f"f.literal({values})",
            script,
            frozenset(_FORMS[kind] for kind in kinds),
        )


_UNKNOWN = parsed_type("typing.Any")
