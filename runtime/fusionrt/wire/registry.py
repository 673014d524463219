"""What a host has registered for one client session (D2, D3, D12, D17, D18)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress, repeat
from typing import Final, Literal, NamedTuple

from .digest import Digest
from .frames import Failure, HostFrame, Kind, Reading, Results, Resync
from .kept import Word
from .outflow import Outflow, Outflows
from .states import ENTRY, Stage
from .uploads import HostUploads

__all__ = ["Reconciled", "Registry", "ResyncParts", "Run"]


class Run:
    """What the calls of one frame have in common."""

    __slots__ = ("kind", "method")

    def __init__(self, kind: Kind, method: int) -> None:
        self.kind = kind
        self.method = method


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
    """The ids that the client believes in, each among those of its `Stage`.

    That is: as of the last number that it acknowledged. So the digest over them is the client's
    own, unless something was lost (D12).

    streams: the books of those that are streams. uploads: of what clients send with them.
    """

    def __init__(self, streams: Outflows, uploads: HostUploads) -> None:
        self._digest = Digest()
        """Over what is kept or parked; of the rest there is so little that it is counted in at the
        look."""
        self.streams: Final = streams
        self.uploads: Final = uploads
        self._parked: Final[dict[int, Run]] = {}
        self._running: Final[dict[int, Run]] = {}
        self._kept: Final[set[int]] = set()
        self._leaving: Final[set[int]] = set()
        self._at: Final[Mapping[Stage, dict[int, Run] | set[int]]] = {
            Stage.PARKED: self._parked,
            Stage.RUNNING: self._running,
            Stage.KEPT: self._kept,
            Stage.LEAVING: self._leaving,
        }

    def __len__(self) -> int:
        return sum(map(len, self._at.values()))

    def __contains__(self, id: int) -> bool:
        return self._stage(id) is not Stage.OVER

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(self._at.values())

    @property
    def digest(self) -> Digest:
        """Over all of them."""
        return self._digest.joined([*self._running, *self._leaving])

    def stream(self, id: int) -> Outflow | None:
        """A stream that goes on."""
        return self.streams.get(id) if id in self._running else None

    @property
    def computing(self) -> bool:
        """Whether compute calls run."""
        return any(run.kind is Kind.COMPUTE for run in self._running.values())

    def begin(self, ids: Iterable[int]) -> None:
        """Calls run from here on that were parked, if they are wanted still."""
        parked = [id for id in ids if id in self._parked]
        assert ENTRY[Stage.PARKED]["begin"] is Stage.RUNNING
        for id in parked:
            self._running[id] = Run(Kind.COMPUTE, self._parked.pop(id).method)
        self._digest.remove_all(parked)

    def add(self, ids: range, run: Run) -> None:
        """Register calls that were not registered."""
        if run.kind is Kind.AHEAD:
            self._parked.update(dict.fromkeys(ids, run))
            self._digest.add_all(ids)
            return
        self._running.update(dict.fromkeys(ids, run))
        if run.kind is Kind.STREAM:
            for id in ids:
                self.streams.open(id)

    def remove(self, id: int) -> Stage:
        """Forget a call: how far it was."""
        stage = self._stage(id)
        if stage is not Stage.OVER:
            assert ENTRY[stage]["end"] is Stage.OVER
            self._leave(stage, id)
            self.streams.drop(id)
            self.uploads.drop(id)
        return stage

    def trim(self) -> None:
        """Give back the room of what is not there any more: a dictionary keeps it, and a set."""
        for ids in self._at.values():
            if not ids:
                ids.clear()

    def clear(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Forget all: the ids of what was running, and of results that were kept."""
        running, kept = (*self._parked, *self._running), tuple(self._kept)
        self._digest.remove_all((*self._parked, *kept))
        for ids in self._at.values():
            for id in ids:
                self.streams.drop(id)
                self.uploads.drop(id)
            ids.clear()
        return running, kept

    def method(self, id: int) -> int | None:
        """What a call was made of that has no answer."""
        run = self._running.get(id) or self._parked.get(id)
        return None if run is None else run.method

    def told(self, ids: Sequence[int], word: Literal["keep", "tell"]) -> Collection[int]:
        """The last word so far of calls is about to be sent: those of them that still ran."""
        if self._parked:  # they are refused before they run
            self.begin(ids)
        runs = [*map(self._running.pop, ids, repeat(None))]
        if not all(runs):
            ids = [*compress(ids, runs)]
        self._enter(ENTRY[Stage.RUNNING][word], ids)
        return ids

    def withdraw(self, id: int) -> bool:
        """A result became stale: all that is left to tell is that. False: there is nothing."""
        stage = self._stage(id)
        if stage not in (Stage.RUNNING, Stage.KEPT):
            return False
        self._leave(stage, id)
        self._enter(ENTRY[stage]["invalidate"], (id,))
        return True

    def left(self, ids: Sequence[int]) -> None:
        """The client has the last word of these."""
        if self.streams:
            for id in ids:
                self.streams.drop(id)
        self._leaving.difference_update(ids)

    def _stage(self, id: int) -> Stage:
        if id in self._running:
            return Stage.RUNNING
        if id in self._kept:
            return Stage.KEPT
        if id in self._parked:
            return Stage.PARKED
        return Stage.LEAVING if id in self._leaving else Stage.OVER

    def _enter(self, stage: Stage, ids: Collection[int]) -> None:
        """Calls that have left the stage before."""
        if stage is Stage.KEPT:
            self._kept.update(ids)
            self._digest.add_all(ids)
        elif stage is Stage.LEAVING:
            self._leaving.update(ids)

    def _leave(self, stage: Stage, id: int) -> None:
        """A call that stood there, and is to enter another one."""
        if stage is Stage.RUNNING:
            del self._running[id]
        elif stage is Stage.PARKED:
            del self._parked[id]
            self._digest.remove(id)
        elif stage is Stage.KEPT:
            self._kept.remove(id)
            self._digest.remove(id)
        else:
            self._leaving.remove(id)

    def reconcile(
        self,
        held: Iterable[int],
        pending: Iterable[int],
        streams: Iterable[Reading],
        words: Mapping[int, Word],
    ) -> Reconciled:
        """Make the entries what the client lists, as far as they are known.

        words: that were said, or were about to be, and did not arrive for all that is known. What
            the client lacks of them is to be said again.
        """
        done = Reconciled([], [], [], [])
        listed: set[int] = set()
        for id in held:
            (listed.add if id in self._kept else done.gone.append)(id)
        for id in pending:
            word = self._word(id, words)
            if word is not None:
                done.again.append(word)
            known = word is not None or self.method(id) is not None
            (listed.add if known else done.gone.append)(id)
        for reading in streams:
            known = self._rewound(reading, words, done.again)
            (listed.add if known else done.gone.append)(reading.id)
        for stage in (Stage.PARKED, Stage.RUNNING):
            done.stopped.extend(self._unlisted(stage, listed))
        done.released.extend(self._unlisted(Stage.KEPT, listed))
        for id in (*done.stopped, *done.released, *self._unlisted(Stage.LEAVING, listed)):
            self.remove(id)
        return done

    def _unlisted(self, stage: Stage, listed: set[int]) -> Iterator[int]:
        return (id for id in self._at[stage] if id not in listed)

    def _word(self, id: int, words: Mapping[int, Word]) -> Word | None:
        """What was told of a call, unless that became stale."""
        word = words.get(id)
        kept = isinstance(word, Results | Failure) and word.kept
        return word if id in (self._kept if kept else self._leaving) else None

    def _rewound(self, reading: Reading, words: Mapping[int, Word], again: list[HostFrame]) -> bool:
        word = self._word(reading.id, words)
        if isinstance(word, Failure):  # refused before it began
            again.append(word)
            return True
        if reading.id not in self._running and word is None:
            return False
        flow = self.streams.get(reading.id)
        items = None if flow is None else flow.again(reading)
        if items is None:
            return False
        again.extend(items)
        if word is not None:
            again.append(word)
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
