"""Interpreters beside the main one, which share its GIL."""

from __future__ import annotations

import fusionrt
from tests.python import ROOT, RUNTIME, python

_TURN = """
import asyncio, gc, fusionrt
from fusionrt.native import core
from tests.services.memory import notes_of

async def main():
    notes = notes_of("a", "b")
    call = notes.digest("me")
    assert core is None or type(call) is core.Call
    assert await call == await notes.digest("me") == "a, b"
    assert notes.took() == ["digest me", "ids me  20", "get 0", "get 1"]
    notes.invalidate.get(1)
    assert await notes.digest("me") == "a, b"
    assert notes.took() == ["digest me", "get 1"]

asyncio.run(main())
gc.collect()
print(fusionrt.compiled)
"""
_ALL = f"""
import asyncio  # Python 3.11 has one for all interpreters, of the first that asks for it
try:
    import _interpreters as interpreters
except ImportError:  # before Python 3.13
    import _xxsubinterpreters as interpreters
    legacy, run = {{"isolated": False}}, interpreters.run_string
else:
    legacy, run = {{"config": "legacy"}}, interpreters.exec

turn = {_TURN!r}
others = [interpreters.create(**legacy) for _ in range(3)]
for _ in range(4):  # the first that has a core ends before all others
    for other in others:
        failure = run(other, turn)
        assert failure is None, failure
    if others:
        interpreters.destroy(others.pop(0))
    exec(turn, {{}})
"""


def test_each_has_a_core_of_its_own() -> None:
    """What it keeps is of one interpreter: they take turns, and the others outlive the first."""
    finished = python("-c", _ALL, cwd=ROOT, path=(ROOT, RUNTIME))
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.split() == [str(fusionrt.compiled)] * 10
