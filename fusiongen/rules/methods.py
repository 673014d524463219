"""Rules about methods and their parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..contract import MethodKind
from .base import ContractRule, Invalid, Rule

if TYPE_CHECKING:
    from ..contract import Contract
    from ..errors import Diagnostic
    from ..reader.structures import Structures

__all__ = [
    "AsyncStream",
    "BadDefault",
    "BadDeprecation",
    "DecoratedStream",
    "MissingAnnotation",
    "StarArguments",
    "StreamParameter",
    "SyncMethod",
]


class MissingAnnotation(Rule):
    """A parameter or a result has no type."""

    id = "FG020"
    fix = "Annotate it; a method that returns nothing says `-> None`."
    INVALID = (
        Invalid(
            "    async def get(self, id) -> str: ...",
            "1:25",
            "the parameter `id` of `get` has no type",
        ),
        Invalid("    async def get(self, id: str): ...", "1:15", "the result of `get` has no type"),
    )


class StarArguments(Rule):
    """`*args` or `**kwargs`: calls need a fixed list of arguments on the wire."""

    id = "FG021"
    fix = "Name each parameter; take a tuple for several values of one type."
    VALID = ("    async def get(self, *, id: str) -> str: ...",)
    INVALID = (
        Invalid("    async def get(self, *ids: str) -> str: ...", "1:25", "`get` takes `*ids`"),
        Invalid("    async def get(self, **ids: str) -> str: ...", "1:25", "`get` takes `**ids`"),
    )


class AsyncStream(Rule):
    """`async def … -> AsyncIterator[T]` in a Protocol is a coroutine that returns an iterator."""

    id = "FG022"
    fix = "Declare a stream with plain `def`; the implementation is an `async def` with `yield`."
    VALID = (
        "    def events(self) -> AsyncIterator[int]: ...",
        "Events = AsyncIterator[int]\n\n@service\nclass Carts(Protocol):\n"
        "    def events(self) -> Events: ...",
    )
    INVALID = (
        Invalid(
            "    async def events(self) -> AsyncIterator[int]: ...",
            "1:31",
            "`events` is an `async def` that streams",
        ),
        Invalid(
            "    async def events(self) -> 'AsyncIterator[int]': ...",
            "1:31",
            "`events` is an `async def` that streams",
        ),
        Invalid(
            "    async def events(self) -> AsyncGenerator[int, None]: ...",
            "1:31",
            "`events` is an `async def` that streams",
        ),
        Invalid(
            "Events = AsyncIterator[int]\n\n@service\nclass Carts(Protocol):\n"
            "    async def events(self) -> Events: ...",
            "5:31",
            "`events` is an `async def` that streams",
        ),
    )


class SyncMethod(Rule):
    """A plain `def` that is not a stream: a call over the network has to be awaited."""

    id = "FG023"
    fix = "Write `async def`, or return `AsyncIterator[T]` or `AsyncGenerator[T]` for a stream."
    VALID = (
        "    def events(self) -> AsyncGenerator[int]: ...",
        "    @abstractmethod\n    def events(self) -> typing.AsyncGenerator[int, None]: ...",
    )
    INVALID = (
        Invalid(
            "    def get(self) -> str: ...",
            "1:22",
            "`get` is a plain `def` but no stream of a type",
        ),
        Invalid(
            "    @compute\n    def get(self) -> str: ...",
            "2:22",
            "`get` is a plain `def` but no stream of a type",
        ),
        Invalid(
            "    def get(self) -> AsyncIterator: ...",
            "1:22",
            "`get` is a plain `def` but no stream of a type",
        ),
        Invalid(
            "    def get(self) -> AsyncGenerator[int, str]: ...",
            "1:22",
            "`get` is sent values of `str`",
        ),
    )


class DecoratedStream(Rule):
    """A stream is a compute method or a command: it is neither cached nor one change."""

    id = "FG024"
    fix = "Drop the decorator, or return a tuple from an `async def`."
    INVALID = (
        Invalid(
            "    @compute\n    def events(self) -> AsyncIterator[int]: ...",
            "1:6",
            "the stream `events` is decorated with `@compute`",
        ),
        Invalid(
            "    @compute\n    async def open(self) -> tuple[str, AsyncIterator[int]]: ...",
            "1:6",
            "the stream `open` is decorated with `@compute`",
        ),
    )


class StreamParameter(ContractRule):
    """A parameter is a stream where a call cannot send one: it follows the call, so it is the last
    parameter and the only stream of the call, has no default, and is no part of a key."""

    id = "FG035"
    fix = "Make it the last parameter of a plain method, a command or a stream, without a default."
    VALID = (
        "    async def load(self, id: str, rows: AsyncIterator[int]) -> int: ...",
        "    @command(invalidates=[])\n"
        "    async def load(self, *, rows: AsyncIterable[int]) -> int: ...",
        "    def both(self, rows: AsyncIterator[str]) -> AsyncIterator[int]: ...",
        "Rows = AsyncIterator[int]\n\n@service\nclass Carts(Protocol):\n"
        "    async def load(self, rows: Rows) -> None: ...",
    )
    INVALID = (
        Invalid(
            "    async def load(self, rows: AsyncIterator[int], id: str) -> int: ...",
            "1:26",
            "the stream `rows` of `load` is not its last parameter",
        ),
        Invalid(
            "    async def join(self, a: AsyncIterator[int], b: AsyncIterator[int]) -> int: ...",
            "1:26",
            "the stream `a` of `join` is not its last parameter",
        ),
        Invalid(
            "    @compute\n    async def sum(self, rows: AsyncIterator[int]) -> int: ...",
            "2:25",
            "the compute method `sum` takes the stream `rows`",
        ),
        Invalid(
            "    @oneway\n    async def load(self, rows: AsyncIterator[int]) -> None: ...",
            "2:26",
            "the one-way method `load` takes the stream `rows`",
        ),
        Invalid(
            "    async def load(self, rows: AsyncIterator[int] = None) -> int: ...",
            "1:26",
            "the stream `rows` of `load` has a default",
        ),
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for method in contract.methods:
            for place, parameter in enumerate(method.parameters, 1):
                if parameter.streamed is None:
                    continue
                name = f"the stream `{parameter.name}` of `{method.name}`"
                if method.kind in (MethodKind.COMPUTE, MethodKind.ONEWAY):
                    problem = (
                        f"the {method.kind.value} method `{method.name}` takes the stream "
                        f"`{parameter.name}`"
                    )
                    yield cls.at(parameter.span, problem)
                elif place < len(method.parameters):
                    yield cls.at(parameter.span, f"{name} is not its last parameter")
                elif parameter.default is not None:
                    yield cls.at(parameter.span, f"{name} has a default")


class BadDefault(Rule):
    """A default is computed or mutable, so it cannot be repeated in the generated signatures."""

    id = "FG025"
    fix = "Use a literal, a tuple, or the name of a constant of a module or of an enum's member."
    VALID = (
        "    async def get(self, a: int = -1, b: tuple[int, ...] = (1, 2)) -> str: ...",
        "    async def get(self, a: str | None = None) -> str: ...",
        "    async def get(self, seconds: int = 60 * 60) -> str: ...",
    )
    INVALID = (
        Invalid(
            "    async def get(self, ids: tuple[str, ...] = tuple()) -> str: ...",
            "1:48",
            "the default `tuple()` cannot be repeated",
        ),
        Invalid(
            "    async def get(self, ids: list[str] = []) -> str: ...",
            "1:42",
            "the default `[]` cannot be repeated",
        ),
        Invalid(
            "    async def get(self, ids: list[str] = KEYS) -> str: ...",
            "1:42",
            "the default `KEYS` is no constant",
        ),
        Invalid(
            "    async def get(self, id: Any = len) -> str: ...",
            "1:35",
            "the default `len` is no constant",
        ),
        Invalid(
            "import library\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self, id: int = library) -> str: ...",
            "5:35",
            "the default `library` cannot be repeated",
        ),
    )


class BadDeprecation(Rule):
    """`@deprecated` carries more or less than a message that is one string literal. The warning is
    a `DeprecationWarning` in the line of the caller, which no option changes."""

    id = "FG028"
    fix = 'Write `@deprecated("Use `total`.")`, once, with a string literal and nothing else.'
    VALID = (
        '    @deprecated("Use `get`.")\n    async def find(self) -> str: ...',
        '    @compute\n    @deprecated("Use " "`get`.")\n    async def find(self) -> str: ...',
        '    @deprecated("Read `get`.")\n    def events(self) -> AsyncIterator[int]: ...',
    )
    INVALID = (
        Invalid(
            '    @deprecated("Use `get`.", category=None)\n    async def find(self) -> str: ...',
            "1:6",
            '`@deprecated("Use `get`.", category=None)` of `find` is no message alone',
        ),
        Invalid(
            "    @deprecated\n    async def find(self) -> str: ...",
            "1:6",
            "`@deprecated` of `find` is no message alone",
        ),
        Invalid(
            "    @deprecated()\n    async def find(self) -> str: ...",
            "1:6",
            "`@deprecated()` of `find` is no message alone",
        ),
        Invalid(
            "    @deprecated(NAME)\n    async def find(self) -> str: ...",
            "1:6",
            "`@deprecated(NAME)` of `find` is no message alone",
        ),
        Invalid(
            '    @deprecated(f"Use {NAME}.")\n    async def find(self) -> str: ...',
            "1:6",
            '`@deprecated(f"Use {NAME}.")` of `find` is no message alone',
        ),
        Invalid(
            '    @deprecated("Use \\ud800.")\n    async def find(self) -> str: ...',
            "1:6",
            '`@deprecated("Use \\ud800.")` of `find` is no message alone',
        ),
        Invalid(
            '    @deprecated(message="Use `get`.")\n    async def find(self) -> str: ...',
            "1:6",
            '`@deprecated(message="Use `get`.")` of `find` is no message alone',
        ),
        Invalid(
            '    @deprecated(*("Use `get`.",))\n    async def find(self) -> str: ...',
            "1:6",
            '`@deprecated(*("Use `get`.",))` of `find` is no message alone',
        ),
        Invalid(
            '    @deprecated("Use `get`.")\n    @deprecated("Use `put`.")\n'
            "    async def find(self) -> str: ...",
            "2:6",
            '`@deprecated("Use `put`.")` of `find` is no message alone',
        ),
    )
