"""All chapters of the tutorial do what they say: files are written, commands run, their output
compared.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests import forked
from tests.commands.console import Background
from tests.js.browser import browser
from tests.natsserver import NatsServer

DOCS = Path(__file__).parents[2] / "docs"
TUTORIAL = DOCS / "tutorial.md"
DATABASE = DOCS / "tutorial-database.md"
WEB = DOCS / "web.md"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what follows that, and its lines."""

    language: str
    info: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, in order."""
    for match in re.finditer(r"^```(\w+) ?(.*?)\n(.*?)^```$", page.read_text(), re.M | re.S):
        yield Block(*match.groups())


def without_times(text: str) -> str:
    """The output of a command, as if it took no time."""
    return re.sub(r" in \d+\.\d\ds$", " in 0.00s", text, flags=re.M)


def module_and_arguments(command: str) -> list[str]:
    """A command of the page as arguments of this Python."""
    program, *arguments = shlex.split(command)
    if program == "curl":
        return ["-m", "tests.docs.curl", *arguments]
    return ["-m", "fusiongen", *arguments] if program == "fusiongen" else arguments


def write(block: Block, folder: Path) -> None:
    """A block that is a file."""
    path = folder / block.info.removeprefix("file=")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text)


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command of the page, to its end."""
    program, *arguments = shlex.split(command)
    if program == "fusiongen":
        return forked.run(program, *arguments, folder=folder)
    return subprocess.run(
        [sys.executable, *module_and_arguments(command)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )


def start(command: str, folder: Path) -> Background:
    """A command of the page that runs on."""
    program, *arguments = shlex.split(command)
    if program == "python":
        script, *arguments = arguments
        program = script.removesuffix(".py")
    return Background(*arguments, cwd=folder, module=program, env={})


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a block, and what it prints."""
    for each in text.removeprefix("$ ").split("\n$ "):
        command, _, output = each.partition("\n")
        yield command, output if output.endswith("\n") or not output else output + "\n"


def follow(
    page: Path,
    folder: Path,
    url: str,
    ports: Mapping[str, str] | None = None,
    then: Callable[[], None] = lambda: None,
) -> None:
    """Do what it says, block by block. ports: that stand in for those of the page. then: is done
    while all runs that was started.
    """
    with ExitStack() as stack:
        background: list[Background] = []
        for block in blocks(page):
            expected = block.text.replace("nats://127.0.0.1:4222", url)
            for port, instead in (ports or {}).items():
                expected = expected.replace(port, instead)
            command, _, output = expected.removeprefix("$ ").partition("\n")
            match block.language, block.info:
                case _, info if info.startswith("file="):
                    write(block, folder)
                case "console", "":
                    for command, output in commands(expected):
                        done = run(command, folder)
                        assert without_times(done.stdout) == without_times(output), command
                        assert done.stderr == "", command
                case "console", "last":
                    done = run(command, folder)
                    assert done.stdout.endswith(f"\n{output}"), done.stdout[-80:]
                    assert done.stderr == "", command
                case "console", "background":
                    background.append(stack.enter_context(start(command, folder)))
                    background[-1].wait_for(output.strip())
                case "console", "printed":
                    background[-1].wait_for(expected.strip())
                case _:
                    pytest.fail(f"a block of this kind is not run: {block}")
        then()


@pytest.fixture
def as_described(tmp_path: Path, nats_process: NatsServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder. A broker of the test's own stands in for the embedded one."""
    monkeypatch.setenv("NATS_URL", nats_process.url)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")  # of other plugins of pytest
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("CI", "BUILD_NUMBER"):  # with one of them, pytest does not cut its summary
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_tutorial(as_described: Path, nats_server: str) -> None:
    """Each block in turn."""
    follow(TUTORIAL, as_described, nats_server)


def test_the_chapter_on_databases(as_described: Path, nats_server: str) -> None:
    """It goes on where the first chapter ended."""
    for block in blocks(TUTORIAL):
        if block.info.startswith("file="):
            write(block, as_described)
    assert run("fusiongen generate", as_described).returncode == 0
    follow(DATABASE, as_described, nats_server)


def free_port() -> str:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])


async def two_windows(port: str) -> None:
    """A vote in one shows in the other; coffee leads by one."""
    async with browser() as chromium:
        one, other = [await chromium.new_page() for _ in range(2)]
        for page in (one, other):
            page.set_default_timeout(30_000)
            await page.goto(f"http://127.0.0.1:{port}")
            await expect(page.locator("#leader")).to_have_text("coffee (current)", timeout=30_000)
        await one.click("text=Tea")
        await one.click("text=Tea")
        for page in (one, other):
            await expect(page.locator("#leader")).to_have_text("tea (current)", timeout=30_000)


def test_the_chapter_on_browsers(
    as_described: Path, nats_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same; its page is seen in a browser, and what a module is without being run is
    imported.
    """
    monkeypatch.setenv("PYTHONPATH", f"{as_described}{os.pathsep}{DOCS.parent}")
    for block in blocks(TUTORIAL):
        if block.info.startswith("file="):
            write(block, as_described)
    assert run("fusiongen generate", as_described).returncode == 0
    ports = {name: free_port() for name in ("8000", "8001", "8002")}
    follow(WEB, as_described, nats_server, ports, lambda: asyncio.run(two_windows(ports["8002"])))
    assert run("python -c 'import polls.site, polls.sign_in'", as_described).stderr == ""


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
