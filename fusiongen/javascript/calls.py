"""Methods as generated modules declare them, and as TypeScript calls them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..contract import MethodKind
from ..output.lock import LockedParameter
from ..show.description import MethodDescription, TypeDescription
from .defaults import default_of
from .names import identifier, property_name
from .types import Types

__all__ = ["Called", "called"]

_WIDTH = 100
_MAKERS = {
    MethodKind.COMPUTE: "compute",
    MethodKind.COMMAND: "command",
    MethodKind.PLAIN: "plain",
    MethodKind.ONEWAY: "oneway",
    MethodKind.STREAM: "stream",
}


@dataclass(frozen=True, slots=True)
class Called:
    """One method. code: what declares it in JavaScript. parameters, result: in TypeScript.

    returned: what comes of a call that is awaited.
    """

    name: str
    kind: MethodKind
    doc: str | None
    deprecated: str | None
    code: str
    parameters: str
    result: str
    returned: str


def called(
    name: str, method: MethodDescription, types: Types, known: Mapping[str, TypeDescription]
) -> Called:
    """A method.

    Raises:
        Unsupported: a type has no form in JavaScript.
    """
    sent = [each for each in method.parameters if not each.filled]
    defaults = [None if each.streamed else default_of(each, known) for each in sent]
    result = types.of(method.result)
    options = _options(method, types)
    parameters = [
        _declared(each, default, types) for each, default in zip(sent, defaults, strict=True)
    ]
    code = _laid_out(
        f"  {property_name(name)}: f.{_MAKERS[method.kind]}", parameters, [result.codec, *options]
    )
    return Called(
        name=property_name(name),
        kind=method.kind,
        doc=method.doc,
        deprecated=method.deprecated,
        code=code,
        parameters=_script(sent, defaults, types),
        result=_result(method, result.script, types),
        returned=_returned(result.script),
    )


def _declared(parameter: LockedParameter, default: str | None, types: Types) -> str:
    codec = types.of(parameter.type).codec
    if parameter.streamed:
        codec = f"f.items({codec})"
    elif default is not None:
        codec = f"f.given({codec}, {default})"
    return f"{property_name(parameter.name)}: {codec}"


def _options(method: MethodDescription, types: Types) -> list[str]:
    options = []
    if method.idempotent:
        options.append("idempotent: true")
    if method.skip:
        options.append("newest: true")
    if method.head is not None:
        options.append(f"head: {types.of(method.head).codec}")
    return [f"{{ {', '.join(options)} }}"] if options else []


def _laid_out(head: str, parameters: list[str], rest: list[str]) -> str:
    """One line, if it fits; else a parameter a line."""
    inner = f"{{ {', '.join(parameters)} }}" if parameters else "{}"
    line = f"{head}({', '.join((inner, *rest))}),"
    if len(line) <= _WIDTH or not parameters:
        return line
    lines = "".join(f"\n    {each}," for each in parameters)
    broken = "{" + lines + "\n  }"
    return f"{head}({', '.join((broken, *rest))}),"


def _script(sent: list[LockedParameter], defaults: list[str | None], types: Types) -> str:
    texts = []
    last = max((i for i, default in enumerate(defaults) if default is None), default=-1)
    for index, parameter in enumerate(sent):
        type_ = types.of(parameter.type).script
        if parameter.streamed:
            type_ = f"AsyncIterable<{type_}> | Iterable<{type_}>"
        elif type_ == "t.Int":
            type_ = "t.Int | bigint"
        name = identifier(parameter.name)
        if defaults[index] is None:
            texts.append(f"{name}: {type_}")
        elif index > last:
            texts.append(f"{name}?: {type_}")
        else:
            texts.append(f"{name}: {type_} | undefined")
    return ", ".join(texts)


def _result(method: MethodDescription, script: str, types: Types) -> str:
    if method.kind is MethodKind.STREAM:
        stream = f"AsyncGenerator<{script}, void, void>"
        if method.head is None:
            return stream
        head = types.of(method.head).script.removesuffix("]")
        return f"Promise<{head}, {stream}]>" if head != "[" else f"Promise<[{stream}]>"
    return f"Promise<{_returned(script)}>"


def _returned(script: str) -> str:
    return "void" if script == "null" else script
