"""The documents that `fusiongen docs` writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from fusiongen.reference.pages import pages, stale
from tests.golden.regenerate import cases, project_of

from .regenerate import HERE, ODD, expected

CASES = (*cases(), "odd")


@cache
def _validator() -> Draft7Validator:
    """Of the AsyncAPI Initiative's own schema (see its licence beside it): no package that we could
    depend on carries it."""
    schema = json.loads((HERE / "asyncapi" / "3.0.0.json").read_text(encoding="utf-8"))
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


@cache
def _texts(case: str) -> dict[str, str]:
    return dict(pages(ODD if case == "odd" else project_of(case)))


@pytest.mark.parametrize("name", expected())
def test_what_is_kept_is_current(name: str) -> None:
    """Also of the example; if not: `python -m tests.reference.regenerate`, and look at the diff."""
    project, folder = expected()[name]
    assert stale(project, folder) == []


@pytest.mark.parametrize("case", CASES)
def test_asyncapi_is_valid(case: str) -> None:
    """By the specification's schema."""
    document = json.loads(_texts(case)["asyncapi.json"])
    assert [error.message for error in _validator().iter_errors(document)] == []


def test_the_schema_of_asyncapi_refuses() -> None:
    """What is no AsyncAPI document: the test above can fail."""
    document = json.loads(_texts("basic")["asyncapi.json"])
    assert not _validator().is_valid({**document, "asyncapi": "2.6.0"})
    operation = next(iter(document["operations"].values()))
    operation["action"] = "shout"
    assert not _validator().is_valid(document)


def _references(node: Any) -> Iterator[str]:
    match node:
        case dict():
            for key, value in node.items():
                if key == "$ref":
                    yield value
                else:
                    yield from _references(value)
        case list():
            for value in node:
                yield from _references(value)


@pytest.mark.parametrize("case", CASES)
def test_every_reference_of_asyncapi_resolves(case: str) -> None:
    """Messages of operations are those of their channels; types are components."""
    document = json.loads(_texts(case)["asyncapi.json"])
    for reference in _references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    for operation in document["operations"].values():
        channel = operation["channel"]["$ref"]
        assert all(each["$ref"].startswith(f"{channel}/") for each in operation["messages"])


@pytest.mark.parametrize("case", CASES)
def test_every_link_of_the_page_resolves(case: str) -> None:
    """To an anchor that is there once."""
    page = _texts(case)["services.md"]
    anchors = re.findall(r'<a id="([^"]+)"></a>', page)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= set(anchors)


def test_the_page_of_the_example() -> None:
    """Who invalidates what, in both directions; errors; types with their docstrings."""
    page = (Path(expected()["cart"][1]) / "services.md").read_text(encoding="utf-8")
    assert "- Invalidates [`products.get(id)`](#products.get)." in page
    assert "[products.set_price](#products.set_price) (`products.get(id)`)" in page
    assert "Any method may raise [`UnknownProduct`](#shop.contracts.UnknownProduct)" in page
    assert "Raised when there is no such product." in page
    assert "| `items` | `tuple[Item, ...]` |" in page


def test_asyncapi_tells_of_invalidations() -> None:
    """What a command declares, and that results are taken back."""
    folder = expected()["cart"][1]
    document = json.loads((folder / "asyncapi.json").read_text(encoding="utf-8"))
    operations = document["operations"]
    assert operations["products.set_price"]["x-fusion-invalidates"] == ["products.get(id)"]
    invalidated = operations["products.get.invalidated"]
    assert invalidated["action"] == "send"
    assert "after products.put or products.set_price" in invalidated["summary"]


def test_W1_who_asks_is_told_and_is_no_argument_of_a_call() -> None:
    """The page shows the contract and says so; a message holds what clients send."""
    page, text = _texts("identity")["services.md"], _texts("identity")["asyncapi.json"]
    assert "async def mine(principal: Principal) -> tuple[str, ...]" in page
    assert "- `principal` says who asks: clients do not pass it." in page
    document = json.loads(text)
    operation = document["operations"]["desk.some"]
    assert operation["x-fusion-filled"] == ["who", "on"]
    call = json.dumps(document["components"]["messages"]["desk.some.calls"])
    assert '"title": "limit"' in call and '"title": "tag"' in call
    assert "Principal" not in text and "Session" not in text


def test_W2_an_internal_service_is_told_as_such() -> None:
    """By the lock, the generated table, its client, the page and each of its channels."""
    from tests.golden.identity.expected.bell import BellClient
    from tests.golden.identity.expected.desk import DeskClient

    lock = json.loads((project_of("identity").out / "fusion.lock.json").read_text())
    assert lock["contracts"]["bell"]["internal"] is True
    assert "internal" not in lock["contracts"]["desk"]
    assert BellClient._fusion_contract.internal and not DeskClient._fusion_contract.internal
    assert BellClient._fusion_contract.for_clients.internal
    assert "`Bell` in `contract.py`, internal:" in _texts("identity")["services.md"]
    channels = json.loads(_texts("identity")["asyncapi.json"])["channels"]
    marked = {name for name, each in channels.items() if each.get("x-fusion-internal")}
    assert marked == {name for name in channels if name.startswith("bell.")} and len(marked) == 4
