"""Putting frames into as few messages as possible, none larger than it may be (D29)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeVar

from .frames import (
    Acknowledged,
    Calls,
    ClientFrame,
    End,
    Failure,
    Fence,
    Hello,
    HostFrame,
    Invalidated,
    Items,
    Mark,
    Probe,
    Rejected,
    Results,
    Resync,
    Resynced,
    Sources,
    Unsubscribe,
    Wrote,
)
from .proofs import LENGTH

__all__ = [
    "CHARACTER",
    "batches",
    "call_size",
    "chunks",
    "merged",
    "overhead",
    "parts",
    "result_size",
    "results_frames",
    "results_size",
    "size",
]

_T = TypeVar("_T")
_F = TypeVar("_F", ClientFrame, HostFrame)

_FIXED = 64  # a frame's integers, flags and array headers
_RUN = 48  # those of a frame of calls, results or items
_ID = 9  # the largest msgpack integer
_HEADER = 5  # of the longest bytes or text
CHARACTER = 4  # the most bytes of one in UTF-8


def overhead(*names: str) -> int:
    """At most so many bytes does an envelope add to its frames."""
    return _FIXED + _HEADER + LENGTH + sum(CHARACTER * len(name) for name in names)


def call_size(arguments: bytes, operation: str, headers: Iterable[tuple[str, str]] = ()) -> int:
    """At most so many bytes does a call take."""
    texts = _texts_size([text for pair in headers for text in pair])
    return _FIXED + len(arguments) + CHARACTER * len(operation) + texts


def parts(
    arguments: Sequence[bytes], operations: Sequence[str], limit: int
) -> Iterator[tuple[int, int]]:
    """Where to cut calls, in order, into frames of at most `limit` bytes, or of a single call."""
    if _RUN + _payloads_size(arguments) + _texts_size(operations) <= limit:
        yield 0, len(arguments)
        return
    start, total = 0, _RUN
    for index in range(len(arguments)):
        bytes_ = _payloads_size(arguments[index : index + 1])
        bytes_ += _texts_size(operations[index : index + 1])
        if start < index and total + bytes_ > limit:
            yield start, index
            start, total = index, _RUN
        total += bytes_
    yield start, len(arguments)


def result_size(length: int) -> int:
    """At most so many bytes does a frame of one result of this length take."""
    return _RUN + _ID + _HEADER + length


def results_size(payloads: Sequence[bytes]) -> int:
    """The same of many, in frames of their own."""
    return (_RUN + _ID + _HEADER) * len(payloads) + sum(map(len, payloads))


def _payloads_size(payloads: Sequence[bytes]) -> int:
    return sum(map(len, payloads)) + _HEADER * len(payloads)


def _texts_size(texts: Sequence[str]) -> int:
    return CHARACTER * (sum(map(len, texts)) + len(texts))


def size(frame: ClientFrame | HostFrame) -> int:
    """At most so many bytes does a frame take; an upper bound that costs no encoding."""
    match frame:
        case Results():
            return _RUN + _ID * len(frame.ids) + _payloads_size(frame.payloads)
        case Items():
            return _RUN + _payloads_size(frame.payloads)
        case Calls():
            texts = (*frame.operations, *(text for pair in frame.headers for text in pair))
            return _RUN + _payloads_size(frame.arguments) + _texts_size(texts)
        case Invalidated():
            return _FIXED + _ID * len(frame.ids) + CHARACTER * len(frame.reason)
        case Wrote():
            return _FIXED + _ID * len(frame.ids) + _marks_size(frame.marks)
        case Unsubscribe():
            return _FIXED + _ID * len(frame.ids)
        case Failure():
            text = len(frame.code) + len(frame.message)
            return _FIXED + CHARACTER * text + len(frame.data)
        case End():
            if (failure := frame.failure) is None:
                return _FIXED
            text = len(failure.code) + len(failure.message)
            return _FIXED + CHARACTER * text + len(failure.data)
        case Acknowledged():
            return _FIXED + _ID * len(frame.suspended)
        case Resynced():
            return _FIXED + _ID * len(frame.gone)
        case Resync():
            ids = len(frame.held) + len(frame.pending) + 4 * len(frame.streams)
            return _FIXED + _ID * ids
        case Hello():
            return _FIXED + CHARACTER * len(frame.opened)
        case Rejected():
            return _FIXED + CHARACTER * len(frame.reason)
        case Probe():
            return _RUN + _HEADER + len(frame.arguments)
        case Fence():
            return _FIXED + _marks_size(frame.marks)
        case Sources():
            return _FIXED + _texts_size(frame.services)
        case _:
            return _FIXED


def _marks_size(marks: Sequence[Mark]) -> int:
    return sum(_ID + _HEADER + _texts_size((mark.service, mark.iid)) for mark in marks)


def batches(frames: Iterable[_F], limit: int) -> Iterator[tuple[_F, ...]]:
    """Cut frames, in order, into groups of at most `limit` bytes, or of a single larger frame."""
    batch: list[_F] = []
    total = 0
    for frame in frames:
        bytes_ = size(frame)
        if batch and total + bytes_ > limit:
            yield tuple(batch)
            batch, total = [], 0
        batch.append(frame)
        total += bytes_
    if batch:
        yield tuple(batch)


def merged(frames: Iterable[HostFrame], limit: int) -> Iterator[HostFrame]:
    """The same with neighbours in one frame that may be: results, and items of one stream.

    None is made larger than `limit` bytes.
    """
    for (cls, *_), run in groupby(frames, _likeness):
        if cls is None:
            yield from run
            continue
        for batch in batches(run, limit):
            yield batch[0] if len(batch) == 1 else _one(batch)


def _likeness(frame: HostFrame) -> tuple[object, ...]:
    match frame:
        case Results():
            return Results, frame.method, frame.kept
        case Items():
            return Items, frame.id
        case _:
            return (None,)


def _one(run: tuple[HostFrame, ...]) -> HostFrame:
    match run[0]:
        case Results(method, _, _, kept):
            results = [frame for frame in run if isinstance(frame, Results)]
            ids = tuple(id for frame in results for id in frame.ids)
            return Results(method, ids, tuple(p for frame in results for p in frame.payloads), kept)
        case Items(id, index, _):
            items = [frame for frame in run if isinstance(frame, Items)]
            payloads = tuple(p for frame in items for p in frame.payloads)
            return Items(id, index, payloads, items[-1].skipped)
        case frame:
            return frame


def results_frames(
    method: int, ids: Sequence[int], payloads: Sequence[bytes], kept: bool, limit: int
) -> list[Results]:
    """Results of a method in frames of at most `limit` bytes, or of a single larger one."""
    if _RUN + results_size(payloads) <= limit:  # all fit, whatever the frames would be
        return [Results(method, tuple(ids), tuple(payloads), kept)]
    frames, start, total = list[Results](), 0, _RUN
    for index, payload in enumerate(payloads):
        bytes_ = _ID + _HEADER + len(payload)
        if total + bytes_ > limit and index > start:
            here = slice(start, index)
            frames.append(Results(method, tuple(ids[here]), tuple(payloads[here]), kept))
            start, total = index, _RUN
        total += bytes_
    frames.append(Results(method, tuple(ids[start:]), tuple(payloads[start:]), kept))
    return frames


def chunks(values: Sequence[_T], length: int) -> Iterator[tuple[tuple[_T, ...], bool]]:
    """Cut a list into parts, each with whether it is the last; an empty list is one part."""
    for start in range(0, max(len(values), 1), length):
        yield tuple(values[start : start + length]), start + length >= len(values)
