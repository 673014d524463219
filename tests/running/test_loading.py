"""Loading an application by its name."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from pathlib import Path
from types import ModuleType

import pytest

from fusionrt import Host, running
from fusionrt.applications import ImportFailed, TargetError, load
from fusionrt.running import Loop, LoopMissing
from tests.lab import LabClient, TinyLab

QUOTED = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from fusionrt import Host\n"
HEADS = {
    "texts": f"from __future__ import annotations\n{QUOTED}",
    "late": QUOTED,
}


@pytest.mark.parametrize(
    "head",
    [
        "texts",
        pytest.param(
            "late",
            marks=pytest.mark.skipif(sys.version_info < (3, 14), reason="the name is an error"),
        ),
    ],
)
def test_an_application_may_know_the_host_by_type_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    """`Host` under TYPE_CHECKING is enough to annotate an application, and one too many parameters
    is told all the same."""
    name = f"typed_only_{head}"
    functions = "async def app(host: Host) -> None: ...\nasync def two(a: Host, b: Host): ...\n"
    (tmp_path / f"{name}.py").write_text(HEADS[head] + functions)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load(f"{name}:app").__name__ == "app"
    with pytest.raises(TargetError, match="two does not take just the host"):
        load(f"{name}:two")


@pytest.mark.parametrize("loop", list(Loop))
def test_an_application_runs_in_the_loop_that_was_chosen(
    nats_server: str, monkeypatch: pytest.MonkeyPatch, loop: Loop
) -> None:
    """Its services answer there, from the cache, too; a signal ends it as ever. What was there when
    it had started is not searched for garbage again.
    """
    seen: list[str] = []
    frozen: list[bool] = []
    kept = [object()]  # made after pytest froze what it had loaded

    async def app(host: Host) -> None:
        await host.serve(TinyLab({"a": 1}))
        lab = host.client(LabClient)
        assert [await lab.get("a") for _ in range(3)] == [1, 1, 1]
        seen.append(type(asyncio.get_running_loop()).__module__.partition(".")[0])
        os.kill(os.getpid(), signal.SIGTERM)
        await host.run_forever()

    module = ModuleType("an_application")
    vars(module)["app"] = app
    monkeypatch.setitem(sys.modules, "an_application", module)

    def started(host: Host) -> None:
        frozen.append(all(each is not kept for each in gc.get_objects()))

    running.run("an_application:app", nats_server, started, loop)
    assert seen == [loop.value] and frozen == [True]


def test_a_loop_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with pytest.raises(LoopMissing, match=r"fusiongen\[fast\]"):
        running.run("an_application:app", None, lambda host: None, Loop.UVLOOP)


def test_an_error_of_a_library_is_told_by_the_line_that_called_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is to be mended stands in the project, not where the library raised it."""
    (tmp_path / "wrong_json.py").write_text("import json\n\njson.loads('{')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ImportFailed, match=r"\(wrong_json\.py:3\)"):
        load("wrong_json:app")


def test_an_application_that_yields_undecorated_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the decorator that it lacks."""
    (tmp_path / "undecorated.py").write_text("async def app(nats_url):\n    yield\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(TargetError, match=r"app yields, and is not decorated; .*@asynccontext"):
        load("undecorated:app")
