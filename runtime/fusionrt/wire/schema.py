"""The JSON Schema of the envelopes and frames, for who writes a client in another language."""

from __future__ import annotations

import inspect
from enum import IntEnum
from typing import Any, get_args

import msgspec

from .envelopes import FromClient, FromHost
from .frames import ClientFrame, Encoding, Ending, HostFrame, Kind, Reading

__all__ = ["frames_schema"]

_ABOUT = (
    "What travels as msgpack between a client and a host of fusionrt. A frame is an array; its "
    "first element is its tag. Where the schema says base64, msgpack has plain bytes."
)
_ENUMS: tuple[type[IntEnum], ...] = (Kind, Encoding)
_STRUCTS: tuple[type[msgspec.Struct], ...] = (
    *dict.fromkeys((*get_args(ClientFrame), *get_args(HostFrame))),
    Ending,
    Reading,
)


def frames_schema() -> dict[str, Any]:
    """What `schemas/frames.schema.json` holds."""
    client, host = FromClient[tuple[ClientFrame, ...]], FromHost[tuple[HostFrame, ...]]
    refs, components = msgspec.json.schema_components((client, host), ref_template="{name}")
    defs: dict[str, Any] = {}
    for name, envelope, ref in zip(("Client", "Host"), (client, host), refs, strict=True):
        described = components.pop(ref["$ref"])
        defs[name] = described | {"title": name, "prefixItems": _named(envelope, described)}
    defs |= components
    for struct in _STRUCTS:
        defs[struct.__name__]["prefixItems"] = _named(struct, defs[struct.__name__])
    for enum in _ENUMS:
        values = ", ".join(f"{member.value} {member.name.lower()}" for member in enum)
        defs[enum.__name__]["description"] = f"{inspect.getdoc(enum)} {values}."
    for described in defs.values():
        described["description"] = inspect.cleandoc(described.get("description", ""))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "fusionrt frames",
        "description": _ABOUT,
        "oneOf": [{"$ref": "#/$defs/Client"}, {"$ref": "#/$defs/Host"}],
        "$defs": _located(dict(sorted(defs.items()))),
    }


def _named(struct: Any, described: dict[str, Any]) -> list[dict[str, Any]]:
    """A struct's elements with their fields' names; a tag comes before them."""
    items: list[dict[str, Any]] = described["prefixItems"]
    names = [field.name for field in msgspec.structs.fields(struct)]
    if len(items) > len(names):
        names = ["tag", *names]
    return [{"title": name, **item} for name, item in zip(names, items, strict=True)]


def _located(schema: Any) -> Any:
    """The same with references that resolve."""
    match schema:
        case dict():
            return {
                key: f"#/$defs/{value}" if key == "$ref" else _located(value)
                for key, value in schema.items()
            }
        case list() | tuple():
            return [_located(value) for value in schema]
        case _:
            return schema
