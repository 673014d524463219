"""What a client's session asks of its host about changes made elsewhere (D15)."""

from __future__ import annotations

from itertools import count

from fusionrt.wire.fences import HOPS, MOST_GIVEN, UNDER_WAY, AskedFences, GivenFences
from fusionrt.wire.frames import Fence, Mark

_changes = count(1)


def change() -> tuple[Mark, ...]:
    """One more of a host, which no fence was for yet."""
    return (Mark("prices", "host", next(_changes)),)


def asked(fences: AskedFences, hops: int) -> int:
    """Ask for one, and what is sent: how many frames."""
    fences.ask(change(), hops)
    return len(fences.take())


def test_D15_what_is_asked_while_many_fences_have_no_answer_waits_for_one_of_them() -> None:
    """As one fence, which is sent when there is room."""
    fences = AskedFences()
    assert [asked(fences, HOPS) for _ in range(UNDER_WAY)] == [1] * UNDER_WAY
    assert asked(fences, HOPS) == asked(fences, HOPS) == 0
    assert fences.asked
    fences.answered(1)
    (fence,) = fences.take()
    assert fence.number == UNDER_WAY + 1 and fence.hops == HOPS
    assert not fences.asked


def test_D15_fences_end_in_a_circle_of_hosts() -> None:
    """What has come so far round that it goes less far than others is not held up by them: for they
    wait for it.
    """
    fences = AskedFences()
    for hops in range(HOPS, -1, -1):
        assert [asked(fences, hops) for _ in range(UNDER_WAY + 1)] == [1] * UNDER_WAY + [0]


def test_D15_what_goes_differently_far_is_never_one_fence() -> None:
    """Or who waits for the one that goes less far would wait for the other, which waits for him."""
    fences = AskedFences()
    new = change()
    numbers = [fences.ask(new, hops) for hops in (3, 5, 3)]
    assert numbers == [1, 2, 1]
    assert [(each.number, each.hops) for each in fences.take()] == [(1, 3), (2, 5)]
    assert fences.ask(new, 3) == 1, "the same is under way"
    assert fences.ask(new, 4) == 3
    assert fences.ask(change(), 3) == 4


def test_D15_each_fence_is_answered_by_itself() -> None:
    """One that goes less far is answered first, and proves nothing of those that it came after."""
    fences = AskedFences()
    first, second = change(), change()
    fences.ask(first, 5)
    fences.take()
    fences.ask(second, 2)
    fences.take()
    assert fences.answered(2)
    assert not fences.answered(2), "that was known"
    assert fences.again() == (Fence(1, first, 5),), "the other may be lost"
    assert fences.answered(1)
    assert fences.again() == ()


def test_D15_a_fence_that_goes_as_far_is_followed() -> None:
    """Who only wants to begin after it needs no fence of his own, under way or answered."""
    fences = AskedFences()
    new = change()
    assert fences.follow(new, 3) == 1, "there was none"
    assert fences.follow(new, 2) == 1, "it is asked for, though not sent"
    fences.take()
    assert fences.follow(new, 3) == 1
    assert fences.follow(new, 4) == 2, "that goes farther"
    assert fences.follow(change(), 3) == 3
    fences.take()
    for number in (1, 2, 3):
        fences.answered(number)
    assert fences.follow(new, 4) is None
    assert fences.follow(new, 5) == 4


def test_D15_a_host_keeps_so_many_fences_of_a_session_at_most() -> None:
    """Whatever it is sent; what it did not take comes again. A repeated one is passed again, for
    its answer may be lost.
    """
    given = GivenFences()
    assert all(given.came(number) for number in range(MOST_GIVEN))
    assert not given.came(0), "it waits"
    assert not given.came(MOST_GIVEN)
    assert given.passed(0)
    assert not given.passed(0)
    assert given.came(0)
