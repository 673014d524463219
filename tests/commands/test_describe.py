"""`fusiongen describe`: in a pipe, in a terminal, for programs."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from .console import fusiongen, shop

SHOWN = """\
services
  SERVICE   CONTRACT  FILE                  RAISES          METHODS
  carts     Carts     shop/contracts.py:59                  2 compute, 1 command
  products  Products  shop/contracts.py:39  UnknownProduct  1 compute, 2 command

carts
  METHOD  KIND     PARAMETERS  RESULT
  get     compute  id: str     Cart | None
  total   compute  id: str     Decimal
  put     command  cart: Cart  None

products
  METHOD     KIND     PARAMETERS               RESULT
  get        compute  id: str                  Product | None
  put        command  product: Product         None
  set_price  command  id: str, price: Decimal  Product

invalidations
  COMMAND             INVALIDATES
  carts.put           carts.get(cart.id)
  products.put        products.get(product.id)
  products.set_price  products.get(id)

types
  TYPE            KIND              FIELDS
  Cart            frozen dataclass  id: str, items: tuple[Item, ...]
  Item            frozen dataclass  product: str, quantity: int
  Product         frozen dataclass  id: str, price: Decimal
  UnknownProduct  exception
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, generated."""
    return shop(tmp_path_factory.mktemp("project"))


def test_in_a_pipe_each_row_is_one_line(project: Path) -> None:
    """So that `grep` finds whole rows."""
    done = fusiongen("describe", cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == SHOWN


def _in_terminal(project: Path, columns: int) -> str:
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    process = subprocess.Popen(
        [sys.executable, "-m", "fusiongen", "describe"],
        cwd=project,
        stdout=follower,
        env=environment,
    )
    os.close(follower)
    printed = b""
    while True:
        try:
            chunk = os.read(leader, 4096)
        except OSError:  # the other end is closed
            break
        printed += chunk
        if not chunk:
            break
    os.close(leader)
    assert process.wait(30) == 0
    return printed.decode().replace("\r\n", "\n")


def test_in_a_terminal_columns_wrap(project: Path) -> None:
    """Nothing is wider than the terminal, and no word is broken; a wide one shows what a pipe
    shows."""
    assert _in_terminal(project, 120) == SHOWN
    narrow = _in_terminal(project, 70)
    assert max(map(len, narrow.splitlines())) <= 70
    assert narrow != SHOWN and sorted(narrow.split()) == sorted(SHOWN.split())


def test_for_programs(project: Path) -> None:
    """All of it, names of types in full, with places and docstrings."""
    done = fusiongen("describe", "--json", cwd=project)
    described = json.loads(done.stdout)
    total = described["services"]["carts"]["methods"]["total"]
    assert total == {
        "kind": "compute",
        "parameters": [
            {
                "name": "id",
                "type": "str",
                "kind": "ordinary",
                "streamed": None,
                "default": None,
                "value": None,
            }
        ],
        "result": "decimal.Decimal",
        "generator": False,
        "idempotent": False,
        "transient": False,
        "head": None,
        "skip": False,
        "options": {},
        "doc": "What the cart costs at today's prices.",
        "deprecated": None,
        "file": "shop/contracts.py",
        "line": 68,
        "types": [],
    }
    assert described["invalidations"][2] == {
        "command": "products.set_price",
        "method": "products.get",
        "key": "products.get(id)",
    }
    assert described["types"]["shop.contracts.Item"]["doc"] == "So many of one product."
