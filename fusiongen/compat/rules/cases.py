"""What cases of several rules are made of."""

from __future__ import annotations

__all__ = ["GET", "USE", "carts", "put"]

USE = "\n\n\n@service\nclass Carts(Protocol):\n    async def get(self, id: str) -> Cart: ..."
"""A contract that returns the `Cart` above it."""
GET = "    @compute\n    async def get(self, {}) -> str: ..."
_PUT = "    @command(invalidates=[{}]{})\n    async def put(self, id: str) -> None: ..."


def carts(decorator: str, name: str = "Carts") -> str:
    """A contract with this decorator."""
    return f"{decorator}\nclass {name}(Protocol):\n    async def get(self, id: str) -> str: ..."


def put(entries: str, parameters: str = "id: str", *, transient: bool = False) -> str:
    """A command with these entries of `invalidates`, and a method with these parameters."""
    option = ", transient=True" if transient else ""
    return f"{GET.format(parameters)}\n\n{_PUT.format(entries, option)}"
