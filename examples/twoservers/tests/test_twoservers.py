"""Two processes that show an application, one of which is killed."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

from tests.docs.test_tutorial import free_port
from tests.python import ROOT, RUNTIME
from tests.waiting import until

APP = """
import os
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

app = Starlette(routes=[Route("/", lambda request: PlainTextResponse(str(os.getpid())))])
"""


def process(port: str) -> str:
    """Which one answers there; none is empty."""
    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/") as answer:
        return str(answer.read())
    return ""


def kill(port: str) -> None:
    """As the debug bar does; it cannot answer."""
    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/debug/kill", b""):
        pass


async def test_a_server_that_is_killed_comes_back(nats: str, tmp_path: Path) -> None:
    """On its port, while the other one stays; and both end with who started them."""
    (tmp_path / "page.py").write_text(APP)
    here = f"{tmp_path}:{ROOT / 'examples' / 'twoservers'}:{RUNTIME}"
    ports = (free_port(), free_port())
    command = (sys.executable, "-m", "twoservers", "page:app", *ports)
    env = {**os.environ, "PYTHONPATH": here, "NATS_URL": nats}
    servers = subprocess.Popen(command, env=env)  # noqa: ASYNC220
    try:
        await until(lambda: all(map(process, ports)), within=60)
        before = [process(port) for port in ports]
        kill(ports[0])
        await until(lambda: process(ports[0]) not in ("", before[0]), within=60)
        assert process(ports[1]) == before[1]
    finally:
        servers.send_signal(signal.SIGINT)
        assert servers.wait(30) == 0
    assert [process(port) for port in ports] == ["", ""]
