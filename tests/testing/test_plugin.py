"""The pytest plugin: tests fail for invalidations that were forgotten."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import hypothesis  # noqa: F401 - what the inner runs import would be imported anew by each
import pytest
import pytest_asyncio  # noqa: F401
import shop.services  # noqa: F401

import fusionrt.testing.plugin  # noqa: F401

pytest_plugins = ["pytester"]

SHOP = """
import asyncio
import unittest
from decimal import Decimal

import pytest
import pytest_asyncio
from hypothesis import given, settings, strategies as st

from fusionrt import Host
from fusionrt.testing import run
from shop.contracts import Cart, Item, Product
from shop.generated.products import ProductsClient
from shop.services import CartsInMemory, ProductsInMemory

class Forgetful(ProductsInMemory):
    '''A price sticks to the whole shop: `get(id)` is not all that this changes.'''

    async def set_price(self, id, price):
        for other in self.products:
            self.products[other] = Product(other, price)
        return self.products[id]

def shop(cls):
    products = cls({id: Product(id, Decimal(2)) for id in ("apple", "pear")})
    return products, CartsInMemory(products, {"1": Cart("1", (Item("pear", 1),))})

async def sale(cls):
    products, carts = shop(cls)
    await carts.total("1")
    await products.set_price("apple", Decimal(5))
    await products.get("apple")

"""
FORGOTTEN = [
    "an invalidation was forgotten:",
    "- products.get('pear') is cached as Product(id='pear', price=Decimal('2')), and its body now "
    "returns Product(id='pear', price=Decimal('5')): whatever changed it has to invalidate it, *",
]


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project that asks for the check."""
    pytester.makepyprojecttoml(
        """
        [tool.pytest.ini_options]
        fusion_recompute = true
        asyncio_mode = "auto"
        asyncio_default_fixture_loop_scope = "function"
        """
    )
    return pytester


def check(project: pytest.Pytester, tests: str, *options: str) -> None:
    """Run tests twice: all fail in a shop that forgets, with a sentence, and pass in the other."""
    source = SHOP + dedent(tests)
    for number, cls in enumerate(("Forgetful", "ProductsInMemory")):
        project.makepyfile(**{f"test_{cls}": source.replace("SHOP", cls)})
        result = project.runpytest_inprocess("-p", "no:cacheprovider", f"test_{cls}.py", *options)
        count = source.count(" test_")
        result.assert_outcomes(**{("failed", "passed")[number]: count})
        if not number:
            for _ in range(count):
                result.stdout.fnmatch_lines(FORGOTTEN)
            result.stdout.no_fnmatch_line("- carts.total*")


@pytest.mark.parametrize(
    ("mode", "marker"),
    [
        ("auto", "slow"),
        ("strict", "asyncio"),
        ("strict", 'parametrize("anyio_backend", ["asyncio"])\n@pytest.mark.anyio'),
    ],
)
@pytest.mark.filterwarnings("ignore:Unknown pytest.mark.slow")
def test_an_asynchronous_test_is_checked(project: pytest.Pytester, mode: str, marker: str) -> None:
    """With pytest-asyncio, auto and strict, and with the plugin of anyio."""
    tests = f"@pytest.mark.{marker}\nasync def test_sale():\n    await sale(SHOP)\n"
    check(project, tests, f"--asyncio-mode={mode}")


def test_loops_that_end_in_the_test_are_checked(project: pytest.Pytester) -> None:
    """`asyncio.run`, the seeded loop, unittest, and each example of Hypothesis."""
    check(
        project,
        """
        def test_run():
            asyncio.run(sale(SHOP))

        def test_seeded():
            run(sale(SHOP), seed=0)

        class Test(unittest.IsolatedAsyncioTestCase):
            async def test_method(self):
                await sale(SHOP)

        @settings(max_examples=3, database=None)
        @given(st.integers())
        async def test_examples(number):
            await sale(SHOP)
        """,
    )


def test_hosts_are_checked_before_they_stop(project: pytest.Pytester, nats_server: str) -> None:
    """Those that the test stops itself, and those of fixtures."""
    check(
        project,
        f"""
        URL = {nats_server!r}

        async def hosted(serving, calling):
            products, _ = shop(SHOP)
            await serving.serve(products)
            client = calling.client(ProductsClient)
            carts = CartsInMemory(client, {{"1": Cart("1", (Item("pear", 1),))}})
            await calling.serve(carts)
            await carts.total("1")
            await client.set_price("apple", Decimal(5))

        async def test_its_own():
            async with Host(URL, prefix="a") as serving, Host(URL, prefix="a") as calling:
                await hosted(serving, calling)

        @pytest_asyncio.fixture
        async def hosts():
            async with Host(URL, prefix="b") as serving, Host(URL, prefix="b") as calling:
                yield serving, calling

        async def test_of_fixtures(hosts):
            await hosted(*hosts)
        """,
    )


def test_a_shared_loop_is_checked_after_each_test(project: pytest.Pytester) -> None:
    """What one test left behind, and mended, is not held against the next."""
    project.makepyfile(
        SHOP
        + dedent(
            """
            products, carts = shop(Forgetful)
            pytestmark = pytest.mark.asyncio(loop_scope="module")

            async def test_forgets():
                await products.get("pear")
                await products.set_price("apple", Decimal(5))

            async def test_mends():
                products.invalidate.get("pear")

            async def test_goes_on():
                assert (await products.get("pear")).price == 5
            """
        )
    )
    project.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(failed=1, passed=2)


def test_fixtures_are_there_while_it_checks(project: pytest.Pytester) -> None:
    """Bodies that use what a fixture closes are computed again before it does."""
    project.makepyfile(
        SHOP
        + dedent(
            """
            class Stored(ProductsInMemory):
                is_open = True

                async def get(self, id):
                    assert self.is_open
                    return await super().get(id)

            @pytest.fixture
            def products():
                products = shop(Stored)[0]
                yield products
                products.is_open = False

            async def test_read(products):
                await products.get("pear")
            """
        )
    )
    project.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_a_test_that_failed_or_was_skipped_is_not_checked(project: pytest.Pytester) -> None:
    """One reason is enough, and what it left behind proves nothing."""
    project.makepyfile(
        SHOP
        + dedent(
            """
            async def test_fails():
                await sale(Forgetful)
                assert not "the reason"

            def test_skips():
                asyncio.run(sale(Forgetful))
                pytest.skip("no")
            """
        )
    )
    result = project.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.no_fnmatch_line("*forgotten*")


@pytest.mark.parametrize("ini", ["true", "false"])
def test_a_marker_overrules_the_option(pytester: pytest.Pytester, ini: str) -> None:
    """For a test, a class, or a module, either way."""
    pytester.makeini(
        f"[pytest]\nfusion_recompute = {ini}\nasyncio_mode = auto\n"
        "asyncio_default_fixture_loop_scope = function\naddopts = --strict-markers\n"
    )
    pytester.makepyfile(
        SHOP
        + dedent(
            """
            async def test_as_configured():
                await sale(Forgetful)

            @pytest.mark.fusion_recompute
            async def test_on():
                await sale(Forgetful)

            @pytest.mark.fusion_recompute(False)
            class TestOff:
                async def test_off(self):
                    await sale(Forgetful)
            """
        )
    )
    failed = 2 if ini == "true" else 1
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=failed, passed=3 - failed)


def test_who_does_not_ask_for_it_pays_nothing(tmp_path: Path) -> None:
    """Neither the runtime nor anything else is imported by a project that merely has it."""
    (tmp_path / "test_it.py").write_text(
        "import sys\n\n\ndef test_it():\n"
        "    ours = {name for name in sys.modules if name.startswith('fusion')}\n"
        "    assert ours == {'fusiongen', 'fusiongen.pytest_plugin'}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_importing_the_helpers_does_not_import_pytest() -> None:
    """They are of use in any test runner."""
    script = "import sys, fusionrt.testing; sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
