"""What `benchmarks.counts` guards: how many bytecodes and C calls a call, an item, a hit take."""

from __future__ import annotations

import pytest

from benchmarks.counts.counter import Count, Counter
from benchmarks.counts.recorded import problems


def _work(times: int) -> int:
    total = 0
    for number in range(times):
        total += len(str(number))
    return total


def _count(times: int) -> Count:
    with Counter() as counter:
        _work(times)
    return counter.each(1)


def test_the_same_work_counts_the_same() -> None:
    """Whatever else the machine does, and whether it is the first time or not."""
    assert _count(10) == _count(10) == _count(10)


def test_more_work_counts_more() -> None:
    """Each round of a loop has as many bytecodes as the one before, and its call of `len`."""
    one, two, three = _count(1), _count(2), _count(3)
    assert one.bytecodes < two.bytecodes
    assert three.bytecodes - two.bytecodes == two.bytecodes - one.bytecodes
    assert three.calls - one.calls == 2


@pytest.mark.parametrize("now", [Count(91, 19), Count(100, 20), Count(109, 21)])
def test_a_tenth_is_tolerated(now: Count) -> None:
    """Both ways."""
    assert not list(problems({"a call": Count(100, 20)}, {"a call": now}))


@pytest.mark.parametrize(
    ("now", "what"),
    [
        (Count(111, 20), "a call: 111 bytecodes, 100 are recorded. If it has to be"),
        (Count(100, 23), "a call: 23 calls, 20 are recorded. If it has to be"),
        (Count(89, 20), "a call: 89 bytecodes, 100 are recorded. So that it stays"),
    ],
)
def test_what_differs_by_more_is_told(now: Count, what: str) -> None:
    """What takes more is a regression; what takes less would hide the next one."""
    (problem,) = problems({"a call": Count(100, 20)}, {"a call": now})
    assert problem.startswith(what)
    assert problem.endswith("`make record-counts` keeps what is counted now")


def test_instructions_are_compared_where_both_have_them() -> None:
    """Without valgrind, or on another build, there are none."""
    with_them, without, fewer = Count(100, 20, 1_000), Count(100, 20), Count(100, 20, 880)
    assert not list(problems({"a hit": with_them}, {"a hit": without}))
    assert not list(problems({"a hit": without}, {"a hit": with_them}))
    (problem,) = problems({"a hit": with_them}, {"a hit": fewer})
    assert problem.startswith("a hit: 880 instructions, 1000 are recorded")


def test_a_thing_that_is_not_recorded_is_told() -> None:
    """A count that is compared with nothing would pass for ever."""
    (problem,) = problems({}, {"a call": Count(100, 20)})
    assert problem.startswith("other things are counted than are recorded")
