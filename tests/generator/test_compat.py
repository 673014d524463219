"""Breaking changes: each rule reports what it says, in its tier, and nothing else."""

from __future__ import annotations

import pytest

from fusiongen.compat.all import BREAKING_RULES
from fusiongen.compat.base import BreakingRule, Case, Change
from fusiongen.compat.compare import breaking
from fusiongen.emit import reading_of
from fusiongen.lock import lock_of

from .conftest import Write

PRELUDE = """\
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, StrEnum, auto
from typing import Annotated, Literal, NamedTuple, NewType, NotRequired, Optional, Protocol
from typing import Required, TypedDict, Union
from uuid import UUID

import msgspec
from fusionrt import ANY, command, compute, service
from library import Length
from pydantic import BaseModel, Field
from typing_extensions import deprecated

Id = NewType("Id", str)
Name = str


"""


def _module(case: str) -> str:
    methods = case.startswith("    ")
    return PRELUDE + ("@service\nclass Carts(Protocol):\n" if methods else "") + case + "\n"


def _changes(project: Write, case: Case) -> list[Change]:
    old, new = (lock_of(reading_of(project({"shop/contracts.py": _module(text)}))) for text in case)
    return breaking(old, new)


def _cases(kind: str) -> list[object]:
    return [
        pytest.param(rule, case, id=f"{rule.id}-{number}")
        for rule in BREAKING_RULES
        for number, case in enumerate(getattr(rule, kind))
    ]


@pytest.mark.parametrize(("rule", "case"), _cases("BREAKING"))
def test_C6_a_breaking_change_is_reported(
    rule: type[BreakingRule], case: Case, project: Write
) -> None:
    """By its rule alone, with what changed, how, and what to do in its place."""
    changes = _changes(project, case)
    assert {change.rule for change in changes} == {rule.id}, list(map(str, changes))
    for change in changes:
        assert change.tier is rule.tier
        assert change.message and not change.message.endswith(".")


@pytest.mark.parametrize(("rule", "case"), _cases("COMPATIBLE"))
def test_C6_a_compatible_change_is_not(
    rule: type[BreakingRule], case: Case, project: Write
) -> None:
    """No rule reports it, in either direction of the rule's own cases."""
    assert [str(change) for change in _changes(project, case)] == []


def test_C6_deprecating_a_method_breaks_nothing(project: Write) -> None:
    """Neither saying that a method is deprecated, nor saying it otherwise, nor taking it back."""
    method = "    @compute\n{0}    async def get(self, id: str) -> str: ..."
    plain, old, other = (
        method.format(f"    @deprecated({message!r})\n" if message else "")
        for message in ("", "Use `put`.", "Use `set`.")
    )
    for case in ((plain, old), (old, other), (other, plain)):
        assert _changes(project, case) == []


def test_C6_nothing_changed(project: Write) -> None:
    """A contract is compatible with itself, for the sides of every case."""
    for rule in BREAKING_RULES:
        for case in (*rule.BREAKING, *rule.COMPATIBLE):
            for side in case:
                assert _changes(project, (side, side)) == []


def test_rule_ids_are_unique() -> None:
    """No two rules share an id, and each says what it is about."""
    assert len({rule.id for rule in BREAKING_RULES}) == len(BREAKING_RULES)
    assert all(rule.__doc__ and rule.BREAKING for rule in BREAKING_RULES)
