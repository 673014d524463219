"""Two versions of a shop, as two deployments: their contracts, bodies, applications and callers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

from tests import forked

__all__ = ["Version", "write_versions"]

_OLD = """\
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from fusionrt import command, compute, service


@dataclass(frozen=True)
class Cart:
    id: str
    count: int


@service
class Carts(Protocol):
    @compute
    async def get(self, id: str) -> Cart | None: ...

    @compute
    async def count(self, id: str) -> int: ...

    @command(invalidates=["get(cart.id)"])
    async def put(self, cart: Cart) -> Cart: ...

    async def ping(self, text: str) -> str: ...

    def numbers(self, upto: int) -> AsyncIterator[int]: ...
"""
_NEW = (
    _OLD.replace("    count: int\n", '    count: int\n    note: str = ""\n')
    .replace(
        "class Carts(Protocol):\n", 'class Carts(Protocol):\n    """The carts of a shop."""\n\n'
    )
    .replace(
        "    async def ping",
        "    @compute\n    async def note(self, id: str) -> str: ...\n\n    async def ping",
    )
)
_BODIES = """\
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

from fusionrt import Host

from .contracts import Cart
from .generated.carts import CartsService

FOLDER = Path(os.environ["SHOP_FOLDER"])


class CartsInFiles(CartsService):
    async def get(self, id: str) -> Cart | None:
        try:
            stored = json.loads((FOLDER / id).read_text())
        except FileNotFoundError:
            return None
        return Cart(id, stored["count"]{and_note})

    async def count(self, id: str) -> int:
        cart = await self.get(id)
        return cart.count if cart else 0

    async def put(self, cart: Cart) -> Cart:
        stored = dict(count=cart.count{note})
        (FOLDER / f"{{cart.id}}.new").write_text(json.dumps(stored))
        (FOLDER / f"{{cart.id}}.new").replace(FOLDER / cart.id)
        return cart

    async def ping(self, text: str) -> str:
        return text
{method}
    async def numbers(self, upto: int) -> AsyncIterator[int]:
        for number in range(upto):
            yield number


async def main(host: Host) -> None:
    await host.serve(CartsInFiles())
"""
_METHOD = """
    async def note(self, id: str) -> str:
        cart = await self.get(id)
        return cart.note if cart else ""
"""
_CALLER = '''\
"""Calls without pause until it is told to stop; then says what failed."""

import asyncio
import json
import sys

from fusionrt import Host, RemoteUnavailable

from .contracts import Cart
from .generated.carts import CartsClient


async def load(carts: CartsClient, key: str, said: dict) -> None:
    count = 0
    while not said["stop"]:
        count += 1
        try:
            await carts.put(Cart(key, count{note}))
            cart, read = await asyncio.gather(carts.get(key), carts.count(key))
            assert cart and cart.id == key and cart.count == read == count, f"{{cart}} {{read}}"
            assert await carts.ping(key) == key
            assert await numbers(carts) == [*range(50)]
        except Exception as error:
            said["failures"].append(f"{{key}} {{count}}: {{error!r}}")
        said["calls"] += 5


async def numbers(carts: CartsClient) -> list[int]:
    """A stream ends with its host: whoever reads it starts it anew, at the next one."""
    for _ in range(20):
        try:
            return [number async for number in carts.numbers(50)]
        except RemoteUnavailable:
            await asyncio.sleep(0.02)
    return []


async def watch(carts: CartsClient, key: str, said: dict) -> None:
    async for computed in carts.changes.count(key):
        said["watched"][key] = computed.value if computed.error is None else -1


async def main() -> None:
    said = {{"calls": 0, "failures": [], "stop": False, "watched": {{}}}}
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    async with Host(sys.argv[1]) as host:
        carts = host.client(CartsClient)
        keys = [f"{{sys.argv[2]}}{{number}}" for number in range(4)]
        watching = [asyncio.create_task(watch(carts, key, said)) for key in keys]
        loads = [asyncio.create_task(load(carts, key, said)) for key in keys]
        while await lines.readline() != b"stop\\n":
            print(json.dumps(said), flush=True)
        said["stop"] = True
        await asyncio.gather(*loads)
        for key in keys:
            count = (await carts.get(key)).count
            async with asyncio.timeout(10):
                while said["watched"].get(key) != count:
                    await asyncio.sleep(0.01)
        print(json.dumps(said), flush=True)


asyncio.run(main())
'''


@dataclass(frozen=True)
class Version:
    """A deployment. folder: to import `shop` from."""

    folder: Path

    @property
    def lock(self) -> Path:
        return self.folder / "shop" / "generated" / "fusion.lock.json"

    def check_against(self, other: Version) -> CompletedProcess[str]:
        """What `fusiongen check` says of this version after the other one: of the wire."""
        return _fusiongen(self.folder, "check", "--against", str(other.lock), "--tier", "wire")


def write_versions(folder: Path) -> tuple[Version, Version]:
    """The old version and the new one, generated."""
    old = _written(folder / "old", _OLD, note="", and_note="", method="")
    new = _written(folder / "new", _NEW, note=', note="new"', and_note="", method=_METHOD)
    return old, new


def _written(folder: Path, contract: str, *, note: str, and_note: str, method: str) -> Version:
    shop = folder / "shop"
    shop.mkdir(parents=True)
    (shop / "__init__.py").touch()
    (shop / "contracts.py").write_text(contract)
    stored = ", note=cart.note" if note else ""
    read = ', stored.get("note", "")' if note else ""
    bodies = _BODIES.format(note=stored, and_note=read, method=method)
    (shop / "app.py").write_text(bodies)
    (shop / "caller.py").write_text(_CALLER.format(note=', "new"' if note else ""))
    config = '[tool.fusiongen]\ncontracts = ["shop/contracts.py"]\nout = "shop/generated"\n'
    (folder / "pyproject.toml").write_text(config)
    assert not _fusiongen(folder, "generate").returncode
    return Version(folder)


def _fusiongen(folder: Path, *arguments: str) -> CompletedProcess[str]:
    return forked.run("fusiongen", *arguments, folder=folder)
