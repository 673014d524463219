"""The metrics in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .families import FAMILIES, Family
from .statistics import HostStatistics

__all__ = ["CONTENT_TYPE", "exposition"]

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def exposition(told: HostStatistics) -> str:
    """One page of all metrics; of a metric that has no value yet, what it is."""
    return "".join(f"{line}\n" for family in FAMILIES for line in _lines(family, told))


def _lines(family: Family, told: HostStatistics) -> Iterator[str]:
    name = family.prometheus
    yield f"# HELP {name} {_escaped(family.description)}"
    yield f"# TYPE {name} {family.kind}"
    for values, value in family.read(told):
        labels = ",".join(
            f'{label}="{_escaped(text, quotes=True)}"'
            for label, text in zip(family.attributes, values, strict=True)
        )
        yield f"{name}{{{labels}}} {_number(value)}" if labels else f"{name} {_number(value)}"


def _number(value: float) -> str:
    return "+Inf" if value == float("inf") else repr(float(value)).removesuffix(".0")


def _escaped(text: str, *, quotes: bool = False) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quotes else text
