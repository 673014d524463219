"""The schemas of types: what the codecs make of a value is valid against them."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from decimal import Decimal
from typing import Any, get_type_hints

import attrs
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from fusiongen.output.reading import reading_of
from fusiongen.reference.payloads import Payloads
from fusiongen.show.description import Description, description_of
from fusiongen.show.terminal import spelling_of
from fusionrt import WireError
from fusionrt.values.codecs import codec
from fusionrt.values.model_fields import field_shape, model_fields
from fusionrt.values.reading import shape_of
from fusionrt.values.shapes import (
    AnyOf,
    Checked,
    EnumOf,
    Items,
    Model,
    OneOf,
    Places,
    Record,
    Recurring,
    Scalar,
    Shape,
    Table,
    Text,
)
from tests.golden.regenerate import cases, project_of
from tests.projects import Write

from . import odd
from .regenerate import ODD


class _Values:
    """Strategies of values, by what the runtime makes of a type."""

    def __init__(self) -> None:
        self._known: dict[Shape, st.SearchStrategy[Any]] = {}

    def of(self, shape: Shape) -> st.SearchStrategy[Any]:
        match shape:
            case Scalar(cls=cls):
                return _SCALARS[cls] if cls in _SCALARS else st.from_type(cls)
            case EnumOf(cls=cls):
                return st.sampled_from(cls)
            case OneOf(values=allowed):
                return st.sampled_from(allowed)
            case AnyOf(members=members):
                return st.one_of(list(map(self.of, members)))
            case Items(cls=cls, item=item):
                unique = cls in (set, frozenset)
                return st.lists(self.of(item), max_size=2, unique=unique).map(cls)
            case Places(items=items):
                return st.tuples(*map(self.of, items))
            case Table(key=key, value=value):
                return st.dictionaries(self.of(key), self.of(value), max_size=2)
            case Record():
                return self._once(shape, lambda: self._record(shape))
            case Recurring():
                return self._once(shape, lambda: self.of(shape.inner))
            case Text(cls=cls, form=form):
                return st.sampled_from(_TEXTS[cls.__name__]).map(form.read)
            case Checked(inner=Scalar(cls=cls)) if cls is str:
                return st.just("a@example.org")
            case Checked(inner=Scalar(cls=cls)) if cls is int:
                return st.integers(1, 100)
            case Model(cls=cls):
                fields = {k: self.of(field_shape(v)) for k, v in model_fields(cls).items()}
                return st.builds(cls, **fields)
        return st.just("anything")

    def _once(
        self, shape: Shape, build: Callable[[], st.SearchStrategy[Any]]
    ) -> st.SearchStrategy[Any]:
        if shape not in self._known:
            self._known[shape] = st.deferred(build)
        return self._known[shape]

    def _record(self, shape: Record) -> st.SearchStrategy[Any]:
        fields = {field.name: self.of(field.shape) for field in shape.fields}
        if shape.style == "typeddict":
            return st.fixed_dictionaries(fields)
        if shape.style == "attrs":
            aliases = {each.name: each.alias for each in attrs.fields(shape.cls)}
            fields = {aliases[name]: values for name, values in fields.items()}
        return st.builds(shape.cls, **fields)


_TEXTS = {
    **dict.fromkeys(("Path", "PurePath"), ("a", "a/b")),
    "ZoneInfo": ("UTC", "Europe/Berlin"),
    "IPv4Address": ("10.0.0.1",),
    "IPv6Address": ("::1",),
    "IPv6Network": ("fe80::/64",),
    "HttpUrl": ("http://a.b/c",),
    "SecretStr": ("s",),
}
_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    type(None): st.none(),
    int: st.integers(-(2**63), 2**63 - 1),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
}


def _on_the_wire(value: Any) -> Any:
    """As JSON has it: bytes as base64, instants as text, keys as text."""
    match value:
        case list():
            return list(map(_on_the_wire, value))
        case dict():
            return {str(key): _on_the_wire(item) for key, item in value.items()}
        case bytes():
            return base64.b64encode(value).decode()
        case None | bool() | int() | float() | str():
            return value
    return str(value)


def _declared(case: str) -> Iterator[tuple[Description, str, Any]]:
    """Each type that a method of a golden names, as text and as it is."""
    description = description_of(reading_of(project_of(case)))
    for service, described in description.services.items():
        module = importlib.import_module(f"tests.golden.{case}.expected.{service}.proxy")
        for name, signature in module.CONTRACT.resolved.signatures.items():
            method = described.methods[name]
            texts = [*(each.type for each in method.parameters), method.result]
            types = (*signature.parameters, signature.result)
            yield from ((description, *each) for each in zip(texts, types, strict=True))


@pytest.mark.parametrize("case", cases())
def test_what_travels_is_valid(case: str) -> None:
    """Whatever a contract names: unions that need an index, records, generics, recursive types."""
    for description, text, tp in _declared(case):
        _check(description, text, tp)


@pytest.mark.parametrize("name", [name for name in vars(odd.Things) if not name.startswith("_")])
def test_what_travels_in_another_form_is_valid(name: str) -> None:
    """Enums of odd values, tags, renamed fields, tables whose keys are no texts."""
    description = description_of(reading_of(ODD))
    method = description.services["things"].methods[name]
    hints = get_type_hints(getattr(odd.Things, name), include_extras=True)
    _check(description, method.result, hints["return"])
    for parameter in method.parameters:
        _check(description, parameter.type, hints[parameter.name])


@pytest.mark.parametrize(
    ("asked", "own", "closed"),
    [
        ("Row", "forbid", False),
        ("Page", "forbid", True),
        ("Page", None, False),
        ("Closed", None, True),
        ("Closed", "ignore", False),
    ],
)
@pytest.mark.parametrize("head", ["class Row(TypedDict):", "@dataclass\nclass Row:"])
def test_C3_what_is_closed_for_pydantic_is_so_only_where_it_looks(
    project: Write, head: str, asked: str, own: str | None, closed: bool
) -> None:
    """By itself such a type travels past it, and what it does not know is left out. In a model it
    is what that is, unless it says so itself."""
    says = "" if own is None else f"    __pydantic_config__ = ConfigDict(extra={own!r})\n"
    text = (
        "from dataclasses import dataclass\nfrom typing import Protocol\n\n"
        "from pydantic import BaseModel, ConfigDict\nfrom typing_extensions import TypedDict\n\n"
        f"from fusionrt import service\n\n\n{head}\n{says}    id: str\n\n\n"
        "class Page(BaseModel):\n    row: Row\n\n\n"
        "class Closed(BaseModel, extra='forbid'):\n    row: Row\n\n\n"
        f"@service\nclass Rows(Protocol):\n    async def get(self) -> {asked}: ...\n"
    )
    description = description_of(reading_of(project({"shop/contracts.py": text})))
    payloads = Payloads(description.types, spelling_of(description))
    payloads.of(description.services["rows"].methods["get"].result)
    namespace: dict[str, Any] = {"__name__": __name__}
    exec(compile(text, "contracts.py", "exec", dont_inherit=True), namespace)
    more = {"id": "1", "more": 2}
    payload = msgspec.msgpack.encode(more if asked == "Row" else {"row": more})
    assert ("additionalProperties" in payloads.schemas["Row"]) is closed
    with pytest.raises(WireError) if closed else nullcontext():
        codec(namespace[asked]).decode(payload)


def _check(description: Description, text: str, tp: Any) -> None:
    payloads = Payloads(description.types, spelling_of(description))
    schema = payloads.of(text)
    whole = {**schema, "components": {"schemas": payloads.schemas}}
    Draft7Validator.check_schema(whole)
    validator = Draft7Validator(whole)

    @settings(max_examples=10, suppress_health_check=list(HealthCheck), deadline=None)
    @given(_Values().of(shape_of(tp)))
    def holds(value: Any) -> None:
        wire = _on_the_wire(msgspec.msgpack.decode(codec(tp).encode(value)))
        errors = [each for each in validator.iter_errors(wire) if not _is_constraint(each)]
        assert errors == [], (text, wire, whole)

    holds()


def _is_constraint(error: Any) -> bool:
    """Of metadata; those of pydantic bind only its models."""
    return error.validator in ("minLength", "maxLength", "pattern", "minimum", "maximum")
