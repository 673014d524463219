"""Calls that were made ahead, on their host: until when each waits, and how they begin."""

from __future__ import annotations

from fusionrt.rpc.host.parked import Parked, joined
from fusionrt.wire.frames import Calls, Encoding, Kind

HEADERS = (("a", "b"),)


def calls(first: int, *of: int, method: int = 7) -> Calls:
    """Calls that were made ahead, in a frame; their arguments are of as many bytes as their id."""
    arguments = tuple(bytes(first + index) for index in range(len(of)))
    operations = tuple(map(str, of))
    return Calls(first, Kind.AHEAD, method, arguments, Encoding.JSON, 9, operations, HEADERS)


def begun(id: int) -> Calls:
    """The same, one of them, as it begins."""
    return Calls(id, Kind.COMPUTE, 7, (bytes(id),), Encoding.JSON, 9, (), HEADERS)


def test_each_begins_once_with_the_end_of_its_result() -> None:
    """Or at once, if that has ended, or if another one waits for it already."""
    held, told = {1, 2, 3}, list[Calls]()
    parked = Parked(held.__contains__, told.append)
    parked.add(calls(10, 1, 2, 4, 1))
    assert told == [begun(12), begun(13)]
    assert parked.bytes == 10 + 11
    parked.ended(1)
    parked.ended(1)
    parked.ended(3)
    assert told[2:] == [begun(10)]
    assert parked.bytes == 11


def test_what_is_given_up_never_begins() -> None:
    """One of them, or all."""
    told = list[Calls]()
    parked = Parked(lambda _: True, told.append)
    parked.add(calls(10, 1, 2))
    parked.drop(10)
    parked.drop(99)
    parked.ended(1)
    parked.clear()
    parked.ended(2)
    assert (told, parked.bytes, parked.calls) == ([], 0, {})


def test_what_was_sent_together_begins_together() -> None:
    """Whatever the order in which the results end; what differs, or is missing, parts them."""
    other = Calls(14, Kind.COMPUTE, 8, (b"",), Encoding.JSON, 9)
    frames = joined([begun(11), begun(16), other, begun(10), begun(12), begun(15)])
    assert [(list(frame.ids), frame.method) for frame in frames] == [
        ([10, 11, 12], 7),
        ([14], 8),
        ([15, 16], 7),
    ]
    assert frames[0].arguments == (bytes(10), bytes(11), bytes(12))
    assert joined([]) == []
