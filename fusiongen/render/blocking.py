"""The view of `blocking.py`: a client for code that does not await."""

from __future__ import annotations

from ..contract import Contract, Method, MethodKind, ParameterKind
from .docs import docstring, prose
from .layout import Doc, Group, Joined, call_of, lay_out
from .methods import MODULE, Local, View, class_line, deprecated, filled, names_of, pragma
from .names import Names
from .signatures import receiver, signature
from .types import annotation_of

__all__ = ["blocking"]


def blocking(contract: Contract, local: Local) -> View:
    """What `blocking.py.j2` sees.

    Without the methods that take or return a stream beside something else.
    """
    title = contract.ref.name
    names = names_of(contract, local, (f"{title}Blocking",))
    client = names.own(".client", f"{title}Client")
    methods = [
        method.sent() for method in contract.methods if not method.sends and method.head is None
    ]
    return filled(
        contract,
        names,
        pragma=pragma(methods),
        head=class_line(f"{title}Blocking", f"{names.own(MODULE, 'Blocking')}[{client}]"),
        methods=[
            {
                "signature": signature(each, names, _blocked(each, names)),
                "deprecated": deprecated(each, names),
                "doc": docstring(each.doc, 8),
                "call": _waiting(each),
            }
            for each in methods
        ],
        doc=docstring(contract.doc, 4) or prose(f"A client of the service `{contract.name}`.", 4),
    )


def _blocked(method: Method, names: Names) -> Doc:
    """What it returns where nothing is awaited."""
    result = annotation_of(method.result, names)
    if method.kind is not MethodKind.STREAM:
        return result
    return Joined(
        (names.own("collections.abc", "Iterator"), Group("[", (result,), "]", comma=False))
    )


def _waiting(method: Method) -> str:
    fusion = f"{receiver(method)}._fusion"
    verb = "iterate" if method.kind is MethodKind.STREAM else "wait"
    passed = (
        f"{each.name}={each.name}" if each.kind is ParameterKind.KEYWORD else each.name
        for each in method.parameters
    )
    arguments = (f"{fusion}.client.{method.name}", *passed)
    return lay_out(call_of(f"return {fusion}.{verb}", arguments), 8)
