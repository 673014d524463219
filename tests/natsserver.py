"""A real nats-server for tests, to be killed, frozen and restarted."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from pathlib import Path

from fusionrt.broker import server_binary
from tests.waiting import PROCESS

__all__ = ["NatsServer"]


class NatsServer:
    """A nats-server process on a free port that it keeps over restarts.

    arguments: more of its command line.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._folder = folder
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self.port = -1
        self.start()

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and return when it listens."""
        assert self._process is None
        command = [str(server_binary()), "-a", "127.0.0.1", "-p", str(self.port)]
        command += ["--ports_file_dir", str(self._folder), *self._arguments]
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ports = self._folder / f"nats-server_{self._process.pid}.ports"
        deadline = time.monotonic() + PROCESS
        while self.port < 0 or not self._listens():
            assert time.monotonic() < deadline, "the nats-server does not come up"
            assert self._process.poll() is None, "the nats-server stopped"
            if self.port < 0 and ports.exists() and (text := ports.read_text()):
                self.port = int(json.loads(text)["nats"][0].rpartition(":")[2])
            time.sleep(0.001)

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        self._signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Kill it, and start it on the same port."""
        self.kill()
        self.start()

    def freeze(self) -> None:
        """Stop it with SIGSTOP: its connections stay, and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on with SIGCONT."""
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """Kill it if it runs."""
        if self._process is not None:
            self.kill()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True
