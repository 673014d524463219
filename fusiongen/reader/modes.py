"""How a call may be made, as `@idempotent` and `@oneway` of a method say it."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import NamedTuple

from ..contract import Method, MethodKind, Nothing
from ..rules.options import BadMode
from .decorators import Decoration
from .diagnostics import Diagnostics

__all__ = ["MODES", "Modes", "modes_of"]

MODES = ("idempotent", "oneway")


class Modes(NamedTuple):
    """What a method is by them."""

    kind: MethodKind
    idempotent: bool


def modes_of(method: Method, found: Iterable[Decoration], diagnostics: Diagnostics) -> Modes:
    """What the modes among its decorators make of a method that is read.

    diagnostics: takes those that do not fit.
    """
    given: dict[str, Decoration] = {}
    for each in found:
        if each.name in MODES:
            problem = _misfit(method, each, given)
            if problem is None:
                given[each.name] = each
            else:
                diagnostics.add(BadMode, each.node, problem)
    kind = MethodKind.ONEWAY if "oneway" in given else method.kind
    return Modes(kind, "idempotent" in given)


def _misfit(method: Method, mode: Decoration, given: Container[str | None]) -> str | None:
    """Why a method, with the modes that it has already, cannot have this one."""
    name, code = method.name, f"@{mode.name}"
    if mode.arguments is not None:
        return f"`{code}` of `{name}` takes no arguments"
    if mode.name in given:
        return f"`{name}` is decorated twice"
    if any(each in given for each in MODES):
        return f"`{name}` is `@oneway`, and `@idempotent`: nobody learns that it has to run again"
    match method.kind:
        case MethodKind.COMPUTE:
            return f"the compute method `{name}` is decorated with `{code}`"
        case MethodKind.COMMAND:
            return f"the command `{name}` is decorated with `{code}`"
        case MethodKind.STREAM if mode.name == "oneway":
            return f"the stream `{name}` is decorated with `{code}`"
    if mode.name == "oneway" and not isinstance(method.result, Nothing):
        return f"`{name}` is `@oneway`, and returns something"
    return None
