"""The data of a proxy: the types of every method, and the table of methods."""

from __future__ import annotations

from collections.abc import Iterator

from ..contract import Contract, Expression, Method, MethodKind
from .keys import function_name
from .layout import Doc, Group, Joined, lay_out
from .names import Names
from .signatures import arguments
from .types import expression_of, type_of

__all__ = ["raises_of", "signatures_of", "table_of"]

_ABI = "fusionrt.abi"


def _call(name: str, items: tuple[Doc, ...]) -> Doc:
    # With one item a group in round brackets is a tuple: a call has none of its commas.
    return Joined((name, Group("(", items, ")") if len(items) > 1 else _single(items)))


def _single(items: tuple[Doc, ...]) -> Doc:
    return Joined(("(", *items, ")"))


def signatures_of(contract: Contract, names: Names, signature: str) -> list[str]:
    """The entries of `signatures`; `names` is the scope of the function that holds them."""
    return [
        lay_out(
            Joined(
                (
                    f'"{method.name}": ',
                    _call(
                        signature,
                        (
                            Group(
                                "(",
                                tuple(type_of(each.type, names) for each in method.parameters),
                                ")",
                            ),
                            type_of(method.result, names),
                        ),
                    ),
                )
            ),
            12,
            after=1,
        )
        for method in contract.methods
    ]


def raises_of(contract: Contract, names: Names) -> str | None:
    """The exceptions that travel by code, as a tuple."""
    if not contract.raises:
        return None
    items = tuple(expression_of(Expression(parts=(ref,)), names) for ref in contract.raises)
    return lay_out(Group("(", items, ")"), 8, before=len("raises="), after=1)


def table_of(contract: Contract, names: Names) -> list[str]:
    """The entries of `methods`."""
    return [
        lay_out(
            _call(names.own(_ABI, _CLASSES[method.kind]), tuple(_entry(method, names))), 8, after=1
        )
        for method in contract.methods
    ]


_CLASSES = {
    MethodKind.COMPUTE: "Compute",
    MethodKind.COMMAND: "Command",
    MethodKind.PLAIN: "Plain",
    MethodKind.STREAM: "Stream",
}


def _entry(method: Method, names: Names) -> Iterator[Doc]:
    yield f'"{method.name}"'
    given = tuple(f"{name}={text}" for name, text in method.options.given())
    if method.parameters or given:
        quoted = tuple(f'"{name}"' for name in map(str, arguments(method).items))
        yield Group("(", quoted, ")")
    if given:
        yield _call(names.own(_ABI, "ComputeOptions"), given)
    if method.invalidates:
        yield f"keys={function_name(method)}"
