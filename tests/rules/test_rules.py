"""Every rule refuses what it says, where it says, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from fusiongen.bodies.services import body_warnings
from fusiongen.errors import ContractError, Diagnostic
from fusiongen.output.contents import lock_of
from fusiongen.output.lock import lock_text
from fusiongen.output.reading import reading_of
from fusiongen.rules.all import RULES
from fusiongen.rules.base import Invalid, Rule
from fusiongen.rules.files import NotPython
from tests.projects import Write

PRELUDE = """\
import re
import typing
from collections import namedtuple
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from collections.abc import Mapping, MutableSequence, Sequence
from dataclasses import InitVar, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, Literal, NewType, Optional
from typing import Protocol, TypeVar, Union, final, overload, runtime_checkable

import attrs
import msgspec
import numpy
from fusionrt import ANY, Principal, Session, command, compute, idempotent, oneway, service, stream
from msgspec import UNSET, Struct, UnsetType
from pydantic import Base64Bytes, BaseModel, Field, ImportString, JsonValue, ValidationError
from library import Length, LibraryCart, LibraryKey
from typing_extensions import deprecated

NAME = "carts"
MINUTE = 60
KEYS = []


"""


SERVICE = "@service\nclass Carts(Protocol):\n"


def _before(case: str) -> str:
    """What stands above a case in its module."""
    return PRELUDE + (SERVICE if case.startswith("    ") else "")


def _module(case: str) -> str:
    return _before(case) + case + "\n"


def _cases(kind: str) -> list[object]:
    return [
        pytest.param(rule, case, id=f"{rule.id}-{number}")
        for rule in RULES
        for number, case in enumerate(getattr(rule, kind))
    ]


def _diagnostics(rule: type[Rule], case: str, project: Write) -> Sequence[Diagnostic]:
    """What is found; of warnings those of the rule, for one case may well break several."""
    loaded = project({"shop/contracts.py": _module(case)})
    if rule.warning:
        reading = reading_of(loaded)
        bodies = body_warnings(loaded, lock_text(lock_of(reading)))
        return [each for each in (*reading.warnings, *bodies) if each.rule == rule.id]
    with pytest.raises(ContractError) as caught:
        reading_of(loaded)
    return caught.value.diagnostics


@pytest.mark.parametrize(("rule", "case"), _cases("INVALID"))
def test_C3_an_invalid_case_breaks_its_rule(
    rule: type[Rule], case: Invalid, project: Write
) -> None:
    """An INVALID case is refused by its rule alone, at the place and with the text that it says."""
    [found] = _diagnostics(rule, case.source, project)
    assert found.rule == rule.id, str(found)
    assert found.message == case.message
    assert found.fix == (case.fix or rule.fix)
    assert found.span.path == "shop/contracts.py"
    place = replace(found.span, line=found.span.line - _before(case.source).count("\n"))
    assert case.at in (f"{place.line}:{place.column}", f"{place.line}")


@pytest.mark.parametrize("rule", RULES)
def test_C3_messages_are_clauses_and_fixes_sentences(rule: type[Rule]) -> None:
    """A finding reads `message. Fix.`, and every INVALID case says where it is."""
    for case in rule.INVALID:
        assert case.message and not case.message.endswith(".")
        assert (case.fix or rule.fix).endswith((".", "more."))
        line, _, column = case.at.partition(":")
        assert 1 <= int(line) <= case.source.count("\n") + 1
        assert column or rule is NotPython, "only Python's compiler has columns of its own"


@pytest.mark.parametrize(("rule", "case"), _cases("VALID"))
def test_C3_a_valid_case_breaks_no_rule(rule: type[Rule], case: str, project: Write) -> None:
    """A VALID case passes every rule that is an error, and this one."""
    loaded = project({"shop/contracts.py": _module(case)})
    reading = reading_of(loaded)
    assert reading.contracts
    bodies = body_warnings(loaded, lock_text(lock_of(reading)))
    assert rule.id not in {warning.rule for warning in (*reading.warnings, *bodies)}


def test_rule_ids_are_unique() -> None:
    """No two rules share an id, and each says in its docstring what it is about."""
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.__doc__ and rule.INVALID for rule in RULES)
