"""Rules about files and the names in them."""

from __future__ import annotations

from .base import Invalid, Rule

__all__ = ["NotPython", "NotUnderstood"]


class NotPython(Rule):
    """A contract, or a module that it takes a type from, does not parse."""

    id = "FG001"
    fix = "Mend the syntax; `python -m py_compile` says more."
    INVALID = (
        Invalid("    async def get(self -> str: ...", "1:1", "this is not valid Python"),
        Invalid(
            "    async def get(self, id: str, id: str) -> str: ...",
            "1:34",
            "this is not valid Python: duplicate argument 'id' in function definition",
        ),
        Invalid(
            "    async def get(self, __debug__: str) -> str: ...",
            "1",
            "this is not valid Python: cannot assign to __debug__",
        ),
        Invalid(
            '    async def get(self) -> str:\n        """\\x"""',
            "2",
            "this is not valid Python: (unicode error) 'unicodeescape' codec can't "
            "decode bytes in position 0-1: truncated \\xXX escape",
        ),
        Invalid(
            "    async def get(self, id: str = 'a\0') -> str: ...",
            "1:1",
            "this is not valid Python: it holds a null byte",
        ),
        Invalid(
            "    async def get(self, id: 'str' b'') -> str: ...",
            "1:38",
            "this is not valid Python: cannot mix bytes and nonbytes literals",
        ),
        Invalid(
            f"    async def get(self) -> {'tuple[' * 300}int{']' * 300}: ...",
            "1:1233",
            "this is not valid Python: too many nested parentheses",
        ),
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
        Invalid("    async def get(self, id: 3) -> str: ...", "1:29", "`3` is not a type"),
        Invalid(
            "    async def get(self, id: 'str |') -> str: ...", "1:29", "`'str |'` is not a type"
        ),
        Invalid(
            "    async def get(self, id: compute) -> str: ...",
            "1:29",
            "`fusionrt.compute` is no type",
        ),
        Invalid(
            "import library\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self, id: library[int]) -> str: ...",
            "5:29",
            "`library` is no type",
        ),
        Invalid(
            "import library\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self) -> library: ...",
            "5:28",
            "`library` is no type",
        ),
        Invalid(
            "import library\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self, id: Annotated[int, library]) -> str: ...",
            "5:29",
            "`library` is more than names, literals and calls",
        ),
        Invalid("    async def get(self, id: MINUTE) -> str: ...", "1:29", "`MINUTE` is no type"),
        Invalid(
            "    async def get(self, id: '\\ud800') -> str: ...",
            "1:29",
            "`'\\ud800'` is not a type",
        ),
        Invalid(
            "    async def list(self) -> str: ...\n    async def get(self) -> list[str]: ...",
            "2:28",
            "`list` is the method above, in this class",
        ),
        Invalid(
            "    async def MINUTE(self) -> str: ...\n"
            "    async def get(self, seconds: int = MINUTE) -> str: ...",
            "2:40",
            "`MINUTE` is the method above, in this class",
        ),
        Invalid(
            "    async def compute(self) -> str: ...\n"
            "    @compute\n    async def get(self) -> str: ...",
            "2:6",
            "`compute` is the method above, in this class",
        ),
        Invalid(
            "class Page:\n    pass\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self) -> Page[int]: ...",
            "6:28",
            "`Page` takes no type arguments, and 1 is given",
        ),
        Invalid(
            "T = TypeVar('T')\n\n@dataclass\nclass Page(Generic[T]):\n    item: T\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Page: ...",
            "10:28",
            "`Page` takes 1 type argument, and none are given",
        ),
        Invalid(
            "T = TypeVar('T')\n\n@dataclass\nclass Page(Generic[T]):\n    item: T\n\n\n"
            "@service\nclass Carts(Protocol):\n"
            "    async def get(self) -> Page[int, str]: ...",
            "10:28",
            "`Page` takes 1 type argument, and 2 are given",
        ),
        Invalid(
            "type Pair[T] = tuple[T, T]\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self) -> Pair: ...",
            "5:28",
            "`Pair` takes 1 type argument, and none are given",
        ),
        Invalid(
            "type Pair[T] = tuple[T, T]\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self) -> Pair[int, str]: ...",
            "5:28",
            "`Pair` takes 1 type argument, and 2 are given",
        ),
        Invalid(
            "    async def get(self, id: Annotated[str, lambda x: x]) -> str: ...",
            "1:29",
            "`lambda x: x` is more than names, literals and calls",
        ),
        Invalid(
            "    async def get(self, id: list[int, str]) -> str: ...",
            "1:29",
            "`list` takes 1 type argument, and 2 are given",
        ),
        Invalid(
            "    async def get(self, id: dict[str]) -> str: ...",
            "1:29",
            "`dict` takes 2 type arguments, and 1 is given",
        ),
        Invalid(
            "    async def get(self, id: int[str]) -> str: ...",
            "1:29",
            "`int` takes no type arguments, and 1 is given",
        ),
        Invalid(
            "    async def get(self, id: tuple[1:2]) -> str: ...", "1:29", "`1:2` is not a type"
        ),
        Invalid(
            "    async def get(self, id: tuple[*tuple[int]]) -> str: ...",
            "1:29",
            "`*tuple[int]` is not a type",
        ),
        Invalid(
            "    async def get(self, id: Optional) -> str: ...",
            "1:29",
            "`Optional` says nothing without arguments",
        ),
        Invalid(
            "    async def get(self, id: Optional[int, str]) -> str: ...",
            "1:29",
            "`Optional` takes one type argument",
        ),
        Invalid(
            "    async def get(self, id: Annotated[int]) -> str: ...",
            "1:29",
            "`Annotated` takes more arguments",
        ),
        Invalid(
            "    async def get(self, id: Literal) -> str: ...",
            "1:29",
            "`Literal` says nothing without arguments",
        ),
        Invalid("    async def get(self, id: ...) -> str: ...", "1:29", "`...` is not a type"),
        Invalid(
            "    async def get(self, id: list[...]) -> str: ...", "1:29", "`...` is not a type"
        ),
        Invalid(
            "    async def get(self, id: tuple[...]) -> str: ...", "1:29", "`...` is not a type"
        ),
        Invalid(
            "    async def get(self, id: tuple[..., int]) -> str: ...",
            "1:29",
            "`...` is not a type",
        ),
        Invalid(
            "    async def get(self, id: int | ...) -> str: ...", "1:29", "`...` is not a type"
        ),
        Invalid(
            "    async def get(self, id: Sequence[int, ...]) -> str: ...",
            "1:29",
            "`Sequence` takes 1 type argument, and 2 are given",
        ),
    )
