"""A service with every kind of method, as a generator would write it, and hosts to try it on."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from fusionrt import Host
from fusionrt.abi import (
    Accessor,
    AnyArgument,
    ChangesMethod,
    Client,
    Command,
    Compute,
    ComputedMethod,
    Contract,
    InvalidateAccessor,
    Keys,
    PeekMethod,
    Plain,
    Service,
    Signature,
    Stream,
    Types,
)
from fusionrt.rpc import OUTAGE_GRACE, Peer, PeerStatistics
from fusionrt.rpc.client.statistics import SessionStatistics as ClientSide
from fusionrt.rpc.host.statistics import SessionStatistics as HostSide
from fusionrt.transport import Transport
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.transport.nats import NatsTransport

__all__ = ["Broken", "Lab", "LabClient", "LabService", "TinyLab", "VeryBroken", "pair"]


class Broken(Exception):
    """Travels by its name; its constructor takes something else than its `args`."""

    def __init__(self, part: str, *, count: int) -> None:
        super().__init__(f"{count} of {part} are broken")
        self.part = part
        self.count = count


class VeryBroken(Broken):
    """A declared class below another declared one."""


class Lab(Protocol):
    """The contract."""

    async def get(self, key: str) -> int: ...
    async def double(self, key: str) -> int: ...
    async def blob(self, size: int) -> bytes: ...
    async def slow(self, key: str) -> int: ...
    async def fail(self, how: str) -> int: ...
    async def put(self, key: str, value: int) -> int: ...
    async def misdeclared(self, key: str) -> None: ...
    async def slow_put(self, key: str, value: int) -> int: ...
    async def echo(self, text: str) -> str: ...
    async def wait(self) -> str: ...
    async def trouble(self, how: str) -> None: ...
    def count(self, upto: int) -> AsyncIterator[int]: ...
    def blobs(self, size: int) -> AsyncIterator[bytes]: ...
    def bad_stream(self, how: str) -> AsyncIterator[int]: ...


class LabComputed(Accessor):
    get = ComputedMethod(Lab.get)
    double = ComputedMethod(Lab.double)
    blob = ComputedMethod(Lab.blob)
    slow = ComputedMethod(Lab.slow)
    fail = ComputedMethod(Lab.fail)


class LabPeek(Accessor):
    get = PeekMethod(Lab.get)
    double = PeekMethod(Lab.double)


class LabChanges(Accessor):
    get = ChangesMethod(Lab.get)
    double = ChangesMethod(Lab.double)
    slow = ChangesMethod(Lab.slow)
    fail = ChangesMethod(Lab.fail)


class LabInvalidate(InvalidateAccessor):
    def get(self, key: str | AnyArgument) -> None:
        self._invalidate("get", (key,))

    def slow(self, key: str | AnyArgument) -> None:
        self._invalidate("slow", (key,))

    def fail(self, how: str | AnyArgument) -> None:
        self._invalidate("fail", (how,))


def _put_keys(keys: Keys, key: str, value: int) -> None:
    LabInvalidate(keys).get(key)


def _misdeclared_keys(keys: Keys, key: str) -> None:
    keys.add(CONTRACT, "get", (17,))


def _types() -> Types:
    return Types(
        signatures={
            "get": Signature((str,), int),
            "double": Signature((str,), int),
            "blob": Signature((int,), bytes),
            "slow": Signature((str,), int),
            "fail": Signature((str,), int),
            "put": Signature((str, int), int),
            "misdeclared": Signature((str,), None),
            "slow_put": Signature((str, int), int),
            "echo": Signature((str,), str),
            "wait": Signature((), str),
            "trouble": Signature((str,), None),
            "count": Signature((int,), int),
            "blobs": Signature((int,), bytes),
            "bad_stream": Signature((str,), int),
        },
        raises=(Broken, VeryBroken),
    )


CONTRACT = Contract(
    abi=2,
    name="lab",
    protocol=Lab,
    types=_types,
    methods=(
        Compute("get", ("key",)),
        Compute("double", ("key",)),
        Compute("blob", ("size",)),
        Compute("slow", ("key",)),
        Compute("fail", ("how",)),
        Command("put", ("key", "value"), keys=_put_keys),
        Command("misdeclared", ("key",), keys=_misdeclared_keys),
        Command("slow_put", ("key", "value"), keys=_put_keys),
        Plain("echo", ("text",)),
        Plain("wait"),
        Plain("trouble", ("how",)),
        Stream("count", ("upto",)),
        Stream("blobs", ("size",)),
        Stream("bad_stream", ("how",)),
    ),
)


class LabService(Lab, Service, contract=CONTRACT):
    """The stub."""

    computed = LabComputed()
    peek = LabPeek()
    changes = LabChanges()
    invalidate = LabInvalidate()

    @abstractmethod
    async def get(self, key: str) -> int: ...
    @abstractmethod
    async def double(self, key: str) -> int: ...
    @abstractmethod
    async def put(self, key: str, value: int) -> int: ...


class LabClient(Lab, Client, contract=CONTRACT):
    """The typed client."""

    computed = LabComputed()
    peek = LabPeek()
    changes = LabChanges()

    async def get(self, key: str) -> int:
        return await self._fusion.compute("get", (key,))

    async def double(self, key: str) -> int:
        return await self._fusion.compute("double", (key,))

    async def blob(self, size: int) -> bytes:
        return await self._fusion.compute("blob", (size,))

    async def slow(self, key: str) -> int:
        return await self._fusion.compute("slow", (key,))

    async def fail(self, how: str) -> int:
        return await self._fusion.compute("fail", (how,))

    async def put(self, key: str, value: int) -> int:
        return await self._fusion.command("put", (key, value))

    async def misdeclared(self, key: str) -> None:
        return await self._fusion.command("misdeclared", (key,))

    async def slow_put(self, key: str, value: int) -> int:
        return await self._fusion.command("slow_put", (key, value))

    async def echo(self, text: str) -> str:
        return await self._fusion.call("echo", (text,))

    async def wait(self) -> str:
        return await self._fusion.call("wait", ())

    async def trouble(self, how: str) -> None:
        return await self._fusion.call("trouble", (how,))

    def count(self, upto: int) -> AsyncIterator[int]:
        return self._fusion.stream("count", (upto,))

    def blobs(self, size: int) -> AsyncIterator[bytes]:
        return self._fusion.stream("blobs", (size,))

    def bad_stream(self, how: str) -> AsyncIterator[int]:
        return self._fusion.stream("bad_stream", (how,))


@dataclass(eq=False)
class TinyLab(LabService):
    """The bodies.

    data: what `get` reads. ran: the bodies that ran. waiting, done: bodies that wait at the gate,
    and those that ended there, in whatever way. produced: items that `count` made.
    """

    data: dict[str, int] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0
    done: list[str] = field(default_factory=list)
    produced: int = 0

    async def get(self, key: str) -> int:
        self.ran.append(f"get {key}")
        return self.data.get(key, 0)

    async def double(self, key: str) -> int:
        self.ran.append(f"double {key}")
        return 2 * await self.get(key)

    async def blob(self, size: int) -> bytes:
        self.ran.append("blob")
        return bytes(size)

    async def slow(self, key: str) -> int:
        self.ran.append(f"slow {key}")
        value = self.data.get(key, 0)
        await self._at_gate()
        return value

    async def fail(self, how: str) -> int:
        self.ran.append(f"fail {how}")
        await self.trouble(how)
        return 0

    async def put(self, key: str, value: int) -> int:
        self.ran.append(f"put {key}")
        self.data[key] = value
        return value

    async def misdeclared(self, key: str) -> None:
        self.data[key] = -1

    async def slow_put(self, key: str, value: int) -> int:
        self.ran.append(f"slow_put {key}")
        await self._at_gate()
        self.data[key] = value
        return value

    async def echo(self, text: str) -> str:
        return text

    async def wait(self) -> str:
        await self._at_gate()
        return "waited"

    async def _at_gate(self) -> None:
        self.waiting += 1
        try:
            await self.gate.wait()
            self.done.append("done")
        except asyncio.CancelledError:
            self.done.append("cancelled")
            raise
        finally:
            self.waiting -= 1

    async def trouble(self, how: str) -> None:
        match how:
            case "declared":
                raise Broken("pump", count=2)
            case "declared below":
                raise VeryBroken("valve", count=3)
            case "secret":
                raise ValueError("the password is 12345")
            case "cancelled":
                raise asyncio.CancelledError
            case "exotic":
                raise GeneratorExit("not an Exception")

    async def count(self, upto: int) -> AsyncIterator[int]:
        try:
            for number in range(upto):
                self.produced += 1
                yield number
        finally:
            self.done.append("count")

    async def blobs(self, size: int) -> AsyncIterator[bytes]:
        try:
            while True:
                yield bytes(size)
        finally:
            self.done.append("blobs")

    def bad_stream(self, how: str) -> AsyncIterator[int]:
        if how == "at once":
            raise ValueError("the password is 12345")
        return self._bad_stream(how)

    async def _bad_stream(self, how: str) -> AsyncIterator[int]:
        yield 1
        await self.trouble(how)


@dataclass
class Pair:
    """One host with a lab, another with a client of it."""

    serving: Host
    calling: Host
    lab: TinyLab
    client: LabClient
    transport: Transport
    """The calling host's."""

    def open(self) -> bool:
        """Whether there is a session."""
        return len(self.serving.statistics().services["lab"].sessions) == 1

    def on_host(self) -> HostSide:
        """What the serving host has for its only client."""
        (session,) = self.serving.statistics().services["lab"].sessions
        return session

    def peer(self) -> PeerStatistics:
        """What the calling host has of the lab."""
        return self.calling.statistics().caller.peers["lab"]

    def on_client(self) -> ClientSide:
        """What the calling host has with its only host."""
        (session,) = self.peer().sessions
        return session


def peer_of(client: LabClient) -> Peer:
    """The way below a client, for calls that no client makes."""
    return client._fusion._peer


@asynccontextmanager
async def in_memory(
    lab: TinyLab, network: MemoryNetwork | None = None, outage_grace: float = OUTAGE_GRACE
) -> AsyncIterator[Pair]:
    """The lab served, and a client of it, without a broker. outage_grace: of the client's host."""
    network = network or MemoryNetwork(1)
    transport = network.connect("calling")
    async with (
        Host(transport=network.connect("serving")) as serving,
        Host(transport=transport, outage_grace=outage_grace) as calling,
    ):
        await serving.serve(lab)
        yield Pair(serving, calling, lab, calling.client(LabClient), transport)
        lab.gate.set()


@asynccontextmanager
async def pair(url: str) -> AsyncIterator[Pair]:
    """A served lab and a client of it, over one broker."""
    lab = TinyLab({"a": 1, "b": 2})
    transport = await NatsTransport.connect(url)
    async with Host(url) as serving, Host(transport=transport) as calling:
        await serving.serve(lab)
        yield Pair(serving, calling, lab, calling.client(LabClient), transport)
        lab.gate.set()
