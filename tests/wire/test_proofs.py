"""What a message claims is not believed: a session's messages prove whose they are (D30)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fusionrt.wire import client_events as ce
from fusionrt.wire import host_events as he
from fusionrt.wire import proofs
from fusionrt.wire.admission import FULL, Admission
from fusionrt.wire.bond import Bond
from fusionrt.wire.envelopes import ClientEnvelope, HostEnvelope, decode_host_envelope
from fusionrt.wire.frames import (
    VERSION,
    Bye,
    Calls,
    Cancel,
    ClientFrame,
    Encoding,
    Hello,
    HostFrame,
    Invalidated,
    KeepAlive,
    Kind,
    Rejected,
    Resync,
    Unsubscribe,
    Welcome,
)
from fusionrt.wire.host import HostSession
from fusionrt.wire.limits import Timing
from fusionrt.wire.proofs import LENGTH, Prover
from fusionrt.wire.states import ClientState

from .frame_samples import CLIENT, HOST
from .session_pair import KEY, Pair, plain

CALL = Calls(1, Kind.PLAIN, 7, (b"",), Encoding.MSGPACK, 1000)
NAME = "c1", "p1", 42


def forged(pair: Pair) -> dict[str, bytes]:
    """Proofs that are not the session's."""
    return {
        "none": b"",
        "a guess": bytes(LENGTH),
        "half of it": pair.proof[:10],
        "its time, another code": pair.proof[:4] + bytes(16),
        "another time, its code": b"\xff" + pair.proof[1:],
        "more than it": pair.proof + b"\x00",
        "another client's": Prover(KEY, 100.0).proof("c2", "p1", 42, 100.0),
        "another principal's": Prover(KEY, 100.0).proof("c1", "p2", 42, 100.0),
        "another session's": Prover(KEY, 100.0).proof("c1", "p1", 43, 100.0),
        "another host's": Prover(bytes([1]) * 32, 100.0).proof("c1", "p1", 42, 100.0),
    }


FORGED = sorted(forged(Pair()))


@pytest.mark.parametrize("kind", FORGED)
@pytest.mark.parametrize("frame", CLIENT, ids=lambda frame: type(frame).__name__)
def test_D30_a_message_without_the_proof_is_a_counted_drop(frame: ClientFrame, kind: str) -> None:
    """Whatever it says, the session stays as it was, and its client is told nothing."""
    pair = Pair()
    held = pair.compute()
    envelope = ClientEnvelope(*NAME, 1, (frame,), 0, forged(pair)[kind])
    before = pair.host.statistics()
    assert not pair.host.proven(envelope)
    answer = pair.admission.greet(envelope, pair.now)
    if isinstance(frame, Hello):  # anybody may say it
        assert answer
        pair.client.receive(decode_host_envelope(answer), pair.now)
        assert pair.client.events() == []
    else:
        assert answer == b""
        assert pair.admission.forged == 1
    assert pair.host.statistics() == before
    pair.host.invalidated(held, "written")
    assert pair.to_client() == [ce.Invalidated((held,), "written", True)]


@pytest.mark.parametrize("kind", FORGED)
@pytest.mark.parametrize("number", [0, 1, 2, 3, 9])
@pytest.mark.parametrize("frame", HOST, ids=lambda frame: type(frame).__name__)
def test_D30_a_host_s_message_without_the_proof_is_a_counted_drop(
    frame: HostFrame, number: int, kind: str
) -> None:
    """No result, invalidation or end of a session is believed, and no gap is seen in it."""
    pair = Pair()
    held = pair.compute()
    sent = pair.client.call(plain())
    pair.to_host()
    pair.client.receive(HostEnvelope("h1", 42, number, (frame,), 0, forged(pair)[kind]), pair.now)
    assert pair.client.events() == []
    assert pair.client.state is ClientState.OPEN
    assert pair.client.statistics().resyncs == 0
    counts = pair.client.statistics()
    assert (counts.foreign, counts.forged) == ((1, 0) if type(frame) is Welcome else (0, 1))
    pair.host.result(sent, b"true")
    pair.host.invalidated(held, "written")
    assert pair.to_client() == [
        ce.Completed((sent,), (b"true",), False),
        ce.Invalidated((held,), "written", True),
    ]


def test_D30_a_host_keeps_nothing_for_hellos() -> None:
    """A flood of them, in anybody's name, leaves no trace; the welcome opens the session."""
    pair = Pair(open=False)
    kept = vars(pair.admission).copy()
    for n in range(1000):
        hello = ClientEnvelope(f"c{n % 7}", "p1", n, 0, (Hello(1, VERSION),))
        assert pair.admission.greet(hello, pair.now)
    assert vars(pair.admission) == kept
    assert pair.admission._opened == {}


def test_D30_a_session_is_opened_by_whoever_read_its_welcome() -> None:
    """The first message that shows the proof may carry calls."""
    pair = Pair(open=False)
    call = ClientEnvelope(*NAME, 0, (CALL,))
    assert pair.admission.greet(call, pair.now) == b""
    said = pair.admission.greet(ClientEnvelope(*NAME, 0, (Hello(1, VERSION),)), pair.now)
    assert said is not None
    welcome = decode_host_envelope(said)
    assert (welcome.number, welcome.frames) == (1, (Welcome(1, VERSION),))
    proven = ClientEnvelope(*NAME, 1, (CALL,), 0, welcome.proof)
    assert pair.admission.greet(proven, pair.now) is None


@pytest.mark.parametrize("last", [0, 1])
def test_D30_a_welcome_opens_one_session(last: int) -> None:
    """A repeated first message finds no session any more, and runs nothing again (D13)."""
    pair = Pair(open=False)
    opening = pair.said(last, CALL)
    assert pair.admission.greet(opening, pair.now) is None
    pair.admission.opened(opening, pair.now)
    for wait in (0.0, 5.0, 6.0, 1000.0):
        pair.now += wait
        said = pair.admission.greet(opening, pair.now)
        assert said
        rejected = decode_host_envelope(said)
        assert (rejected.number, rejected.frames) == (0, (Rejected("unknown"),))
        assert rejected.proof == pair.proof, "its client believes nobody else"
    pair.admission.opened(pair.said(0), pair.now)
    assert len(pair.admission._opened) == 1, "what no proof opens any more is forgotten"


@pytest.mark.parametrize(("wait", "others"), [(0.0, 2), (9.0, 2), (11.0, 1), (1000.0, 1)])
def test_D30_no_other_client_lets_a_welcome_open_a_second_session(wait: float, others: int) -> None:
    """What another one opens makes a host forget only what is too old to open anything."""
    pair = Pair(open=False)
    opening = pair.said(1, CALL)
    pair.admission.opened(opening, pair.now)
    pair.now += wait
    pair.admission.opened(ClientEnvelope("c2", "p1", 43, 1, (CALL,)), pair.now)
    assert len(pair.admission._opened) == others
    said = pair.admission.greet(opening, pair.now)
    assert said and decode_host_envelope(said).frames == (Rejected("unknown"),)


@pytest.mark.parametrize(("wait", "opens"), [(9.8, True), (10.2, False), (1000.0, False)])
def test_D30_a_welcome_opens_nothing_once_it_is_old(wait: float, opens: bool) -> None:
    """Nor does one that was never taken up: whoever finds it later finds nothing."""
    pair = Pair(open=False)
    pair.now += wait
    said = pair.admission.greet(pair.said(1, CALL), pair.now)
    assert (said is None) == opens
    assert opens or (said and decode_host_envelope(said).frames == (Rejected("unknown"),))


def test_D30_a_repeated_message_changes_nothing() -> None:
    """Within its session, too: ids and numbers rise (D13), acknowledgements do not go back."""
    pair = Pair()
    said: list[ClientEnvelope] = []

    def speak() -> None:
        """The client says what it has to, and hears what the host answers."""
        for envelope in pair.from_client():
            said.append(envelope)
            for event in pair.host.receive(envelope, pair.now):
                if isinstance(event, he.KeepAliveReceived):
                    pair.host.acknowledge(event)
        pair.to_client()

    held, released, cancelled = (pair.client.call(plain(Kind.COMPUTE)) for _ in range(3))
    pair.client.call(plain(Kind.COMMAND, operation="once"))
    speak()
    for id in (held, released):
        pair.host.result(id, b"v", keep=True)
    pair.to_client()
    pair.client.cancel(cancelled)
    pair.client.unsubscribe((released,))
    pair.wait(2.0)
    speak()
    pair.client.gap(pair.now)
    speak()
    before = pair.host.statistics().registered
    assert {type(frame) for e in said for frame in e.frames} >= {
        Calls,
        Cancel,
        Unsubscribe,
        KeepAlive,
        Resync,
    }
    assert [event for e in said for event in pair.host.receive(e, pair.now)] == []
    assert pair.host.statistics().registered == before
    pair.host.invalidated(held, "written")
    assert pair.to_client() == [ce.Invalidated((held,), "written", True)]


def test_D30_a_resumed_session_shows_the_same_proof() -> None:
    """After a lost connection as before: nobody else can take it over meanwhile."""
    pair = Pair()
    pair.client.reconnected(pair.now)
    (envelope,) = pair.from_client()
    assert [type(frame) for frame in envelope.frames] == [Resync]
    assert envelope.proof == pair.proof
    pair.wait(6.0)
    assert {e.proof for e in pair.from_client()} == {pair.proof}


def test_D30_a_client_without_a_session_believes_whoever_knows_its_hello() -> None:
    """A hello's random number is read by the service's hosts only."""
    pair = Pair(open=False)
    pair.from_client()
    pair.client.receive(HostEnvelope("h9", 41, 1, (Welcome(1, VERSION),), 0, b"x"), pair.now)
    assert pair.client.state is ClientState.HELLO
    assert pair.client.statistics().foreign == 1


@pytest.mark.parametrize("proven", [True, False])
def test_D27_a_host_that_filled_up_after_its_welcome_refuses(proven: bool) -> None:
    """The calls that opened the session were not begun: they are refused, not in doubt."""
    room = [True]
    pair = Pair(open=False)
    pair.admission = Admission("h1", KEY, lambda _: room[0], pair.now, Timing())
    pair.to_host()
    pair.to_client()
    id = pair.client.call(plain(Kind.COMMAND))
    (opening,) = pair.from_client()
    room[0] = False
    said = pair.admission.greet(opening, pair.now)
    assert said
    refused = decode_host_envelope(said)
    assert refused.frames == (Rejected(FULL),)
    pair.client.receive(refused if proven else HostEnvelope("h1", 42, 0, refused.frames), pair.now)
    told = pair.client.events()
    assert [e.id for e in told if isinstance(e, ce.Failed)] == ([id] if proven else [])
    assert (pair.client.state is ClientState.GONE) is proven


def _believe(*_: Any) -> bool:
    return True


def _of_no_principal(self: Prover, cid: str, principal: str, gen: int, stamp: bytes) -> bytes:
    return of(self, cid, "", gen, stamp)


of = Prover._of


@pytest.mark.parametrize(
    ("owner", "name", "mutant", "test"),
    [
        pytest.param(
            HostSession,
            "proven",
            _believe,
            lambda: test_D30_a_message_without_the_proof_is_a_counted_drop(Bye(), "none"),
            id="a host compares no proof",
        ),
        pytest.param(
            Bond,
            "disproven",
            lambda *_: False,
            lambda: test_D30_a_host_s_message_without_the_proof_is_a_counted_drop(
                Invalidated((1,), "x"), 3, "none"
            ),
            id="a client compares no proof",
        ),
        pytest.param(
            Prover,
            "_of",
            _of_no_principal,
            lambda: test_D30_a_message_without_the_proof_is_a_counted_drop(
                Bye(), "another principal's"
            ),
            id="the principal is what the frame says",
        ),
        pytest.param(
            Admission,
            "opened",
            lambda *_: None,
            lambda: test_D30_a_welcome_opens_one_session(0),
            id="a first message may be repeated",
        ),
        pytest.param(
            proofs,
            "same",
            lambda one, other: one[:4] == other[:4],
            lambda: test_D30_a_message_without_the_proof_is_a_counted_drop(
                Bye(), "its time, another code"
            ),
            id="a part of the proof is compared",
        ),
    ],
)
def test_D30_a_mutant_is_caught(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, mutant: Any, test: Callable[[], None]
) -> None:
    """A check that is not made fails a test."""
    monkeypatch.setattr(owner, name, mutant)
    with pytest.raises(AssertionError):
        test()
