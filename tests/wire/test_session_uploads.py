"""What a client sends with a stream call, frame by frame: credit, gaps, lost tails, ends (D18, D19,
D21).
"""

from __future__ import annotations

import pytest

from fusionrt.wire import client_events as ce
from fusionrt.wire import host_events as he
from fusionrt.wire.envelopes import ClientEnvelope
from fusionrt.wire.frames import (
    Again,
    Cancel,
    ClientFrame,
    Credit,
    End,
    Ending,
    Failure,
    HostFrame,
    Items,
    Kind,
)
from fusionrt.wire.limits import Limits

from .session_pair import Pair, plain

TEXT = b"x" * 300


def wanted(pair: Pair) -> int:
    """A stream whose body has begun to read what its client sends."""
    id = pair.client.call(plain(Kind.STREAM))
    pair.to_host()
    pair.host.want(id)
    window = pair.client._uploads.flows._limits.window
    assert pair.to_client() == [ce.Consumed(id, window)]
    return id


def put_all(pair: Pair, id: int, payload: bytes = b"") -> int:
    """How many such items the client may send now."""
    count = 0
    while pair.client.item(id, payload):
        count += 1
    return count


def said(pair: Pair) -> list[ClientFrame]:
    """What the client says of streams now."""
    frames = [frame for envelope in pair.from_client() for frame in envelope.frames]
    return [frame for frame in frames if isinstance(frame, Items | End)]


def asked(pair: Pair) -> list[HostFrame]:
    """What the host says of what is sent, now."""
    frames = [frame for envelope in pair.from_host() for frame in envelope.frames]
    return [frame for frame in frames if isinstance(frame, Again | Cancel | Credit)]


def hear(pair: Pair, *frames: ClientFrame) -> list[he.HostEvent]:
    """A message that the client did not send itself."""
    return pair.host.receive(ClientEnvelope("c1", "p1", 42, 1, frames), pair.now)


def dropped(pair: Pair) -> int:
    """Frames that the host dropped."""
    return pair.host.statistics().dropped


def test_D18_nothing_is_sent_before_the_body_reads() -> None:
    """The call takes nothing from its caller; so it can be made anew."""
    pair = Pair()
    id = pair.client.call(plain(Kind.STREAM))
    pair.to_host()
    assert pair.client.stream(id) is None
    assert not pair.client.item(id, b"1")
    assert said(pair) == []


def test_D18_items_of_one_tick_are_one_frame() -> None:
    """And their end is behind them."""
    pair = Pair()
    id = wanted(pair)
    for n in range(100):
        assert pair.client.item(id, b"%d" % n)
    pair.client.end(id)
    payloads = tuple(b"%d" % n for n in range(100))
    assert said(pair) == [Items(id, 0, payloads), End(id, 100, None)]


def test_D18_credit_is_by_count() -> None:
    """More is sent once the body consumed some."""
    pair = Pair(Limits(window=8))
    id = wanted(pair)
    assert put_all(pair, id) == 8
    assert sum(len(e.payloads) for e in pair.to_host() if isinstance(e, he.ItemsReceived)) == 8
    assert not pair.host.consumed(id, 0)
    assert pair.host.consumed(id, 3)
    assert pair.to_client() == [ce.Consumed(id, 4)]
    assert put_all(pair, id) == 4


def test_D18_credit_is_by_bytes() -> None:
    """Four texts are too many; a fifth follows when they were consumed."""
    pair = Pair(Limits(window_bytes=1000))
    id = wanted(pair)
    assert put_all(pair, id, TEXT) == 4
    pair.to_host()
    assert pair.host.consumed(id, 3)
    assert pair.to_client() == [ce.Consumed(id, 4096)]
    assert put_all(pair, id, TEXT) == 4


def test_D18_a_gap_is_asked_for_once_and_filled() -> None:
    """What follows it is dropped until then."""
    pair = Pair()
    id = wanted(pair)
    for n in range(4):
        assert pair.client.item(id, b"%d" % n)
        if n != 1:
            pair.to_host()
        else:
            pair.from_client()  # lost
    assert asked(pair) == [Again(id, 1, 0)]
    pair.say(3, Again(id, 1, 0))
    assert said(pair) == [Items(id, n, (b"%d" % n,)) for n in (1, 2, 3)]


@pytest.mark.parametrize("ended", [False, True])
def test_D18_a_lost_tail_is_found_by_the_next_keep_alive(ended: bool) -> None:
    """Its client repeats how far it is."""
    pair = Pair()
    id = wanted(pair)
    pair.client.item(id, b"0")
    pair.to_host()
    pair.client.item(id, b"1")
    if ended:
        pair.client.end(id)
    pair.from_client()  # lost
    pair.wait(2.5)
    told = pair.to_host()
    assert not any(isinstance(event, he.ItemsReceived | he.Ended) for event in told)
    for event in told:
        if isinstance(event, he.KeepAliveReceived):
            pair.host.acknowledge(event)
    pair.to_client()
    told = pair.to_host()
    assert he.ItemsReceived(id, 1, (b"1",)) in told
    assert (he.Ended(id, None) in told) is ended


def test_D18_after_a_reconnect_both_ends_know_how_far_it_was() -> None:
    """What was lost either way is said again, and nothing twice."""
    pair = Pair()
    id = wanted(pair)
    for n in range(3):
        pair.client.item(id, b"%d" % n)
    pair.to_host()
    pair.host.consumed(id, 2)
    pair.from_host()
    for n in range(3, 6):
        pair.client.item(id, b"%d" % n)
    pair.from_client()  # lost
    pair.client.reconnected(pair.now)
    pair.to_host()
    pair.to_client()
    told = pair.to_host()
    assert [e for e in told if isinstance(e, he.ItemsReceived)] == [
        he.ItemsReceived(id, 3, (b"3", b"4", b"5"))
    ]


def test_D19_a_body_that_reads_no_more_stops_its_client() -> None:
    """What is still on its way is dropped; and after a resync the client is told again."""
    pair = Pair()
    id = wanted(pair)
    pair.client.item(id, b"0")
    pair.host.unread(id)
    assert pair.to_host() == []
    assert dropped(pair) == 1
    assert pair.to_client() == [ce.Unread(id)]
    assert pair.client.stream(id) is None
    assert not pair.client.item(id, b"1")
    pair.client.reconnected(pair.now)
    pair.to_host()
    assert asked(pair) == [Cancel(id)]


def test_D19_the_end_of_a_call_ends_what_is_sent_with_it() -> None:
    """By its answer, or because nobody waits for it."""
    pair = Pair()
    first, second = wanted(pair), wanted(pair)
    pair.client.item(first, b"0")
    pair.client.item(second, b"0")
    pair.host.end(first)
    pair.to_client()
    assert pair.client.stream(first) is None
    pair.client.cancel(second)
    assert pair.client.stream(second) is None
    assert pair.to_host() == [he.CallCancelled(second)]
    assert said(pair) == []
    assert len(pair.host._uploads) == 0


def test_D19_an_error_of_the_caller_is_told_behind_its_items() -> None:
    """The body gets those first."""
    pair = Pair()
    id = wanted(pair)
    pair.client.item(id, b"0")
    pair.client.end(id, Ending("internal", "no"))
    assert pair.to_host() == [
        he.ItemsReceived(id, 0, (b"0",)),
        he.Ended(id, Ending("internal", "no")),
    ]
    assert not pair.client.item(id, b"1")


def test_D2_a_call_that_has_sent_something_is_not_made_anew() -> None:
    """One that has not, is."""
    pair = Pair()
    sent, fresh = wanted(pair), pair.client.call(plain(Kind.STREAM))
    pair.client.item(sent, b"0")
    pair.to_host()
    pair.host._registry.remove(sent)
    pair.host._registry.remove(fresh)
    pair.client.reconnected(pair.now)
    pair.to_host()
    told = pair.to_client()
    assert ce.Unsent(fresh) in told
    (ended,) = [event for event in told if isinstance(event, ce.Ended)]
    assert ended.id == sent
    assert ended.failure is not None and ended.failure.code == "stream_lost"


def test_D18_a_body_that_asks_again_begins_nothing_anew() -> None:
    """Nor one that has left, or has all."""
    pair = Pair()
    first, second, third = wanted(pair), wanted(pair), wanted(pair)
    assert hear(pair, Items(first, 0, (b"0",))) == [he.ItemsReceived(first, 0, (b"0",))]
    pair.host.unread(second)
    hear(pair, End(third, 0, None))
    for id in (first, second, third):
        pair.host.want(id)
    assert asked(pair) == [Cancel(second), Cancel(third)]
    assert hear(pair, *[Items(id, 0, (b"0",)) for id in (first, second, third)]) == []


# What no honest peer says.


def test_D21_items_that_nobody_asked_for_are_dropped() -> None:
    """Of a stream whose body does not read, of one that is none, of no call at all."""
    pair = Pair()
    stream, call = pair.client.call(plain(Kind.STREAM)), pair.client.call(plain())
    pair.to_host()
    for id in (stream, call, 12345):
        assert hear(pair, Items(id, 0, (b"x",) * 100), End(id, 100, None)) == []
    assert dropped(pair) == 6


def test_D21_more_items_than_may_be_sent_end_the_stream() -> None:
    """What fits is handed out; the body learns why there is no more, the client that it is over."""
    pair = Pair(Limits(window=8))
    id = wanted(pair)
    told = hear(pair, Items(id, 0, (b"",) * 100_000), Items(id, 8, (b"",)))
    assert told[0] == he.ItemsReceived(id, 0, (b"",) * 8)
    assert isinstance(told[1], he.Ended) and told[1].failure is not None
    assert told[1].failure.code == "overrun"
    assert len(told) == 2
    assert asked(pair) == [Cancel(id)]
    assert dropped(pair) == 2


def test_D21_more_bytes_than_may_be_sent_end_the_stream() -> None:
    """As with items."""
    pair = Pair(Limits(window_bytes=1000))
    id = wanted(pair)
    told = hear(pair, Items(id, 0, (TEXT,) * 5))
    assert told[0] == he.ItemsReceived(id, 0, (TEXT,) * 4)
    assert isinstance(told[1], he.Ended)


def test_D21_a_flood_of_gaps_is_answered_once() -> None:
    """In each tick, however many frames show it."""
    pair = Pair()
    id = wanted(pair)
    hear(pair, *[Items(id, 7 + n, (b"x",)) for n in range(1000)])
    hear(pair, *[Items(id, 2**53 - 1, ()) for n in range(1000)])
    hear(pair, *[End(id, 2**53 - 1, None) for n in range(1000)])
    assert asked(pair) == [Again(id, 0, 0)]
    assert dropped(pair) >= 999


def test_D21_an_end_that_comes_twice_is_told_once() -> None:
    """Nor do items follow it."""
    pair = Pair()
    id = wanted(pair)
    assert hear(pair, End(id, 0, None)) == [he.Ended(id, None)]
    assert hear(pair, End(id, 0, None), Items(id, 0, (b"x",))) == []


@pytest.mark.parametrize("consumed", [0, 3, 7, 2**53 - 1])
def test_D21_credit_for_what_was_never_sent_gives_no_more(consumed: int) -> None:
    """A host that lies about what it read can have its client keep nothing, but no more."""
    pair = Pair(Limits(window=8))
    id = wanted(pair)
    for _ in range(3):
        pair.client.item(id, b"")
    pair.from_client()
    (event,) = pair.say(3, Credit(id, consumed))
    credit = 8 - 3 + min(consumed, 3)
    assert event == ce.Consumed(id, credit)
    assert put_all(pair, id) == credit
    assert pair.client.statistics().dropped == (consumed > 3)


@pytest.mark.parametrize("next", [4, 2**53 - 1])
def test_D21_asking_for_what_was_never_sent_is_dropped(next: int) -> None:
    """Nothing is sent for it."""
    pair = Pair()
    id = wanted(pair)
    for _ in range(3):
        pair.client.item(id, b"")
    pair.from_client()
    assert pair.say(3, Again(id, next, 0)) == []
    assert said(pair) == []
    assert pair.client.statistics().dropped == 1


def test_D21_what_a_host_says_of_other_calls_opens_nothing() -> None:
    """Plain calls, calls that are over, calls that never were."""
    pair = Pair()
    call = pair.client.call(plain())
    over = pair.client.call(plain(Kind.STREAM))
    pair.to_host()
    pair.client.cancel(over)
    for number, id in enumerate((call, over, 777), 2):
        assert pair.say(number, Credit(id, 0), Again(id, 0, 0), Cancel(id)) == []
        assert pair.client.stream(id) is None


def test_D27_streams_beyond_the_most_are_refused_without_books() -> None:
    """Each by itself; those that are open go on."""
    pair = Pair(Limits(streams=5))
    ids = [pair.client.call(plain(Kind.STREAM)) for _ in range(4)]
    pair.to_host()
    more = [pair.client.call(plain(Kind.STREAM)) for _ in range(4)]
    assert not any(isinstance(event, he.CallsReceived) for event in pair.to_host())
    frames = [frame for envelope in pair.from_host() for frame in envelope.frames]
    refused = [frame for frame in frames if isinstance(frame, Failure)]
    assert [(frame.id, frame.code) for frame in refused] == [(id, "overloaded") for id in more]
    assert len(pair.host._streams) == len(ids)
