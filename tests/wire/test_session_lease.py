"""Proof, doubt and loss of a host: D6 to D9, D14, D16, D17, D22, with exact frames and times."""

from __future__ import annotations

import math

import pytest

from fusionrt.wire import client_events as ce
from fusionrt.wire import host_events as he
from fusionrt.wire.envelopes import ClientEnvelope, HostEnvelope, decode_host_envelope
from fusionrt.wire.frames import (
    VERSION,
    Acknowledged,
    Bye,
    Farewell,
    Hello,
    KeepAlive,
    Kind,
    Rejected,
    Resync,
    Welcome,
)
from fusionrt.wire.limits import Limits, Timing
from fusionrt.wire.states import ClientState

from .session_pair import Pair, plain


def kinds(envelopes: list[ClientEnvelope]) -> list[type]:
    """The types of the frames that the client sends."""
    return [type(frame) for envelope in envelopes for frame in envelope.frames]


def test_D6_the_lease_is_checked_at_read() -> None:
    """It ends 6 s after the hello was sent, with no timer and no event needed."""
    pair = Pair()
    assert pair.client.live(105.999)
    assert not pair.client.live(106.0)
    assert pair.client.events() == []


def test_D6_the_lease_runs_from_when_the_keep_alive_was_sent() -> None:
    """However late its acknowledgement comes."""
    pair = Pair()
    pair.wait(2.0)
    (event,) = pair.to_host()
    assert isinstance(event, he.KeepAliveReceived)
    pair.host.acknowledge(event)
    pair.now += 0.9
    pair.to_client()
    assert pair.client.live(107.999)
    assert not pair.client.live(108.0)


def test_D6_D14_an_answer_proves_nothing_of_when_a_later_question_was_sent() -> None:
    """The lease runs from the sending of what is answered, though more was asked since."""
    pair = Pair()
    pair.wait(2.0)
    (event,) = pair.to_host()
    assert isinstance(event, he.KeepAliveReceived)
    pair.wait(1.0)
    assert kinds(pair.from_client()) == [KeepAlive]
    pair.host.acknowledge(event)
    pair.to_client()
    assert pair.client.live(107.999)
    assert not pair.client.live(108.0)


def test_D6_an_acknowledgement_behind_a_gap_renews_nothing() -> None:
    """Only the resync does, by when it was sent."""
    pair = Pair()
    pair.wait(2.0)
    assert kinds(pair.from_client()) == [KeepAlive]
    pair.say(3, Acknowledged(2, True, (), True))
    assert not pair.client.live(pair.now)
    pair.now = 102.5
    pair.exchange()
    assert pair.client.live(108.499)
    assert not pair.client.live(108.5)


def test_D6_an_acknowledgement_that_disagrees_renews_nothing() -> None:
    """It leads to a resync, although its number is in sequence."""
    pair = Pair()
    pair.wait(2.0)
    pair.from_client()
    assert pair.say(2, Acknowledged(2, False, (), True)) == [ce.Suspended()]
    assert pair.client.state is ClientState.RESYNCING


def test_D6b_a_lapsed_lease_suspends_and_an_answer_resumes() -> None:
    """Nothing is invalidated, nothing is sent again."""
    pair = Pair()
    id = pair.compute()
    pair.wait(6.0)
    assert pair.client.events() == [ce.Suspended()]
    assert pair.exchange() == [ce.Resumed()]
    pair.host.invalidated(id, "later")
    assert pair.to_client() == [ce.Invalidated((id,), "later", True)]


def test_D6c_what_is_suspended_upstream_is_told_with_each_acknowledgement() -> None:
    """The client knows which of its results the host cannot vouch for, and when it can again."""
    pair = Pair(Limits(ids=2))
    ids = [pair.compute() for _ in range(5)]
    for suspended, event in (
        (ids[1:], ce.Upstream(frozenset(ids[1:]), frozenset())),
        (ids[4:], ce.Upstream(frozenset(), frozenset(ids[1:4]))),
    ):
        pair.wait(2.0)
        (keep_alive,) = (e for e in pair.to_host() if isinstance(e, he.KeepAliveReceived))
        pair.host.acknowledge(keep_alive, suspended)
        assert pair.to_client() == [event]
        assert [pair.client.suspended(id) for id in ids] == [id in suspended for id in ids]


def test_D8_a_host_remembers_a_client_for_longer_than_the_lease() -> None:
    """Ten seconds after its last word the session has expired; it counts anew with each word."""
    assert Timing().session > Timing().lease
    pair = Pair()
    assert not pair.host.expired(109.9)
    assert pair.host.expired(110.0)
    pair.wait(2.0)
    pair.to_host()
    assert pair.host.expires() == 112.0


def test_D9_no_responders_suspends_at_once_and_is_probed_again() -> None:
    """The first one suspends; the second after a probe ends the session."""
    pair = Pair()
    held = pair.compute()
    pair.wait(2.0)
    pair.exchange()  # a keep-alive of before is no probe
    pair.client.no_responders(pair.now)
    assert not pair.client.live(pair.now)
    assert pair.client.events() == [ce.Suspended()]
    pair.client.no_responders(pair.now)  # for another message of the same moment
    assert pair.client.state is ClientState.OPEN
    assert kinds(pair.from_client()) == [Hello]
    pair.wait(1.0)
    assert kinds(pair.from_client()) == [Hello, KeepAlive]
    pair.client.no_responders(pair.now)
    (gone,) = pair.client.events()
    assert isinstance(gone, ce.Gone)
    assert gone.held == (held,)


def test_D9_calls_wait_while_nobody_listens() -> None:
    """They are sent when the host speaks; if it is gone, they are known never to have left."""
    pair = Pair()
    pair.client.no_responders(pair.now)
    first = pair.client.call(plain(Kind.COMMAND))
    assert kinds(pair.from_client()) == [Hello]
    pair.host.announce()
    assert pair.to_client() == [ce.Suspended(), ce.Resumed()]
    told = pair.to_host()
    assert [event.calls.first for event in told if isinstance(event, he.CallsReceived)] == [first]
    assert [type(event) for event in told][-1] is he.KeepAliveReceived  # what was lost meanwhile?
    pair.client.no_responders(pair.now)
    second = pair.client.call(plain(Kind.COMMAND))
    pair.wait(1.0)
    pair.from_client()
    pair.client.no_responders(pair.now)
    *_, gone = pair.client.events()
    assert isinstance(gone, ce.Gone)
    assert (gone.unsent, gone.pending) == ((second,), (first,))


@pytest.mark.parametrize("number", [0, 1], ids=["who only looked", "who opened a session"])
def test_D9_another_host_that_answers_takes_its_place(number: int) -> None:
    """While the host is in doubt, any other one that answers ends the session; else it does not."""
    pair = Pair()
    present = HostEnvelope("h2", 42, number, (Welcome(1, VERSION),))
    pair.client.receive(present, pair.now)
    assert pair.client.state is ClientState.OPEN
    pair.client.no_responders(pair.now)
    pair.client.receive(HostEnvelope("h2", 42, 1, (Farewell(),)), pair.now)
    assert pair.client.state is ClientState.OPEN, "only who welcomes takes it over"
    pair.client.receive(present, pair.now)
    *_, gone = pair.client.events()
    assert isinstance(gone, ce.Gone)
    (out,) = pair.client.outgoing(pair.now)
    assert out.iid == "h1", "the old host, should it live, is told to stop"
    assert [type(e) for e in pair.host.receive(pair.said(1, Bye()), pair.now)] == [he.Closed]


def test_D9_a_frozen_host_is_probed_each_second_and_others_are_asked() -> None:
    """A lapsed lease with no sign of death: keep-alives, and hellos where hosts are found."""
    pair = Pair()
    pair.wait(6.0)
    for _ in range(3):
        assert kinds(pair.from_client()) == [Hello, KeepAlive]
        assert pair.client.next_tick() == pair.now + 1.0
        pair.wait(1.0)


def test_D9_a_frozen_host_that_thaws_is_resynced_by_its_welcome() -> None:
    """It still knows the session: nothing is invalidated."""
    pair = Pair()
    pair.compute()
    pair.wait(6.0)
    for envelope in pair.from_client():
        if isinstance(envelope.frames[0], Hello):
            pair.host.receive(envelope, pair.now)
    assert pair.to_client() == [ce.Suspended()]
    assert kinds(pair.from_client()) == [Resync]
    pair.wait(1.0)
    assert pair.exchange() == [ce.Resumed()]


def test_D14_a_lost_invalidation_is_found_with_the_next_keep_alive() -> None:
    """No later than 2 s and a round trip after it."""
    pair = Pair()
    id = pair.compute()
    pair.host.invalidated(id, "lost")
    pair.from_host()
    pair.now = pair.client.next_tick()
    assert pair.now == 102.0
    pair.client.tick(pair.now)
    assert ce.Invalidated((id,), "unknown to the host", True) in pair.exchange()


def test_D16_a_result_that_is_still_valid_is_not_sent_again() -> None:
    """A resync proves it with its id alone."""
    pair = Pair()
    pair.compute(b"x" * 10_000)
    pair.client.reconnected(pair.now)
    pair.to_host()
    (data,) = pair.host.outgoing()
    assert len(data) < 50


def test_D17_an_expired_session_says_what_to_stop_and_let_go() -> None:
    """The host stops what runs and releases what it holds; later words are rejected."""
    pair = Pair()
    held = pair.compute()
    running = pair.client.call(plain())
    pair.to_host()
    closed = pair.host.close("expired")
    assert closed == he.Closed("expired", (running,), (held,))
    assert pair.host.statistics().registered == 0
    assert not pair.host.result(running, b"late")
    assert pair.host.outgoing() == []


def test_D17_a_bye_closes_the_session_at_once() -> None:
    """A client that leaves is not waited for."""
    pair = Pair()
    held = pair.compute()
    pair.client.bye()
    assert pair.to_host() == [he.Closed("the client left", (), (held,))]
    assert pair.client.events() == []
    assert pair.client.state is ClientState.GONE
    assert pair.client.next_tick() == math.inf


def test_D17_nothing_stays_registered_after_a_day_of_churn() -> None:
    """Calls, cancellations, results, failures, invalidations: all ids are gone on both sides."""
    pair = Pair()
    for _ in range(200):
        ids = [pair.client.call(plain(Kind.COMPUTE)) for _ in range(5)]
        pair.to_host()
        pair.host.result(ids[0], b"", keep=True)
        pair.host.result(ids[1], b"", keep=True)
        pair.host.failure(ids[2], "error", "no")
        pair.host.result(ids[3], b"")
        pair.client.cancel(ids[4])
        pair.exchange()
        pair.host.invalidated(ids[0], "changed")
        pair.client.unsubscribe([ids[1]])
        pair.wait(0.5)
        pair.exchange()
    pair.wait(2.0)
    pair.exchange()
    assert pair.client.statistics().registered == 0
    assert pair.host.statistics()[-2:] == (0, 0)
    assert pair.client.statistics().resyncs == 0


def test_D22_a_draining_host_asks_its_clients_to_move() -> None:
    """Its running calls still end here; the request survives a resync."""
    pair = Pair()
    id = pair.client.call(plain())
    pair.to_host()
    pair.host.farewell()
    assert pair.to_client() == [ce.Draining()]
    pair.host.result(id, b"done")
    assert pair.to_client() == [ce.Completed((id,), (b"done",), False)]
    pair.client.reconnected(pair.now)
    assert ce.Draining() in pair.exchange()


def test_another_version_of_the_protocol_is_rejected() -> None:
    """The reason says which versions met."""
    pair = Pair(open=False)
    hello = ClientEnvelope("c1", "p1", 42, 0, (Hello(1, VERSION + 1),))
    said = pair.admission.greet(hello, pair.now)
    assert said is not None
    (frame,) = decode_host_envelope(said).frames
    assert isinstance(frame, Rejected)
    assert str(VERSION + 1) in frame.reason
    pair.client.receive(decode_host_envelope(said), pair.now)
    (gone,) = pair.client.events()
    assert isinstance(gone, ce.Gone)


def test_D6c_a_resync_does_not_prove_what_the_host_cannot_vouch_for() -> None:
    """What is suspended upstream is told with the answer, in one message."""
    pair = Pair()
    id = pair.compute()
    pair.wait(7.0)
    pair.client.events()
    pair.client.gap(pair.now)
    for event in pair.to_host():
        if isinstance(event, he.KeepAliveReceived):
            pair.host.acknowledge(event, (id,))
    told = pair.to_client()
    assert ce.Upstream(frozenset({id}), frozenset()) in told
    assert pair.client.live(pair.now) and pair.client.suspended(id)
