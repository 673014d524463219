"""The command line against services that run."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.natsserver import NatsServer

from .console import Background, fusiongen, shop


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, generated."""
    return shop(tmp_path_factory.mktemp("project"))


def test_call_and_watch_against_running_services(project: Path, nats_server: str) -> None:
    """A watch prints the value, and each new one with the command and the key behind it."""
    nats = ("--nats", nats_server)
    with (
        Background("run", "shop.app:products", *nats, cwd=project) as products,
        Background("shop.app:carts", *nats, cwd=project, module="fusionrt") as carts,
    ):
        products.wait_for("serving on")
        carts.wait_for("serving on")
        called = fusiongen("call", "carts.total", '"1"', *nats, cwd=project)
        assert (called.stdout, called.stderr, called.returncode) == ('"3.00"\n', "", 0)
        with Background("watch", "carts.total", '"1"', *nats, cwd=project) as watch:
            assert watch.wait_for('"3.00"') == '"3.00"'
            fusiongen("call", "products.set_price", '"apple"', '"5.00"', *nats, cwd=project)
            assert watch.wait_for('"6.00"') == (
                "\"6.00\"\tproducts.set_price invalidated products.get('apple')"
            )
            assert watch.stop(signal.SIGINT) == 0
        assert products.stop() == 0
        assert carts.stop() == 0


def test_D26_a_watch_prints_an_outage_and_its_end(project: Path, nats_process: NatsServer) -> None:
    """The value that it shows is not proven any more, and why; then it is again."""
    nats = ("--nats", nats_process.url)
    with Background("run", "shop.app:products", *nats, cwd=project) as products:
        products.wait_for("serving on")
        with Background("watch", "products.get", '"apple"', *nats, cwd=project) as watch:
            value = watch.wait_for("apple")
            nats_process.kill()
            assert watch.wait_for("suspended") == (
                f"{value}\tsuspended: the connection to the broker {nats_process.url} is lost"
            )
            nats_process.start()
            assert watch.wait_for("resumed") == f"{value}\tresumed"
            assert watch.stop(signal.SIGINT) == 0
        assert products.stop() == 0


@pytest.mark.parametrize(
    ("arguments", "sentence", "code"),
    [
        (("carts.totl", '"1"'), "carts has no method totl; it has get, total, put", 2),
        (
            ("carts.total", "1"),
            "carts.total was called with a wrong argument: id: Expected `str`, got `int`",
            1,
        ),
        (("carts.total",), "carts.total takes id; 0 given", 2),
        (("carts.total", "one"), "argument 1, one, is no JSON: a string needs its quotes", 2),
        (("carts",), "'carts' is not of the form SERVICE.METHOD", 2),
        (
            ("products.set_price", '"kiwi"', '"1"'),
            "products.set_price raised UnknownProduct: kiwi",
            1,
        ),
        (
            ("stock.count",),
            "the service stock cannot be reached: no host serves it; start one that does "
            "(`fusiongen run MODULE:ATTR`)",
            1,
        ),
    ],
)
def test_a_wrong_call_is_one_sentence(
    project: Path, shop_url: str, arguments: tuple[str, ...], sentence: str, code: int
) -> None:
    """What went wrong and what to do, no traceback, an exit code."""
    called = fusiongen("call", *arguments, "--nats", shop_url, cwd=project)
    assert sentence in called.stderr
    assert called.stderr.startswith("error: ") and called.stderr.count("\n") == 1
    assert (called.returncode, called.stdout) == (code, "")


BROKEN = """
from fusionrt import Host
from shop.services import ProductsInMemory

class Broken(ProductsInMemory):
    async def get(self, id):
        raise KeyError("a secret")

async def app(host: Host) -> None:
    await host.serve(Broken())
"""


def test_an_exception_of_a_body_tells_a_reference_only(project: Path, nats_server: str) -> None:
    """The caller learns where to look; the host's log has the exception."""
    (project / "broken.py").write_text(BROKEN)
    nats = ("--nats", nats_server)
    with Background("broken:app", *nats, cwd=project, module="fusionrt") as broken:
        broken.wait_for("serving on")
        called = fusiongen("call", "products.get", '"1"', *nats, cwd=project)
        assert called.returncode == 1 and "secret" not in called.stderr
        reference = called.stderr.split()[-1]
        broken.wait_for(
            "products.get failed with KeyError, which its contract does not declare "
            f"(`raises=[…]`); the caller was told the reference {reference}"
        )
        broken.wait_for("KeyError: 'a secret'")


SLOW = """
import asyncio
from shop.services import ProductsInMemory

class Slow(ProductsInMemory):
    async def get(self, id):
        await asyncio.sleep(60)

async def app(host):
    await host.serve(Slow())

async def late(host):
    async with asyncio.timeout(0):
        await asyncio.sleep(1)
"""


def test_what_takes_too_long_is_told_with_what_helps(project: Path, nats_server: str) -> None:
    """An option of the command where it has one; else the line that waited."""
    (project / "slow.py").write_text(SLOW)
    nats = ("--nats", nats_server)
    with Background("slow:app", *nats, cwd=project, module="fusionrt") as slow:
        slow.wait_for("serving on")
        for command in ("call", "watch"):
            done = fusiongen(command, "products.get", '"1"', "--timeout", "0.5", *nats, cwd=project)
            assert done.stderr == (
                "error: products.get had no answer within 0.5 s; give it longer with --timeout\n"
            )
    done = fusiongen("run", "slow:late", *nats, cwd=project)
    assert done.stderr == (
        "error: TimeoutError (slow.py:13); `fusiongen --debug …` shows the traceback\n"
    )


def test_no_broker_is_told_within_3_s(project: Path) -> None:
    """Nothing listens on the port."""
    for command in ("call", "watch"):
        done = fusiongen(
            command, "carts.total", '"1"', "--nats", "nats://127.0.0.1:1", cwd=project, timeout=5
        )
        assert done.returncode == 1
        assert done.stderr.startswith("error: no NATS server answers at nats://127.0.0.1:1")
    done = fusiongen(
        "run", "shop.app:carts", "--nats", "nats://127.0.0.1:1", cwd=project, timeout=6
    )
    assert done.stderr.startswith("error: no NATS server answers at nats://127.0.0.1:1")
