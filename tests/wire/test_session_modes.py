"""What the two ends know of calls that run at most once, and of one-way calls (D2, D13)."""

from __future__ import annotations

from fusionrt.wire import client_events as ce
from fusionrt.wire import host_events as he
from fusionrt.wire.frames import Kind
from fusionrt.wire.limits import Limits
from tests.wire.session_pair import Pair, plain


def test_D13_a_call_that_was_lost_on_its_way_is_told_never_to_have_run() -> None:
    """So it is made again, whatever its mode; here or at another host."""
    pair = Pair()
    id = pair.client.call(plain())
    pair.from_client()  # lost
    pair.client.reconnected(pair.now)
    assert ce.Unsent(id, may_have_run=False) in pair.exchange()


def test_D13_what_was_told_to_be_gone_does_not_run_when_it_arrives_after_all() -> None:
    """The client makes it again: what is late, on another way through the network, must not run."""
    pair = Pair()
    first = pair.client.call(plain())
    late = pair.from_client()
    pair.client.reconnected(pair.now)
    assert ce.Unsent(first) in pair.exchange()
    assert [pair.host.receive(each, pair.now) for each in late] == [[]]
    second = pair.client.call(plain())
    (event,) = pair.to_host()
    assert isinstance(event, he.CallsReceived)
    assert [*event.calls.ids] == [second]


def test_D18_a_stream_that_was_told_to_be_gone_does_not_begin_late() -> None:
    """The same of streams, whose bodies may write, too."""
    pair = Pair()
    first = pair.client.call(plain(Kind.STREAM))
    late = pair.from_client()
    pair.client.reconnected(pair.now)
    assert ce.Unsent(first) in pair.exchange()
    assert [pair.host.receive(each, pair.now) for each in late] == [[]]


def test_D13_a_call_of_which_the_result_was_forgotten_may_have_run() -> None:
    """A host keeps only so much for a client that does not hear; it tells up to which call."""
    pair = Pair(Limits(kept_frames=2))
    ids = [pair.client.call(plain()) for _ in range(4)]
    lost = pair.client.call(plain())
    pair.to_host()
    for id in ids:
        pair.host.result(id, b"done")
        pair.from_host()  # lost
    never = pair.client.call(plain())
    pair.from_client()  # lost
    pair.client.reconnected(pair.now)
    told = pair.exchange()
    assert [event for event in told if isinstance(event, ce.Unsent)] == [
        ce.Unsent(ids[0], may_have_run=True),
        ce.Unsent(ids[1], may_have_run=True),
        ce.Unsent(never, may_have_run=False),
    ]
    assert pair.client.unsent(lost) is False


def test_a_one_way_call_is_told_to_be_sent_and_is_over_at_both_ends() -> None:
    """Nothing is registered, so that a keep-alive agrees, and nothing is answered."""
    pair = Pair()
    id = pair.client.call(plain(Kind.ONEWAY))
    (event,) = pair.to_host()
    assert isinstance(event, he.CallsReceived)
    assert pair.client.events() == [ce.Told((id,))]
    assert pair.host.result(id, b"") is False
    assert pair.host.failure(id, "internal", "") is False
    assert pair.from_host() == []
    assert pair.host.statistics().registered == pair.client.statistics().registered == 0


def test_D13_a_one_way_call_never_runs_twice_nor_too_late() -> None:
    """A repeated message is dropped, and one whose time is up; both are counted."""
    pair = Pair()
    pair.client.call(plain(Kind.ONEWAY))
    (envelope,) = pair.from_client()
    assert len(pair.host.receive(envelope, pair.now)) == 1
    assert pair.host.receive(envelope, pair.now) == []
    pair.client.call(plain(Kind.ONEWAY, deadline=pair.now))
    assert pair.to_host() == []
    assert pair.host.statistics().dropped == 2


def test_a_one_way_call_that_waits_for_a_host_is_unsent() -> None:
    """Its session ends before there was a host: it can be made elsewhere."""
    pair = Pair(open=False)
    id = pair.client.call(plain(Kind.ONEWAY))
    assert pair.client.unsent(id)
    assert pair.client.recall() == [id]
