"""Either end against a peer that says anything: what is kept is bounded, what is told makes sense
(D18, D21).
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fusionrt.wire import client_events as ce
from fusionrt.wire import host_events as he
from fusionrt.wire.envelopes import ClientEnvelope, HostEnvelope
from fusionrt.wire.frames import (
    Again,
    Calls,
    Cancel,
    ClientFrame,
    Credit,
    End,
    Ending,
    HostFrame,
    Items,
    Kind,
    Reading,
    Resync,
)
from fusionrt.wire.limits import Limits
from fusionrt.wire.states import ClientState
from tests.sizes import size

from .session_pair import Pair, plain

LIMITS = Limits(window=8, window_bytes=40, items=4, streams=4, batch_bytes=300)
LARGEST = 30
"""Bytes of an item, at most."""

_id = st.integers(0, 3)
"""Of a stream: how many were opened after it."""
_index = st.one_of(st.integers(0, 6), st.integers(0, 20), st.just(2**53 - 1))
_payloads = st.lists(st.binary(max_size=LARGEST), max_size=12).map(tuple)
_failure = st.none() | st.just(Ending("internal", "no"))


class HostileClient(RuleBasedStateMachine):
    """A host's end, whose client says anything at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair(LIMITS)
        self.host = self.pair.host
        self.running: dict[int, list[bytes]] = {}
        """What each body has, and did not consume."""
        self.next: dict[int, int] = {}
        self.ended: set[int] = set()
        self.number = 0

    def hear(self, *frames: ClientFrame) -> None:
        """A message; what it sets off is what bodies may see."""
        for event in self.host.receive(ClientEnvelope("c1", "p1", 42, 1, frames), self.pair.now):
            match event:
                case he.CallsReceived(calls):
                    self.running.update((id, []) for id in calls.ids)
                case he.CallCancelled(id):
                    del self.running[id]
                case he.ItemsReceived(id, index, payloads):
                    assert id in self.running, "items of a call that does not run"
                    assert id in self.next, "items that no body asked for"
                    assert id not in self.ended, "items after the end"
                    assert index == self.next[id], "an item is missing, or came twice"
                    assert payloads
                    self.next[id] += len(payloads)
                    self.running[id].extend(payloads)
                case he.Ended(id):
                    assert id in self.running and id in self.next and id not in self.ended
                    self.ended.add(id)

    @rule()
    def call(self) -> None:
        """One more stream; the honest part."""
        self.pair.client.call(plain(Kind.STREAM))
        for envelope in self.pair.from_client():
            self.hear(*(frame for frame in envelope.frames if isinstance(frame, Calls)))

    @rule(id=_id)
    def want(self, id: int) -> None:
        """A body begins to read."""
        id = max(0, self.pair.client.last_id - id)
        self.host.want(id)
        if id in self.running and id not in self.ended:
            self.next.setdefault(id, 0)

    @precondition(lambda self: any(self.running.values()))
    @rule(data=st.data())
    def consume(self, data: Any) -> None:
        """A body takes some of what it has."""
        id = data.draw(st.sampled_from([id for id, has in self.running.items() if has]))
        count = data.draw(st.integers(1, len(self.running[id])))
        del self.running[id][:count]
        self.host.consumed(id, self.next[id] - len(self.running[id]) - 1)

    @rule(id=_id)
    def unread(self, id: int) -> None:
        """A body reads no more."""
        id = max(0, self.pair.client.last_id - id)
        self.host.unread(id)
        if id in self.running:
            self.ended.add(id)

    @rule(id=_id)
    def end(self, id: int) -> None:
        """A body is over."""
        id = max(0, self.pair.client.last_id - id)
        self.host.end(id)
        self.running.pop(id, None)

    @rule(id=_id, index=_index, payloads=_payloads)
    def items(self, id: int, index: int, payloads: tuple[bytes, ...]) -> None:
        """Any items."""
        id = max(0, self.pair.client.last_id - id)
        self.hear(Items(id, index, payloads))

    @precondition(lambda self: self.next)
    @rule(data=st.data(), payloads=_payloads, back=st.integers(0, 3))
    def fitting_items(self, data: Any, payloads: tuple[bytes, ...], back: int) -> None:
        """Items that may be the next ones."""
        id = data.draw(st.sampled_from(sorted(self.next)))
        self.hear(Items(id, max(0, self.next[id] - back), payloads))

    @rule(id=_id, index=_index, failure=_failure)
    def ends(self, id: int, index: int, failure: Ending | None) -> None:
        """Any end."""
        id = max(0, self.pair.client.last_id - id)
        self.hear(End(id, index, failure))

    @rule(id=_id, consumed=_index)
    def credit(self, id: int, consumed: int) -> None:
        """Any credit."""
        id = max(0, self.pair.client.last_id - id)
        self.hear(Credit(id, consumed))

    @rule(id=_id)
    def cancel(self, id: int) -> None:
        """Any cancellation."""
        id = max(0, self.pair.client.last_id - id)
        self.hear(Cancel(id))

    @rule(ids=st.sets(_id), reading=_index)
    def resync(self, ids: set[int], reading: int) -> None:
        """Any lists."""
        self.number += 1
        last = self.pair.client.last_id
        readings = tuple(Reading(last - id, reading, reading) for id in ids if id <= last)
        self.hear(Resync(self.number, 0, True, (), (), readings))

    @rule()
    def flush(self) -> None:
        """What it says in a tick is bounded by what is open."""
        frames = [frame for envelope in self.pair.from_host() for frame in envelope.frames]
        for kind in (Again, Cancel):
            said = [frame.id for frame in frames if isinstance(frame, kind)]
            assert len(said) == len(set(said))
            assert set(said) <= set(self.running)

    @invariant()
    def what_is_kept_is_bounded(self) -> None:
        """By item, by byte, and by what runs."""
        for has in self.running.values():
            assert len(has) <= LIMITS.window
            assert sum(map(len, has)) <= LIMITS.window_bytes + LARGEST
        uploads = self.host._uploads
        open_ = set(uploads._flows)
        assert open_ <= set(self.running)
        assert open_ == {id for id in self.next if id in self.running and id not in self.ended}
        assert uploads._over <= set(self.running)
        assert {*uploads._lacking, *uploads._asked} <= open_
        assert set(uploads._parting) <= uploads._over
        assert len(self.running) <= LIMITS.streams


class HostileHost(RuleBasedStateMachine):
    """A client's end, whose host says anything in its sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair(LIMITS)
        self.client = self.pair.client
        self.open: set[int] = set()
        self.made: dict[int, int] = {}
        self.over: set[int] = set()
        self.number = 1
        self.names: dict[int, dict[int, bytes]] = {}

    def say(self, *frames: HostFrame) -> None:
        """A message in sequence."""
        if self.client.state is not ClientState.OPEN:
            return
        self.number += 1
        self.client.receive(HostEnvelope("h1", 42, self.number, frames), self.pair.now)
        for event in self.client.events():
            match event:
                case ce.Consumed(id, credit):
                    assert id in self.open, "credit for a call that is over"
                    assert credit <= LIMITS.window
                    if id not in self.over:
                        self.made.setdefault(id, 0)
                case ce.Unread(id):
                    assert id in self.open
                    self.over.add(id)
                case ce.Ended(id) | ce.Failed(id) | ce.Unsent(id):
                    self.open.discard(id)

    @rule()
    def call(self) -> None:
        """One more stream."""
        if len(self.open) < 6:
            self.open.add(self.client.call(plain(Kind.STREAM)))
            self.pair.from_client()

    @rule(id=_id, payload=st.binary(max_size=LARGEST))
    def put(self, id: int, payload: bytes) -> None:
        """The caller has one more item."""
        id = max(0, self.pair.client.last_id - id)
        index = self.made.get(id, 0)
        if self.client.item(id, payload):
            assert id in self.open
            self.names.setdefault(id, {})[index] = payload
            self.made[id] = index + 1

    @rule(id=_id, failure=_failure)
    def end(self, id: int, failure: Ending | None) -> None:
        """The caller has no more."""
        id = max(0, self.pair.client.last_id - id)
        self.client.end(id, failure)

    @rule(id=_id)
    def cancel(self, id: int) -> None:
        """The caller leaves."""
        id = max(0, self.pair.client.last_id - id)
        self.client.cancel(id)
        self.open.discard(id)

    @rule(id=_id, consumed=_index)
    def credit(self, id: int, consumed: int) -> None:
        """Any credit."""
        id = max(0, self.pair.client.last_id - id)
        self.say(Credit(id, consumed))

    @rule(id=_id, next=_index, consumed=_index)
    def again(self, id: int, next: int, consumed: int) -> None:
        """Any question."""
        id = max(0, self.pair.client.last_id - id)
        self.say(Again(id, next, consumed))

    @rule(id=_id)
    def unread(self, id: int) -> None:
        """No more, whatever there is."""
        id = max(0, self.pair.client.last_id - id)
        self.say(Cancel(id))
        self.made.pop(id, None)
        self.names.pop(id, None)
        self.over.discard(id)

    @rule(id=_id, index=st.integers(0, 3), payloads=_payloads)
    def items(self, id: int, index: int, payloads: tuple[bytes, ...]) -> None:
        """Any items of its own."""
        id = max(0, self.pair.client.last_id - id)
        self.say(Items(id, index, payloads))

    @rule(id=_id, index=st.integers(0, 3), failure=_failure)
    def ends(self, id: int, index: int, failure: Ending | None) -> None:
        """Any end."""
        id = max(0, self.pair.client.last_id - id)
        self.say(End(id, index, failure))

    @rule()
    def flush(self) -> None:
        """Whatever is said again is what it was, at its place."""
        for envelope in self.pair.from_client():
            for frame in envelope.frames:
                if isinstance(frame, Items):
                    made = self.names.get(frame.id, {})
                    for index, payload in enumerate(frame.payloads, frame.index):
                        assert made[index] == payload

    @invariant()
    def what_is_kept_is_bounded(self) -> None:
        """By item, by byte, and by what is open."""
        flows = self.client._uploads.flows
        assert set(flows._flows) <= self.open
        for flow in flows._flows.values():
            assert flow._kept_bytes <= LIMITS.window_bytes + LARGEST
            assert flow.next - flow.consumed <= LIMITS.window
            assert flow.credit <= LIMITS.window
        assert {frame.id for frame in self.client._uploads._frames} <= self.open


_settings = settings(max_examples=size(60, 1000), stateful_step_count=60, deadline=None)
TestHostileClient = HostileClient.TestCase
TestHostileClient.settings = _settings
TestHostileHost = HostileHost.TestCase
TestHostileHost.settings = _settings
