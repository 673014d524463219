"""Items that a client sends with a call: the books of both ends (D18, D19, D21).

They belong to a stream call, whose answer comes back the other way, and have its id. The host opens
the way: the first credit says that the body began to read. So a call that was lost, was refused or
waits in a line has taken nothing from its caller's iterator, and can be made again.

What a host says is numbered, so what was lost of it is told again after a resync. What a client
says is not: the host sees a gap by the indices, and a lost tail by the position that the client
repeats with its keep-alives; then it asks for all from an index on. Whatever does not fit these
books (items without credit, a wrong index, credit for what was never sent) is dropped and counted;
more items than may be sent end the stream.
"""

from __future__ import annotations

from typing import Final

from .frames import Again, Cancel, Credit, End, Ending, Items, Reading
from .inflow import Inflows, Taken
from .limits import Limits
from .outflow import Outflows
from .stream_events import Consumed, Ended, ItemsReceived, Unread

__all__ = ["ClientUploads", "HostUploads"]

_OVERRUN: Final = Ending("overrun", "the client sent more items than it may: update it")


class ClientUploads:
    """What a client sends.

    flows: the streams whose hosts asked for items. dropped: frames that nothing was sent for.
    """

    __slots__ = ("_frames", "dropped", "flows")

    def __init__(self, limits: Limits, largest: int) -> None:
        self._frames: Final[list[Items | End]] = []
        self.flows: Final = Outflows(limits, largest, self._frames.append)
        self.dropped = 0

    def credited(self, frame: Credit) -> Consumed:
        """The body reads on, or begins to."""
        flow = self.flows.get(frame.id) or self.flows.open(frame.id)
        if frame.consumed > flow.next:
            self.dropped += 1  # not all of that was sent
        flow.consume(frame.consumed)
        return Consumed(frame.id, flow.credit)

    def again(self, frame: Again) -> Consumed | None:
        """The host lacks what comes from some index on."""
        flow = self.flows.get(frame.id) or self.flows.open(frame.id)
        lacking = flow.again(Reading(frame.id, frame.next, frame.consumed))
        if lacking is None:
            self.dropped += 1
            return None
        self._unsay(frame.id)
        self._frames.extend(lacking)
        if flow.end is not None:
            self._frames.append(flow.end)
        return Consumed(frame.id, flow.credit)

    def unread(self, id: int) -> Unread:
        """The host wants no more."""
        self.drop(id)
        return Unread(id)

    def drop(self, id: int) -> None:
        """Its call is over, or nobody reads it."""
        self.flows.drop(id)
        self._unsay(id)

    def _unsay(self, id: int) -> None:
        if self._frames:
            self._frames[:] = [frame for frame in self._frames if frame.id != id]

    @property
    def news(self) -> bool:
        """Whether there is something to say."""
        return bool(self._frames or self.flows.filling)

    def frames(self) -> list[Items | End]:
        """What is to be said now."""
        self.flows.flush()
        said = self._frames[:]
        self._frames.clear()
        return said


class HostUploads:
    """What a host reads; of calls that run.

    dropped: frames that did not fit, and items that nobody wants. news: there may be something to
    say.
    """

    def __init__(self, limits: Limits) -> None:
        self.dropped = 0
        self.news = False
        self._flows: Final = Inflows(limits)
        self._begun: list[int] = []
        """Their clients are to be told."""
        self._lacking: dict[int, None] = {}
        """Their clients are to be asked for what is missing."""
        self._asked: set[int] = set()
        """They were asked, and nothing came since."""
        self._over: set[int] = set()
        """They want no more, though their calls run."""
        self._parting: dict[int, None] = {}
        """Of these the clients are to be told that."""

    def __len__(self) -> int:
        return len(self._flows)

    def want(self, id: int) -> None:
        """The body begins to read."""
        if id not in self._flows and id not in self._over:
            self._flows.open(id)
            self._begun.append(id)
            self.news = True

    def items(self, frame: Items) -> list[ItemsReceived | Ended]:
        """Items came, or word of how many there were."""
        id = frame.id
        if id not in self._flows:
            self.dropped += 1
            return []
        taken, index, payloads = self._flows.receive(frame)
        if taken is Taken.GAP:
            self._lack(id, repeated=bool(frame.payloads))
            return []
        if payloads:
            self._asked.discard(id)
        elif frame.payloads:
            self.dropped += 1
        told: list[ItemsReceived | Ended] = []
        if payloads:
            told.append(ItemsReceived(id, index, payloads))
        if taken is Taken.OVERRUN:
            self.dropped += 1
            self.stop(id)
            told.append(Ended(id, _OVERRUN))
        return told

    def ended(self, frame: End) -> list[ItemsReceived | Ended]:
        """There are no more than so many."""
        if frame.id not in self._flows:
            self.dropped += 1
            return []
        if not self._flows.complete(frame.id, frame.index):
            self._lack(frame.id, repeated=False)
            return []
        self.stop(frame.id)
        return [Ended(frame.id, frame.failure)]

    def _lack(self, id: int, *, repeated: bool) -> None:
        """repeated: more may follow that shows the same gap, which is asked for once."""
        if not repeated or id not in self._asked:
            self._asked.add(id)
            self._lacking[id] = None
            self.news = True
        else:
            self.dropped += 1

    def consumed(self, id: int, index: int) -> bool:
        """The body took the items up to this index; whether its client is to be told."""
        due = self._flows.consume(id, index)
        self.news = self.news or due
        return due

    def stop(self, id: int) -> None:
        """The body reads no more, or has all."""
        self._close(id)
        if id not in self._over:
            self._over.add(id)
            self._parting[id] = None
            self.news = True

    def drop(self, id: int) -> None:
        """Its call is over."""
        self._close(id)
        self._over.discard(id)
        self._parting.pop(id, None)

    def _close(self, id: int) -> None:
        self._flows.drop(id)
        self._asked.discard(id)
        self._lacking.pop(id, None)

    def compare(self) -> None:
        """What was said to the client may be lost."""
        self.news = True
        self._lacking.update(dict.fromkeys(self._flows))
        self._parting.update(dict.fromkeys(self._over))

    def frames(self) -> list[Credit | Again | Cancel]:
        """What is to be said now."""
        self.news = False
        said: list[Credit | Again | Cancel] = [
            Credit(id, 0) for id in self._begun if id in self._flows
        ]
        self._begun.clear()
        for id in self._lacking:
            reading = self._flows.reading(id)
            said.append(Again(id, reading.next, reading.consumed))
        self._lacking.clear()
        said.extend(self._flows.credits())
        said.extend(map(Cancel, self._parting))
        self._parting.clear()
        return said
