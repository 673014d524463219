"""What a host has registered for one client session (D2, D3, D12, D13, D17, D18)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from .digest import Digest
from .frames import End, Failure, HostFrame, Invalidated, Kind, Reading, Results, Resync
from .limits import Limits
from .outflow import Outflows
from .states import ENTRY, Stage

__all__ = ["Entry", "Reconciled", "Registry", "ResyncParts"]


class Entry:
    """One registered call. Its stage changes as `ENTRY` says.

    frame: its last word, kept to be sent again until the client has it.
    number: of the message that carried its last word; 0 while that is not sent.
    """

    __slots__ = ("frame", "kind", "method", "number", "stage")

    def __init__(self, kind: Kind, method: int) -> None:
        self.kind = kind
        self.method = method
        self.stage = Stage.RUNNING
        self.frame: Results | Failure | End | None = None
        self.number = 0


class Reconciled(NamedTuple):
    """What a comparison with the client's lists (D2) led to.

    gone: ids that it lists in vain. again: frames that it lacks. stopped, released: running calls
    and kept results that it no longer lists, or that it cannot be given.
    """

    gone: list[int]
    again: list[HostFrame]
    stopped: list[int]
    released: list[int]


class Registry:
    """The entries of a session, which are exactly the ids that the client believes in.

    That is: as of the last number that it acknowledged. So the digest over them is the client's
    own, unless something was lost (D12).

    streams: the books of those that are streams.
    """

    def __init__(self, limits: Limits) -> None:
        self.digest = Digest()
        self.streams: Final = Outflows(limits)
        self._entries: dict[int, Entry] = {}
        self._unacknowledged: deque[tuple[int, int]] = deque()
        self._kept: dict[int, int] = {}
        self._kept_bytes = 0
        self._limits: Final = limits

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def kept_bytes(self) -> int:
        """The size of the frames that are kept to be sent again."""
        return self._kept_bytes

    def get(self, id: int) -> Entry | None:
        """What is registered under an id."""
        return self._entries.get(id)

    def add(self, id: int, kind: Kind, method: int) -> Entry:
        """Register a call that was not registered."""
        entry = self._entries[id] = Entry(kind, method)
        if kind is Kind.STREAM:
            self.streams.open(id)
        self.digest.add(id)
        return entry

    def remove(self, id: int) -> Stage:
        """Forget a call: how far it was."""
        entry = self._entries.pop(id, None)
        if entry is None:
            return Stage.OVER
        self._release(id, entry)
        self.streams.drop(id)
        self.digest.remove(id)
        stage, entry.stage = entry.stage, ENTRY[entry.stage]["end"]
        return stage

    def clear(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Forget all: the ids of what was running, and of results that were kept."""
        stages: dict[Stage, list[int]] = {stage: [] for stage in Stage}
        for id in list(self._entries):
            stages[self.remove(id)].append(id)
        self._unacknowledged.clear()
        return tuple(stages[Stage.RUNNING]), tuple(stages[Stage.KEPT])

    def tell(
        self,
        id: int,
        entry: Entry,
        word: Literal["keep", "tell"],
        frame: Results | Failure | End,
        length: int,
    ) -> None:
        """A call's last word so far is about to be sent; keep it until the client has it.

        length: the frame's, in bytes.
        """
        entry.stage = ENTRY[entry.stage][word]
        entry.frame = frame
        entry.number = 0
        self._kept[id] = length
        self._kept_bytes += length
        while len(self._kept) > self._limits.kept_frames or (
            self._kept_bytes > self._limits.kept_bytes
        ):
            oldest = next(iter(self._kept))
            self._release(oldest, self._entries[oldest])

    def withdraw(self, id: int, entry: Entry) -> None:
        """A result became stale: all that is left to tell is that."""
        self._release(id, entry)
        entry.stage = ENTRY[entry.stage]["invalidate"]
        entry.number = 0

    def _release(self, id: int, entry: Entry) -> None:
        entry.frame = None
        self._kept_bytes -= self._kept.pop(id, 0)

    def sent(self, frame: HostFrame, number: int) -> None:
        """A frame is sent in the message of this number."""
        match frame:
            case Failure(id) | End(id):
                self._sent(id, number)
            case Results(_, ids) | Invalidated(ids):
                for id in ids:
                    self._sent(id, number)

    def _sent(self, id: int, number: int) -> None:
        entry = self._entries.get(id)
        if entry is not None:
            entry.number = number
            self._unacknowledged.append((number, id))

    def acknowledged(self, last: int) -> None:
        """The client has all messages up to this number."""
        waiting = self._unacknowledged
        while waiting and waiting[0][0] <= last:
            number, id = waiting.popleft()
            entry = self._entries.get(id)
            if entry is None or entry.number != number:
                continue  # there is a later word
            if entry.stage is Stage.LEAVING:
                self.remove(id)
            else:
                self._release(id, entry)

    def reconcile(
        self, held: Iterable[int], pending: Iterable[int], streams: Iterable[Reading]
    ) -> Reconciled:
        """Make the entries what the client lists, as far as they are known.

        Whatever was queued for it is to be dropped: it is either told here, or not wanted.
        """
        done = Reconciled([], [], [], [])
        self._unacknowledged.clear()
        listed: set[int] = set()
        for id in held:
            entry = self._entries.get(id)
            if entry is None or entry.stage is not Stage.KEPT:
                done.gone.append(id)
            else:
                listed.add(id)
                self._release(id, entry)
        for id in pending:
            entry = self._entries.get(id)
            if entry is None or (entry.stage is not Stage.RUNNING and entry.frame is None):
                done.gone.append(id)
                continue
            listed.add(id)
            if entry.frame is not None:
                entry.number = 0
                done.again.append(entry.frame)
        for reading in streams:
            if self._rewound(reading, done.again):
                listed.add(reading.id)
            else:
                done.gone.append(reading.id)
        for id in [id for id in self._entries if id not in listed]:
            stage = self.remove(id)
            if stage is Stage.RUNNING:
                done.stopped.append(id)
            elif stage is Stage.KEPT:
                done.released.append(id)
        return done

    def _rewound(self, reading: Reading, again: list[HostFrame]) -> bool:
        entry = self._entries.get(reading.id)
        if entry is None:
            return False
        if isinstance(entry.frame, Failure):  # refused before it began
            entry.number = 0
            again.append(entry.frame)
            return True
        if entry.stage is Stage.LEAVING and entry.frame is None:
            return False
        flow = self.streams.get(reading.id)
        items = None if flow is None else flow.again(reading)
        if items is None:
            return False
        again.extend(items)
        if entry.frame is not None:
            entry.number = 0
            again.append(entry.frame)
        return True


class ResyncParts:
    """The lists of a client's newest resync, as far as they have come (D2)."""

    def __init__(self, most: int) -> None:
        self.number = 0
        self.held: list[int] = []
        self.pending: list[int] = []
        self.streams: list[Reading] = []
        self._most: Final = most
        self._next = 0

    def add(self, part: Resync) -> bool:
        """Add a part; true if that completes the lists.

        A part out of turn, or of a resync that was answered, is dropped: the client asks again.
        """
        if part.number > self.number:
            self.number = part.number
            self.held, self.pending, self.streams = [], [], []
            self._next = 0
        if part.number < self.number or part.part != self._next:
            return False
        self._next += 1
        self.held.extend(part.held)
        self.pending.extend(part.pending)
        self.streams.extend(part.streams)
        if len(self.held) + len(self.pending) + len(self.streams) > self._most:
            self.held, self.pending, self.streams = [], [], []
            self._next = -1
            return False
        if part.last:
            self._next = -1
        return part.last
