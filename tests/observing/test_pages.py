"""The page and the dashboard say what there is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from fusionrt.observing.families import FAMILIES, FamilyKind
from tests.python import ROOT

DASHBOARD = ROOT / "docs" / "grafana.json"
NAMES = {family.prometheus: family for family in FAMILIES}


def _expressions(node: Any) -> Iterator[str]:
    match node:
        case dict():
            for key, value in node.items():
                if key in ("expr", "query", "definition") and isinstance(value, str):
                    yield value
                yield from _expressions(value)
        case list():
            for each in node:
                yield from _expressions(each)


def _expressions_of_dashboard() -> list[str]:
    return list(_expressions(json.loads(DASHBOARD.read_text(encoding="utf-8"))))


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    """And for each of them."""
    named = {name for e in _expressions_of_dashboard() for name in re.findall(r"fusion_\w+", e)}
    assert named == set(NAMES)


def test_the_dashboard_asks_for_attributes_that_there_are() -> None:
    """In its groups and in its conditions."""
    scraped = {"job", "instance"}
    for expression in _expressions_of_dashboard():
        found = re.findall(r"fusion_\w+", expression)
        known = {name for each in found for name in NAMES[each].attributes} | scraped
        for group in re.findall(r"by \(([^)]*)\)", expression):
            assert set(group.split(", ")) <= known, expression
        for conditions in re.findall(r"\{([^}]*)\}", expression):
            assert set(re.findall(r"(\w+)=~", conditions)) <= known, expression


def test_the_dashboard_takes_the_rate_of_what_grows() -> None:
    """And of nothing else."""
    for expression in _expressions_of_dashboard():
        for name, family in NAMES.items():
            if family.kind is FamilyKind.COUNTER and re.search(rf"{name}\b", expression):
                assert re.search(rf"(rate|increase)\({name}\b", expression), expression
            else:
                assert not re.search(rf"(rate|increase)\({name}\b", expression), expression


def test_the_dashboard_has_places_for_its_panels() -> None:
    """None lies on another one, and each has an id of its own."""
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_the_page_lists_every_metric() -> None:
    """With its kind, its unit, its attributes and what it says."""
    page = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `fusion.")]
    assert rows == [
        f"| `{family.name}` | {family.kind} | {family.unit} | "
        f"{', '.join(f'`{name}`' for name in family.attributes)} | {family.description} |"
        for family in FAMILIES
    ]
