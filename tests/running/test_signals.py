"""One signal stops all that run for ever, and leaves the handlers of others as they were."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import FrameType

import pytest

from fusionrt import Host
from fusionrt.signals import stop_signals
from fusionrt.transport.memory import MemoryNetwork
from tests.waiting import until

both = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])


def kill(number: signal.Signals = signal.SIGTERM) -> None:
    """Send this process a signal."""
    os.kill(os.getpid(), number)


@asynccontextmanager
async def forever(count: int) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Hosts of one process, each of which runs for ever in a task of its own."""
    network = MemoryNetwork(1)

    async with AsyncExitStack() as stack:
        tasks = []
        for number in range(count):
            host = await stack.enter_async_context(Host(transport=network.connect(f"h{number}")))
            tasks.append(asyncio.create_task(host.run_forever()))
        await asyncio.sleep(0)
        yield tasks
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Every test leaves the handlers as it found them."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    after = {number: signal.getsignal(number) for number in before}
    for number, handler in before.items():
        signal.signal(number, handler)
    assert after == before


@both
async def test_every_host_of_a_process_stops_at_one_signal(number: signal.Signals) -> None:
    """However many hosts run for ever, one SIGTERM or SIGINT ends them all."""
    async with forever(3) as tasks:
        kill(number)
        async with asyncio.timeout(5):
            await asyncio.gather(*tasks)


async def test_a_host_that_leaves_takes_nothing_from_the_others() -> None:
    """The first and the last of three are cancelled; the second still hears the signal."""
    async with forever(3) as tasks:
        for task in (tasks[0], tasks[2]):
            task.cancel()
            await asyncio.wait([task])
        kill()
        async with asyncio.timeout(5):
            await tasks[1]


async def test_a_host_that_was_still_starting_stops_too() -> None:
    """The signal stays: what begins to run for ever in that loop later returns at once."""
    async with forever(1) as tasks:
        kill()
        await asyncio.wait(tasks)
    async with asyncio.timeout(5), forever(1) as later:
        await asyncio.gather(*later)


async def test_blocks_within_blocks_all_hear_the_signal() -> None:
    """Also the outer one, while the inner one is entered and after it was left."""
    with stop_signals() as outer:
        with stop_signals() as inner:
            kill()
            async with asyncio.timeout(5):
                await inner.wait()
        assert outer.is_set() and signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL


@both
async def test_a_handler_of_the_users_own_is_called_and_kept(number: signal.Signals) -> None:
    """What was installed before hears the signal, too, and is there again at the end."""
    heard: list[int] = []

    def own(number: int, frame: FrameType | None) -> None:
        heard.append(number)

    before = signal.signal(number, own)
    try:
        async with forever(2) as tasks:
            kill(number)
            async with asyncio.timeout(5):
                await asyncio.gather(*tasks)
        assert heard == [number] and signal.getsignal(number) is own
    finally:
        signal.signal(number, before)


@both
async def test_a_callback_of_the_users_own_loop_is_called_and_kept(number: signal.Signals) -> None:
    """`add_signal_handler` of before goes on, during and after."""
    loop, heard = asyncio.get_running_loop(), asyncio.Event()
    before = signal.getsignal(number)
    loop.add_signal_handler(number, heard.set)
    try:
        async with forever(1) as tasks, asyncio.timeout(5):
            kill(number)
            await asyncio.gather(*tasks)
            await heard.wait()
        heard.clear()
        kill(number)
        async with asyncio.timeout(5):
            await heard.wait()
    finally:
        loop.remove_signal_handler(number)
        signal.signal(number, before)


async def test_a_handler_that_is_installed_meanwhile_is_left_alone() -> None:
    """Whoever takes the signal over, keeps it."""

    def own(number: int, frame: FrameType | None) -> None: ...

    before = signal.getsignal(signal.SIGTERM)
    try:
        async with forever(1):
            signal.signal(signal.SIGTERM, own)
        assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)


async def test_a_loop_without_signal_handlers_hears_them_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Windows has none on its loops."""

    def refuse(*_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(asyncio.get_running_loop(), "add_signal_handler", refuse)
    async with forever(2) as tasks:
        kill()
        async with asyncio.timeout(5):
            await asyncio.gather(*tasks)


def in_thread(run: Callable[[], None]) -> threading.Thread:
    """A thread that runs it."""
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


async def test_a_host_in_another_thread_stops_with_those_of_the_main_one() -> None:
    """Handlers can be installed in the main thread only; what it hears is told to all."""
    entered, ended = threading.Event(), threading.Event()

    async def other() -> None:
        async with Host(transport=MemoryNetwork(2).connect("other")) as host:
            running = asyncio.create_task(host.run_forever())
            await asyncio.sleep(0)
            entered.set()
            await running
        ended.set()

    thread = in_thread(lambda: asyncio.run(other()))
    await until(entered.is_set)
    async with forever(1) as tasks:
        kill()
        async with asyncio.timeout(5):
            await asyncio.gather(*tasks)
    await until(ended.is_set)
    thread.join(5)


async def test_a_host_in_another_thread_alone_can_be_cancelled() -> None:
    """Nobody installs a handler for it; it waits, and leaves in good order."""
    before = signal.getsignal(signal.SIGTERM)
    entered, ended, left = threading.Event(), threading.Event(), []

    async def other() -> None:
        async with Host(transport=MemoryNetwork(2).connect("other")) as host:
            running = asyncio.create_task(host.run_forever())
            await asyncio.sleep(0)
            entered.set()
            left.append(signal.getsignal(signal.SIGTERM) is before)
            running.cancel()
            await asyncio.wait([running])
        ended.set()

    in_thread(lambda: asyncio.run(other()))
    await until(ended.is_set)
    assert left == [True]


def test_a_closed_loop_that_still_waits_hinders_nobody() -> None:
    """A loop that was closed in the midst of a block is told nothing; the others are."""
    block = stop_signals()

    async def enter() -> None:
        block.__enter__()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(enter())
    loop.close()

    async def main() -> None:
        async with forever(1) as tasks, asyncio.timeout(5):
            kill()
            await asyncio.gather(*tasks)

    asyncio.run(main())
    block.__exit__(None, None, None)


def test_ctrl_c_after_it_ran_for_ever_is_pythons_own_again() -> None:
    """`asyncio.run` gets its handler back: the second Ctrl-C ends what drains."""

    async def main() -> None:
        async with forever(1) as tasks:
            kill(signal.SIGINT)
            await asyncio.gather(*tasks)
        kill(signal.SIGINT)
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
async def test_a_forked_child_ends_at_a_signal() -> None:
    """It runs no loop of its parent; the signal is its own affair."""
    ready, told = os.pipe()
    async with forever(1) as tasks:
        child = os.fork()
        if child == 0:  # pragma: no cover - it is killed
            os.write(told, b"!")
            signal.pause()
            os._exit(1)
        await asyncio.to_thread(os.read, ready, 1)
        os.kill(child, signal.SIGTERM)
        _, status = await asyncio.to_thread(os.waitpid, child, 0)
        assert os.WTERMSIG(status) == signal.SIGTERM
        assert not tasks[0].done()
