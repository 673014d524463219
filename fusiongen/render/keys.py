"""The functions that evaluate what a command invalidates.

Two of them: what needs the command's result can only be told when it succeeded; the rest also when
it failed, for it may have written before (O20).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..contract import Call, Constant, Contract, Method, Path, Wildcard
from .layout import WIDTH, Doc, Joined, call_of, lay_out
from .names import Names
from .types import annotation_of, parameter_of

__all__ = ["key_functions", "keys_of", "variables"]

_ANY = ("fusionrt.abi", "ANY")


class Keys(NamedTuple):
    """One of the functions of a command.

    entry: of the command in the table. name: of the function.
    """

    entry: str
    name: str
    calls: tuple[Call, ...]
    needs_result: bool


def keys_of(method: Method) -> Iterator[Keys]:
    """The functions that a command has."""
    for needs_result, entry in (False, "keys"), (True, "keys_by_result"):
        calls = tuple(call for call in method.invalidates if call.needs_result is needs_result)
        if calls:
            yield Keys(entry, f"_{method.name}_{entry}", calls, needs_result)


def variables(contract: Contract) -> set[str]:
    """Every name that the functions of a contract bind themselves."""
    return {
        name
        for method in contract.methods
        if method.invalidates
        for name in (
            *(parameter.name for parameter in method.parameters),
            *(call.loop.variable for call in method.invalidates if call.loop),
            *(f"{call.service}_" for call in method.invalidates),
            *("keys", "result"),
        )
    }


def key_functions(contract: Contract, method: Method, names: Names) -> Iterator[str]:
    """The text of the functions of one command."""
    for keys in keys_of(method):
        yield _Function(contract, method, keys, names).text()


class _Function:
    def __init__(self, contract: Contract, method: Method, keys: Keys, names: Names) -> None:
        self._contract = contract
        self._method = method
        self._keys = keys
        self._names = names
        self._taken = {
            "result",
            *(parameter.name for parameter in method.parameters),
            *(call.loop.variable for call in method.invalidates if call.loop),
        }

    def text(self) -> str:
        method, names = self._method, self._names
        keys = self._free("keys")
        parameters: list[Doc] = [f"{keys}: {names.own('fusionrt.abi', 'Keys')}"]
        if self._keys.needs_result:
            parameters.append(Joined(("result: ", annotation_of(method.result, names))))
        parameters.extend(
            Joined((f"{each.name}: ", parameter_of(each, names))) for each in method.parameters
        )
        head = call_of(f"def {self._keys.name}", parameters)
        imports: list[str] = []
        lines: list[str] = []
        services = [(call.service, call.contract.name) for call in self._keys.calls]
        for service, title in dict.fromkeys(services):
            accessor = self._accessor(service, title, imports)
            lines.append(f"    {self._collector(service)} = {accessor}({keys})")
        for call in self._keys.calls:
            lines.extend(self._call(call))
        late = [*sorted(imports), ""] if imports else []
        return "\n".join((f"{lay_out(head, 0, after=9)} -> None:", *late, *lines))

    def _accessor(self, service: str, title: str, imports: list[str]) -> str:
        """The class that collects. It is imported late: stubs need the table, and two services may
        need each other.
        """
        name = f"{title}Invalidate"
        spelling = self._free(name)
        alias = "" if spelling == name else f" as {spelling}"
        package = "" if service == self._contract.name else f".{service}."
        imports.append(f"    from .{package}server import {name}{alias}")
        return spelling

    def _collector(self, service: str) -> str:
        return self._free(f"{service}_")

    def _free(self, name: str) -> str:
        while name in self._taken:
            name += "_"
        return name

    def _call(self, call: Call) -> Iterator[str]:
        indent = 4
        if call.loop is not None:
            yield from _guarded(call.loop.iterable.guards, indent)
            indent += 4 * bool(call.loop.iterable.guards)
            yield f"{' ' * indent}for {call.loop.variable} in {call.loop.iterable}:"
            indent += 4
        guards = tuple(
            dict.fromkeys(
                guard
                for argument in call.arguments
                if isinstance(argument.value, Path)
                for guard in argument.value.guards
            )
        )
        yield from _guarded(guards, indent)
        indent += 4 * bool(guards)
        items = [self._argument(argument.name, argument.value) for argument in call.arguments]
        target = f"{self._collector(call.service)}.{call.method}"
        yield " " * indent + lay_out(call_of(target, items), indent)

    def _argument(self, name: str | None, value: Path | Wildcard | Constant) -> str:
        text = self._names.own(*_ANY) if isinstance(value, Wildcard) else str(value)
        return text if name is None else f"{name}={text}"


def _guarded(guards: tuple[str, ...], indent: int) -> Iterator[str]:
    if not guards:
        return
    conditions = [f"{guard} is not None" for guard in guards]
    line = f"{' ' * indent}if {' and '.join(conditions)}:"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"{' ' * indent}if ("
    for index, condition in enumerate(conditions):
        yield f"{' ' * (indent + 4)}{'and ' * bool(index)}{condition}"
    yield f"{' ' * indent}):"
