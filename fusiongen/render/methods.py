"""The parts of which the views of generated files are made: methods, accessors, class lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from ..contract import Contract, Method, MethodKind, quoted
from .docs import docstring
from .layout import call_of, lay_out
from .names import Names
from .signatures import arguments, receiver, result_of, signature

__all__ = [
    "MAKERS",
    "MODULE",
    "Local",
    "View",
    "accessors",
    "call",
    "class_line",
    "declared",
    "deprecated",
    "filled",
    "forwarding",
    "names_of",
    "own_accessors",
    "pragma",
    "stub",
]

MODULE = "fusionrt.abi"
"""What generated code imports of the runtime."""

MAKERS = {"ComputedMethod": "Computed", "PeekMethod": "Peek", "ChangesMethod": "Changes"}
"""Of three accessors: what makes an entry, and what the class of the entries ends in."""

Local = Callable[[str], bool]
"""Whether a module of this name belongs to the project."""

View = Mapping[str, object]
"""What a template sees."""

_ACCESSORS = ("computed", "peek", "changes", "invalidate")
_MENTIONS_DEPRECATED = """\
# mypy: disable-error-code="deprecated"
# pyright: reportDeprecated=false
# ty: ignore[deprecated]"""

_CALLS = {
    MethodKind.COMPUTE: "await {}._fusion.compute",
    MethodKind.COMMAND: "await {}._fusion.command",
    MethodKind.PLAIN: "await {}._fusion.call",
    MethodKind.ONEWAY: "await {}._fusion.tell",
    MethodKind.STREAM: "{}._fusion.stream",
}


def forwarding(methods: tuple[Method, ...], names: Names) -> list[dict[str, str | None]]:
    """Methods that hand their arguments to the runtime."""
    return [
        {
            "signature": declared(method, names),
            "deprecated": deprecated(method, names),
            "doc": docstring(method.doc, 8),
            "call": call(f"return {_called(method).format(receiver(method))}", method),
        }
        for method in methods
    ]


def _called(method: Method) -> str:
    if method.head is not None:
        return "await {}._fusion.open"
    if method.sends and method.kind is not MethodKind.STREAM:
        return "await {}._fusion.send"
    return _CALLS[method.kind]


def declared(method: Method, names: Names, ending: str = "") -> str:
    """A method's first line, as its contract has it."""
    asynchronous = method.kind is not MethodKind.STREAM or method.head is not None
    result = result_of(method, names)
    return signature(method, names, result, asynchronous=asynchronous, ending=ending)


def stub(method: Method, names: Names, ending: str = " ...") -> dict[str, str | None]:
    """A method without its body."""
    signature = declared(method, names, ending=ending)
    return {"deprecated": deprecated(method, names), "signature": signature}


def accessors(owner: str, methods: Iterable[Method], names: Names) -> dict[str, list[str]]:
    """The entries of three accessors, which take names and types from the owner's methods."""
    return {
        maker: [
            lay_out(
                call_of(f"{each.name} = {names.own(MODULE, maker)}", (f"{owner}.{each.name}",)), 4
            )
            for each in methods
        ]
        for maker in MAKERS
    }


def own_accessors(end: str, title: str) -> Iterator[str]:
    """The accessors that services and clients do not share."""
    return (f"{title}{end}{suffix}" for suffix in MAKERS.values())


def call(function: str, method: Method) -> str:
    """A function of the runtime, called with the method's name and arguments."""
    return lay_out(call_of(function, (f'"{method.name}"', *arguments(method))), 8)


def deprecated(method: Method, names: Names) -> str | None:
    """The decorator of a deprecated method."""
    if method.deprecated is None:
        return None
    decorator = f"@{names.own(MODULE, 'deprecated')}"
    return lay_out(call_of(decorator, (quoted(method.deprecated),)), 4)


def class_line(name: str, *bases: str) -> str:
    """A class's first line."""
    return lay_out(call_of(f"class {name}", bases), 0, after=1)


def names_of(contract: Contract, local: Local, defined: Iterable[str]) -> Names:
    """The names of a file that defines these, beside a class with the contract's methods."""
    methods = [method.name for method in contract.methods]
    return Names((*methods, *_ACCESSORS, *defined), local)


def filled(contract: Contract, names: Names, **view: object) -> View:
    """What a template sees, with the imports that its parts turned out to need."""
    typing_imports = names.typing_imports()
    checking = names.own("typing", "TYPE_CHECKING") if typing_imports else None
    return {
        "title": contract.ref.name,
        "contract": contract,
        "imports": names.runtime_imports(),
        "typing_imports": typing_imports,
        "checking": checking,
        **view,
    }


def pragma(mentioned: Iterable[Method]) -> str | None:
    """What lets a file mention these methods, if one of them is deprecated."""
    if any(method.deprecated is not None for method in mentioned):
        return _MENTIONS_DEPRECATED
    return None
