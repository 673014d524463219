"""Calls that were made ahead, on their host: until when each waits, and how they begin."""

from __future__ import annotations

from fusionrt.rpc.host.parked import Parked, Place, begun
from fusionrt.wire.frames import Calls, Encoding, Kind

HEADERS = (("a", "b"),)


def calls(first: int, *of: int) -> Calls:
    """Calls that were made ahead, in a frame; their arguments are of as many bytes as their id."""
    arguments = tuple(bytes(first + index) for index in range(len(of)))
    operations = tuple(map(str, of))
    return Calls(first, Kind.AHEAD, 7, arguments, Encoding.JSON, 9, operations, HEADERS)


def running(first: int, last: int) -> Calls:
    """Some of them, as they begin."""
    arguments = tuple(map(bytes, range(first, last + 1)))
    return Calls(first, Kind.COMPUTE, 7, arguments, Encoding.JSON, 9, (), HEADERS)


def test_each_begins_once_with_the_end_of_its_result() -> None:
    """Or at once, if that has ended, or if another one waits for it already."""
    held, told = {1, 2, 3}, list[Place]()
    parked = Parked(held.__contains__, told.append)
    parked.add(calls(10, 1, 2, 4, 1))
    assert [place.id for place in told] == [12, 13]
    assert parked.bytes == 10 + 11
    parked.ended(1)
    parked.ended(1)
    parked.ended(3)
    assert [place.id for place in told] == [12, 13, 10]
    assert parked.bytes == 11


def test_what_is_given_up_never_begins() -> None:
    """One of them, or all."""
    told = list[Place]()
    parked = Parked(lambda _: True, told.append)
    parked.add(calls(10, 1, 2))
    parked.drop(10)
    parked.drop(99)
    parked.ended(1)
    parked.clear()
    parked.ended(2)
    assert (told, parked.bytes, parked.calls) == ([], 0, {})


def test_G34_what_comes_after_a_result_that_is_let_go_of_does_not_begin() -> None:
    """Whoever lets go of it says so to the client."""
    told = list[Place]()
    parked = Parked(lambda _: True, told.append)
    parked.add(calls(10, 1, 2))
    assert parked.withdraw(1) == 10
    assert parked.withdraw(1) is None
    parked.ended(1)
    assert (told, parked.bytes, [*parked.calls]) == ([], 11, [2])


def test_what_was_sent_together_begins_together() -> None:
    """Whatever the order in which the results end; what is missing parts them."""
    told = list[Place]()
    parked = Parked(lambda _: False, told.append)
    parked.add(calls(10, *range(7)))
    parked.add(calls(17, 8))
    wanted = [told[at] for at in (1, 6, 7, 0, 5, 2)]
    assert [*begun(wanted)] == [running(10, 12), running(15, 16), running(17, 17)]
    assert [*begun([])] == []


def test_D27_a_call_that_waits_keeps_its_own_arguments_only() -> None:
    """Those of others that were sent with it, and given up, are let go."""
    parked = Parked(lambda _: True, lambda _: None)
    parked.add(Calls(1, Kind.AHEAD, 7, (b"", bytes(100_000)), Encoding.JSON, 9, ("1", "2")))
    parked.drop(2)
    assert parked.bytes == 0
    (place,) = parked.calls.values()
    assert place.arguments == b"" and place.alike.arguments == ()
