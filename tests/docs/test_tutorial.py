"""The tutorial does what it says: files are written, commands run, their output compared."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.commands.console import Background
from tests.natsserver import NatsServer

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what follows that, and its lines."""

    language: str
    info: str
    text: str


def blocks() -> Iterator[Block]:
    """The blocks of the page, in order."""
    for match in re.finditer(r"^```(\w+) ?(.*?)\n(.*?)^```$", TUTORIAL.read_text(), re.M | re.S):
        yield Block(*match.groups())


def without_times(text: str) -> str:
    """The output of a command, as if it took no time."""
    return re.sub(r" in \d+\.\d\ds$", " in 0.00s", text, flags=re.M)


def module_and_arguments(command: str) -> list[str]:
    """A command of the page as arguments of this Python."""
    program, *arguments = shlex.split(command)
    return ["-m", "fusiongen", *arguments] if program == "fusiongen" else arguments


def test_the_tutorial(
    tmp_path: Path, nats_process: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each block in turn. A broker of the test's own stands in for the embedded one."""
    monkeypatch.setenv("NATS_URL", nats_process.url)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")  # of other plugins of pytest
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("CI", "BUILD_NUMBER"):  # with one of them, pytest does not cut its summary
        monkeypatch.delenv(name, raising=False)
    with ExitStack() as stack:
        background: list[Background] = []
        for block in blocks():
            expected = block.text.replace("nats://127.0.0.1:4222", nats_process.url)
            command, _, output = expected.removeprefix("$ ").partition("\n")
            match block.language, block.info:
                case _, info if info.startswith("file="):
                    path = tmp_path / info.removeprefix("file=")
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(block.text)
                case "console", "":
                    done = subprocess.run(
                        [sys.executable, *module_and_arguments(command)],
                        cwd=tmp_path,
                        capture_output=True,
                        text=True,
                        timeout=30,
                    )
                    assert without_times(done.stdout) == without_times(output), command
                    assert done.stderr == "", command
                case "console", "background":
                    arguments = module_and_arguments(command)[2:]
                    running = stack.enter_context(Background(*arguments, cwd=tmp_path, env={}))
                    background.append(running)
                    running.wait_for(output.strip())
                case "console", "printed":
                    background[-1].wait_for(expected.strip())
                case _:
                    pytest.fail(f"a block of this kind is not run: {block}")


def test_the_readme_shows_the_example_as_it_is() -> None:
    """What the README quotes of the example stands there, line by line."""
    root = TUTORIAL.parents[1]
    sources = "\n".join(
        (root / "examples" / "cart" / "shop" / name).read_text()
        for name in ("contracts.py", "services.py")
    )
    quoted = re.findall(r"^```python\n(.*?)^```$", (root / "README.md").read_text(), re.M | re.S)
    for block in quoted[:2]:
        for line in block.splitlines():
            assert line.removesuffix(" ...").rstrip() in sources, line
