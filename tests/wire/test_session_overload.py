"""What a client session does with more calls than its host can serve in time (D27)."""

from __future__ import annotations

import msgspec
import pytest

from fusionrt.wire import client_events as ce
from fusionrt.wire import host_events as he
from fusionrt.wire.frames import Calls, Cancel, Farewell, KeepAlive, Kind
from fusionrt.wire.limits import Limits
from fusionrt.wire.pace import Pace
from fusionrt.wire.refusals import Refusal, refusal
from fusionrt.wire.runs import Request

from .session_pair import Pair, ask, plain

TWO = Limits(under_way=2)


def timed(pair: Pair, seconds: float, kind: Kind = Kind.PLAIN) -> int:
    """Make a call that has so many seconds."""
    return pair.client.call(Request(ask(kind, timeout=seconds), b"", pair.now + seconds))


def calls(told: list[he.HostEvent]) -> list[int]:
    """The ids of the calls that came to the host."""
    return [id for event in told if isinstance(event, he.CallsReceived) for id in event.calls.ids]


def refused(told: list[ce.ClientEvent]) -> dict[int, float]:
    """The ids of the calls that were refused, and when to try again."""
    return {
        event.id: msgspec.msgpack.decode(event.data, type=Refusal).retry_after
        for event in told
        if isinstance(event, ce.Failed) and event.code == "overloaded"
    }


def serve(pair: Pair, id: int, seconds: float = 0.0) -> list[ce.ClientEvent]:
    """The host answers a call, so much later."""
    pair.now += seconds
    pair.host.result(id, b"")
    return pair.to_client()


def test_D27_a_host_has_so_many_calls_at_a_time_and_the_others_come_in_order() -> None:
    """A call waits in its client's process until another one is answered: first come, first."""
    pair = Pair(TWO)
    ids = [pair.client.call(plain()) for _ in range(5)]
    assert calls(pair.to_host()) == ids[:2]
    serve(pair, ids[1])
    assert calls(pair.to_host()) == [ids[2]]
    serve(pair, ids[0])
    serve(pair, ids[2])
    assert calls(pair.to_host()) == ids[3:]


@pytest.mark.parametrize("kind", [Kind.COMPUTE, Kind.PLAIN, Kind.COMMAND])
def test_D27_a_call_of_any_kind_that_cannot_be_served_in_time_is_refused(kind: Kind) -> None:
    """As soon as it is known how long a call takes; what can be served still waits."""
    pair = Pair(TWO)
    ids = [timed(pair, 4.0, kind) for _ in range(20)]
    pair.to_host()
    told = serve(pair, ids[0], seconds=1.0)
    pair.to_host()
    told += pair.client.events()
    waiting = [id for id in ids if pair.client.unsent(id)]
    # Two at a time, a second each: of the three seconds that are left, one and a bit is needed.
    assert 2 <= len(waiting) <= 4
    assert waiting == ids[3 : 3 + len(waiting)], "not the first ones wait"
    assert list(refused(told)) == ids[: 2 + len(waiting) : -1], "not the last ones are refused"
    assert all(1.0 <= seconds <= 60.0 for seconds in refused(told).values())
    assert pair.client.statistics().registered == 2 + len(waiting)


def test_D27_before_any_call_has_ended_the_age_of_those_that_run_tells() -> None:
    """A host that answers nothing is not given more than it could answer."""
    pair = Pair(TWO)
    ids = [timed(pair, 4.0) for _ in range(2)]
    pair.to_host()
    pair.now += 1.0
    late = [timed(pair, 4.0) for _ in range(20)]
    assert calls(pair.to_host()) == []
    told = refused(pair.client.events())
    assert set(told) < set(late)
    assert pair.client.unsent(late[0])
    assert not set(told) & set(ids)


def test_D27_a_call_without_a_deadline_waits() -> None:
    """Whoever watches has all the time that there is."""
    pair = Pair(TWO)
    ids = [pair.client.call(Request(ask(Kind.COMPUTE), b"", float("inf"))) for _ in range(50)]
    pair.to_host()
    told = serve(pair, ids[0], seconds=9.0)
    pair.to_host()
    assert refused(told + pair.client.events()) == {}
    assert pair.client.unsent(ids[-1])


def test_D27_no_more_calls_wait_than_may() -> None:
    """Memory is bounded, whatever time they have: the last ones are refused."""
    pair = Pair(Limits(under_way=2, waiting=3))
    ids = [pair.client.call(plain()) for _ in range(10)]
    pair.to_host()
    assert sorted(refused(pair.client.events())) == ids[5:]
    assert pair.client.refuses(1000.0, pair.now) > 0
    assert pair.client.statistics().registered == 5


def test_D27_a_light_load_makes_nobody_pessimistic() -> None:
    """Calls that came one at a time do not say how many can be served together."""
    pair = Pair(Limits(under_way=100))
    for _ in range(20):
        id = timed(pair, 1.0)
        pair.to_host()
        serve(pair, id, seconds=0.1)
    ids = [timed(pair, 1.0) for _ in range(500)]
    assert calls(pair.to_host()) == ids[:100]
    assert refused(pair.client.events()) == {}


def test_D27_a_call_that_is_given_up_while_it_waits_leaves_no_trace() -> None:
    """The host never hears of it, and it takes nobody's place."""
    pair = Pair(TWO)
    ids = [pair.client.call(plain()) for _ in range(4)]
    pair.to_host()
    pair.client.cancel(ids[2])
    assert pair.to_host() == []
    serve(pair, ids[0])
    assert calls(pair.to_host()) == [ids[3]]


def test_D27_what_frees_the_host_does_not_wait_behind_calls() -> None:
    """Cancellations, unsubscriptions and keep-alives go out however many calls wait."""
    pair = Pair(TWO)
    held = pair.compute()
    ids = [pair.client.call(plain()) for _ in range(10)]
    pair.to_host()
    pair.client.cancel(ids[0])
    pair.client.unsubscribe([held])
    pair.wait(2.0)
    frames = [frame for envelope in pair.from_client() for frame in envelope.frames]
    assert isinstance(frames[0], Cancel)
    assert any(isinstance(frame, KeepAlive) for frame in frames)
    assert [frame.first for frame in frames if isinstance(frame, Calls)] == [ids[2]]


def test_D27_a_host_that_refuses_is_given_less_until_it_serves_again() -> None:
    """What it had to refuse, its client refuses or keeps from there on."""
    pair = Pair(Limits(under_way=8))
    ids = [pair.client.call(plain()) for _ in range(30)]
    assert calls(pair.to_host()) == ids[:8]
    no = refusal(1.0)
    for id in ids[2:8]:
        pair.host.failure(id, no.code, no.message, no.data)
    assert len(refused(pair.to_client())) == 6
    assert calls(pair.to_host()) == []
    under_way = ids[:2]
    for _ in range(18):
        serve(pair, under_way.pop(0))
        under_way += calls(pair.to_host())
    assert 2 < len(under_way) < 8


def test_D27_calls_that_wait_are_made_elsewhere_when_the_host_drains() -> None:
    """They never left, so another host may have them at once (D22)."""
    pair = Pair(TWO)
    ids = [pair.client.call(plain()) for _ in range(4)]
    pair.to_host()
    assert pair.say(2, Farewell()) == [ce.Draining()]
    assert pair.client.recall() == ids[2:]
    serve(pair, ids[0])
    assert pair.to_host() == []


def test_D27_a_resync_lists_nothing_that_waits() -> None:
    """The host knows only what was sent; what waits is neither lost nor made twice."""
    pair = Pair(TWO)
    ids = [pair.client.call(plain()) for _ in range(4)]
    pair.to_host()
    pair.client.gap(pair.now)
    told = pair.exchange()
    assert told == [ce.Suspended(), ce.Resumed()]
    serve(pair, ids[0])
    serve(pair, ids[1])
    assert calls(pair.to_host()) == ids[2:]


def test_D27_what_takes_all_of_its_time_is_no_overload() -> None:
    """A call that hardly waited is tried, though calls take longer than it has."""
    pace = Pace(2)
    pace.begun(1, 0.0)
    pace.ended(1, 0.0, 10.0)
    assert not pace.refuses(0, 0.99, 1.0, 10.0)
    assert pace.refuses(1, 1.0, 1.0, 10.0)


def test_D21_a_retry_after_from_the_wire_is_checked() -> None:
    """Neither a negative time nor one beyond an hour is believed."""
    for seconds in (-1.0, 1e9, float("nan")):
        data = msgspec.msgpack.encode((seconds, "", ""))
        with pytest.raises(msgspec.ValidationError):
            msgspec.msgpack.decode(data, type=Refusal)
