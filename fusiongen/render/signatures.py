"""Methods of generated classes, from `def` to `:`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..contract import Method, MethodKind, Named, Parameter, ParameterKind
from .layout import WIDTH, Doc, Group, Joined, Operators, flat, lay_out, tuple_of
from .names import Names
from .types import annotation_of, expression_of, parameter_of

__all__ = ["arguments", "receiver", "result_of", "signature"]

_INDENT = 4


def receiver(method: Method) -> str:
    """The name of the first parameter: `self`, unless another one is called so."""
    names = {parameter.name for parameter in method.parameters}
    name = "self"
    while name in names:
        name += "_"
    return name


def arguments(method: Method) -> Iterator[Doc]:
    """A method's arguments as a tuple, in the order of the contract; and the stream among them."""
    yield tuple_of(each.name for each in method.parameters if each.streamed is None)
    yield from (each.name for each in method.parameters if each.streamed is not None)


def result_of(method: Method, names: Names) -> Doc:
    """What a generated method says that it returns."""
    result = annotation_of(method.result, names)
    if method.kind is not MethodKind.STREAM:
        return result
    sent: tuple[Doc, ...] = ("None",) if method.generator else ()
    name = "AsyncGenerator" if method.generator else "AsyncIterator"
    iterator = names.own("collections.abc", name)
    stream = Joined((iterator, Group("[", (result, *sent), "]", comma=bool(sent))))
    if not isinstance(method.head, Named):
        return stream
    before = tuple(annotation_of(each, names) for each in method.head.items)
    return Joined((names.use(method.head.ref), Group("[", (*before, stream), "]", comma=True)))


def signature(
    method: Method,
    names: Names,
    result: Doc,
    *,
    asynchronous: bool = False,
    ending: str = "",
    annotate: Callable[[Parameter, Names], Doc] = parameter_of,
) -> str:
    """`def get(self, …) -> T:`, one parameter a line; `ending` stands behind it."""
    head = f"{'async ' * asynchronous}def {method.name}("
    lines = list(_parameters(method.parameters, names, annotate))
    one_line = f"{head}{receiver(method)}) -> {flat(result)}:{ending}"
    if not lines and len(one_line) + _INDENT <= WIDTH:
        return one_line
    inner = " " * (_INDENT + 4)
    body = "".join(f"{inner}{line},\n" for line in (receiver(method), *lines))
    returns = lay_out(result, _INDENT, before=5, after=1 + len(ending))
    if isinstance(result, Operators) and "\n" in returns:
        # No bracket is open here, in which a line could end before an operator.
        returns = f"(\n{inner}{lay_out(result, len(inner))}\n{' ' * _INDENT})"
    return f"{head}\n{body}{' ' * _INDENT}) -> {returns}:{ending}"


def _parameters(
    parameters: Sequence[Parameter], names: Names, annotate: Callable[[Parameter, Names], Doc]
) -> list[str]:
    lines: list[str] = []
    previous = ParameterKind.POSITIONAL
    for parameter in parameters:
        if previous is ParameterKind.POSITIONAL and lines and parameter.kind is not previous:
            lines.append("/")
        if parameter.kind is ParameterKind.KEYWORD and previous is not parameter.kind:
            lines.append("*")
        previous = parameter.kind
        parts: list[Doc] = [f"{parameter.name}: ", annotate(parameter, names)]
        if parameter.default is not None:
            parts.append(f" = {expression_of(parameter.default, names, runtime=True)}")
        lines.append(lay_out(Joined(tuple(parts)), _INDENT + 4, after=1))
    if parameters and previous is ParameterKind.POSITIONAL:
        lines.append("/")
    return lines
