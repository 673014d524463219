"""What the decorators of a method are given: options, entries of `invalidates`, a deprecation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from ..contract import MethodKind, Options
from ..rules.methods import BadDeprecation
from ..rules.options import BadCommandOption, BadOption, BadStreamOption
from .decorators import Decoration
from .diagnostics import Diagnostics
from .expressions import constant

__all__ = ["Entry", "deprecation_of", "entries_of", "options_of", "skip_of", "transient_of"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One string of `invalidates`, and the node that spells it."""

    text: str
    node: cst.BaseExpression


def options_of(name: str, compute: Decoration, diagnostics: Diagnostics) -> Options:
    """What `@compute` of a method of this name says.

    diagnostics: takes what is no option, or has no value that fits.
    """
    given: dict[str, str] = {}
    for argument in compute.arguments or ():
        option = argument.keyword.value if argument.keyword else ""
        if option not in Options.model_fields:
            diagnostics.add(BadOption, argument, f"`@compute` of `{name}` has no such option")
            continue
        text = constant(argument.value)
        if text is None or not (text == "None" or _is_seconds(text)):
            code = diagnostics.code(argument.value)
            diagnostics.add(BadOption, argument, f"`{option}={code}` is no number of seconds")
        elif text != "None":
            given[option] = text
    return Options(**given)


def entries_of(name: str, command: Decoration, diagnostics: Diagnostics) -> Iterator[Entry]:
    """What `@command` of a method of this name says that it invalidates.

    diagnostics: takes what is something else than a list of string literals, and what is no option.
    """
    arguments = command.arguments or ()
    names = [argument.keyword.value if argument.keyword else "" for argument in arguments]
    if sorted(names) not in (["invalidates"], ["invalidates", "transient"]):
        problem = f"`@command` of `{name}` takes `invalidates=` and, optionally, `transient=True`"
        diagnostics.add(BadCommandOption, command.node, problem)
    for argument, option in zip(arguments, names, strict=True):
        if option == "invalidates":
            yield from _listed(name, argument.value, diagnostics)


def transient_of(name: str, command: Decoration, diagnostics: Diagnostics) -> bool:
    """Whether `@command` of a method of this name says `transient=True`.

    diagnostics: takes what is neither that nor `transient=False`.
    """
    for argument in command.arguments or ():
        if argument.keyword is None or argument.keyword.value != "transient":
            continue
        match argument.value:
            case cst.Name("True" | "False" as text):
                return text == "True"
        code = diagnostics.code(argument.value)
        problem = f"`transient={code}` is neither `True` nor `False`"
        diagnostics.add(BadCommandOption, argument, problem)
    return False


def _listed(name: str, node: cst.BaseExpression, diagnostics: Diagnostics) -> Iterator[Entry]:
    if not isinstance(node, cst.List | cst.Tuple):
        diagnostics.add(BadCommandOption, node, f"`invalidates` of `{name}` is no list")
        return
    for element in node.elements:
        text = getattr(element.value, "evaluated_value", None)
        if isinstance(text, str):
            yield Entry(text, element.value)
        else:
            problem = f"`invalidates` of `{name}` holds more than string literals"
            diagnostics.add(BadCommandOption, element, problem)


def deprecation_of(
    name: str, decorators: Sequence[Decoration], diagnostics: Diagnostics
) -> str | None:
    """What `@deprecated` says of a method of this name, if it is there.

    diagnostics: takes what is no message alone.
    """
    found = [each for each in decorators if each.name == "deprecated"]
    message = None
    for index, each in enumerate(found):
        match each.arguments:
            case [cst.Arg(value=value, keyword=None, star="")] if not index:
                message = getattr(value, "evaluated_value", None)
        if not isinstance(message, str) or not _is_text(message) or index:
            problem = f"`@{each.code}` of `{name}` is no message alone"
            diagnostics.add(BadDeprecation, each.node, problem)
    return message if isinstance(message, str) else None


def skip_of(
    name: str, kind: MethodKind, decorators: Sequence[Decoration], diagnostics: Diagnostics
) -> bool:
    """Whether `@stream(skip=True)` stands at a method of this name.

    diagnostics: takes what is something else, or stands at something else than a stream.
    """
    found = [each for each in decorators if each.name == "stream"]
    for index, each in enumerate(found):
        match each.arguments:
            case [cst.Arg(keyword=cst.Name("skip"), value=cst.Name("True"))]:
                problem = None if kind is MethodKind.STREAM else f"`{name}` is no stream"
            case _:
                problem = f"`@{each.code}` of `{name}` is not `@stream(skip=True)`"
        if index:
            problem = f"`{name}` has `@stream` twice"
        if problem is not None:
            diagnostics.add(BadStreamOption, each.node, problem)
    return bool(found)


def _is_text(value: str) -> bool:
    """Whether a string can be written to a file: an escape may make half a character."""
    return not any("\ud800" <= each <= "\udfff" for each in value)


def _is_seconds(text: str) -> bool:
    """Whether a literal is a finite decimal number of at least 0."""
    try:
        return text[0].isdigit() and math.isfinite(float(text))
    except ValueError:
        return False
