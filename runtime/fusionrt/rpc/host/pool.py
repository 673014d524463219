"""`Pool`: tasks that run the bodies of a service, one after the other as long as none waits.

A task a call costs more than most calls. So one task takes call after call; where a body waits, the
task is that body's from then on, and another one goes on with the rest. What waits is found without
asking: before a task begins, the loop is asked to look in its next turn, and what is not over then
waits. Then only is the call entered where a cancellation, its deadline and a drain find its task,
and that task never takes another call: nothing that is meant for one body hits another.

Methods whose bodies wait are known by it: each of their calls gets a task of its own at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from ...primitives import cancel_once, clock, current_task, maker
from .contexts import Contexts, variables
from .gate import Gate
from .servant import Answer
from .waiting import Waiting
from .work import Work

__all__ = ["MOST", "SLICE", "Pool"]

SLICE: Final = 0.01
"""Seconds of bodies between two looks at what came: keep-alives, cancellations and answers come in
between, however long a line is, and whatever the bodies cost. (With a turn for all that had come, a
second's worth of bodies ran in one go: what came meanwhile was stale when it was read, and a host
that did nothing else answered no ping for four seconds.)"""
LONGEST: Final = 0.25
"""Seconds of bodies between two such looks where each look takes longer than a slice. (With slices
of a tenth of a look, a gateway that many browsers came to at once refused what it had no time for
again and again, which took its time from what it had let in.)"""
MOST: Final = 256
"""Bodies that begin in one turn of the loop, however little they take."""
FEW: Final = 128
"""Of more than so many that are in line a turn begins half: their clients go on with the answers
while the others run. (200 callers in lock-step make 260,000 calls a second instead of 190,000.)"""
NAME: Final = "fusion call"
"""Of the tasks."""
ENDING: Final = (asyncio.CancelledError, KeyboardInterrupt, SystemExit)
"""What must end a task. Another BaseException was logged when its caller was answered: nobody would
take it from the task, which would keep what its traceback has met."""
ENOUGH: Final = 16
LONG: Final = 1.0
"""The gate learns what bodies cost the processor from so many, or from seconds of them: a moment in
which another process had it is no measure of one."""


class _Batch:
    """Calls of one frame that a task works through.

    id: of the body that runs. since: when it began. left: what it is once it waits: the
    task is its own then.
    ids, payloads, answers: what the others came to; told when the batch is closed.
    """

    __slots__ = ("answers", "began", "id", "ids", "left", "payloads", "since", "task", "work")

    def __init__(self, work: Work, task: asyncio.Task[None], now: float) -> None:
        self.work: Final = work
        self.task: Final = task
        self.id = 0
        self.began: Final = now
        self.since = now
        self.left: Waiting | None = None
        self.ids: Final[list[int]] = []
        self.payloads: Final[list[bytes]] = []
        self.answers: Final[list[tuple[int, Answer]]] = []


class Pool:
    """Of one service, for all its clients."""

    def __init__(
        self,
        gate: Gate,
        contexts: Contexts,
        call_soon: Callable[[Callable[[], None]], object],
        send: Callable[[], None],
    ) -> None:
        """call_soon: calls what it is given in the loop's next turn, after what begins there, and
        sends what there is to say then. send: does that now.
        """
        self._gate = gate
        self._call_soon: Final = call_soon
        self._send: Final = send
        self._contexts = contexts
        self._loop = asyncio.get_running_loop()
        self._now = clock()
        self._open: _Batch | None = None
        self._waiting: set[int] = set()
        """The methods whose bodies are known to wait."""
        self._alone: dict[Waiting, int] = {}
        """Calls that got tasks of their own in this turn, and how many they were."""
        self._ending: dict[Waiting, None] = {}
        """Those with some that ended, which nobody was told yet."""
        self._at_once = 8
        """How many such begin in a turn."""
        self._began, self._most = 0, FEW
        self._steps, self._stepping = 0, 0.0
        """Bodies that began since the gate was told, and the seconds of their turns."""
        self._turned = self._stepped = self._now()
        """When this turn began, and when the first steps of bodies did."""
        self._slice = SLICE
        self._turning = False

    def wake(self) -> None:
        """Calls are in line."""
        if not self._turning:
            self._begin()

    def notice(self) -> None:
        """Whoever looks at what runs calls this first: a body that is not over waits, and one that
        is does not run.
        """
        if self._ending:
            self._settle()
        if self._open is not None:
            self._look()

    def _look(self) -> None:
        """A body that is not over waits."""
        batch, self._open = self._open, None
        if batch is not None:
            batch.left = Waiting(batch.work, batch.since)
            batch.left.tasks[batch.id] = batch.task
            self._waiting.add(batch.work.method)
            self._enter(batch.left)
            self._close(batch)

    # -- turns --

    def _begin(self) -> None:
        """Begin what is in line, as much as one turn may take."""
        self._turned, self._began, self._turning = self._now(), 0, True
        self._stepped = self._turned
        calls = self._gate.waiting
        self._most = calls if calls <= FEW else min(MOST, (calls + 1) // 2)
        waiting, work = self._waiting, self._gate.first
        most = min(self._most, self._at_once)
        if work is not None and work.method in waiting:
            self._call_soon(self._first_steps)
        while work is not None and work.method in waiting and self._began < most:
            self._start_alone(most - self._began)
            work = self._gate.first
        if work is not None and work.method not in waiting:
            self._spawn(self._work())
        elif not self._began:
            self._turning = False
            return
        self._call_soon(self._turn)

    def _turn(self) -> None:
        """Comes after the first steps of what began."""
        self._turning = False
        self.notice()
        self._learn()
        if self._gate.lines:
            self._begin()

    def _learn(self) -> None:
        now = self._now()
        took = now - self._stepped
        if self._began:
            full = self._gate.lines and not self._alone  # else turns take as long with more
            self._steps += self._began
            self._stepping += now - self._turned if full else took
            if self._steps >= ENOUGH or self._stepping >= LONG:
                self._gate.stepped(self._steps, self._stepping)
                self._steps, self._stepping = 0, 0.0
        if self._alone:
            self._learn_alone(took)

    def _first_steps(self) -> None:
        """Comes before the first steps of what began. What the loop did since then it does however
        few begin: of its time, at least half is for what was let in.
        """
        self._stepped = self._now()
        self._slice = min(max(SLICE, self._stepped - self._turned), LONGEST)

    def _learn_alone(self, took: float) -> None:
        if took > self._slice:
            self._at_once = max(1, self._at_once // 2)
        elif took < self._slice / 4:
            self._at_once = min(MOST, self._at_once * 2)
        alone, self._alone = self._alone, {}
        for waiting, began in alone.items():
            for id in waiting.never_began():
                self._over(waiting, id)
            if 2 * len(waiting.tasks) < began:
                self._waiting.discard(waiting.work.method)

    # -- a task for each --

    def _start_alone(self, most: int) -> None:
        """Begin the next calls, up to so many, if they can still be served in time."""
        most = min(most, self._gate.share)
        work = self._gate.next(most)
        if work is None:
            return
        waiting = Waiting(work, self._turned)
        loop, run, fresh, tasks = self._loop, self._run, self._contexts.fresh, waiting.tasks
        task, body, encode = maker(loop), work.body, work.answer
        for id, arguments in work.take(most):
            running = run(waiting, id, body, arguments, encode)
            tasks[id] = task(running, loop=loop, name=NAME, context=fresh())
        self._alone[waiting] = len(waiting.tasks)
        self._began += len(waiting.tasks)
        self._gate.took(work)
        self._enter(waiting)

    async def _run(
        self,
        waiting: Waiting,
        id: int,
        body: Callable[..., Awaitable[Any]],
        arguments: tuple[Any, ...],
        encode: Callable[[Any], bytes | Answer],
    ) -> None:
        try:
            answer = encode(await body(*arguments))
        except Exception as error:
            answer = waiting.work.failed(error)
        except BaseException as error:  # it ends its task
            self._ends(waiting, id, waiting.work.client.failed(error))
            if isinstance(error, ENDING):
                raise
            return
        if ended := waiting.ended:  # as `_ends`, without its frame
            ended[id] = answer
        else:
            self._ends(waiting, id, answer)

    def cancel(self, waiting: Waiting, id: int) -> None:
        """Stop a body that waits. Its task may not have had its first step, however many turns ago
        it was made: then no line of it runs that could tell of its end.
        """
        task = waiting.tasks[id]
        cancel_once(task)
        task.add_done_callback(partial(self._over, waiting, id))

    def _over(self, waiting: Waiting, id: int, task: object = None) -> None:
        if not waiting.knows(id):
            self._ends(waiting, id, waiting.work.client.failed(asyncio.CancelledError()))

    def _enter(self, waiting: Waiting) -> None:
        self._gate.waits(waiting.since, len(waiting.tasks))
        waiting.enter()

    def _ends(self, waiting: Waiting, id: int, answer: bytes | Answer) -> None:
        """What it came to is told in the loop's next turn, together with what others came to."""
        if not self._ending:
            self._call_soon(self._after_ends)
        self._ending[waiting] = None
        waiting.ended[id] = answer

    def _after_ends(self) -> None:
        """Tell what has ended, and let what is in line have its place."""
        self._settle()
        if self._gate.lines:
            self.wake()

    def _settle(self) -> None:
        ending, self._ending = self._ending, {}
        for waiting in ending:
            self._gate.stopped(waiting.since, waiting.settle())

    # -- a task for many --

    async def _work(self) -> None:
        """Take call after call, as long as their bodies end without waiting."""
        task = current_task(self._loop)
        assert task is not None
        if not self._alone:
            self._send()
            self._first_steps()
        now = self._now()
        end = now + self._slice
        while now < end and self._began < self._most:
            if self._open is not None:
                self._look()
            work = self._gate.next()
            if work is None or work.method in self._waiting:
                return
            batch = self._open = _Batch(work, task, now)
            goes_on = await self._run_batch(
                batch, min(now + self._slice / self._gate.lines, work.due)
            )
            if batch.left is not None:
                return
            self._open = None
            self._close(batch)
            if not goes_on or not self._gate.lines:
                return
            now = batch.since

    async def _run_batch(self, batch: _Batch, end: float) -> bool:
        """Run what is to do, up to this time. False: the task must take no other call."""
        work, now, cancelling, clean = batch.work, self._now, batch.task.cancelling, variables()
        body, encode, take = work.body, work.answer, work.todo.popleft
        add_id, add_payload = batch.ids.append, batch.payloads.append
        for _ in range(min(len(work.todo), self._most - self._began)):
            batch.id, arguments = take()
            try:
                try:
                    answer = encode(await body(*arguments))
                except Exception as error:
                    answer = work.failed(error)
            except BaseException as error:  # it ends its task
                self._look()
                assert batch.left is not None
                self._ends(batch.left, batch.id, work.client.failed(error))
                if isinstance(error, ENDING):
                    raise
                return False
            if batch.left is not None:
                self._ends(batch.left, batch.id, answer)
                return False
            if isinstance(answer, bytes):
                add_id(batch.id)
                add_payload(answer)
            else:
                batch.answers.append((batch.id, answer))
            if cancelling():
                return False
            if (seen := variables()) is not clean:
                if not self._contexts.is_clean():
                    return False
                clean = seen
            batch.since = now()
            if batch.since >= end:
                break
        return True

    def _close(self, batch: _Batch) -> None:
        """Hand in what a task did, and let the others have their turn; if there are none, answers
        need not wait for anything.
        """
        work = batch.work
        told = len(batch.ids) + len(batch.answers)
        self._began += told + (batch.left is not None)
        if told:
            work.say_all(batch.ids, batch.payloads, batch.answers)
        self._gate.took(work)
        if told:
            if not self._gate.lines:
                self._send()
            self._gate.served(told, batch.began, batch.since)
        if not work.open:
            work.client.over(work)

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        """It is kept alive by the loop as long as it does not wait."""
        context = self._contexts.fresh()
        return self._loop.create_task(work, name=NAME, context=context)
