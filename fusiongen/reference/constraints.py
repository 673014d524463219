"""What `Field(ge=0)`, `Meta(pattern=…)` or `Ge(0)` say of values, as JSON Schema says it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["constrained", "default_of"]

_NUMBERS: Mapping[str, str] = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
_KEYWORDS: Mapping[str, Mapping[str, str]] = {
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "string": {"min_length": "minLength", "max_length": "maxLength", "pattern": "pattern"},
    "array": {"min_length": "minItems", "max_length": "maxItems"},
    "object": {"min_length": "minProperties", "max_length": "maxProperties"},
}
"""The keyword of each constraint, by the type that it constrains."""
_PLAIN = (str, int, float, bool, type(None))


def constrained(schema: dict[str, Any], calls: Iterable[ast.Call]) -> dict[str, Any]:
    """A schema under calls in metadata; what says nothing of values is passed over."""
    keywords = _KEYWORDS.get(schema.get("type", ""), {})
    added: dict[str, Any] = {}
    for call in calls:
        for name, value in _given(call):
            if name in keywords:
                added[keywords[name]] = value
            elif name == "description":
                added[name] = value
    if added and "$ref" in schema:
        return {"allOf": [schema], **added}
    return {**schema, **added}


def default_of(node: ast.expr | None) -> dict[str, Any]:
    """The default of a field as a keyword, if it is a plain value."""
    if isinstance(node, ast.Call):
        return {name: value for name, value in _given(node) if name == "default"}
    if isinstance(node, ast.Constant) and isinstance(node.value, _PLAIN):
        return {"default": node.value}
    return {}


def _given(call: ast.Call) -> Iterator[tuple[str, Any]]:
    """The arguments of a call that are plain values, by name; `Ge(0)` gives `ge`."""
    name = ast.unparse(call.func).rpartition(".")[2].lower()
    for keyword in (*call.keywords, *(ast.keyword(name, value) for value in call.args)):
        if isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, _PLAIN):
            yield keyword.arg or "", keyword.value.value
