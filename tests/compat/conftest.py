"""One broker and one folder of versions for a module of tests; a project in git."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fusiongen.output.write import generate
from tests.natsserver import NatsServer
from tests.projects import Write

from .committed import OLD, TYPES, git
from .versions import Workshop, workshop


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a nats-server with JetStream."""
    folder = tmp_path_factory.mktemp("broker")
    server = NatsServer(folder, "-js", "-sd", str(folder / "jetstream"))
    yield server.url
    server.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Where versions are made."""
    with workshop(tmp_path_factory.mktemp("versions")) as made:
        yield made


@pytest.fixture
def committed(project: Write, tmp_path: Path) -> Write:
    """A project whose first lock is committed."""
    generate(project({"shop/contracts.py": OLD, "shop/types.py": TYPES}))
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return project
