"""Fixtures of every suite."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from fusiongen.project import Project, load
from fusionrt import freeze
from tests.lab import Pair, pair
from tests.natsserver import NatsServer
from tests.projects import CONFIG, Write
from tests.unhandled import Unhandled


def pytest_collection() -> None:
    """Nothing of what is imported now is garbage."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What has been imported by now stays: no later search for garbage looks through it again,
    which many a test asks for, and which took it half a second.
    """
    gc.enable()
    freeze()


@pytest.fixture(scope="module", autouse=True)
def _garbage_is_of_one_file() -> None:
    """What is left of other files' tests is not searched again by each test that asks for that.
    No test thaws what was frozen: a search takes a sixth of a second from then on.
    """
    freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tests that were skipped for lack of a browser are not passed over in silence."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any("no Chromium" in str(report.longrepr) for report in skipped):
        terminalreporter.write_line(
            "The pages were not tested in a browser: none was found. Install Chromium or Chrome, "
            "so that it is on the PATH, and run `pytest tests/js` again.",
            yellow=True,
        )


@pytest.fixture
def nats_process(tmp_path: Path) -> Iterator[NatsServer]:
    """A nats-server of this test alone, to be killed, frozen and restarted."""
    server = NatsServer(tmp_path)
    yield server
    server.close()


@pytest.fixture
def nats_server(nats_process: NatsServer) -> str:
    """The URL of a nats-server of this test alone."""
    return nats_process.url


@pytest.fixture
def jetstream(tmp_path: Path) -> Iterator[str]:
    """The URL of a nats-server of this test alone that has JetStream."""
    server = NatsServer(tmp_path, "-js", "-sd", str(tmp_path / "jetstream"))
    yield server.url
    server.close()


@pytest.fixture
async def two(nats_server: str) -> AsyncIterator[Pair]:
    """A lab and a client of it, each in a host of its own, over a real broker."""
    async with pair(nats_server) as two:
        yield two


@pytest.fixture
def project(tmp_path: Path) -> Write:
    """Writes files below a new folder, and loads the project that they make."""

    def write(files: dict[str, str], config: str = CONFIG) -> Project:
        for name, text in {"pyproject.toml": config, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return load(tmp_path)

    return write


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Unhandled())
