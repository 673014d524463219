"""Rules about the options of `@compute` and `@command`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .base import ContractRule, Invalid, Rule

if TYPE_CHECKING:
    from ..contract import Contract
    from ..errors import Diagnostic
    from ..reader.structures import Structures

__all__ = ["BadCommandOption", "BadMode", "BadOption", "BadStreamOption", "ContradictoryOptions"]


class BadOption(Rule):
    """An option of `@compute` is none that there is, or no literal number of seconds."""

    id = "FG030"
    fix = "Write seconds as a literal number of at least 0, or `None` for the default."
    VALID = (
        "    @compute()\n    async def get(self) -> str: ...",
        "    @compute(min_cache=60, error_ttl=0.5, auto_invalidate=None)\n"
        "    async def get(self) -> str: ...",
        "    @compute(invalidation_delay=0.1)\n    async def get(self) -> str: ...",
        "    @compute(consolidate=0)\n    async def get(self) -> str: ...",
    )
    INVALID = (
        Invalid(
            "    @compute(min_cache=-1)\n    async def get(self) -> str: ...",
            "1:14",
            "`min_cache=-1` is no number of seconds",
        ),
        Invalid(
            "    @compute(error_ttl='1')\n    async def get(self) -> str: ...",
            "1:14",
            "`error_ttl='1'` is no number of seconds",
        ),
        Invalid(
            "    @compute(error_ttl=True)\n    async def get(self) -> str: ...",
            "1:14",
            "`error_ttl=True` is no number of seconds",
        ),
        Invalid(
            "    @compute(min_cache=MINUTE)\n    async def get(self) -> str: ...",
            "1:14",
            "`min_cache=MINUTE` is no number of seconds",
        ),
        Invalid(
            "    @compute(min_cache=0x10)\n    async def get(self) -> str: ...",
            "1:14",
            "`min_cache=0x10` is no number of seconds",
        ),
        Invalid(
            "    @compute(min_cache=1e999)\n    async def get(self) -> str: ...",
            "1:14",
            "`min_cache=1e999` is no number of seconds",
        ),
        Invalid(
            "    @compute(min_cache=1j)\n    async def get(self) -> str: ...",
            "1:14",
            "`min_cache=1j` is no number of seconds",
        ),
        Invalid(
            "    @compute(colour=1)\n    async def get(self) -> str: ...",
            "1:14",
            "`@compute` of `get` has no such option",
        ),
        Invalid(
            "    @compute(60.0)\n    async def get(self) -> str: ...",
            "1:14",
            "`@compute` of `get` has no such option",
        ),
    )


class BadCommandOption(Rule):
    """`@command` lacks its `invalidates`, or that is no list of string literals; or it is given
    something else than that and `transient=True`."""

    id = "FG031"
    fix = 'Write `@command(invalidates=["get(id)"])`; `[]` if it invalidates nothing by itself.'
    VALID = (
        "    @command(invalidates=[])\n    async def put(self) -> None: ...",
        "    @command(invalidates=[], transient=True)\n    async def put(self) -> None: ...",
        "    @command(transient=False, invalidates=())\n    async def put(self) -> None: ...",
    )
    INVALID = (
        Invalid(
            "    @command\n    async def put(self) -> None: ...",
            "1:6",
            "`@command` of `put` takes `invalidates=` and, optionally, `transient=True`",
        ),
        Invalid(
            "    @command()\n    async def put(self) -> None: ...",
            "1:6",
            "`@command` of `put` takes `invalidates=` and, optionally, `transient=True`",
        ),
        Invalid(
            "    @command(invalidates='get(id)')\n    async def put(self) -> None: ...",
            "1:26",
            "`invalidates` of `put` is no list",
        ),
        Invalid(
            "    @command(invalidates=KEYS)\n    async def put(self) -> None: ...",
            "1:26",
            "`invalidates` of `put` is no list",
        ),
        Invalid(
            "    @command(invalidates=[], min_cache=3)\n    async def put(self) -> None: ...",
            "1:6",
            "`@command` of `put` takes `invalidates=` and, optionally, `transient=True`",
        ),
        Invalid(
            "    @command(transient=True)\n    async def put(self) -> None: ...",
            "1:6",
            "`@command` of `put` takes `invalidates=` and, optionally, `transient=True`",
        ),
        Invalid(
            "    @command(invalidates=[], **MORE)\n    async def put(self) -> None: ...",
            "1:6",
            "`@command` of `put` takes `invalidates=` and, optionally, `transient=True`",
        ),
        Invalid(
            "    @command(invalidates=[], transient=TOLD)\n    async def put(self) -> None: ...",
            "1:30",
            "`transient=TOLD` is neither `True` nor `False`",
        ),
        Invalid(
            "    @command(invalidates=[], transient=1)\n    async def put(self) -> None: ...",
            "1:30",
            "`transient=1` is neither `True` nor `False`",
        ),
    )


class BadMode(Rule):
    """`@idempotent` or `@oneway` stands where it says nothing, or contradicts what the method is:
    compute methods may always run twice, commands never do; nobody waits for a one-way call, so it
    has no result, and is not made again."""

    id = "FG033"
    fix = (
        "Write `@idempotent` above a plain method or a stream, `@oneway` above a plain method that "
        "returns `None`; each once, without parentheses, and not both."
    )
    VALID = (
        "    @idempotent\n    async def find(self, id: str) -> str: ...",
        "    @idempotent\n    def events(self) -> AsyncIterator[int]: ...",
        "    @oneway\n    async def note(self, text: str) -> None: ...",
        '    @deprecated("Use `put`.")\n    @oneway\n    async def note(self) -> None: ...',
        "    @abstractmethod\n    @idempotent\n    async def touch(self) -> None: ...",
    )
    INVALID = (
        Invalid(
            "    @idempotent\n    @compute\n    async def get(self) -> str: ...",
            "1:6",
            "the compute method `get` is decorated with `@idempotent`",
        ),
        Invalid(
            "    @command(invalidates=[])\n    @idempotent\n    async def put(self) -> None: ...",
            "2:6",
            "the command `put` is decorated with `@idempotent`",
        ),
        Invalid(
            "    @oneway\n    @command(invalidates=[])\n    async def put(self) -> None: ...",
            "1:6",
            "the command `put` is decorated with `@oneway`",
        ),
        Invalid(
            "    @oneway\n    async def note(self) -> str: ...",
            "1:6",
            "`note` is `@oneway`, and returns something",
        ),
        Invalid(
            "    @oneway\n    async def note(self) -> str | None: ...",
            "1:6",
            "`note` is `@oneway`, and returns something",
        ),
        Invalid(
            "    @oneway\n    def events(self) -> AsyncIterator[int]: ...",
            "1:6",
            "the stream `events` is decorated with `@oneway`",
        ),
        Invalid(
            "    @idempotent\n    @oneway\n    async def note(self) -> None: ...",
            "2:6",
            "`note` is `@oneway`, and `@idempotent`: nobody learns that it has to run again",
        ),
        Invalid(
            "    @oneway()\n    async def note(self) -> None: ...",
            "1:6",
            "`@oneway` of `note` takes no arguments",
        ),
        Invalid(
            "    @idempotent\n    @idempotent\n    async def find(self) -> str: ...",
            "2:6",
            "`find` is decorated twice",
        ),
    )


class BadStreamOption(Rule):
    """`@stream` says something else than `skip=True`, or stands at something else than a stream."""

    id = "FG034"
    fix = (
        "Write `@stream(skip=True)` at a `def … -> AsyncIterator[T]` whose reader wants the newest "
        "items; leave it out where each item counts."
    )
    VALID = (
        "    @stream(skip=True)\n    def prices(self) -> AsyncIterator[int]: ...",
        '    @stream(skip=True)\n    @deprecated("Read `prices`.")\n'
        "    def ticks(self) -> AsyncIterator[int]: ...",
        "    @stream(skip=True)\n    async def open(self) -> tuple[str, AsyncIterator[int]]: ...",
    )
    INVALID = (
        Invalid(
            "    @stream(skip=3)\n    def prices(self) -> AsyncIterator[int]: ...",
            "1:6",
            "`@stream(skip=3)` of `prices` is not `@stream(skip=True)`",
        ),
        Invalid(
            "    @stream\n    def prices(self) -> AsyncIterator[int]: ...",
            "1:6",
            "`@stream` of `prices` is not `@stream(skip=True)`",
        ),
        Invalid(
            "    @stream(skip=True)\n    async def price(self) -> int: ...",
            "1:6",
            "`price` is no stream",
        ),
        Invalid(
            "    @compute\n    @stream(skip=True)\n    async def price(self) -> int: ...",
            "2:6",
            "`price` is no stream",
        ),
        Invalid(
            "    @stream(skip=True)\n    @stream(skip=True)\n"
            "    def prices(self) -> AsyncIterator[int]: ...",
            "2:6",
            "`prices` has `@stream` twice",
        ),
    )


class ContradictoryOptions(ContractRule):
    """Options of one method of which one makes another pointless."""

    id = "FG032"
    fix = "Raise `auto_invalidate`, or drop the other option."
    VALID = (
        "    @compute(min_cache=60, auto_invalidate=60)\n    async def get(self) -> str: ...",
        "    @compute(consolidate=0.1, auto_invalidate=60)\n    async def get(self) -> str: ...",
    )
    INVALID = (
        Invalid(
            "    @compute(auto_invalidate=0)\n    async def get(self) -> str: ...",
            "2:15",
            "with `auto_invalidate=0`, nothing of `get` is ever cached",
            fix="Leave the method undecorated.",
        ),
        Invalid(
            "    @compute(min_cache=60, auto_invalidate=1)\n    async def get(self) -> str: ...",
            "2:15",
            "`min_cache` of `get` is longer than its `auto_invalidate`",
        ),
        Invalid(
            "    @compute(error_ttl=60, auto_invalidate=1)\n    async def get(self) -> str: ...",
            "2:15",
            "`error_ttl` of `get` is longer than its `auto_invalidate`",
        ),
        Invalid(
            "    @compute(invalidation_delay=1, auto_invalidate=1)\n"
            "    async def get(self) -> str: ...",
            "2:15",
            "`get` invalidates itself before an invalidation_delay is over",
        ),
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for method in contract.methods:
            given = {name: float(text) for name, text in method.options.given()}
            lifetime = given.pop("auto_invalidate", None)
            if lifetime is None:
                continue
            if lifetime == 0:
                problem = f"with `auto_invalidate=0`, nothing of `{method.name}` is ever cached"
                yield cls.at(method.span, problem, "Leave the method undecorated.")
                continue
            delay = given.pop("invalidation_delay", 0.0)
            for name, seconds in given.items():
                if seconds > lifetime and name != "consolidate":
                    problem = f"`{name}` of `{method.name}` is longer than its `auto_invalidate`"
                    yield cls.at(method.span, problem)
            if delay >= lifetime:
                problem = f"`{method.name}` invalidates itself before an invalidation_delay is over"
                yield cls.at(method.span, problem)
