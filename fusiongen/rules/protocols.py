"""Rules about a contract's class."""

from __future__ import annotations

from .base import Invalid, Rule

__all__ = [
    "DecoratedContract",
    "ForeignBase",
    "GenericContract",
    "NotAMethod",
    "NotAProtocol",
]


class NotAProtocol(Rule):
    """`@service` stands on a class that is not a Protocol itself."""

    id = "FG010"
    fix = "Add `Protocol` to the bases."
    VALID = ("@service\nclass Carts(Protocol):\n    async def get(self) -> str: ...",)
    INVALID = (
        Invalid(
            "@service\nclass Carts:\n    async def get(self) -> str: ...",
            "2:7",
            "`Carts` is not a Protocol",
        ),
        Invalid(
            "class Base(Protocol):\n    async def get(self) -> str: ...\n\n"
            "@service\nclass Carts(Base):\n    pass",
            "5:7",
            "`Carts` is not a Protocol",
        ),
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
        Invalid(
            "T = TypeVar('T')\n\n@service\nclass Carts(Protocol[T]):\n"
            "    async def get(self) -> T: ...",
            "4:7",
            "`Carts` is generic",
        ),
        Invalid(
            "T = TypeVar('T')\n\n@service\nclass Carts[T](Protocol):\n"
            "    async def get(self) -> T: ...",
            "4:7",
            "`Carts` is generic",
        ),
        Invalid(
            "S = TypeVar('S')\nT = TypeVar('T')\n\nclass Base(Protocol[S, T]):\n"
            "    async def get(self, a: S) -> T: ...\n\n@service\n"
            "class Carts(Base, Protocol):\n    pass",
            "8:7",
            "`Base` takes 2 type arguments, not 0",
        ),
        Invalid(
            "S = TypeVar('S')\nT = TypeVar('T')\n\nclass Base(Protocol[S, T]):\n"
            "    async def get(self, a: S) -> T: ...\n\n@service\n"
            "class Carts(Base[str], Protocol):\n    pass",
            "8:7",
            "`Base` takes 2 type arguments, not 1",
        ),
        Invalid(
            "S = TypeVar('S')\nT = TypeVar('T')\n\nclass Base(Protocol[S, T]):\n"
            "    async def get(self, a: S) -> T: ...\n\n@service\n"
            "class Carts(Base[str, T], Protocol):\n    pass",
            "8:7",
            "`Carts` is generic",
        ),
        Invalid(
            "S = TypeVar('S')\nT = TypeVar('T')\n\nclass Base(Protocol[S, T]):\n"
            "    async def get(self, a: S) -> T: ...\n\n@service\n"
            "class Carts(Base[int, int, int], Protocol):\n    pass",
            "8:7",
            "`Base` takes 2 type arguments, not 3",
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
        Invalid(
            "from somewhere import Base\n\n@service\nclass Carts(Base, Protocol):\n"
            "    async def get(self) -> str: ...",
            "4:13",
            "the base `Base` is no class of the source roots",
        ),
        Invalid(
            "@service\nclass Carts(AsyncIterator[int], Protocol):\n    pass",
            "2:13",
            "the base `AsyncIterator` is no class of the source roots",
        ),
        Invalid(
            "class Base(Protocol):\n    pass\n\n@service\nclass Carts(Protocol, Base):\n    pass",
            "5:23",
            "`Carts` has a base behind `Protocol`",
            fix="Put `Protocol` last.",
        ),
        Invalid(
            "class Base(Protocol):\n    pass\n\nclass Other(Base, Protocol):\n    pass\n\n"
            "@service\nclass Carts(Base, Other, Protocol):\n    pass",
            "8:7",
            "Python finds no order for the bases of `Carts`",
            fix="Name each base once, and those that others inherit from last.",
        ),
        Invalid(
            "class Base(Protocol):\n    pass\n\n"
            "@service\nclass Carts(Base, Base, Protocol):\n    pass",
            "5:7",
            "Python finds no order for the bases of `Carts`",
            fix="Name each base once, and those that others inherit from last.",
        ),
        Invalid(
            "class Base(Carts, Protocol):\n    pass\n\n@service\nclass Carts(Base, Protocol):\n"
            "    async def get(self) -> str: ...",
            "5:7",
            "`Carts` inherits from itself",
        ),
    )


class NotAMethod(Rule):
    """A contract holds something else than methods, or a method of a special sort."""

    id = "FG013"
    fix = "Leave only methods and their decorators `@compute` and `@command` in the contract."
    VALID = ('    """Documented."""\n    async def get(self) -> str:\n        """This too."""',)
    INVALID = (
        Invalid("    name: str", "1:5", "`name: str` is no method"),
        Invalid(
            "    @property\n    def name(self) -> str: ...",
            "1:6",
            "`name` is decorated with `property`",
        ),
        Invalid(
            "    @staticmethod\n    async def get(id: str) -> str: ...",
            "1:6",
            "`get` is decorated with `staticmethod`",
        ),
        Invalid(
            "    @overload\n    async def get(self, id: str) -> str: ...",
            "1:6",
            "`get` is decorated with `overload`",
        ),
        Invalid("    class Inner:\n        pass", "1:5", "`class Inner: pass` is no method"),
        Invalid("    async def get() -> str: ...", "1:15", "`get` takes no `self`"),
        Invalid("    async def get[T](self, id: T) -> str: ...", "1:15", "`get` is generic"),
        Invalid(
            "    @compute\n    @command(invalidates=[])\n    async def get(self) -> str: ...",
            "2:6",
            "`get` is decorated twice",
        ),
        Invalid(
            "    async def get(self) -> str: ...\n    async def get(self) -> int: ...",
            "2:15",
            "`get` is declared twice",
        ),
    )


class DecoratedContract(Rule):
    """A contract, or a Protocol that it inherits from, has a decorator that may change it."""

    id = "FG017"
    fix = "Leave `@service` and, if you need it, `@runtime_checkable`; `@deprecated` fits methods."
    VALID = (
        "@service\n@runtime_checkable\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
    )
    INVALID = (
        Invalid(
            "@final\n@service\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
            "1:2",
            "`Carts` is decorated with `final`",
        ),
        Invalid(
            "@service\n@service\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
            "2:2",
            "`Carts` is decorated with `service`",
        ),
        Invalid(
            "@deprecated('Use `Other`.')\nclass Base(Protocol): ...\n\n\n"
            "@service\nclass Carts(Base, Protocol):\n    async def get(self) -> str: ...",
            "1:2",
            "`Base` is decorated with `deprecated('Use `Other`.')`",
        ),
    )
