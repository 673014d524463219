"""What becomes of calls and streams: D13, D18, D21, D24 and the bounds, with exact frames."""

from __future__ import annotations

import pytest

from fusionrt.wire import client_events as ce
from fusionrt.wire import host_events as he
from fusionrt.wire.envelopes import BadCalls
from fusionrt.wire.frames import (
    Calls,
    Credit,
    Encoding,
    End,
    Ending,
    Failure,
    Fence,
    Items,
    Kind,
    Mark,
    Results,
    Resync,
)
from fusionrt.wire.limits import Limits

from .session_pair import Pair, plain

SMALL = Limits(max_bytes=4096)


def send(pair: Pair, *frames: Calls | BadCalls | Resync | Credit | Fence) -> list[he.HostEvent]:
    """A message that the client did not send itself."""
    return pair.host.receive(pair.said(1, *frames), pair.now)


def call(id: int, budget: int = 1000) -> Calls:
    """A call's frame."""
    return Calls(id, Kind.PLAIN, 7, (b"",), Encoding.MSGPACK, budget)


def stream(pair: Pair) -> int:
    """A stream that the host has begun to serve."""
    id = pair.client.call(plain(Kind.STREAM))
    pair.to_host()
    return id


def test_D13_a_call_that_comes_twice_runs_once() -> None:
    """While it runs, when it is done, and when it is long forgotten."""
    pair = Pair()
    assert len(send(pair, call(1))) == 1
    assert send(pair, call(1)) == []
    pair.host.result(1, b"done")
    assert send(pair, call(1)) == []
    (envelope,) = pair.from_host()
    pair.host.receive(pair.said(envelope.number), pair.now)
    assert pair.host.statistics().registered == 0
    assert pair.host.receive(pair.said(2, call(1)), pair.now) == []
    assert pair.host.statistics().dropped == 3


def test_D13_a_lost_result_is_sent_again_and_the_call_not_run_again() -> None:
    """The host keeps it until the client's last number covers it."""
    pair = Pair()
    id = pair.client.call(plain(Kind.COMMAND))
    pair.to_host()
    pair.host.result(id, b"done")
    pair.from_host()  # lost
    assert pair.host.statistics().kept_bytes > 0
    pair.wait(2.0)
    assert pair.exchange() == [ce.Suspended(), ce.Completed((id,), (b"done",), False), ce.Resumed()]
    pair.wait(2.0)
    pair.exchange()
    assert pair.host.statistics().kept_bytes == 0


def test_D13_a_command_carries_its_operation_id() -> None:
    """The room above recognises a retry under another call id by it."""
    pair = Pair()
    pair.client.call(plain(Kind.COMMAND, operation="op-1"))
    (event,) = pair.to_host()
    assert isinstance(event, he.CallsReceived)
    assert event.calls.operations == ("op-1",)


def test_D13_a_message_carries_the_time_that_is_left() -> None:
    """Waiting for a host uses it up; the host counts from when the message came."""
    pair = Pair(open=False)
    pair.client.call(plain(deadline=110.0))
    pair.to_host()
    pair.wait(4.0)
    pair.to_client()
    (event,) = (e for e in pair.to_host() if isinstance(e, he.CallsReceived))
    assert event.calls.budget == 6000
    assert event.deadline == 110.0


def test_D13_a_call_whose_time_is_up_is_refused() -> None:
    """It does not reach the room above."""
    pair = Pair()
    id = pair.client.call(plain(deadline=pair.now))
    assert pair.to_host() == []
    (event,) = pair.to_client()
    assert isinstance(event, ce.Failed)
    assert (event.id, event.code) == (id, "timeout")


def test_a_failure_may_be_kept_like_a_result() -> None:
    """Errors are cached values, so their invalidation is told, too."""
    pair = Pair()
    id = pair.client.call(plain(Kind.COMPUTE))
    pair.to_host()
    assert pair.host.failure(id, "out_of_stock", "none left", b"data", keep=True)
    assert pair.to_client() == [ce.Failed(id, "out_of_stock", "none left", b"data", True)]
    pair.host.invalidated(id, "restocked")
    assert pair.to_client() == [ce.Invalidated((id,), "restocked", True)]


def test_D18_a_stream_brings_each_item_once_and_then_its_end() -> None:
    """Items are counted from 0; the end says how many there were."""
    pair = Pair()
    id = stream(pair)
    for payload in (b"a", b"b"):
        assert pair.host.item(id, payload)
    pair.host.end(id)
    (envelope,) = pair.from_host()
    assert envelope.frames == (Items(id, 0, (b"a", b"b")), End(id, 2, None))
    pair.client.receive(envelope, pair.now)
    assert pair.client.events() == [
        ce.ItemsReceived(id, 0, (b"a", b"b")),
        ce.Ended(id, None),
    ]


def test_D18_a_slow_reader_stops_the_host() -> None:
    """64 items beyond what was consumed, and not one more; consumption gives new credit."""
    pair = Pair(Limits(window=64))
    id = stream(pair)
    assert pair.host.credit(id) == 64
    assert [pair.host.item(id, b"") for _ in range(65)] == [True] * 64 + [False]
    (event,) = pair.to_client()
    assert isinstance(event, ce.ItemsReceived)
    assert len(event.payloads) == 64
    for index in range(16):
        pair.client.consumed(id, index)
    assert pair.to_host() == [he.Consumed(id, 16)]
    assert pair.host.credit(id) == 16


def test_D18_a_host_that_ignores_the_window_is_cut_off() -> None:
    """The reader's memory stays bounded: the stream ends, and is stopped on the host."""
    pair = Pair(Limits(window=64))
    id = stream(pair)
    told = pair.say(2, *(Items(id, index, (b"",)) for index in range(65)))
    assert len(told) == 65
    assert isinstance(last := told[-1], ce.Ended)
    assert last.failure is not None
    assert last.failure.code == "overrun"
    assert pair.client.statistics().registered == 0


def test_D18_a_stream_resumes_where_it_was() -> None:
    """What was lost comes again, what came does not, and the end is not forgotten."""
    pair = Pair()
    id = stream(pair)
    pair.host.item(id, b"0")
    pair.to_client()
    pair.host.item(id, b"1")
    pair.from_host()  # lost
    pair.host.item(id, b"2")
    pair.host.end(id)
    assert pair.exchange() == [
        ce.Suspended(),
        ce.ItemsReceived(id, 1, (b"1", b"2")),
        ce.Ended(id, None),
        ce.Resumed(),
    ]


def test_D18_a_lost_tail_is_seen_by_the_index_of_the_end() -> None:
    """An end that comes before its items is no end."""
    pair = Pair()
    id = stream(pair)
    assert pair.say(2, End(id, 1, None)) == [ce.Suspended()]


def test_D18_a_stream_that_the_host_forgot_ends_with_an_error() -> None:
    """If it had begun; one that had not is simply unsent."""
    pair = Pair()
    begun, fresh = stream(pair), stream(pair)
    pair.host.item(begun, b"0")
    pair.to_client()
    for id in (begun, fresh):
        pair.host._registry.remove(id)
    pair.client.reconnected(pair.now)
    _, ended, unsent, _ = pair.exchange()
    assert isinstance(ended, ce.Ended)
    assert ended.failure is not None
    assert ended.failure.code == "stream_lost"
    assert unsent == ce.Unsent(fresh)


def test_D18_a_lost_credit_is_repeated_with_the_keep_alive() -> None:
    """Otherwise both sides would wait for each other for ever."""
    pair = Pair(Limits(window=64))
    id = stream(pair)
    while pair.host.item(id, b""):
        pass
    pair.to_client()
    pair.client.consumed(id, 63)
    pair.from_client()  # lost
    pair.wait(2.0)
    told = pair.to_host()
    assert he.Consumed(id, 64) in told


def test_D18_a_stream_ends_with_its_error() -> None:
    """Its code and message reach the reader after its items."""
    pair = Pair()
    id = stream(pair)
    pair.host.item(id, b"0")
    pair.host.end(id, Ending("broken", "no more"))
    assert pair.to_client()[-1] == ce.Ended(id, Ending("broken", "no more"))


def test_D21_a_call_that_does_not_decode_is_answered() -> None:
    """If its id can be read, its caller learns of it; neighbours are not affected."""
    pair = Pair()
    ids = [pair.client.call(plain()) for _ in range(3)]
    pair.from_client()
    told = send(pair, call(ids[0]), BadCalls(ids[1], 1), call(ids[2]))
    assert len(told) == 2
    (failed,) = pair.to_client()
    assert isinstance(failed, ce.Failed)
    assert (failed.id, failed.code) == (ids[1], "bad_request")


def test_D21_calls_whose_ids_no_frame_can_name_are_dropped() -> None:
    """A run that begins below 2^53 and ends beyond it is not answered half."""
    pair = Pair()
    run = Calls(2**53 - 1, Kind.PLAIN, 7, (b"", b""), Encoding.MSGPACK, 0)
    assert send(pair, run) == []
    assert pair.from_host() == []
    assert pair.host.statistics().dropped == 1


def test_D21_too_large_a_call_fails_at_once() -> None:
    """It is never sent."""
    pair = Pair(SMALL)
    id = pair.client.call(plain(arguments=b"x" * 4096))
    (event,) = pair.client.events()
    assert isinstance(event, ce.Failed)
    assert (event.id, event.code) == (id, "arguments_too_large")
    assert pair.from_client() == []


def test_D21_too_large_a_result_becomes_an_error() -> None:
    """The caller learns why; the host is told to hold nothing."""
    pair = Pair(SMALL)
    id = pair.client.call(plain(Kind.COMPUTE))
    pair.to_host()
    assert not pair.host.result(id, b"x" * 4096, keep=True)
    (event,) = pair.to_client()
    assert isinstance(event, ce.Failed)
    assert (event.code, event.held) == ("too_large", False)


def test_D21_too_large_an_item_ends_its_stream() -> None:
    """With an error that says so."""
    pair = Pair(SMALL)
    id = stream(pair)
    assert not pair.host.item(id, b"x" * 4096)
    (event,) = pair.to_client()
    assert isinstance(event, ce.Ended)
    assert event.failure is not None
    assert event.failure.code == "too_large"


def test_D21_too_large_an_error_is_cut() -> None:
    """Its code and the beginning of its message still arrive."""
    pair = Pair(SMALL)
    ids = [pair.client.call(plain()), stream(pair)]
    pair.host.failure(ids[0], "error", "x" * 5000, b"y")
    pair.host.end(ids[1], Ending("error", "x" * 5000))
    failed, ended = pair.to_client()
    assert isinstance(failed, ce.Failed)
    assert isinstance(ended, ce.Ended)
    assert ended.failure is not None
    assert failed.code == ended.failure.code == "error"
    assert 0 < len(failed.message) < 5000


@pytest.mark.parametrize("limits", [Limits(kept_frames=3), Limits(kept_bytes=300)])
def test_D21_a_host_keeps_a_bounded_number_of_results(limits: Limits) -> None:
    """For a client that does not acknowledge the oldest are forgotten, and it is told so."""
    pair = Pair(limits)
    ids = [pair.client.call(plain()) for _ in range(10)]
    pair.to_host()
    for id in ids:
        pair.host.result(id, b"x" * 30)
    pair.from_host()  # lost
    assert pair.host.statistics().kept_bytes <= 300
    pair.client.reconnected(pair.now)
    told = pair.exchange()
    assert [e.id for e in told if isinstance(e, ce.Unsent)] == ids[:7]
    assert [id for e in told if isinstance(e, ce.Completed) for id in e.ids] == ids[7:]


def test_D21_a_client_that_registers_without_end_is_rejected() -> None:
    """Its session is closed, and what ran for it is stopped."""
    pair = Pair(Limits(entries=5))
    *_, closed = send(pair, *(call(id) for id in range(1, 8)))
    assert isinstance(closed, he.Closed)
    assert closed.running == tuple(range(1, 8))
    (gone,) = pair.to_client()
    assert isinstance(gone, ce.Gone)


def test_a_long_resync_comes_in_parts_and_counts_as_a_whole() -> None:
    """Lists longer than a frame may be are cut; a missing part leaves the host waiting."""
    pair = Pair(Limits(ids=3, batch_bytes=150))
    held = [pair.compute() for _ in range(8)]
    for id in held[:5]:
        pair.host.invalidated(id, "lost")
    pair.from_host()
    pair.client.reconnected(pair.now)
    parts = pair.from_client()
    assert len(parts) == 3
    for envelope in (parts[0], parts[2]):
        assert pair.host.receive(envelope, pair.now) == []
    assert pair.from_host() == []
    pair.wait(1.0)
    told = pair.exchange()
    assert [id for e in told if isinstance(e, ce.Invalidated) for id in e.ids] == held[:5]
    assert told[-1] == ce.Resumed()


def test_invalidations_for_one_reason_share_a_frame() -> None:
    """A cascade over many results costs a few bytes for each."""
    pair = Pair(Limits(ids=4))
    ids = [pair.compute() for _ in range(6)]
    for id in ids:
        pair.host.invalidated(id, "the price changed")
    (envelope,) = pair.from_host()
    assert len(envelope.frames) == 2
    pair.client.receive(envelope, pair.now)
    assert [
        id for e in pair.client.events() if isinstance(e, ce.Invalidated) for id in e.ids
    ] == ids


def test_calls_of_one_moment_share_messages_of_bounded_size() -> None:
    """As few as possible, none over the limit unless one frame alone is."""
    pair = Pair()
    for _ in range(100):
        pair.client.call(plain(arguments=b"x" * 1000))
    pair.client.call(plain(arguments=b"x" * 50_000))
    sizes = [len(out.data) for out in pair.client.outgoing(pair.now)]
    assert len(sizes) == 5
    assert sizes[-1] > 50_000
    assert all(size <= 32 * 1024 for size in sizes[:-1])


def test_a_call_after_the_end_of_the_session_is_unsent() -> None:
    """It is handed back at once."""
    pair = Pair()
    pair.client.bye()
    id = pair.client.call(plain())
    assert pair.client.events() == [ce.Unsent(id)]


def test_frames_about_unknown_ids_change_nothing() -> None:
    """They are about calls that were abandoned meanwhile."""
    pair = Pair()
    frames = (
        Results(7, (9,), (b"",), True),
        Failure(9, "x", "", b"", False),
        Items(9, 0, (b"",)),
    )
    assert pair.say(2, *frames, End(9, 5, None)) == []


def ahead(pair: Pair, of: int) -> int:
    """A call that comes after a result, and is sent."""
    id = pair.client.ahead(plain(Kind.AHEAD, operation=str(of)))
    pair.to_host()
    return id


def test_D15_a_call_that_is_made_ahead_computes_nothing_until_it_begins() -> None:
    """A fence waits for more where bodies run that may read anything."""
    pair = Pair()
    id = ahead(pair, pair.compute())
    for number in (1, 2):
        (fence,) = send(pair, Fence(number, (Mark("service", "h2", 5),), 1))
        assert isinstance(fence, he.FenceReceived)
        assert fence.computing is (number == 2)
        pair.host.begin((id,))


def test_D12_a_call_that_is_made_ahead_is_registered_on_both_sides() -> None:
    """Before it begins, while it runs, when its result is held, and when that is stale."""
    pair = Pair()
    of = pair.compute()
    id = ahead(pair, of)

    def agree() -> bool:
        pair.wait(2.0)
        (told,) = [each for each in pair.to_host() if isinstance(each, he.KeepAliveReceived)]
        pair.host.acknowledge(told)
        pair.to_client()
        return told.agrees

    assert agree()
    pair.host.invalidated(of, "changed")
    assert ce.Invalidated((of,), "changed", True) in pair.to_client()
    assert agree()
    pair.host.result(id, b"new", keep=True)
    assert pair.to_client() == [ce.Completed((id,), (b"new",), True)]
    assert agree()
    pair.host.invalidated(id, "changed again")
    assert pair.to_client() == [ce.Invalidated((id,), "changed again", True)]
    assert agree()
    assert pair.host.statistics().registered == 0


@pytest.mark.parametrize(
    "operations", [(), ("",), ("x",), ("-1",), ("1.0",), ("9" * 40,), ("1", "2"), ("\u00b2",)]
)
def test_D21_a_call_that_comes_after_nothing_readable_is_refused(
    operations: tuple[str, ...],
) -> None:
    """It names no result: no body runs."""
    pair = Pair()
    told = send(pair, Calls(1, Kind.AHEAD, 7, (b"",), Encoding.MSGPACK, 1000, operations))
    assert told == []
    (envelope,) = pair.from_host()
    (failure,) = envelope.frames
    assert isinstance(failure, Failure) and failure.code == "bad_request"


def test_D27_a_call_that_is_made_ahead_takes_nobodys_place() -> None:
    """As many as one likes are under way, and others leave all the same; how long it takes says
    nothing of others.
    """
    pair = Pair(Limits(under_way=3))
    ids = [ahead(pair, pair.compute()) for _ in range(10)]
    pair.now += 1.0
    calls = [pair.client.call(plain(deadline=1000.0)) for _ in range(4)]
    pair.to_host()
    assert [pair.client.unsent(id) for id in calls] == [False] * 3 + [True]
    for id in calls[:3]:
        pair.host.result(id, b"")
    for id in ids:
        pair.host.result(id, b"", keep=True)
    pair.to_client()
    assert pair.client.refuses(0.5, pair.now) == 0.0
