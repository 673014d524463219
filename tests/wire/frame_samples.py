"""Frames of every kind, and strategies that make more."""

from __future__ import annotations

from hypothesis import strategies as st

from fusionrt.wire.frames import (
    Acknowledged,
    Again,
    Bye,
    Calls,
    Cancel,
    ClientFrame,
    Credit,
    Encoding,
    End,
    Ending,
    Failure,
    Farewell,
    Fence,
    Fenced,
    Hello,
    HostFrame,
    Invalidated,
    Items,
    KeepAlive,
    Kind,
    Mark,
    Probe,
    Reading,
    Rejected,
    Results,
    Resync,
    Resynced,
    Sources,
    Unsubscribe,
    Welcome,
    Wrote,
)

__all__ = ["CLIENT", "HOST", "client_frames", "host_frames"]

_MOST = 2**53 - 1
_WORD = 2**32 - 1

CLIENT: tuple[ClientFrame, ...] = (
    Hello(_MOST, _MOST, "h" * 24),
    Calls(
        _MOST,
        Kind.STREAM,
        _WORD,
        (b"x" * 300,) * 9,
        Encoding.JSON,
        _WORD,
        ("ö" * 24,) * 9,
        (("ö" * 11, "ö" * 55), ("", "")) * 9,
    ),
    Cancel(_MOST),
    Unsubscribe((_MOST,) * 100),
    Credit(_MOST, _MOST),
    KeepAlive(_MOST, _MOST, _WORD),
    Resync(_MOST, _MOST, True, (_MOST,) * 50, (_MOST,) * 50, (Reading(_MOST, _MOST, _MOST),) * 50),
    Bye(),
    Items(_MOST, _MOST, (b"x" * 300,) * 9, _MOST),
    End(_MOST, _MOST, Ending("code", "𝄞" * 100, b"x" * 300)),
    Fence(_MOST, (Mark("𝄞" * 100, "h" * 24, _MOST),) * 9, _MOST),
    Probe(_MOST, _WORD, b"x" * 70_000, Encoding.JSON),
)
HOST: tuple[HostFrame, ...] = (
    Welcome(_MOST, _MOST),
    Results(_WORD, (_MOST,) * 99, (b"x" * 70_000,) * 99, True),
    Failure(_MOST, "code", "𝄞" * 100, b"x" * 300, True),
    Invalidated((_MOST,) * 100, "𝄞" * 100),
    Acknowledged(_MOST, True, (_MOST,) * 100, True),
    Resynced(_MOST, (_MOST,) * 100, True),
    Items(_MOST, _MOST, (b"x" * 300,) * 99, _MOST),
    End(_MOST, _MOST, Ending("code", "𝄞" * 100, b"x" * 300)),
    End(_MOST, _MOST, None),
    Farewell(),
    Rejected("unknown"),
    Again(_MOST, _MOST, _MOST),
    Cancel(_MOST),
    Credit(_MOST, _MOST),
    Wrote((_MOST,) * 100, (Mark("𝄞" * 100, "h" * 24, _MOST),) * 9),
    Fenced(_MOST, True),
    Sources(("𝄞" * 100,) * 9),
)

_id = st.one_of(st.integers(0, 12), st.integers(0, _MOST))
_word = st.integers(0, _WORD)
_ids = st.lists(_id, max_size=6).map(tuple)
_text = st.text(max_size=20)
_bytes = st.binary(max_size=40)
_payloads = st.lists(_bytes, max_size=3).map(tuple)
_results = st.builds(
    lambda method, each, kept: Results(method, tuple(each), tuple(each.values()), kept),
    _word,
    st.dictionaries(_id, _bytes, max_size=6),
    st.booleans(),
)
_reading = st.builds(Reading, _id, _id, _id)
_marks = st.lists(st.builds(Mark, _text, _text, _id), max_size=3).map(tuple)

client_frames: st.SearchStrategy[ClientFrame] = st.one_of(
    st.builds(Hello, _id, _id, _text),
    st.builds(
        Calls,
        _id,
        st.sampled_from(Kind),
        _word,
        _payloads,
        st.sampled_from(Encoding),
        _word,
        st.lists(_text, max_size=3).map(tuple),
        st.lists(st.tuples(_text, _text), max_size=3).map(tuple),
    ),
    st.builds(Cancel, _id),
    st.builds(Unsubscribe, _ids),
    st.builds(Credit, _id, _id),
    st.builds(KeepAlive, _id, _id, _word),
    st.builds(Resync, _id, _id, st.booleans(), _ids, _ids, st.lists(_reading).map(tuple)),
    st.just(Bye()),
    st.builds(Items, _id, _id, _payloads, _id),
    st.builds(End, _id, _id, st.none() | st.builds(Ending, _text, _text, _bytes)),
    st.builds(Fence, _id, _marks, _id),
    st.builds(Probe, _id, _word, _bytes, st.sampled_from(Encoding)),
)
host_frames: st.SearchStrategy[HostFrame] = st.one_of(
    st.builds(Welcome, _id, _id),
    st.builds(Results, _word, _ids, _payloads, st.booleans()),
    _results,
    st.builds(Failure, _id, _text, _text, _bytes, st.booleans()),
    st.builds(Invalidated, _ids, _text),
    st.builds(Acknowledged, _id, st.booleans(), _ids, st.booleans()),
    st.builds(Resynced, _id, _ids, st.booleans()),
    st.builds(Items, _id, _id, _payloads, _id),
    st.builds(End, _id, _id, st.none() | st.builds(Ending, _text, _text, _bytes)),
    st.just(Farewell()),
    st.builds(Rejected, _text),
    st.builds(Again, _id, _id, _id),
    st.builds(Cancel, _id),
    st.builds(Credit, _id, _id),
    st.builds(Wrote, _ids, _marks),
    st.builds(Fenced, _id, st.booleans()),
    st.builds(Sources, st.lists(_text, max_size=3).map(tuple)),
)
