"""Numbers, order and gaps: D1 to D5, D10, D11, D12, with exact frames."""

from __future__ import annotations

import pytest

from fusionrt.wire import client_events as ce
from fusionrt.wire import host_events as he
from fusionrt.wire.envelopes import decode_host_envelope
from fusionrt.wire.frames import (
    VERSION,
    Acknowledged,
    Calls,
    Cancel,
    Hello,
    Invalidated,
    KeepAlive,
    Kind,
    Rejected,
    Results,
    Resync,
    Resynced,
    Unsubscribe,
    Welcome,
)
from fusionrt.wire.states import ClientState

from .session_pair import Pair, plain


def test_hello_is_repeated_until_the_first_welcome() -> None:
    """A client says hello each second, calls wait meanwhile, and the first host wins."""
    pair = Pair(open=False)
    id = pair.client.call(plain())
    assert [e.frames for e in pair.from_client()] == [(Hello(1, VERSION),)]
    assert pair.from_client() == []
    pair.wait(1.0)
    assert pair.client.next_tick() == pair.now
    assert [e.frames for e in pair.from_client()] == [(Hello(2, VERSION),)]
    assert pair.say(1, Welcome(2, VERSION)) == [ce.Opened("h1")]
    (envelope,) = pair.from_client()
    assert [frame.first for frame in envelope.frames if isinstance(frame, Calls)] == [id]


def test_D30_a_second_host_that_welcomes_keeps_nothing() -> None:
    """A repeated hello may be answered by another host, too: it opened nothing, so the client says
    nothing to it.
    """
    pair = Pair()
    other = Pair(open=False, iid="h2")
    other.to_host()
    (welcome,) = other.from_host()
    pair.client.receive(welcome, pair.now)
    assert pair.client.outgoing(pair.now) == []
    assert pair.client.state is ClientState.OPEN


def test_no_host_is_reported_while_there_is_none() -> None:
    """Nobody where hosts are found: an event each time, and hellos go on."""
    pair = Pair(open=False)
    pair.from_client()
    pair.client.no_host(pair.now)
    assert pair.client.events() == [ce.NoHost()]
    assert pair.client.state is ClientState.HELLO


def test_D1_a_repeated_number_is_dropped() -> None:
    """A message with a number that was applied changes nothing."""
    pair = Pair()
    id = pair.compute()
    assert pair.say(2, Invalidated((id,), "again")) == []
    assert pair.client.statistics().repeated == 1


def test_D1_a_higher_number_leads_to_resync() -> None:
    """A message after a gap is not acted on; the client asks for what it lacks."""
    pair = Pair()
    held = pair.compute()
    pending = pair.client.call(plain())
    pair.to_host()
    assert pair.say(4, Invalidated((held,), "x")) == [ce.Suspended()]
    assert pair.client.state is ClientState.RESYNCING
    (envelope,) = pair.from_client()
    assert envelope.last == 2
    assert envelope.frames == (Resync(2, 0, True, (held,), (pending,), ()),)


def test_D1_only_the_answer_to_this_resync_ends_it() -> None:
    """Until then everything is dropped: other messages, and answers to earlier questions."""
    pair = Pair()
    id = pair.compute()
    pair.client.reconnected(pair.now)
    (envelope,) = pair.from_client()
    (frame,) = envelope.frames
    assert isinstance(frame, Resync)
    assert ce.Invalidated((id,), "x", True) not in pair.say(3, Invalidated((id,), "x"))
    assert pair.say(4, Resynced(frame.number - 1, (id,), True)) == []
    assert pair.say(5, Invalidated((id,), "x"), Resynced(frame.number, (), True)) == []
    assert not pair.client.live(pair.now)
    assert pair.say(6, Resynced(frame.number, (), True), Invalidated((id,), "y")) == [
        ce.Invalidated((id,), "y", True),
        ce.Resumed(),
    ]
    assert pair.say(7, Results(7, (99,), (b"",), False)) == []
    assert pair.client.live(pair.now)


def test_D1_an_unanswered_resync_is_asked_again() -> None:
    """A lost question or answer costs a second, and fresh lists."""
    pair = Pair()
    pair.client.gap(pair.now)
    assert len(pair.from_client()) == 1
    assert pair.from_client() == []
    id = pair.client.call(plain())
    pair.wait(1.0)
    (envelope,) = pair.from_client()
    assert isinstance(envelope.frames[0], Calls)
    assert envelope.frames[1] == Resync(3, 0, True, (), (id,), ())


def test_D2_an_unknown_id_is_invalidated_or_unsent() -> None:
    """What the host does not know is stale if it was held, and never ran if it was awaited."""
    pair = Pair()
    held = pair.compute()
    pending = pair.client.call(plain())
    pair.from_client()  # lost
    pair.host.receive(pair.said(2, Unsubscribe((held,))), pair.now)
    pair.client.reconnected(pair.now)
    assert pair.exchange() == [
        ce.Suspended(),
        ce.Invalidated((held,), "unknown to the host", True),
        ce.Unsent(pending),
        ce.Resumed(),
    ]


def test_D2_a_host_without_the_session_says_so_at_once() -> None:
    """A rejection outside of the sequence ends the session; all ids are handed back."""
    pair = Pair()
    held = pair.compute()
    pending = pair.client.call(plain())
    answer = pair.stranger()
    assert answer
    unsent = pair.client.call(plain())
    envelope = decode_host_envelope(answer)
    assert (envelope.number, envelope.frames) == (0, (Rejected("unknown"),))
    pair.client.receive(envelope, pair.now)
    (gone,) = pair.client.events()
    assert isinstance(gone, ce.Gone)
    assert (gone.unsent, gone.pending, gone.held) == ((unsent,), (pending,), (held,))
    assert pair.client.next_tick() == float("inf")


def test_D2_a_hello_never_revives_a_forgotten_session() -> None:
    """A host that took it for a new one would look as if nothing had been lost."""
    pair = Pair()
    pair.compute()
    pair.wait(6.0)
    hello = next(e for e in pair.from_client() if isinstance(e.frames[0], Hello))
    assert hello.frames == (Hello(2, VERSION, "h1"),)
    there = Pair(open=False, iid="h2")
    here = pair.admission.greet(hello, pair.now)
    elsewhere = there.admission.greet(hello, there.now)
    for said, answer in ((here, Rejected("unknown")), (elsewhere, Welcome(2, VERSION))):
        assert said is not None
        envelope = decode_host_envelope(said)
        assert (envelope.number, envelope.frames) == (0, (answer,))


def test_D2_a_message_from_beyond_the_session_is_rejected() -> None:
    """A client that has applied numbers which this session never sent speaks of another one."""
    fresh = Pair(open=False)
    (closed,) = fresh.host.receive(fresh.said(2, Hello(1, VERSION)), fresh.now)
    assert isinstance(closed, he.Closed)
    (envelope,) = fresh.from_host()
    assert envelope.frames == (Rejected("unknown"),)


def test_D3_interest_is_registered_before_the_call_runs() -> None:
    """When the room above hears of a call, the session has registered it; until it is let go."""
    pair = Pair()
    id = pair.client.call(plain(Kind.COMPUTE))
    (event,) = pair.to_host()
    assert isinstance(event, he.CallsReceived)
    assert pair.host.statistics().registered == 1
    assert pair.host.result(id, b"v", keep=True)
    pair.exchange()
    pair.wait(2.0)
    pair.exchange()
    assert pair.host.statistics().registered == 1
    pair.client.unsubscribe([id])
    assert pair.to_host() == [he.Unsubscribed((id,))]
    assert pair.host.statistics().registered == 0
    assert not pair.host.result(id, b"v", keep=True)


def test_D4_an_invalidation_never_overtakes_its_result() -> None:
    """Both in one message, in this order; the result is delivered although it is stale."""
    pair = Pair()
    id = pair.client.call(plain(Kind.COMPUTE))
    pair.to_host()
    pair.host.result(id, b"v", keep=True)
    pair.host.invalidated(id, "changed")
    (envelope,) = pair.from_host()
    assert envelope.frames == (Results(7, (id,), (b"v",), True), Invalidated((id,), "changed"))
    pair.client.receive(envelope, pair.now)
    assert pair.client.events() == [
        ce.Completed((id,), (b"v",), True),
        ce.Invalidated((id,), "changed", True),
    ]


def test_D4_an_invalidation_without_a_result_settles_the_call() -> None:
    """The event says that no result had come; one that comes later is ignored."""
    pair = Pair()
    id = pair.client.call(plain(Kind.COMPUTE))
    pair.to_host()
    assert pair.say(2, Invalidated((id,), "changed")) == [ce.Invalidated((id,), "changed", False)]
    assert pair.say(3, Results(7, (id,), (b"v",), True)) == []


def test_D5_events_are_there_when_receive_returns() -> None:
    """Nothing waits for a later call: in the order in which the frames came."""
    pair = Pair()
    first, second = pair.client.call(plain(Kind.COMPUTE)), pair.client.call(plain())
    pair.to_host()
    told = pair.say(2, Results(7, (second,), (b"2",), False), Results(7, (first,), (b"1",), True))
    assert told == [
        ce.Completed((second,), (b"2",), False),
        ce.Completed((first,), (b"1",), True),
    ]


def test_D10_a_host_that_reconnected_shows_its_number() -> None:
    """The announcement is an empty numbered message: whoever lacks one before it sees the gap."""
    pair = Pair()
    id = pair.compute()
    pair.host.invalidated(id, "lost")
    pair.from_host()
    pair.host.announce()
    (envelope,) = pair.from_host()
    assert (envelope.number, envelope.frames) == (4, ())
    pair.client.receive(envelope, pair.now)
    assert pair.client.state is ClientState.RESYNCING
    assert ce.Invalidated((id,), "unknown to the host", True) in pair.exchange()


def test_D10_a_client_that_reconnected_resyncs() -> None:
    """It was cut off: nothing is believed until the host has compared notes."""
    pair = Pair()
    id = pair.compute()
    pair.client.reconnected(pair.now)
    assert not pair.client.live(pair.now)
    assert pair.exchange() == [ce.Suspended(), ce.Resumed()]
    assert pair.client.live(pair.now)
    assert pair.host.statistics().registered == 1, f"{id} is still registered"


def test_D11_a_bad_frame_discards_no_neighbour_and_is_sent_again() -> None:
    """Its neighbours are applied at once; what did not decode comes with the resync."""
    pair = Pair()
    good, bad = pair.client.call(plain()), pair.client.call(plain())
    pair.to_host()
    pair.host.result(good, b"1")
    pair.host.result(bad, b"2")
    pair.from_host()  # arrives as follows
    assert pair.say(2, Results(7, (good,), (b"1",), False), damaged=1) == [
        ce.Completed((good,), (b"1",), False),
        ce.Suspended(),
    ]
    assert pair.exchange() == [ce.Completed((bad,), (b"2",), False), ce.Resumed()]


@pytest.mark.parametrize("lost", ["call", "unsubscribe", "cancel"])
def test_D12_a_lost_word_of_the_client_is_found_by_the_digest(lost: str) -> None:
    """The next keep-alive does not agree, and the resync mends it: within 2 s."""
    pair = Pair()
    held = pair.compute()
    running = pair.client.call(plain())
    pair.to_host()
    expected: list[ce.ClientEvent] = []
    if lost == "call":
        expected = [ce.Unsent(pair.client.call(plain()))]
    elif lost == "unsubscribe":
        pair.client.unsubscribe([held])
    else:
        pair.client.cancel(running)
    pair.from_client()  # lost
    pair.wait(2.0)
    told = pair.exchange()
    assert told == [ce.Suspended(), *expected, ce.Resumed()]
    both = pair.client.statistics().registered, pair.host.statistics().registered
    assert both == ((2, 2) if lost == "call" else (1, 1))


def test_D12_as_many_other_ids_are_found_by_the_digest() -> None:
    """Of a call and of what it was to take the place of, both words are lost."""
    pair = Pair()
    held = pair.compute()
    pair.client.unsubscribe([held])
    lost = pair.client.call(plain())
    pair.from_client()
    both = pair.client.statistics().registered, pair.host.statistics().registered
    assert both == (1, 1)
    pair.wait(2.0)
    assert pair.exchange() == [ce.Suspended(), ce.Unsent(lost), ce.Resumed()]
    assert pair.host.statistics().registered == 0


@pytest.mark.parametrize("more", [-1, 1])
def test_D12_another_number_of_ids_is_found_whatever_the_digest(more: int) -> None:
    """Sets whose digests collide differ in size, but for the rarest of them."""
    pair = Pair()
    pair.compute()
    pair.wait(2.0)
    (envelope,) = pair.from_client()
    (said,) = envelope.frames
    assert isinstance(said, KeepAlive)
    wrong = KeepAlive(said.number, said.count + more, said.digest)
    assert pair.host.receive(pair.said(2, wrong), pair.now) == [
        he.KeepAliveReceived(said.number, False)
    ]


def test_D12_the_digest_is_as_of_the_last_number_applied() -> None:
    """What is on its way in either direction is no disagreement."""
    pair = Pair()
    first, second = pair.compute(), pair.compute()
    finished = pair.client.call(plain())
    pair.to_host()
    pair.host.invalidated(first, "on its way")
    pair.host.result(finished, b"on its way")
    late = pair.from_host()
    pair.client.unsubscribe([second])
    pair.client.call(plain())
    pair.wait(2.0)
    (envelope,) = pair.from_client()
    assert isinstance(envelope.frames[-1], KeepAlive)
    *_, keep_alive = pair.host.receive(envelope, pair.now)
    assert keep_alive == he.KeepAliveReceived(envelope.frames[-1].number, True)
    for message in late:
        pair.client.receive(message, pair.now)
    pair.wait(2.0)
    pair.exchange()
    assert pair.client.statistics().resyncs == 0


def test_a_cancelled_call_that_was_never_sent_leaves_no_trace() -> None:
    """It is not sent, and so is not cancelled either."""
    pair = Pair()
    id = pair.client.call(plain())
    pair.client.cancel(id)
    assert pair.from_client() == []


def test_D19_a_cancel_goes_to_the_host_that_runs_the_call() -> None:
    """It is addressed to the session's instance, and names a call of this session."""
    pair = Pair()
    id = pair.client.call(plain())
    pair.to_host()
    pair.client.cancel(id)
    (out,) = pair.client.outgoing(pair.now)
    assert out.iid == "h1"
    pair.client.cancel(id)
    assert pair.from_client() == []
    told = pair.host.receive(pair.said(1, Cancel(id)), pair.now)
    assert told == [he.CallCancelled(id)]
    assert not pair.host.result(id, b"too late")


def test_D12_an_answer_of_before_a_mismatch_ends_no_resync() -> None:
    """What a host says in one breath with a mismatch answers an older question: ask again."""
    pair = Pair()
    pair.say(2, Acknowledged(1, False, (), True), Resynced(1, (), True))
    assert pair.client.state is ClientState.RESYNCING
    assert not pair.client.live(pair.now)
    (envelope,) = pair.from_client()
    assert any(isinstance(frame, Resync) for frame in envelope.frames)
