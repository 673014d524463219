"""Contracts as text: `fusiongen describe`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..contract import FREEZABLE, Kind, MethodKind, ParameterKind
from ..output.lock import LockedParameter
from .description import Description, MethodDescription, ServiceDescription, TypeDescription
from .spelling import Spelling
from .tables import table

__all__ = ["lines", "parameters_of", "result_of", "spelling_of"]


def lines(description: Description, width: int | None) -> Iterator[str]:
    """Tables of services, of the methods of each, of invalidations and of types.

    width: of the terminal, in characters; `None` for one line a row.
    """
    spell = spelling_of(description)
    yield from _titled("services", _services(description), width)
    for name, service in description.services.items():
        yield from _titled(name, _methods(service, spell), width)
    if description.invalidations:
        yield from _titled("invalidations", _invalidations(description), width)
    if description.types:
        yield from _titled("types", _types(description, spell), width)


def _titled(title: str, rows: list[tuple[str, ...]], width: int | None) -> Iterator[str]:
    header, *rest = rows
    if title != "services":
        yield ""
    yield title
    for line in table(header, rest, None if width is None else width - 2):
        yield f"  {line}"


def _services(description: Description) -> list[tuple[str, ...]]:
    return [
        ("SERVICE", "CONTRACT", "FILE", "VERSION", "INTERNAL", "RAISES", "METHODS"),
        *(
            (
                name,
                service.protocol.rpartition(".")[2],
                f"{service.file}:{service.line}",
                "" if service.version is None else str(service.version),
                "yes" if service.internal else "",
                ", ".join(each.rpartition(".")[2] for each in service.raises),
                _counts(service),
            )
            for name, service in description.services.items()
        ),
    ]


def _counts(service: ServiceDescription) -> str:
    kinds = [method.kind for method in service.methods.values()]
    return ", ".join(f"{kinds.count(kind)} {kind.value}" for kind in MethodKind if kind in kinds)


def _methods(service: ServiceDescription, spell: Spelling) -> list[tuple[str, ...]]:
    return [
        ("METHOD", "KIND", "PARAMETERS", "RESULT", "OPTIONS", "DEPRECATED"),
        *(
            (
                name,
                method.kind.value,
                ", ".join(parameters_of(method.parameters, spell)),
                result_of(method, spell),
                ", ".join(_options(method)),
                method.deprecated or "",
            )
            for name, method in service.methods.items()
        ),
    ]


def _options(method: MethodDescription) -> Iterator[str]:
    if method.idempotent:
        yield "idempotent"
    if method.skip:
        yield "skip=True"
    if method.transient:
        yield "transient=True"
    yield from (f"{option}={value:g}" for option, value in method.options.items())


def _invalidations(description: Description) -> list[tuple[str, ...]]:
    return [
        ("COMMAND", "INVALIDATES"),
        *((each.command, each.key) for each in description.invalidations),
    ]


def _types(description: Description, spell: Spelling) -> list[tuple[str, ...]]:
    return [
        ("TYPE", "KIND", "FIELDS"),
        *(
            (
                spell(name),
                ("frozen " if _says_frozen(type_) else "") + type_.kind.value,
                _of(type_, spell),
            )
            for name, type_ in description.types.items()
            if type_.kind is not Kind.VARIABLE
        ),
    ]


def _says_frozen(type_: TypeDescription) -> bool:
    return type_.frozen and type_.kind in FREEZABLE


def _of(type_: TypeDescription, spell: Spelling) -> str:
    if type_.target is not None:
        return f"= {spell(type_.target)}"
    return ", ".join(
        f"{field.name}{f': {spell(field.type)}' if field.type else ''}"
        f"{f' = {spell(field.default)}' if field.default is not None else ''}"
        for field in type_.fields
    )


def spelling_of(description: Description) -> Spelling:
    """How the types of a description are spelled for people."""
    return Spelling(
        {name: type_.name for name, type_ in description.types.items()}, _texts(description)
    )


def _texts(description: Description) -> Iterator[str]:
    for service in description.services.values():
        yield from service.raises
        for method in service.methods.values():
            yield method.result
            yield method.head or ""
            for parameter in method.parameters:
                yield parameter.type
                yield parameter.default or ""
    for name, type_ in description.types.items():
        yield name
        yield type_.target or ""
        for field in type_.fields:
            yield field.type
            yield field.default or ""


def parameters_of(parameters: Iterable[LockedParameter], spell: Spelling) -> Iterator[str]:
    """Parameters as a signature has them, the marks between them included."""
    previous: ParameterKind | None = None
    for parameter in parameters:
        kind = parameter.kind
        if previous is ParameterKind.POSITIONAL and kind is not previous:
            yield "/"
        if kind is ParameterKind.KEYWORD and previous is not kind:
            yield "*"
        previous = kind
        default = "" if parameter.default is None else f" = {spell(parameter.default)}"
        type_ = spell(parameter.type)
        if parameter.streamed is not None:
            type_ = f"{parameter.streamed.value}[{type_}]"
        yield f"{parameter.name}: {type_}{default}"
    if previous is ParameterKind.POSITIONAL:
        yield "/"


def result_of(method: MethodDescription, spell: Spelling) -> str:
    """What a method returns."""
    result = spell(method.result)
    if method.kind is not MethodKind.STREAM:
        return result
    stream = f"AsyncGenerator[{result}, None]" if method.generator else f"AsyncIterator[{result}]"
    return stream if method.head is None else f"{spell(method.head)[:-1]}, {stream}]"
