"""Every form of type that is accepted, all the way: generated, checked, served, called, named."""

from __future__ import annotations

import asyncio
import importlib
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fusiongen.output.write import generate
from fusiongen.project import load
from fusionrt import Host
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.values.codecs import codec
from tests.python import RUNTIME, passes

from .walk import IMPORTS, ROWS, THINGS

CONFIG = '[tool.fusiongen]\ncontracts = ["walked/contracts.py"]\nout = "walked/generated"\n'
COMPUTE = [number for number, (*_, is_key) in enumerate(ROWS) if is_key]


NAMES = re.findall(r"^(?:class )?(\w+)(?: = |[:(])", THINGS, flags=re.MULTILINE)
HEAD = f"{IMPORTS}\nfrom .things import {', '.join(NAMES)}\n"


def _contract() -> Iterator[str]:
    yield "from collections.abc import AsyncGenerator\nfrom typing import Protocol\n"
    yield f"from fusionrt import compute, service\n{HEAD}\n\n@service\nclass Lot(Protocol):\n"
    for number, (form, _, is_key) in enumerate(ROWS):
        yield f"    async def echo_{number}(self, value: {form}) -> {form}: ...\n"
        yield f"    def each_{number}(self, value: {form}) -> AsyncGenerator[{form}, None]: ...\n"
        if is_key:
            yield f"    @compute\n    async def get_{number}(self, key: {form}) -> {form}: ...\n"


def _values() -> Iterator[str]:
    yield HEAD
    for number, (form, value, _) in enumerate(ROWS):
        yield f"value_{number}: {form} = {value}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, with what is generated for it."""
    root = tmp_path_factory.mktemp("walk")
    files = {
        "pyproject.toml": CONFIG,
        "walked/__init__.py": "",
        "walked/things.py": IMPORTS + THINGS,
        "walked/values.py": "".join(_values()),
        "walked/contracts.py": "".join(_contract()),
    }
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    generate(load(root))
    return root


@pytest.fixture
def values(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The values, one for each row."""
    monkeypatch.syspath_prepend(str(folder))
    return importlib.import_module("walked.values")


class Lot:
    """What serves the forms, and how often each compute method ran."""

    def __init__(self) -> None:
        package = importlib.import_module("walked.generated.lot")
        self.ran = dict.fromkeys(COMPUTE, 0)
        bodies: dict[str, Any] = {}
        for number in range(len(ROWS)):
            bodies[f"echo_{number}"] = self._echo()
            bodies[f"each_{number}"] = self._each()
        for number in COMPUTE:
            bodies[f"get_{number}"] = self._get(number)
        self.client = package.LotClient
        self.service = type("Mine", (package.LotService,), bodies)()

    def _echo(self) -> Callable[[Any, Any], Any]:
        async def echo(self: Any, value: Any) -> Any:
            return value

        return echo

    def _each(self) -> Callable[[Any, Any], AsyncIterator[Any]]:
        async def each(self: Any, value: Any) -> AsyncIterator[Any]:
            yield value

        return each

    def _get(self, number: int) -> Callable[[Any, Any], Any]:
        ran = self.ran

        async def get(self: Any, key: Any) -> Any:
            ran[number] += 1
            return key

        return get


def _is_same(tp: Any, value: Any, arrived: Any) -> bool:
    """Whether what arrived is the value: by its own content, for some classes equal everything."""
    whole = codec(tp)
    again = whole.decode(whole.encode(value))
    return type(arrived) is type(again) and whole.encode(arrived) == whole.encode(again)


def test_C3_every_form_passes_strict_type_checks(folder: Path) -> None:
    """Contracts, values and generated code."""
    options = ("--strict", "--explicit-package-bases")
    passes("-m", "mypy", *options, "walked", cwd=folder, path=(folder, RUNTIME))


async def test_C3_every_form_is_served_and_arrives_as_it_was(values: ModuleType) -> None:
    """As argument, as result, and as an item of a stream."""
    network, lot = MemoryNetwork(), Lot()
    async with (
        Host(transport=network.connect("a")) as one,
        Host(transport=network.connect("b")) as two,
    ):
        await one.serve(lot.service)
        client = two.client(lot.client)
        types = lot.service._fusion.contract.resolved.signatures
        for number, (form, *_) in enumerate(ROWS):
            value, tp = getattr(values, f"value_{number}"), types[f"echo_{number}"].result
            arrived = await getattr(client, f"echo_{number}")(value)
            assert _is_same(tp, value, arrived), f"{form}: {value!r} arrived as {arrived!r}"
            items = [item async for item in getattr(client, f"each_{number}")(value)]
            assert len(items) == 1 and _is_same(tp, value, items[0]), f"{form}: {items!r}"


async def test_G32_every_key_is_the_same_on_both_ends(values: ModuleType) -> None:
    """What a client's call computed, a call on the host finds; and its invalidation, given the same
    argument, reaches the client."""
    network, lot = MemoryNetwork(), Lot()
    async with (
        Host(transport=network.connect("a")) as one,
        Host(transport=network.connect("b")) as two,
    ):
        await one.serve(lot.service)
        client = two.client(lot.client)
        for number in COMPUTE:
            form, value, method = (
                ROWS[number][0],
                getattr(values, f"value_{number}"),
                f"get_{number}",
            )
            replica = await getattr(client.computed, method)(value)
            assert getattr(client.peek, method)(replica.value) is replica, form
            await getattr(lot.service, method)(value)
            await getattr(lot.service, method)(replica.value)
            assert lot.ran[number] == 1, form
            getattr(lot.service.invalidate, method)(value)
            async with asyncio.timeout(5):
                await replica.invalidated()
