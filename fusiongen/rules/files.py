"""Rules about files and the names in them."""

from __future__ import annotations

from .base import Rule

__all__ = ["HiddenByStar", "NotPython", "NotUnderstood", "TypingOnly", "UnknownName"]


class NotPython(Rule):
    """A contract, or a module that it takes a type from, does not parse."""

    id = "FG001"
    fix = "Mend the syntax; `python -m py_compile` says more."
    INVALID = (
        "    async def get(self -> str: ...",
        "    async def get(self, id: str, id: str) -> str: ...",
        "    async def get(self, __debug__: str) -> str: ...",
        '    async def get(self) -> str:\n        """\\x"""',
        "    async def get(self, id: str = 'a\0') -> str: ...",
        "    async def get(self, id: 'str' b'') -> str: ...",
        f"    async def get(self) -> {'tuple[' * 300}int{']' * 300}: ...",
    )


class UnknownName(Rule):
    """An annotation or a default uses a name that its module does not bind."""

    id = "FG002"
    fix = "Import it, or define it in this module."
    VALID = ("    async def get(self, id: 'str') -> 'Decimal | None': ...",)
    INVALID = (
        "    async def get(self, id: Missing) -> str: ...",
        "    @cached\n    async def get(self, id: str) -> str: ...",
        "@contract\nclass Carts(Protocol): ...",
        "    async def get(self, id: str = __name__) -> str: ...",
        "    async def get(self, id: str = MISSING) -> str: ...",
        "    async def get(self) -> 'Missing | None': ...",
    )


class HiddenByStar(Rule):
    """A name can only come from a star import, so its origin cannot be read."""

    id = "FG003"
    fix = "Import the name itself."
    INVALID = (
        "from somewhere import *\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self) -> Cart: ...",
        "from somewhere import *\n\n@contract\nclass Carts(Protocol):\n"
        "    async def get(self) -> str: ...",
        "from somewhere import *\n\n@service\nclass Carts(Protocol):\n"
        "    @cached\n    async def get(self) -> str: ...",
        "from somewhere import *\n\n@service\nclass Carts(Base, Protocol):\n    pass",
    )


class TypingOnly(Rule):
    """A type that a method names is defined under `if TYPE_CHECKING:`, so that it does not exist at
    run time, when the codecs are made."""

    id = "FG004"
    fix = "Define it outside of `if TYPE_CHECKING:`; importing it there is fine."
    VALID = (
        "if TYPE_CHECKING:\n    from somewhere import Cart\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self) -> Cart: ...",
    )
    INVALID = (
        "if TYPE_CHECKING:\n    Ids = tuple[str, ...]\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self) -> Ids: ...",
    )


class NotUnderstood(Rule):
    """An annotation is no type, or its metadata are more than names, literals and calls. A name is
    none below a method that is called so, for in a class it means that."""

    id = "FG005"
    fix = "Give it a name at module level and use that."
    VALID = (
        "    async def get(self, id: Annotated[str, Length(max=3)]) -> str: ...",
        "T = TypeVar('T')\nPair = tuple[T, T]\n\n@service\nclass Carts(Protocol):\n"
        "    @compute\n    async def get(self, pair: Pair[Pair[str]]) -> Pair[int]: ...",
        "type Pair[T] = tuple[T, T]\n\n@service\nclass Carts(Protocol):\n"
        "    @compute\n    async def get(self, pair: Pair[str]) -> Pair[int]: ...",
        "    async def list(self) -> list[str]: ...",
        "    async def get(self, id: Literal[-1, 'a', b'b', True, None]) -> tuple[()]: ...",
    )
    INVALID = (
        "    async def get(self, id: 3) -> str: ...",
        "    async def get(self, id: 'str |') -> str: ...",
        "    async def get(self, id: compute) -> str: ...",
        "import library\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self, id: library[int]) -> library: ...",
        "import library\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self, id: Annotated[int, library]) -> str: ...",
        "    async def get(self, id: MINUTE) -> str: ...",
        "    async def get(self, id: '\\ud800') -> str: ...",
        "    async def list(self) -> str: ...\n    async def get(self) -> list[str]: ...",
        "    async def MINUTE(self) -> str: ...\n"
        "    async def get(self, seconds: int = MINUTE) -> str: ...",
        "class Page:\n    pass\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self) -> Page[int]: ...",
        *(
            "T = TypeVar('T')\n\n@dataclass\nclass Page(Generic[T]):\n    item: T\n\n\n"
            f"@service\nclass Carts(Protocol):\n    async def get(self) -> {page}: ..."
            for page in ("Page", "Page[int, str]")
        ),
        "type Pair[T] = tuple[T, T]\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self) -> Pair: ...",
        "type Pair[T] = tuple[T, T]\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self) -> Pair[int, str]: ...",
        "    async def get(self, id: Annotated[str, lambda x: x]) -> str: ...",
        *(
            f"    async def get(self, id: {spelled}) -> str: ..."
            for spelled in (
                *("list[int, str]", "dict[str]", "int[str]", "tuple[1:2]", "tuple[*tuple[int]]"),
                *(
                    "Optional",
                    "Optional[int, str]",
                    "Annotated[int]",
                    "Literal",
                    "...",
                    "list[...]",
                ),
                *("tuple[...]", "tuple[..., int]", "int | ...", "Sequence[int, ...]"),
            )
        ),
    )
