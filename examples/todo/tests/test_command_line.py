"""The command line, as somebody uses it: servers, and a client for each command."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import forked
from tests.commands.console import Background

HERE = Path(__file__).parents[1]


@dataclass
class CommandLine:
    """`python -m MODULE`, with two servers of one database."""

    module: str
    env: dict[str, str]
    folder: Path

    def __call__(self, *arguments: str) -> list[str]:
        """What a command prints."""
        environment = {**os.environ, **self.env}
        done = forked.run(self.module, *arguments, folder=self.folder, environment=environment)
        assert done.stderr == ""
        return done.stdout.splitlines()

    def background(self, *arguments: str) -> Background:
        """A command that runs on."""
        return Background(*arguments, cwd=self.folder, module=self.module, env=self.env)


@pytest.fixture(params=["todo", "twin"])
def todo(request: pytest.FixtureRequest, nats: str, tmp_path: Path) -> Iterator[CommandLine]:
    """With the framework, or without."""
    paths = os.pathsep.join([str(HERE), *sys.path])
    line = CommandLine(
        request.param, {"NATS_URL": nats, "PYTHONPATH": paths, "PORT": "0"}, tmp_path
    )
    with ExitStack() as stack:
        servers = []
        for _ in range(2):
            server = stack.enter_context(line.background("serve"))
            servers.append(server.wait_for("serving").rpartition(" ")[2])
        line.env["TODO_SERVERS"] = ",".join(servers)
        yield line


def test_the_command_line_adds_ticks_lists_and_watches(todo: CommandLine) -> None:
    """A watch in one process follows what others do."""
    assert todo("list") == ["all: 0 of 0 done"]
    assert todo("add", "shop", "milk") == ["1 [ ] milk"]
    with todo.background("watch", "shop") as watch:
        watch.wait_for("0 of 1 done")
        assert todo("add", "shop", "bread", "--operation", "one") == ["2 [ ] bread"]
        assert todo("add", "shop", "bread", "--operation", "one") == ["2 [ ] bread"]
        watch.wait_for("0 of 2 done")
        assert todo("tick", "1") == ["1 [x] milk"]
        watch.wait_for("1 of 2 done")
    assert todo("list") == [
        *("shop: 1 of 2 done", "  1 [x] milk", "  2 [ ] bread"),
        "all: 1 of 2 done",
    ]
    assert todo("remove", "2") == ["2 [ ] bread"]
    assert todo("list") == ["shop: 1 of 1 done", "  1 [x] milk", "all: 1 of 1 done"]


def test_the_twin_is_without_the_framework() -> None:
    """Nothing that it imports is of fusionrt."""
    code = "import sys, twin.__main__; sys.exit('fusionrt' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=HERE, timeout=30).returncode == 0
