"""Streams by frames: what travels together, the window of bytes, resuming, hostile items (D18)."""

from __future__ import annotations

import pytest

from fusionrt.wire import client_events as ce
from fusionrt.wire import host_events as he
from fusionrt.wire.frames import Credit, End, Items, Kind, Reading, Resync
from fusionrt.wire.limits import Limits
from fusionrt.wire.states import ClientState

from .session_pair import Pair, plain

TEXT = b"x" * 300
BYTES = Limits(window_bytes=1000)
"""Four texts are too many."""


def stream(pair: Pair) -> int:
    """A stream that the host has begun to serve."""
    id = pair.client.call(plain(Kind.STREAM))
    pair.to_host()
    return id


def put_all(pair: Pair, id: int, payload: bytes = TEXT) -> int:
    """How many such items the host may send now."""
    count = 0
    while pair.host.item(id, payload):
        count += 1
    return count


def frames(pair: Pair) -> list[Items]:
    """The items that the host sends now."""
    sent = [frame for envelope in pair.from_host() for frame in envelope.frames]
    return [frame for frame in sent if isinstance(frame, Items)]


def test_D18_items_of_one_tick_are_one_frame() -> None:
    """Those of two streams are two, and what comes in the next tick is another."""
    pair = Pair()
    first, second = stream(pair), stream(pair)
    for n in range(100):
        assert pair.host.item(first, b"%d" % n)
        assert pair.host.item(second, b"%d" % -n)
    payloads = tuple(b"%d" % n for n in range(100))
    assert frames(pair) == [
        Items(first, 0, payloads),
        Items(second, 0, tuple(b"%d" % -n for n in range(100))),
    ]
    assert pair.host.item(first, b"100")
    assert frames(pair) == [Items(first, 100, (b"100",))]
    assert frames(pair) == []


def test_D18_a_frame_of_items_has_a_bounded_length_and_size() -> None:
    """What is beyond is another frame of the same tick, unless one item alone is larger."""
    pair = Pair(Limits(items=50, batch_bytes=2000))
    id = stream(pair)
    for n in range(120):
        assert pair.host.item(id, b"%d" % n)
    for _ in range(10):
        assert pair.host.item(id, TEXT)
    assert pair.host.item(id, b"x" * 3000)
    assert pair.host.item(id, b"the last")
    sent = frames(pair)
    assert [payload for frame in sent for payload in frame.payloads] == [
        *(b"%d" % n for n in range(120)),
        *[TEXT] * 10,
        b"x" * 3000,
        b"the last",
    ]
    assert len(sent) < 12
    for frame in sent:
        assert sum(map(len, frame.payloads)) <= 2000 or len(frame.payloads) == 1


def test_D18_an_end_follows_the_items_of_its_tick() -> None:
    """It counts them, too."""
    pair = Pair()
    id = stream(pair)
    pair.host.item(id, b"a")
    pair.host.end(id)
    assert not pair.host.item(id, b"b")
    assert pair.to_client() == [ce.ItemsReceived(id, 0, (b"a",)), ce.Ended(id, None)]


def test_D18_a_window_of_bytes_stops_the_host() -> None:
    """One more item may come while fewer bytes than that are out; consumption gives new credit."""
    pair = Pair(BYTES)
    id = stream(pair)
    assert put_all(pair, id) == 4
    assert pair.host.credit(id) == 0
    assert [len(e.payloads) for e in pair.to_client() if isinstance(e, ce.ItemsReceived)] == [4]
    assert not pair.client.consumed(id, 1)
    assert pair.client.consumed(id, 3)
    assert pair.to_host() == [he.Consumed(id, Limits().window)]
    assert put_all(pair, id) == 4


def test_D18_an_item_larger_than_the_window_of_bytes_passes_alone() -> None:
    """When nothing else is out; the next one waits until it was consumed."""
    pair = Pair(BYTES)
    id = stream(pair)
    for index in range(3):
        assert put_all(pair, id, b"x" * 5000) == 1
        (event,) = pair.to_client()
        assert event == ce.ItemsReceived(id, index, (b"x" * 5000,))
        assert pair.client.consumed(id, index)
        assert len(pair.to_host()) == 1


def test_D18_a_host_that_ignores_the_window_of_bytes_is_cut_off() -> None:
    """What it might have sent is handed out before the error."""
    pair = Pair(BYTES)
    id = stream(pair)
    told = pair.say(2, Items(id, 0, (TEXT,) * 3), Items(id, 3, (TEXT,) * 3))
    assert told[:2] == [
        ce.ItemsReceived(id, 0, (TEXT,) * 3),
        ce.ItemsReceived(id, 3, (TEXT,)),
    ]
    assert isinstance(ended := told[2], ce.Ended) and ended.failure is not None
    assert ended.failure.code == "overrun"
    assert pair.client.statistics().registered == 0


@pytest.mark.parametrize("limits", [BYTES, Limits(window=5), Limits(window=1), Limits(items=2)])
def test_D18_a_host_that_uses_all_its_credit_is_never_cut_off(limits: Limits) -> None:
    """However the items are cut into frames, and wherever in one the reader is."""
    pair = Pair(limits)
    id = stream(pair)
    sent = came = read = turn = 0
    while read < 400:
        turn += 1
        assert turn < 2000
        while sent < 400 and pair.host.item(id, b"x" * (sent * 37 % 450)):
            sent += 1
            if sent % 7 == turn % 7:
                break
        if turn % 20 == 19:
            pair.from_host()  # lost
            pair.client.reconnected(pair.now)
        for event in pair.exchange():
            assert not isinstance(event, ce.Ended)
            if isinstance(event, ce.ItemsReceived):
                assert event.index == came
                came += len(event.payloads)
        if read < came:
            read += 1 + turn % (came - read)
            pair.client.consumed(id, read - 1)
        pair.wait(0.1)
    assert came == sent == 400


def test_D18_credit_is_told_by_parts_of_the_window() -> None:
    """A quarter of either window: an item alone is no message."""
    pair = Pair(Limits(window=100, window_bytes=4000))
    id = stream(pair)
    for index in range(24):
        pair.host.item(id, b"")
        pair.to_client()
        assert not pair.client.consumed(id, index)
        assert pair.from_client() == []
    pair.host.item(id, b"x" * 1000)
    pair.to_client()
    assert pair.client.consumed(id, 24)
    (envelope,) = pair.from_client()
    assert envelope.frames == (Credit(id, 25),)


def test_D18_no_bytes_of_a_frame_are_forgotten() -> None:
    """Credit is told in the middle of a frame, by the count; its bytes count when it was read."""
    pair = Pair(Limits(window=8, window_bytes=1000))
    id = stream(pair)
    assert put_all(pair, id) == 4
    pair.to_client()
    assert not pair.client.consumed(id, 0)
    assert pair.client.consumed(id, 1)
    pair.to_host()
    assert put_all(pair, id) == 2
    assert pair.client.consumed(id, 3)
    pair.to_client()
    pair.to_host()
    assert put_all(pair, id) == 2


def test_D18_a_stream_resumes_in_the_middle_of_a_frame() -> None:
    """The frame is kept until it was consumed to its end; what came of it does not come again."""
    pair = Pair()
    id = stream(pair)
    payloads = tuple(b"%d" % n for n in range(10))
    for payload in payloads:
        pair.host.item(id, payload)
    pair.to_client()
    pair.client.consumed(id, 3)
    pair.host.item(id, b"10")
    pair.from_host()  # lost
    pair.client.reconnected(pair.now)
    pair.host.item(id, b"11")
    told = pair.exchange()
    assert [e for e in told if isinstance(e, ce.ItemsReceived)] == [
        ce.ItemsReceived(id, 10, (b"10", b"11"))
    ]
    # A client that has a part of a frame only gets it whole, and what follows.
    resync = Resync(99, 0, True, (), (), (Reading(id, 6, 4),))
    pair.host.receive(pair.said(1, resync), pair.now)
    assert frames(pair) == [Items(id, 0, (*payloads, b"10", b"11"))]


def test_D18_what_a_reader_consumed_is_not_kept() -> None:
    """Frame by frame; the last is kept until it was read to its end."""
    pair = Pair(Limits(items=10))
    id = stream(pair)
    for n in range(30):
        pair.host.item(id, b"%d" % n)
    pair.to_client()
    resync = Resync(98, 0, True, (), (), (Reading(id, 20, 15),))
    pair.host.receive(pair.said(1, resync), pair.now)
    assert [frame.index for frame in frames(pair)] == [20]
    too_early = Resync(99, 0, True, (), (), (Reading(id, 14, 14),))
    pair.host.receive(pair.said(1, too_early), pair.now)
    (envelope,) = pair.from_host()
    assert id in envelope.frames[0].gone  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("index", "count", "new"),
    [(5, 0, 0), (0, 0, 0), (0, 5, 0), (0, 3, 0), (3, 4, 2), (0, 6, 1), (5, 1, 1)],
)
def test_D18_items_that_came_before_are_not_handed_out_again(
    index: int, count: int, new: int
) -> None:
    """Five came; frames that overlap them, or hold nothing, do no harm."""
    pair = Pair()
    id = stream(pair)
    payloads = tuple(b"%d" % n for n in range(10))
    pair.say(2, Items(id, 0, payloads[:5]))
    told = pair.say(3, Items(id, index, payloads[index : index + count]))
    assert told == ([ce.ItemsReceived(id, 5, payloads[5 : 5 + new])] if new else [])
    assert pair.say(4, Items(id, 5 + new, (b"next",))) == [
        ce.ItemsReceived(id, 5 + new, (b"next",))
    ]


@pytest.mark.parametrize("index", [6, 2**53 - 1])
@pytest.mark.parametrize("count", [0, 1, 5000])
def test_D18_items_beyond_what_came_are_a_gap(index: int, count: int) -> None:
    """Nothing of them is believed: the host is asked."""
    pair = Pair()
    id = stream(pair)
    pair.say(2, Items(id, 0, (b"",) * 5))
    assert pair.say(3, Items(id, index, (b"",) * count)) == [ce.Suspended()]
    assert pair.client.state is ClientState.RESYNCING


def test_D18_a_huge_frame_is_cut_off_at_the_window() -> None:
    """The rest of it is not handed out, nor what follows."""
    pair = Pair(Limits(window=64))
    id = stream(pair)
    told = pair.say(2, Items(id, 0, (b"",) * 100_000), Items(id, 64, (b"",)), End(id, 65, None))
    received, ended = told
    assert received == ce.ItemsReceived(id, 0, (b"",) * 64)
    assert isinstance(ended, ce.Ended) and ended.failure is not None
    assert ended.failure.code == "overrun"


@pytest.mark.parametrize("consumed", [0, 3, 7, 2**53 - 1])
def test_D18_credit_beyond_what_was_sent_gives_no_more(consumed: int) -> None:
    """A client that lies about what it read can have its host keep nothing, but no more."""
    pair = Pair(Limits(window=8))
    id = stream(pair)
    for _ in range(3):
        pair.host.item(id, b"")
    pair.to_client()
    envelope = pair.said(1, Credit(id, consumed))
    (event,) = pair.host.receive(envelope, pair.now)
    credit = 8 - 3 + min(consumed, 3)
    assert event == he.Consumed(id, credit)
    assert put_all(pair, id, b"") == credit


def test_D18_a_stream_whose_end_the_client_has_leaves_no_books() -> None:
    """Else a session would have so many streams in all, not at a time."""
    pair = Pair(Limits(streams=2))
    for _ in range(5):
        for id in (stream(pair), stream(pair)):
            assert pair.host.stream(id) is not None
            pair.host.end(id)
        pair.exchange()
