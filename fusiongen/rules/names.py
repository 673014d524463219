"""Rules about where names come from."""

from __future__ import annotations

from .base import Invalid, Rule

__all__ = ["HiddenByStar", "TypingOnly", "UnknownName"]


class UnknownName(Rule):
    """An annotation or a default uses a name that its module does not bind."""

    id = "FG002"
    fix = "Import it, or define it in this module."
    VALID = ("    async def get(self, id: 'str') -> 'Decimal | None': ...",)
    INVALID = (
        Invalid(
            "    async def get(self, id: Missing) -> str: ...",
            "1:29",
            "`Missing` is not defined in this module",
        ),
        Invalid(
            "    @cached\n    async def get(self, id: str) -> str: ...",
            "1:6",
            "`cached` is not defined in this module",
        ),
        Invalid(
            "@contract\nclass Carts(Protocol): ...",
            "1:2",
            "`contract` is not defined in this module",
        ),
        Invalid(
            "    async def get(self, id: str = __name__) -> str: ...",
            "1:35",
            "`__name__` is not defined in this module",
        ),
        Invalid(
            "    async def get(self, id: str = MISSING) -> str: ...",
            "1:35",
            "`MISSING` is not defined in this module",
        ),
        Invalid(
            "    async def get(self) -> 'Missing | None': ...",
            "1:28",
            "`Missing` is not defined in this module",
        ),
    )


class HiddenByStar(Rule):
    """A name can only come from a star import, so its origin cannot be read."""

    id = "FG003"
    fix = "Import the name itself."
    INVALID = (
        Invalid(
            "from somewhere import *\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self) -> Cart: ...",
            "5:28",
            "`Cart` can only come from `from somewhere import *`",
        ),
        Invalid(
            "from somewhere import *\n\n@contract\nclass Carts(Protocol):\n"
            "    async def get(self) -> str: ...",
            "3:2",
            "`contract` can only come from `from somewhere import *`",
        ),
        Invalid(
            "from somewhere import *\n\n@service\nclass Carts(Protocol):\n"
            "    @cached\n    async def get(self) -> str: ...",
            "5:6",
            "`cached` can only come from `from somewhere import *`",
        ),
        Invalid(
            "from somewhere import *\n\n@service\nclass Carts(Base, Protocol):\n    pass",
            "4:13",
            "`Base` can only come from `from somewhere import *`",
        ),
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
        Invalid(
            "if TYPE_CHECKING:\n    Ids = tuple[str, ...]\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self) -> Ids: ...",
            "6:28",
            "`Ids` is only defined for type checkers",
        ),
    )
