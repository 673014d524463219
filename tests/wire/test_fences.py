"""What a client's session asks of its host about changes made elsewhere (D15)."""

from __future__ import annotations

from fusionrt.wire.fences import HOPS, UNDER_WAY, AskedFences
from fusionrt.wire.frames import Fence, Mark

MARKS = (Mark("prices", "host", 1),)


def asked(fences: AskedFences, hops: int) -> int:
    """Ask for one, and what is sent: how many frames."""
    fences.ask(MARKS, hops)
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
    """What has come so far round that it goes less far than all others is not held up by them: for
    they wait for it.
    """
    fences = AskedFences()
    for _ in range(UNDER_WAY):
        asked(fences, 3)
    assert asked(fences, 3) == 0
    (fence,) = _taken(fences, 2)
    assert fence.hops == 2
    assert asked(fences, 2) == 0
    (fence,) = _taken(fences, 0)
    assert fence.hops == 0


def _taken(fences: AskedFences, hops: int) -> tuple[Fence, ...]:
    fences.ask(MARKS, hops)
    return fences.take()
