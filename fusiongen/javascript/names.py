"""Names in JavaScript for what Python has names for."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping

from ..show.description import TypeDescription

__all__ = ["RESERVED", "identifier", "property_name", "type_names"]

RESERVED = frozenset(
    (
        *("arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger"),
        *("default", "delete", "do", "else", "enum", "eval", "export", "extends", "false"),
        *("finally", "for", "function", "if", "implements", "import", "in", "instanceof"),
        *("interface", "let", "new", "null", "package", "private", "protected", "public"),
        *("return", "static", "super", "switch", "this", "throw", "true", "try", "typeof"),
        *("undefined", "var", "void", "while", "with", "yield"),
    )
)
_TAKEN = frozenset(
    (
        *("f", "t", "Array", "AsyncGenerator", "AsyncIterable", "Iterable", "Map", "Object"),
        *("Promise", "Record", "Set", "Uint8Array", "any", "bigint", "boolean", "never", "number"),
        *("object", "string", "symbol", "unknown"),
    )
)
"""What generated modules call other things by."""
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)


def identifier(name: str) -> str:
    """A name for a parameter or a type, with nothing that JavaScript does not take."""
    plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "_"
    if plain[0].isdigit():
        plain = f"_{plain}"
    return f"{plain}_" if plain in RESERVED or plain in _TAKEN else plain


def property_name(name: str) -> str:
    """The name of a property, in quotes where it needs them."""
    return name if _IDENTIFIER.fullmatch(name) else json.dumps(name)


def type_names(*groups: Mapping[str, TypeDescription]) -> dict[str, str]:
    """What each type is called: its own name, behind that of its module where two of a group have
    the same, or one of a group before it.
    """
    names: dict[str, str] = {}
    for group in groups:
        taken = set(names.values())
        counts = Counter(identifier(known.name) for known in group.values())
        for whole, known in group.items():
            short = identifier(known.name)
            own = counts[short] == 1 and short not in taken
            names.setdefault(whole, short if own else identifier(whole))
    return names
