"""A rule about texts that are none: they hold half of a character."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..contract import Annotated, Constant, Literals, Named, Ref, Type, inner
from .base import ContractRule, Invalid
from .travelling import travelling

if TYPE_CHECKING:
    from ..contract import Contract, Expression, Method
    from ..errors import Diagnostic, Span
    from ..reader.shapes import Structure
    from ..reader.structures import Structures

__all__ = ["HalfCharacter"]

_HALF = "holds half of a character"


class HalfCharacter(ContractRule):
    """A text of a contract, or of a type that it refers to, has a lone surrogate, as `"\\ud800"`
    is: half of a character, which no message can hold, and no file in UTF-8. Text is what is in a
    `Literal`, a default, the value of a member, an alias, a piece of metadata, a docstring."""

    id = "FG055"
    fix = "Write the whole character, such as `\\U0001f600`, or declare `bytes`."
    VALID = (
        "    async def get(self, id: Literal['\\U0001f600', '\\\\ud800']) -> str: ...",
        "    async def get(self, id: bytes = b'\\ud800') -> Literal[b'\\ud800']: ...",
        "class Name(BaseModel):\n    text: str = Field(pattern=r'[^\\ud800]')\n\n"
        "    def whole(self) -> bool:\n        return '\\ud800' not in self.text\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Name: ...",
    )
    INVALID = (
        Invalid(
            "    async def get(self, id: Literal['a', '\\ud800']) -> str: ...",
            "1:25",
            f"`id` of `get` {_HALF}: `'\\ud800'`",
        ),
        Invalid(
            "LOW = '\\ude00'\n\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self, id: str = '\\ud83d' + LOW) -> str: ...",
            "6:25",
            f"the default of `id` of `get` {_HALF}: `'\\ud83d\\ude00'`",
        ),
        Invalid(
            "    @compute\n    async def get(self, id: str) -> str: ...\n\n"
            "    @command(invalidates=[\"get('\\\\ud800')\"])\n"
            "    async def put(self) -> None: ...",
            "5:15",
            f'what `put` invalidates {_HALF}: `"\\ud800"`',
        ),
        Invalid(
            "    async def get(self) -> Annotated[str, Length('\\ud800')]: ...",
            "1:15",
            f"`get` {_HALF}: `library.Length('\\ud800')`",
        ),
        Invalid(
            "from enum import StrEnum\n\n\nclass Color(StrEnum):\n    RED = '\\ud800'\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> set[Color]: ...",
            "10:15",
            f"`get`: `RED` of `Color` {_HALF}: `'\\ud800'`",
        ),
        Invalid(
            "class Cart(BaseModel):\n    id: str = Field(alias='\\ud800')\n\n\n@service\n"
            "class Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "7:15",
            f"`get`: `id` of `Cart` {_HALF}: `pydantic.Field(alias='\\ud800')`",
        ),
        Invalid(
            "Cart = typing.TypedDict('Cart', {'\\ud800': str})\n\n\n@service\n"
            "class Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "6:15",
            f"`get`: a name in `Cart` {_HALF}: `'\\ud800'`",
        ),
        Invalid(
            "class Cart(Struct, tag='\\ud800'):\n    id: str\n\n\n@service\n"
            "class Carts(Protocol):\n    async def get(self, cart: Cart) -> None: ...",
            "7:25",
            f"`cart` of `get`: `Cart` {_HALF}: `'\\ud800'`",
        ),
        Invalid(
            "@dataclass\nclass Gone(Exception):\n    id: str = '\\ud800'\n\n\n"
            "@service(raises=[Gone])\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
            "7:7",
            f"`Gone` in `raises`: `id` of `Gone` {_HALF}: `'\\ud800'`",
        ),
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for span, what, text in _own_texts(contract, structures):
            if _is_halved(text):
                yield cls.at(span, f"{what} {_HALF}: `{text}`")
        for method in contract.methods:
            for span, what, type_ in travelling(method):
                problem = structures.first(_halved, type_)
                if problem is not None:
                    yield cls.at(span, f"{what}{problem}")
        for ref in contract.raises:
            problem = structures.first(_halved, Named(ref=structures.exception(ref)))
            if problem is not None:
                yield cls.at(contract.span, f"`{ref.name}` in `raises`{problem}")


def _own_texts(contract: Contract, structures: Structures) -> Iterator[tuple[Span, str, str]]:
    """The texts of a contract, as Python spells them."""
    yield contract.span, f"the docstring of `{contract.ref.name}`", repr(contract.doc)
    for method in contract.methods:
        yield method.span, f"the docstring of `{method.name}`", repr(method.doc)
        for each in method.parameters:
            if each.default is not None:
                what = f"the default of `{each.name}` of `{method.name}`"
                yield each.span, what, structures.values.of_expression(each.default)
        for text in _constants(method):
            yield method.span, f"what `{method.name}` invalidates", text


def _constants(method: Method) -> Iterator[str]:
    for call in method.invalidates:
        for argument in call.arguments:
            if isinstance(argument.value, Constant):
                yield argument.value.text


def _halved(type_: Type, structures: Structures, seen: set[Ref]) -> str | None:
    """Which text of a type, or of whatever that refers to, holds half of a character; or `None`."""
    waiting = [type_]
    while waiting:  # and no frame for each class of a long chain (C7)
        type_ = waiting.pop()
        waiting += reversed([*inner(type_)])
        said: Iterable[Expression] = ()
        match type_:
            case Literals(values=said) | Annotated(metadata=said):
                pass
            case Named(ref=ref):
                structure = structures.of(ref)
                if structure is not None and structure.ref not in seen:
                    seen.add(structure.ref)
                    for what, text in _texts(structure):
                        if _is_halved(text):
                            return f": {what} {_HALF}: `{text}`"
                    types = (structure.target, *(each.type for each in structure.fields))
                    waiting += [each for each in reversed(types) if each is not None]
        for text in map(structures.values.of_expression, said):
            if _is_halved(text):
                return f" {_HALF}: `{text}`"
    return None


def _texts(structure: Structure) -> Iterator[tuple[str, str]]:
    """The texts of a class, as Python spells them."""
    name = structure.ref.name
    yield f"the docstring of `{name}`", repr(structure.doc)
    for _, text in structure.options:
        yield f"`{name}`", text
    for each in structure.fields:
        yield f"a name in `{name}`", repr(each.name)
        for text in (each.value or each.default or "", repr(each.doc)):
            yield f"`{each.name}` of `{name}`", text


def _is_halved(text: str) -> bool:
    if "\\ud" not in text:
        return False
    try:
        nodes = ast.walk(ast.parse(text, mode="eval"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and _cut(node.value)
        for node in nodes
    )


def _cut(text: str) -> bool:
    return any("\ud800" <= each <= "\udfff" for each in text)
