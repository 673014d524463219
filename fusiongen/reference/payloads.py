"""JSON Schemas (draft 7) of the types that contracts name, in the form in which they travel."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..compat.configured import heeded
from ..compat.containers import ITEMS, SETS, TABLES
from ..compat.layout import is_closed, optional, record_style, travels_as_array, wire_name
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
    filled,
    parsed_call,
    parsed_expression,
    parsed_type,
)
from ..show.description import FieldDescription, TypeDescription
from ..show.spelling import Spelling
from .constraints import constrained, default_of
from .encodings import Encodings
from .records import enum_members, tag_of, travels_by_name

__all__ = ["Payloads", "Schema", "places", "titled"]

Schema = dict[str, Any]

_SCALARS: Mapping[str, Schema] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "None": {"type": "null"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
    "decimal.Decimal": {"type": "string", "format": "decimal"},
    "uuid.UUID": {"type": "string", "format": "uuid"},
    "datetime.datetime": {"type": "string", "format": "date-time"},
    "datetime.date": {"type": "string", "format": "date"},
    "datetime.time": {"type": "string", "format": "time"},
    "datetime.timedelta": {"type": "string", "format": "duration"},
    "zoneinfo.ZoneInfo": {"type": "string", "format": "time-zone"},
    **{
        f"pathlib.{name}Path": {"type": "string", "format": "path"}
        for name in ("", "Pure", "PurePosix", "PureWindows")
    },
    **{
        f"ipaddress.IPv{version}{what}": {"type": "string", "format": f"ipv{version}{form}"}
        for version in "46"
        for what, form in (("Address", ""), ("Interface", "interface"), ("Network", "network"))
    },
    "pydantic.EmailStr": {"type": "string", "format": "email"},
    "pydantic.SecretStr": {"type": "string", "format": "password"},
    **{
        f"pydantic.{name}Url": {"type": "string", "format": "uri"}
        for name in ("Any", "AnyHttp", "Http", "File", "Ftp", "Websocket")
    },
    "pydantic.JsonValue": {},
}


def titled(title: str, schema: Schema, description: str | None = None) -> Schema:
    """A schema under a name; a reference cannot carry one itself."""
    about = {"title": title} | ({"description": description} if description else {})
    return about | _carrying(schema)


def _carrying(schema: Schema) -> Schema:
    """The same, able to stand beside other keywords."""
    return {"allOf": [schema]} if "$ref" in schema else schema


def places(items: list[Schema], *, least: int | None = None, closed: bool = True) -> Schema:
    """An array with a schema for each place, of which at least so many are there."""
    schema: Schema = {"type": "array", "minItems": len(items) if least is None else least}
    if items:  # draft 7 wants at least one
        schema["items"] = items
    return schema | ({"maxItems": len(items)} if closed else {})


class Payloads:
    """Describes types; each one that the project defines, once, in `schemas`.

    schemas: by the names that the references use.
    """

    def __init__(self, types: Mapping[str, TypeDescription], spell: Spelling) -> None:
        self._types = heeded(types)
        self._spell = spell
        self._encodings = Encodings(types)
        self._names: dict[str, str] = {}
        self.schemas: dict[str, Schema] = {}

    def of(self, text: str) -> Schema:
        """The schema of a type, as the lock spells it."""
        return self._of(parsed_type(text))

    def _of(self, type_: Type) -> Schema:
        match type_:
            case Nothing():
                return dict(_SCALARS["None"])
            case Union():
                return self._union(type_)
            case Literals(values=values):
                return {"enum": list(map(self._encodings.value, values))}
            case Annotated(base=base, metadata=metadata):
                calls = (parsed_call(str(mark)) for mark in metadata)
                return constrained(self._of(base), filter(None, calls))
            case Named():
                return self._named(type_, str(type_.ref), type_.arguments or ())
        return _unknown(type_)

    def _named(self, type_: Named, name: str, arguments: Sequence[Type]) -> Schema:
        if name in _SCALARS:
            return dict(_SCALARS[name])
        if name in self._types:
            return self._reference(type_, self._types[name])
        if name == "tuple" and Dots() not in arguments:
            return places(list(map(self._of, arguments))) if arguments else {"type": "array"}
        if name in ITEMS:
            items = {"items": self._of(arguments[0])} if arguments else {}
            return {"type": "array", **items, **({"uniqueItems": True} if name in SETS else {})}
        if name in TABLES:
            return self._table(*arguments) if arguments else {"type": "object"}
        if name in FIELD_FORMS:
            return self._of(arguments[0]) if arguments else {}
        return {} if name in ("typing.Any", "object") else _unknown(type_)

    def _union(self, union: Union) -> Schema:
        members, nullable = self._encodings.members(union)
        schemas = list(map(self._of, members))
        if self._encodings.needs_index(members):
            schemas = [places([{"const": i}, schema]) for i, schema in enumerate(schemas)]
        return {"anyOf": [*schemas, *([_SCALARS["None"]] if nullable else [])]}

    def _table(self, key: Type, value: Type) -> Schema:
        if self._encodings.is_map_key(key):
            return {"type": "object", "additionalProperties": self._of(value)}
        return {"type": "array", "items": places([self._of(key), self._of(value)])}

    # -- types of the project --

    def _reference(self, type_: Named, known: TypeDescription) -> Schema:
        text = str(type_)
        if text not in self._names:
            name = self._names[text] = self._free(self._spell(text))
            given = dict(zip(known.parameters, type_.arguments or (), strict=False))
            described = self._defined(known, given)
            self.schemas[name] = titled(self._spell(text), described, known.doc)
        return {"$ref": f"#/components/schemas/{self._names[text]}"}

    def _free(self, title: str) -> str:
        """A name of which references can be made, and that nothing else has."""
        wanted = re.sub(r"\W+", "_", title, flags=re.ASCII).strip("_")
        name, count = wanted, 1
        while name in self._names.values():
            count += 1
            name = f"{wanted}_{count}"
        return name

    def _defined(self, type_: TypeDescription, given: Mapping[str, Type]) -> Schema:
        if type_.target is not None:
            return self.of(type_.target)
        if type_.kind is Kind.ENUM:
            return _enumeration(type_)
        return self._record(type_, given) if record_style(type_) is not None else {}

    def _record(self, type_: TypeDescription, given: Mapping[str, Type]) -> Schema:
        names = [wire_name(type_, field) for field in type_.fields]
        tag = tag_of(type_)
        fields = {
            name: self._field(field, given) for name, field in zip(names, type_.fields, strict=True)
        }
        required = [
            name
            for name, field in zip(names, type_.fields, strict=True)
            if not optional(type_, field)
        ]
        if tag is not None:
            fields = {tag[0]: {"const": tag[1]}, **fields}
            required.insert(0, tag[0])
        if travels_as_array(type_):
            items = [titled(name, schema) for name, schema in fields.items()]
            return places(items, least=len(required), closed=is_closed(type_))
        schema: Schema = {"type": "object", "properties": fields}
        if required:
            schema["required"] = required
        return schema | ({"additionalProperties": False} if is_closed(type_) else {})

    def _field(self, field: FieldDescription, given: Mapping[str, Type]) -> Schema:
        if not field.type:
            return {}
        schema = self._of(filled(parsed_type(field.type), given))
        about: Schema = {"description": field.doc} if field.doc else {}
        if field.default is not None:
            call = parsed_call(field.default)
            schema = constrained(schema, [call] if call is not None else ())
            about |= default_of(parsed_expression(field.default))
        return about | _carrying(schema) if about else schema


def _unknown(type_: Type) -> Schema:
    return {"description": f"A `{type_}`, which the source roots do not define."}


def _enumeration(type_: TypeDescription) -> Schema:
    members = enum_members(type_)
    if travels_by_name(type_):
        return {"enum": list(members)}
    if any(base.endswith("Flag") for base in type_.bases):
        return {"type": "integer"}
    return {"enum": list(members.values()), "x-enum-varnames": list(members)}
