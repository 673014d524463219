"""Tests that check what commands declare to invalidate, for users to complete."""

from __future__ import annotations

from collections.abc import Iterator

from ..contract import Contract, Method, MethodKind, ParameterKind
from .docs import prose
from .layout import Doc, Group, Joined, call_of, lay_out
from .methods import Local
from .names import Names
from .templates import Templates
from .types import parameter_of

__all__ = ["skeleton"]

_DEFINED = ("arguments", "check", "read", "request")


def skeleton(contract: Contract, command: Method, local: Local, templates: Templates) -> str:
    """The text of the test of one command.

    Raises:
        GenerationError: a template of the user is wrong.
    """
    shown = f"{contract.name}.{command.name}"
    service = f"{contract.name}_" if contract.name in _DEFINED else contract.name
    test = f"test_{command.name}_invalidates_what_it_changes"
    names = Names((*_DEFINED, service, test), local)
    ours = {
        "asyncio": names.own("asyncio", ""),
        "pytest": names.own("pytest", ""),
        "invalidates_what_it_changes": names.own("fusionrt.testing", "invalidates_what_it_changes"),
    }
    protocol = names.use(contract.ref)
    annotations = tuple(parameter_of(each, names) for each in command.parameters)
    arguments = Joined(("tuple", Group("[", annotations, "]", comma=len(annotations) > 1)))
    parameters: list[Doc] = [f"{service}: {protocol}"]
    if annotations:
        parameters.append(Joined(("arguments: ", arguments)))
    declared = ", ".join(f"`{key}`" for key in command.invalidates)
    view = {
        "n": ours,
        "doc": prose(f"What `{shown}` changes is what it declares to invalidate.", 0),
        "service": service,
        "protocol": protocol,
        "makes": prose(f"A service that holds something for `{command.name}` to change.", 4),
        "arguments": lay_out(arguments, 0, before=19, after=1) if annotations else None,
        "chooses": prose(f"The arguments of `{_call(command)}`; they change something.", 4),
        "read": _function(call_of("async def read", [f"{service}: {protocol}"])),
        "reads": prose("Read what it may change, and what not: only what is cached is checked.", 4),
        "offered": [_offered(service, each) for each in contract.of_kind(MethodKind.COMPUTE)],
        "test": _function(call_of(f"def {test}", parameters)),
        "declares": prose(f"It declares {declared or 'nothing'}.", 4),
        "call": _run(service, command),
    }
    return templates.render("skeleton.py.j2", {**view, "imports": names.all_imports(0)})


def _function(head: Doc) -> str:
    return lay_out(Joined((head, " -> None")), 0, after=1)


def _call(method: Method) -> str:
    return f"{method.name}({', '.join(each.name for each in method.parameters)})"


def _offered(service: str, method: Method) -> str:
    """The call of a compute method, as a comment to be made code."""
    call = call_of(f"await {service}.{method.name}", (each.name for each in method.parameters))
    return lay_out(call, 0, before=6).replace("\n", "\n    # ")


def _run(service: str, command: Method) -> str:
    """The call of the command with what the fixture gives."""
    function = f"await {service}.{command.name}"
    if not any(each.kind is ParameterKind.KEYWORD for each in command.parameters):
        return f"{function}(*arguments)" if command.parameters else f"{function}()"
    return lay_out(call_of(function, _by_place(command)), 12)


def _by_place(command: Method) -> Iterator[str]:
    for place, parameter in enumerate(command.parameters):
        keyword = f"{parameter.name}=" if parameter.kind is ParameterKind.KEYWORD else ""
        yield f"{keyword}arguments[{place}]"
