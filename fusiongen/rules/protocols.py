"""Rules about a contract's class."""

from __future__ import annotations

from .base import Rule

__all__ = [
    "BadServiceOption",
    "DecoratedContract",
    "DuplicateService",
    "ForeignBase",
    "GenericContract",
    "MisplacedService",
    "NotAMethod",
    "NotAProtocol",
]


class NotAProtocol(Rule):
    """`@service` stands on a class that is not a Protocol itself."""

    id = "FG010"
    fix = "Add `Protocol` to the bases."
    VALID = ("@service\nclass Carts(Protocol):\n    async def get(self) -> str: ...",)
    INVALID = (
        "@service\nclass Carts:\n    async def get(self) -> str: ...",
        "class Base(Protocol):\n    async def get(self) -> str: ...\n\n"
        "@service\nclass Carts(Base):\n    pass",
    )


class GenericContract(Rule):
    """A contract is generic, or it does not say what the type parameters of a base stand for: its
    types would differ from caller to caller."""

    id = "FG011"
    fix = "Fill the types in: `class Carts(Repository[Cart], Protocol)`."
    VALID = (
        "T = TypeVar('T')\n\nclass Base(Protocol[T]):\n    async def get(self) -> T | None: ...\n\n"
        "@service\nclass Carts(Base[str], Protocol):\n    pass",
        "class Base[T](Protocol):\n    async def get(self) -> T: ...\n\n"
        "@service\nclass Carts(Base[int], Protocol):\n    pass",
    )
    INVALID = (
        "T = TypeVar('T')\n\n@service\nclass Carts(Protocol[T]):\n"
        "    async def get(self) -> T: ...",
        "T = TypeVar('T')\n\n@service\nclass Carts[T](Protocol):\n"
        "    async def get(self) -> T: ...",
        *(
            "S = TypeVar('S')\nT = TypeVar('T')\n\nclass Base(Protocol[S, T]):\n"
            f"    async def get(self, a: S) -> T: ...\n\n@service\nclass Carts({base}, Protocol):\n"
            "    pass"
            for base in ("Base", "Base[str]", "Base[str, T]", "Base[int, int, int]")
        ),
    )


class ForeignBase(Rule):
    """A contract inherits from a class whose text the generator does not have, from itself, or in
    an order that Python refuses."""

    id = "FG012"
    fix = "Inherit from Protocols of the source roots only, or list its folder in `source-roots`."
    VALID = (
        "class Base(Protocol):\n    async def get(self) -> str: ...\n\n"
        "@service\nclass Carts(Base, Protocol):\n    pass",
    )
    INVALID = (
        "from somewhere import Base\n\n@service\nclass Carts(Base, Protocol):\n"
        "    async def get(self) -> str: ...",
        "@service\nclass Carts(AsyncIterator[int], Protocol):\n    pass",
        "class Base(Protocol):\n    pass\n\n@service\nclass Carts(Protocol, Base):\n    pass",
        "class Base(Protocol):\n    pass\n\nclass Other(Base, Protocol):\n    pass\n\n"
        "@service\nclass Carts(Base, Other, Protocol):\n    pass",
        "class Base(Protocol):\n    pass\n\n@service\nclass Carts(Base, Base, Protocol):\n    pass",
        "class Base(Carts, Protocol):\n    pass\n\n@service\nclass Carts(Base, Protocol):\n"
        "    async def get(self) -> str: ...",
    )


class NotAMethod(Rule):
    """A contract holds something else than methods, or a method of a special sort."""

    id = "FG013"
    fix = "Leave only methods and their decorators `@compute` and `@command` in the contract."
    VALID = ('    """Documented."""\n    async def get(self) -> str:\n        """This too."""',)
    INVALID = (
        "    name: str",
        "    @property\n    def name(self) -> str: ...",
        "    @staticmethod\n    async def get(id: str) -> str: ...",
        "    @overload\n    async def get(self, id: str) -> str: ...",
        "    class Inner:\n        pass",
        "    async def get() -> str: ...",
        "    async def get[T](self, id: T) -> str: ...",
        "    @compute\n    @command(invalidates=[])\n    async def get(self) -> str: ...",
        "    async def get(self) -> str: ...\n    async def get(self) -> int: ...",
    )


class BadServiceOption(Rule):
    """An option of `@service` is none that there is, or no literal of its type."""

    id = "FG014"
    fix = (
        'Its options are literals: `name="carts"` (a lower-case identifier), `version=1`, '
        "`internal=True`, `raises=[OutOfStock]`; `raises` may name a constant."
    )
    VALID = (
        '@service(name="basket", version=2, internal=True)\nclass Carts(Protocol):\n'
        "    async def get(self) -> str: ...",
        "@service()\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
    )
    INVALID = tuple(
        f"@service({option})\nclass Carts(Protocol):\n    async def get(self) -> str: ..."
        for option in (
            'name="my-carts"',
            "raises=[typing]",
            'name="class"',
            "name=NAME",
            'version="1"',
            "internal=1",
            "colour=3",
            "raises=errors()",
        )
    ) + tuple(
        f"@service\nclass {name}(Protocol):\n    async def get(self) -> str: ..."
        for name in ("Class", "Éclairs")
    )


class DuplicateService(Rule):
    """Two contracts have one service name, so one package."""

    id = "FG015"
    fix = 'Name one of them with `@service(name="…")`.'
    INVALID = (
        "@service\nclass Carts(Protocol):\n    async def get(self) -> str: ...\n\n\n"
        '@service(name="carts")\nclass Baskets(Protocol):\n    async def get(self) -> str: ...',
        "@service\nclass Carts(Protocol):\n    async def get(self) -> str: ...\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def put(self) -> str: ...",
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
        "class Shop:\n    @service\n    class Carts(Protocol):\n"
        "        async def get(self) -> str: ...",
        "def make() -> None:\n    if MINUTE:\n        @service(name='carts')\n"
        "        class Carts(Protocol): ...",
        "def make() -> None:\n    from fusionrt import service as contract\n\n"
        "    @contract\n    class Carts(Protocol): ...",
        "if TYPE_CHECKING:\n    @service\n    class Carts(Protocol):\n"
        "        async def get(self) -> str: ...",
        "class Carts(Protocol):\n    async def get(self) -> str: ...\n\nservice(Carts)",
        "class Base(Protocol):\n    async def get(self) -> str: ...\n\n"
        "Carts = service(name='carts')(Base)",
        "contract = service(version=2)\n\n\n@contract\nclass Carts(Protocol): ...",
    )


class DecoratedContract(Rule):
    """A contract, or a Protocol that it inherits from, has a decorator that may change it."""

    id = "FG017"
    fix = "Leave `@service` and, if you need it, `@runtime_checkable`; `@deprecated` fits methods."
    VALID = (
        "@service\n@runtime_checkable\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
    )
    INVALID = (
        "@final\n@service\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
        "@service\n@service\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
        "@deprecated('Use `Other`.')\nclass Base(Protocol): ...\n\n\n"
        "@service\nclass Carts(Base, Protocol):\n    async def get(self) -> str: ...",
    )
