"""Calls that are made alike are booked as a run; what happens to one of them costs only itself."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionrt.wire import client_events as ce
from fusionrt.wire.envelopes import decode_client_envelope
from fusionrt.wire.frames import Calls, Cancel, Farewell, Kind, Results
from fusionrt.wire.limits import Limits
from fusionrt.wire.pace import Pace
from fusionrt.wire.runs import SLACK, Ask, Queue, Request

from .session_pair import Pair, ask, plain


def run_of(pair: Pair, count: int, kind: Kind = Kind.PLAIN) -> list[int]:
    """So many calls that are alike."""
    return [pair.client.call(plain(kind, b"%d" % number)) for number in range(count)]


def frames(pair: Pair) -> list[Calls]:
    """The frames of calls that the client sends now."""
    sent = [frame for envelope in pair.from_client() for frame in envelope.frames]
    return [frame for frame in sent if isinstance(frame, Calls)]


def completed(told: list[ce.ClientEvent]) -> list[int]:
    """The ids of the calls that have results."""
    return [id for event in told if isinstance(event, ce.Completed) for id in event.ids]


def test_calls_that_are_alike_share_a_frame() -> None:
    """In the order in which they were made; what is not alike begins another one."""
    pair = Pair()
    ids = run_of(pair, 5)
    other = pair.client.call(Request(ask(Kind.PLAIN, 8), b"x", 1000.0))
    command = [pair.client.call(plain(Kind.COMMAND, operation=op)) for op in ("a", "b", "")]
    sent = frames(pair)
    assert [list(frame.ids) for frame in sent] == [ids, [other], command[:2], command[2:]]
    assert sent[0].arguments == (b"0", b"1", b"2", b"3", b"4")
    assert [frame.operations for frame in sent] == [(), (), ("a", "b"), ()]


def test_D13_the_calls_of_a_run_have_all_but_the_same_time() -> None:
    """The host is told the last of their deadlines, and so gives up none too early."""
    pair = Pair()
    for late in (0.0, SLACK / 2, SLACK, 2 * SLACK, SLACK):
        pair.client.call(plain(deadline=110.0 + late))
    sent = frames(pair)
    assert [len(frame.arguments) for frame in sent] == [3, 1, 1]
    assert [frame.budget for frame in sent] == pytest.approx([10_005, 10_010, 10_005], abs=1)


def test_a_call_joins_no_run_that_was_looked_at() -> None:
    """What is sent later tells the time that it has then."""
    pair = Pair(Limits(under_way=1))
    run_of(pair, 2)
    assert [len(frame.arguments) for frame in frames(pair)] == [1]
    run_of(pair, 1)
    waiting = pair.client._calls.queue
    assert [len(run) for run in waiting._runs] == [1, 1]


def test_D19_a_call_of_a_run_that_waits_is_given_up_alone() -> None:
    """The others keep their ids, and the host never hears of it."""
    pair = Pair()
    ids = run_of(pair, 6)
    for index in (0, 3):
        pair.client.cancel(ids[index])
    assert [list(frame.ids) for frame in frames(pair)] == [ids[1:3], ids[4:]]


def test_D19_a_call_of_a_run_that_was_sent_is_given_up_alone() -> None:
    """Its host is told, and the others are answered; what it says of that one all the same is
    dropped.
    """
    pair = Pair()
    ids = run_of(pair, 6)
    pair.to_host()
    pair.client.cancel(ids[2])
    assert [f for e in pair.from_client() for f in e.frames] == [Cancel(ids[2])]
    told = pair.say(2, Results(7, tuple(ids), (b"",) * 6, False))
    assert told == [ce.Completed(tuple(ids[:2] + ids[3:]), (b"",) * 5, False)]
    assert pair.client.statistics().registered == 0


def test_D22_half_a_run_is_recalled_when_its_host_drains() -> None:
    """What waited goes elsewhere; what was sent is answered."""
    pair = Pair(Limits(under_way=4))
    ids = run_of(pair, 10)
    pair.to_host()
    assert pair.say(2, Farewell()) == [ce.Draining()]
    assert pair.client.recall() == ids[4:]
    told = pair.say(3, Results(7, tuple(ids[:4]), (b"",) * 4, False))
    assert completed(told) == ids[:4]
    assert pair.client.statistics().registered == 0
    assert frames(pair) == []


@pytest.mark.parametrize("kind", [Kind.PLAIN, Kind.COMPUTE])
def test_D13_a_resync_finds_a_run_that_is_partly_answered(kind: Kind) -> None:
    """What was answered is not asked again, a lost answer comes again, a lost call is unsent."""
    pair = Pair()
    ids = run_of(pair, 6, kind)
    pair.to_host()
    lost = run_of(pair, 2, kind)
    pair.from_client()  # lost
    keep = kind is Kind.COMPUTE
    for id in ids[::2]:
        pair.host.result(id, b"first", keep=keep)
    assert completed(pair.to_client()) == ids[::2]
    pair.host.result(ids[1], b"second", keep=keep)
    pair.from_host()  # lost
    pair.client.reconnected(pair.now)
    told = pair.exchange()
    assert completed(told) == [ids[1]]
    assert [event.id for event in told if isinstance(event, ce.Unsent)] == lost
    for id in (ids[3], ids[5]):
        pair.host.result(id, b"third", keep=keep)
    assert completed(pair.exchange()) == [ids[3], ids[5]]
    pair.wait(2.0)
    pair.exchange()
    assert pair.client.statistics().resyncs == 1, "the digests differ (D12)"


def test_D4_an_invalidation_of_many_is_one_event() -> None:
    """Of those that have a result, and of those that have none."""
    pair = Pair()
    held = [pair.compute() for _ in range(3)]
    running = run_of(pair, 2, Kind.COMPUTE)
    pair.to_host()
    for id in held + running:
        pair.host.invalidated(id, "all is new")
    assert pair.to_client() == [
        ce.Invalidated(tuple(held), "all is new", True),
        ce.Invalidated(tuple(running), "all is new", False),
    ]


def test_results_for_several_views_of_a_client_are_told_apart() -> None:
    """Those of one event share what their callers make of them."""
    pair = Pair()
    ids = [
        pair.client.call(Request(Ask(Kind.PLAIN, 7, timeout=timeout), b"", 1000.0))
        for timeout in (1.0, 2.0)
    ]
    pair.to_host()
    for id in ids:
        pair.host.result(id, b"%d" % id)
    assert pair.to_client() == [ce.Completed((id,), (b"%d" % id,), False) for id in ids]


def test_a_result_for_a_stream_ends_it_with_an_error() -> None:
    """A host that errs; the calls that it answers in the same breath are answered."""
    pair = Pair()
    stream, call = pair.client.call(plain(Kind.STREAM)), pair.client.call(plain())
    pair.to_host()
    ended, answer = pair.say(2, Results(7, (stream, call), (b"1", b"2"), False))
    assert isinstance(ended, ce.Ended)
    assert ended.failure is not None
    assert ended.failure.code == "bad_answer"
    assert answer == ce.Completed((call,), (b"2",), False)


def test_D27_what_a_long_turn_of_the_loop_made_too_late_is_not_sent() -> None:
    """It took more than half of a call's time until that could leave: it is refused."""
    pair = Pair()
    ids = [
        pair.client.call(Request(ask(Kind.PLAIN, timeout=seconds), b"", pair.now + seconds))
        for seconds in (1.0, 2.0, math.inf)
    ]
    pair.now += 0.6
    sent = [decode_client_envelope(out.data) for out in pair.client.outgoing(pair.now, turn=0.6)]
    assert [frame.first for e in sent for frame in e.frames if isinstance(frame, Calls)] == ids[1:]
    (failed,) = pair.client.events()
    assert isinstance(failed, ce.Failed)
    assert (failed.id, failed.code) == (ids[0], "overloaded")


SECONDS = st.just(0.0) | st.floats(1e-9, 3.0)
"""Those of a body. (The mean of less comes to nothing, sooner by one book than by the other.)"""


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0.0, 9.0), SECONDS)))
def test_D27_the_pace_of_many_is_that_of_one_after_the_other(
    batches: list[tuple[int, float, float]],
) -> None:
    """Books by run say the same as books by call."""
    together, alone = Pace(1000), Pace(1000)
    for calls, since, took in batches:
        together.begun(calls, since)
        together.ended(calls, since, since + took)
        for _ in range(calls):
            alone.begun(1, since)
        for _ in range(calls):
            alone.ended(1, since, since + took)
        facts = [
            (pace.under_way, pace.at_a_time, pace._took, pace._deviation)
            for pace in (together, alone)
        ]
        assert facts[0] == pytest.approx(facts[1])


@given(st.integers())
def test_a_queue_is_a_list_of_calls(seed: int) -> None:
    """Whatever is added, dropped, taken or refused, as a plain list would do it."""
    chance = random.Random(seed)
    queue = Queue()
    ways = [ask(Kind.PLAIN, method) for method in (1, 2)]
    expected: list[tuple[int, Ask, bytes]] = []
    for _ in range(60):
        match chance.randrange(8):
            case 0 if expected:
                count = chance.randint(1, 9)
                run = queue.take(count)
                assert 0 < len(run) <= count
                taken = zip(run.ids, run.arguments, strict=True)
                first, expected = expected[: len(run)], expected[len(run) :]
                assert [(id, run.ask, payload) for id, payload in taken] == first
            case 1 if expected:
                count = chance.randint(1, len(queue.last))
                assert list(queue.shorten(count)) == [id for id, _, _ in expected[-count:]]
                del expected[-count:]
            case 2:
                id = chance.randint(0, queue.last_id + 1)
                left = [call for call in expected if call[0] != id]
                assert queue.drop(id) is (len(left) < len(expected))
                expected = left
            case 3:
                queue.skip()
            case _:
                request = Request(chance.choice(ways), b"%d" % queue.last_id, 1.0)
                expected.append((queue.add(request), request.ask, request.arguments))
        ids = [id for id, _, _ in expected]
        assert (queue.ids(), len(queue)) == (ids, len(ids))
        assert [id for id in range(queue.last_id + 2) if id in queue] == ids
    assert queue.clear() == [id for id, _, _ in expected]
    assert not queue
