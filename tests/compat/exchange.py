"""Calls between two versions over NATS, with every sample: what fails, or is misread."""

from __future__ import annotations

import asyncio
import builtins
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from fusionrt import Host, Principal, Session
from fusionrt.graph import Origin, OriginKind, notify
from fusionrt.table import Compute, Method, OneWay, Signature, Stream
from fusionrt.values.reading import shape_of
from tests.waiting import until

from .samples import agree, argument_samples, samples
from .versions import MARKER, Pair, Served, Version

__all__ = ["Bodies", "misread"]

_TIMEOUT = 5.0
_UNHEARD = 1.0
"""Seconds after which a one-way call has come to nothing."""
_CHANGED = Origin(OriginKind.CALL, "the test changed what it answers")


@dataclass
class Bodies:
    """What every method of a service does: it keeps the arguments, and gives what it is told to."""

    heard: tuple[Any, ...] = ()
    answer: Any = None
    error: Exception | None = None

    def service(self, served: Served) -> Any:
        """A service with these bodies."""
        namespace = {method.name: self._body(method) for method in served.contract.methods}
        return type("Carts_", (served.service,), namespace)()

    def _body(self, method: Method) -> Any:
        async def body(_service: Any, *args: Any, **kwargs: Any) -> Any:
            return self._run(*await _read(method, [*args, *kwargs.values()]))

        async def stream(_service: Any, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            yield self._run(*await _read(method, [*args, *kwargs.values()]))

        async def headed(_service: Any, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
            head, item = self._run(*await _read(method, [*args, *kwargs.values()]))
            return (*head, _only(item))

        if isinstance(method, Stream):
            return headed if method.headed else stream
        return body

    def _run(self, *arguments: Any) -> Any:
        self.heard = arguments
        if self.error is not None:
            raise self.error
        return self.answer


async def _read(method: Method, arguments: list[Any]) -> list[Any]:
    """The arguments, with the only item of what a caller sends."""
    if method.sends:
        (arguments[-1],) = [item async for item in arguments[-1]]
    return arguments


async def _only(item: Any) -> AsyncIterator[Any]:
    yield item


def _answers(signature: Signature) -> list[Any]:
    """Results; of a stream that something comes before, both."""
    items = samples(signature.result)
    if signature.head is None:
        return items
    return list(zip(cycle(samples(signature.head)), items, strict=False))


async def misread(pair: Pair, url: str) -> dict[str, list[str]]:
    """What fails or is misread, by who calls whom: `old to new`, `new to old`; and, to see that
    nothing else is wrong, `old to old` and `new to new`. Only what the old version has is called.
    """
    found: dict[str, list[str]] = {}
    for serves, server in (("old", pair.old), ("new", pair.new)):
        async with _place(server, url) as place:
            for calls, client in (("old", pair.old), ("new", pair.new)):
                problems = [await call.problem() for call in _calls(place, pair.old, client)]
                found[f"{calls} to {serves}"] = [each for each in problems if each]
    return found


@dataclass(frozen=True)
class _Place:
    """A version that is served, and a host for clients of either version."""

    server: Version
    services: dict[str, Any]
    bodies: Bodies
    calling: Host


@asynccontextmanager
async def _place(server: Version, url: str) -> AsyncIterator[_Place]:
    bodies, prefix = Bodies(), f"t{uuid.uuid4().hex}"
    async with Host(url, prefix=prefix) as serving, Host(url, prefix=prefix) as calling:
        services = {name: bodies.service(served) for name, served in server.services.items()}
        for service in services.values():
            await serving.serve(service)
        yield _Place(server, services, bodies, calling)


def _calls(place: _Place, old: Version, client: Version) -> Iterator[_Call]:
    for name, served in client.services.items():
        known = old.services[name].contract.method if name in old.services else {}
        for method in served.contract.methods:
            if method.name != MARKER and method.name in known:
                yield _Call(place, name, method, client, old)


class _Call:
    """Calls of one method by a client of one version to a server of the same or another one."""

    def __init__(
        self, place: _Place, service: str, method: Method, client: Version, old: Version
    ) -> None:
        served = client.services[service]
        contract = served.contract.for_clients
        there = place.server.services.get(service)
        method = contract.method[method.name]
        self._name = f"{service}.{method.name}"
        self._place, self._service, self._method = place, service, method
        self._client = place.calling.client(served.client).with_options(timeout=_TIMEOUT)
        self._split = contract.positional(method.name)
        self._here = contract.resolved.signatures[method.name]
        known_before = {each.__name__ for each in old.services[service].contract.resolved.raises}
        self._raises = served.contract.resolved.raises
        self._expected = [
            index for index, each in enumerate(self._raises) if each.__name__ in known_before
        ]
        known = there is not None and method.name in there.contract.method
        self._there = there if known else None

    async def problem(self) -> str | None:
        """The first sample that fails, or is misread."""
        calls = argument_samples(self._here.parameters)
        assert calls, f"{self._name}: there are no samples of its arguments"
        answers = _answers(self._signature_there) if self._there else [None]
        assert answers, f"{self._name}: there are no samples of its result"
        for index in range(max(len(calls), len(answers))):
            problem = await self._tried(calls[index % len(calls)], answers[index % len(answers)])
            if problem is not None:
                return f"{self._name}: {problem}"
        for index in self._expected:
            for raised in self._exceptions_there(index):
                problem = await self._raised(index, raised, calls[0])
                if problem is not None:
                    return f"{self._name}: {problem}"
        return None

    @property
    def _signature_there(self) -> Any:
        assert self._there is not None
        return self._there.contract.for_clients.resolved.signatures[self._method.name]

    async def _tried(self, arguments: tuple[Any, ...], answer: Any) -> str | None:
        bodies = self._place.bodies
        bodies.heard, bodies.answer, bodies.error = (), answer, None
        try:
            got = await self._made(arguments)
        except Exception as error:
            return f"{arguments!r}: {error!r}"
        if not self._heard(arguments):
            return f"{arguments!r} was read as {bodies.heard!r}"
        there, here = self._signature_there, self._here
        if there.head is not None and here.head is not None:
            (head, answer), (head_got, got) = answer, got
            if not agree(shape_of(there.head), head, shape_of(here.head), head_got):
                return f"what comes before, {head!r}, was read as {head_got!r}"
        if not agree(shape_of(there.result), answer, shape_of(here.result), got):
            return f"the result {answer!r} was read as {got!r}"
        return None

    def _heard(self, sent: tuple[Any, ...]) -> bool:
        """Whether the arguments arrived: by name; by position where a parameter was renamed."""
        assert self._there is not None
        there = self._signature_there.parameters
        heard = tuple(
            each for each in self._place.bodies.heard if not isinstance(each, Principal | Session)
        )
        contract = self._there.contract.for_clients
        names = list(contract.method[self._method.name].parameters)
        if len(heard) != len(sent):
            return False
        for index, (tp, value) in enumerate(zip(self._here.parameters, sent, strict=True)):
            name = self._method.parameters[index]
            place = names.index(name) if name in names else index
            if not agree(shape_of(tp), value, shape_of(there[place]), heard[place]):
                return False
        return True

    async def _raised(
        self, index: int, raised: type[Exception], arguments: tuple[Any, ...]
    ) -> str | None:
        """What comes of an exception where the client expects one of its own."""
        bodies, expected = self._place.bodies, self._raises[index]
        bodies.answer, bodies.error = None, raised("why")
        try:
            await self._made(arguments)
        except expected as error:
            return None if error.args == ("why",) else f"{error!r} has other arguments"
        except Exception as error:
            return f"{bodies.error!r} was read as {error!r}"
        return f"{bodies.error!r} was not raised"

    def _exceptions_there(self, index: int) -> Iterator[type[Exception]]:
        """What the server has in the place of an exception that the client knows, and what it lists
        of the subclasses of that."""
        found = self._exception_there(index)
        yield found
        if self._there is not None:
            for cls in self._there.contract.resolved.raises:
                if issubclass(cls, found) and cls is not found:
                    yield cls

    def _exception_there(self, index: int) -> type[Exception]:
        name = self._raises[index].__name__
        found = getattr(self._place.server.contracts, name, getattr(builtins, name, None))
        if found is None:
            assert self._there is not None
            found = self._there.contract.resolved.raises[index]
        assert isinstance(found, type) and issubclass(found, Exception)
        return found

    async def _made(self, arguments: tuple[Any, ...]) -> Any:
        """The result; that of a compute method is then invalidated where it was computed, until the
        client knows."""
        name, names = self._method.name, self._method.parameters[self._split :]
        if self._method.sends:
            arguments = (*arguments[:-1], _only(arguments[-1]))
        positional = arguments[: self._split]
        keywords = dict(zip(names, arguments[self._split :], strict=True))
        if isinstance(self._method, Stream):
            items = getattr(self._client, name)(*positional, **keywords)
            head: list[Any] = []
            if self._method.headed:
                *head, items = await items
            (item,) = [item async for item in items]
            return (tuple(head), item) if self._method.headed else item
        if isinstance(self._method, OneWay):
            await getattr(self._client, name)(*positional, **keywords)
            with suppress(TimeoutError):
                async with asyncio.timeout(_UNHEARD):
                    await until(lambda: bool(self._place.bodies.heard))
            return None
        if not isinstance(self._method, Compute):
            return await getattr(self._client, name)(*positional, **keywords)
        computed = await getattr(self._client.computed, name)(*positional, **keywords)
        notify(self._place.services[self._service]._fusion.mark_all(_CHANGED))
        await until(lambda: not computed.is_consistent)
        return computed.value  # raises what it failed with
