"""Rules about `@service`."""

from __future__ import annotations

from .base import Invalid, Rule

__all__ = ["BadServiceOption", "DuplicateService", "MisplacedService"]


class BadServiceOption(Rule):
    """An option of `@service` is none that there is, or no literal of its type."""

    id = "FG014"
    fix = (
        'Its options are literals: `name="carts"` (a lower-case identifier), `version=1`, '
        "`internal=True`, `raises=[OutOfStock]` (or a constant), "
        '`shard="room"` with `shards=64` (up to 4096).'
    )
    VALID = (
        '@service(name="basket", version=2, internal=True)\nclass Carts(Protocol):\n'
        "    async def get(self) -> str: ...",
        "@service()\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
        '@service(shard="id", shards=8)\nclass Carts(Protocol):\n'
        "    async def get(self, id: str) -> str: ...",
    )
    INVALID = (
        Invalid(
            '@service(name="my-carts")\nclass Carts(Protocol):\n'
            "    async def get(self) -> str: ...",
            "1:10",
            '`name="my-carts"` is no option of `@service`',
        ),
        Invalid(
            "@service(raises=[typing])\nclass Carts(Protocol):\n"
            "    async def get(self) -> str: ...",
            "1:18",
            "`typing` in `raises` is a module",
        ),
        Invalid(
            '@service(name="class")\nclass Carts(Protocol):\n    async def get(self) -> str: ...',
            "1:10",
            '`name="class"` is no option of `@service`',
        ),
        Invalid(
            "@service(name=NAME)\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
            "1:10",
            "`name=NAME` is no option of `@service`",
        ),
        Invalid(
            '@service(version="1")\nclass Carts(Protocol):\n    async def get(self) -> str: ...',
            "1:10",
            '`version="1"` is no option of `@service`',
        ),
        Invalid(
            "@service(internal=1)\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
            "1:10",
            "`internal=1` is no option of `@service`",
        ),
        Invalid(
            "@service(shards=8)\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
            "1:10",
            "`shards=8` is no option of `@service`",
        ),
        Invalid(
            '@service(shard="id", shards=0)\nclass Carts(Protocol):\n'
            "    async def get(self, id: str) -> str: ...",
            "1:22",
            "`shards=0` is no option of `@service`",
        ),
        Invalid(
            "@service(shard=id)\nclass Carts(Protocol):\n"
            "    async def get(self, id: str) -> str: ...",
            "1:10",
            "`shard=id` is no option of `@service`",
        ),
        Invalid(
            "@service(colour=3)\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
            "1:10",
            "`colour=3` is no option of `@service`",
        ),
        Invalid(
            "@service(raises=errors())\nclass Carts(Protocol):\n"
            "    async def get(self) -> str: ...",
            "1:10",
            "`raises=errors()` is no option of `@service`",
        ),
        Invalid(
            "@service\nclass Class(Protocol):\n    async def get(self) -> str: ...",
            "2:7",
            "`Class` gives no service name: `class` is none",
            fix='Name it in lower-case ASCII letters: `@service(name="…")`.',
        ),
        Invalid(
            "@service\nclass Éclairs(Protocol):\n    async def get(self) -> str: ...",
            "2:7",
            "`Éclairs` gives no service name: `éclairs` is none",
            fix='Name it in lower-case ASCII letters: `@service(name="…")`.',
        ),
    )


class DuplicateService(Rule):
    """Two contracts have one service name, so one package."""

    id = "FG015"
    fix = 'Name one of them with `@service(name="…")`.'
    INVALID = (
        Invalid(
            "@service\nclass Carts(Protocol):\n    async def get(self) -> str: ...\n\n\n"
            '@service(name="carts")\nclass Baskets(Protocol):\n    async def get(self) -> str: ...',
            "7:7",
            "`Baskets` is a second service `carts`",
            fix='The first is at shop/contracts.py:28:7: name one with `@service(name="…")`.',
        ),
        Invalid(
            "@service\nclass Carts(Protocol):\n    async def get(self) -> str: ...\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def put(self) -> str: ...",
            "7:7",
            "`Carts` is bound to something else in this module, too",
            fix="Name one differently.",
        ),
    )


class MisplacedService(Rule):
    """`@service` is used where no contract can be: on a class inside of another one or of a
    function, on one that only type checkers see, or as a function that is called."""

    id = "FG016"
    fix = "Write `@service` above a class at the module's top level."
    VALID = (
        "if MINUTE:\n    @service\n    class Carts(Protocol):\n"
        "        async def get(self) -> str: ...",
    )
    INVALID = (
        Invalid(
            "class Shop:\n    @service\n    class Carts(Protocol):\n"
            "        async def get(self) -> str: ...",
            "3:11",
            "`Carts` is inside of a class or a function",
        ),
        Invalid(
            "def make() -> None:\n    if MINUTE:\n        @service(name='carts')\n"
            "        class Carts(Protocol): ...",
            "4:15",
            "`Carts` is inside of a class or a function",
        ),
        Invalid(
            "def make() -> None:\n    from fusionrt import service as contract\n\n"
            "    @contract\n    class Carts(Protocol): ...",
            "5:11",
            "`Carts` is inside of a class or a function",
        ),
        Invalid(
            "if TYPE_CHECKING:\n    @service\n    class Carts(Protocol):\n"
            "        async def get(self) -> str: ...",
            "3:11",
            "`Carts` is only defined for type checkers",
        ),
        Invalid(
            "class Carts(Protocol):\n    async def get(self) -> str: ...\n\nservice(Carts)",
            "4:1",
            "`service` is called as a function",
        ),
        Invalid(
            "class Base(Protocol):\n    async def get(self) -> str: ...\n\n"
            "Carts = service(name='carts')(Base)",
            "4:9",
            "`service` is called as a function",
        ),
        Invalid(
            "contract = service(version=2)\n\n\n@contract\nclass Carts(Protocol): ...",
            "1:12",
            "`service` is called as a function",
        ),
    )
