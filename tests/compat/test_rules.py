"""Every rule about breaking changes, proven by its own cases: old clients and new servers, new
clients and old servers, instances of both, and callers' source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from fusiongen.compat.changes import breaking
from fusiongen.compat.rule import Breaking, BreakingRule, Case, Tier
from fusiongen.compat.rules.all import BREAKING_RULES
from fusiongen.output.lock import Lock

from .callers import complaints, misbehaviour
from .exchange import misread
from .invalidation import missed
from .versions import Pair, Workshop, module_text

Pairs = Mapping[Case, Pair]
Complaints = Mapping[tuple[str, str], list[str]]

_NOT_SHOWN = {"METHOD_NOT_IDEMPOTENT", "SERVICE_MADE_INTERNAL"}
"""Rules about who comes through a gateway, or is lost while it runs a call: nothing that plain
calls over NATS could show."""


_BREAKING = [
    pytest.param(rule, breaking, id=f"{rule.id}-{number}")
    for rule in BREAKING_RULES
    for number, breaking in enumerate(rule.BREAKING)
]


def _cases(kind: str) -> list[object]:
    return [
        pytest.param(rule, getattr(case, "case", case), id=f"{rule.id}-{number}")
        for rule in BREAKING_RULES
        for number, case in enumerate(getattr(rule, kind))
    ]


@pytest.fixture(scope="module")
def pairs(request: pytest.FixtureRequest, shop: Workshop) -> Pairs:
    """Both versions of every case that is tested in this run."""
    made: dict[Case, Pair] = {}
    for item in request.session.items:
        given = getattr(item, "callspec", None) if item.path == request.path else None
        if given is not None and "case" in given.params:
            case: Case = given.params["case"]
            made[case] = shop.pair(*map(module_text, case))
    return made


@pytest.fixture(scope="module")
def source(shop: Workshop, pairs: Pairs) -> Complaints:
    """What a type checker has to say of the callers of every pair: one run for all."""
    return complaints(shop.folder, pairs.values())


@pytest.mark.parametrize(("rule", "breaking"), _BREAKING)
def test_C6_what_is_reported_says_what_changed_and_how(
    rule: type[BreakingRule], breaking: Breaking, shop: Workshop
) -> None:
    """A BREAKING case is told by its rule, at what it says and with the words that it says, and by
    nothing else; what it names is there before or after."""
    pair = shop.pair(*map(module_text, breaking.case))
    told = [(change.rule, change.at, change.message) for change in pair.changes]
    assert told == [(rule.id, at, message) for at, message in breaking.found]
    assert all(change.advice == rule.advice for change in pair.changes)
    places = {*_places(pair.old.lock), *_places(pair.new.lock)}
    assert {at for at, _ in breaking.found} <= places


def _places(lock: Lock) -> Iterator[str]:
    for name, contract in lock.contracts.items():
        yield from (name, *(f"{name}.{method}" for method in contract.methods))
    for name, type_ in lock.types.items():
        yield from (name, *(f"{name}.{field.name}" for field in type_.fields))


def _breaks_source(pair: Pair, source: Complaints) -> list[str]:
    own = source[pair.old.package, pair.old.package]
    assert own == [], "the callers do not fit their own version"
    return [*source[pair.old.package, pair.new.package], *misbehaviour(pair)]


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("rule", "case"), _cases("BREAKING"))
async def test_C6_what_is_called_breaking_is_reported_and_breaks(
    rule: type[BreakingRule], case: Case, pairs: Pairs, source: Complaints, broker: str
) -> None:
    """By its rule alone, with what changed; and what its tier says breaks, does: SOURCE, callers;
    WIRE, calls between the versions, and none within one; CACHE, an invalidation between them. What
    is outside of the tier works."""
    pair = pairs[case]
    assert {change.rule for change in pair.changes} == {rule.id}, list(map(str, pair.changes))
    for change in pair.changes:
        assert change.tier is rule.tier
        assert change.message and not change.message.endswith(".")
    calls = await misread(pair, broker)
    assert not calls["old to old"] + calls["new to new"]
    mixed = calls["old to new"] + calls["new to old"]
    stale = await missed(pair, broker)
    match rule.tier:
        case Tier.SOURCE:
            assert _breaks_source(pair, source)
            assert not mixed and not any(stale.values())
        case Tier.WIRE:
            assert bool(mixed) is (rule.id not in _NOT_SHOWN)
        case Tier.CACHE:
            assert any(stale.values())


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("rule", "case"), _cases("COMPATIBLE"))
async def test_C6_what_is_called_compatible_is_not_reported_and_works(
    rule: type[BreakingRule], case: Case, pairs: Pairs, source: Complaints, broker: str
) -> None:
    """No rule reports it; calls in either direction give what they gave, no invalidation is missed,
    and callers stay as they are."""
    pair = pairs[case]
    assert [str(change) for change in pair.changes] == []
    assert not any((await misread(pair, broker)).values())
    assert not any((await missed(pair, broker)).values())
    assert not _breaks_source(pair, source)


@pytest.mark.parametrize(("rule", "case"), [*_cases("BREAKING"), *_cases("COMPATIBLE")])
def test_C6_nothing_changed(rule: type[BreakingRule], case: Case, pairs: Pairs) -> None:
    """Each side of a case is compatible with itself."""
    for version in (pairs[case].old, pairs[case].new):
        assert breaking(version.lock, version.lock) == []


def test_C6_deprecating_a_method_breaks_nothing(shop: Workshop) -> None:
    """Neither saying that a method is deprecated, nor saying it otherwise, nor taking it back."""
    method = "    @compute\n{0}    async def get(self, id: str) -> str: ..."
    plain, old, other = (
        module_text(method.format(f"    @deprecated({message!r})\n" if message else ""))
        for message in ("", "Use `put`.", "Use `set`.")
    )
    for before, after in ((plain, old), (old, other), (other, plain)):
        assert not shop.pair(before, after).changes


def test_rule_ids_are_unique() -> None:
    """No two rules share an id, and each says what it is about."""
    assert len({rule.id for rule in BREAKING_RULES}) == len(BREAKING_RULES)
    assert all(rule.__doc__ and rule.BREAKING for rule in BREAKING_RULES)


def test_one_guess_finds_the_code_of_a_rule() -> None:
    """A rule is in the file, or folder, that a word of its id names: FIELD_MOVED in `fields`."""
    for rule in BREAKING_RULES:
        places = set(rule.__module__.split(".rules.")[1].split("."))
        words = rule.id.lower().split("_")
        assert places & {word + ending for word in words for ending in ("s", "es")}, rule.id
