"""Commands that an instance of one version runs, and what stays stale in one of the other."""

from __future__ import annotations

import uuid
from contextlib import AsyncExitStack
from typing import Any

from fusionrt import Host
from fusionrt.graph import Computed
from fusionrt.operations import Key, Operation
from fusionrt.primitives import new_id
from fusionrt.table import Command, Compute, Method
from fusionrt.values.codecs import arguments_codec, codec
from tests.waiting import until

from .exchange import Bodies
from .samples import argument_samples, samples
from .versions import MARKER, Pair, Served, Version

__all__ = ["missed"]


async def missed(pair: Pair, url: str) -> dict[str, list[str]]:
    """What a command of a client leaves stale in an instance of the client's own version, if an
    instance of the other one runs it; by who runs it: `run by old`, `run by new`."""
    return {
        "run by new": await _missed(pair.old, pair.new, url),
        "run by old": await _missed(pair.new, pair.old, url),
    }


async def _missed(reads: Version, runs: Version, url: str) -> list[str]:
    found = []
    for name in reads.services.keys() & runs.services.keys():
        here, there = reads.services[name], runs.services[name]
        commands = [
            method
            for method in here.contract.methods
            if isinstance(method, Command)
            and isinstance(there.contract.method.get(method.name), Command)
        ]
        if commands:
            async with _Instances(here, there, url) as instances:
                for command in commands:
                    found += await instances.missed(command)
    return found


class _Instances:
    """An instance of either version of one service, on hosts of their own."""

    def __init__(self, here: Served, there: Served, url: str) -> None:
        self._here, self._there, self._url = here, there, url

    async def __aenter__(self) -> _Instances:
        self._exits = AsyncExitStack()
        prefix = f"t{uuid.uuid4().hex}"
        self._bodies, self._bodies_there = Bodies(answer=1), Bodies()
        self._reading = self._bodies.service(self._here)
        self._running = self._bodies_there.service(self._there)
        for service in (self._reading, self._running):
            host = await self._exits.enter_async_context(Host(self._url, prefix=prefix))
            await host.serve(service)
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self._exits.aclose()

    async def missed(self, command: Method) -> list[str]:
        """What the command invalidates when it runs here, and not when it runs there."""
        signature = self._here.contract.resolved.signatures[command.name]
        answers = samples(signature.result)
        for index, arguments in enumerate(argument_samples(signature.parameters)):
            result = answers[index % len(answers)]
            try:
                over_there = self._translated(command, arguments, result)
            except Exception:
                continue  # it does not arrive at all: not a matter of invalidations
            held = await self._held()
            self._bodies.answer = result
            await self._reading._fusion.command(command.name, arguments)
            expected = {key for key, computed in held.items() if not computed.is_consistent}
            held = await self._held()
            self._bodies_there.answer = over_there[1]
            await self._running._fusion.command(command.name, over_there[0])
            await self._all_told()
            stale = {key for key in expected if held[key].is_consistent}
            if stale:
                return [f"{command.name}{arguments!r}: {', '.join(sorted(stale))}"]
        return []

    def _translated(
        self, command: Method, arguments: tuple[Any, ...], result: Any
    ) -> tuple[tuple[Any, ...], Any]:
        """Arguments and result as the other version reads them."""
        here, there = (
            each.contract.resolved.signatures[command.name] for each in (self._here, self._there)
        )
        sent = arguments_codec(here.parameters).encode(arguments)
        answered = codec(here.result).encode(result)
        return arguments_codec(there.parameters).decode(sent), codec(there.result).decode(answered)

    async def _held(self) -> dict[str, Computed[Any]]:
        """A result of every compute method for every sample key, computed anew if it is stale."""
        held = {}
        for method in self._here.contract.methods:
            if isinstance(method, Compute):
                types = self._here.contract.resolved.signatures[method.name].parameters
                self._bodies.answer = samples(
                    self._here.contract.resolved.signatures[method.name].result
                )[0]
                function = self._reading._fusion.function(method.name)
                for arguments in argument_samples(types):
                    arguments = self._reading._fusion.arguments(method.name, arguments, {})
                    held[f"{method.name}{arguments!r}"] = await function.computed(arguments)
        return held

    async def _all_told(self) -> None:
        """Return when all that the other instance told has arrived: what it tells keeps order."""
        marked = argument_samples((str,))[0]
        marker = self._reading._fusion.function(MARKER).peek(marked)
        binding = self._running._fusion
        operation = Operation(new_id(), "test", [Key(binding.contract, MARKER, marked, binding)])

        async def nothing() -> None:
            """Only the key is told."""

        await binding.committer.run(operation, nothing)
        await until(lambda: not marker.is_consistent)
