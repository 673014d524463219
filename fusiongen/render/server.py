"""The view of `server.py`: the stub of a service, and the accessors that its clients share."""

from __future__ import annotations

from ..contract import Contract, Method, MethodKind, Parameter
from .docs import docstring, prose
from .layout import Doc, Operators
from .methods import (
    MAKERS,
    MODULE,
    Local,
    View,
    accessors,
    call,
    class_line,
    filled,
    names_of,
    own_accessors,
    pragma,
    stub,
)
from .names import Names
from .signatures import receiver, signature
from .types import parameter_of

__all__ = ["server"]

_SUFFIXES = (*MAKERS.values(), "Invalidate", "Live", "Service")
_SHARED = {
    False: "`{0}` and accessors: what `{0}Service` and `{0}Client` share.",
    True: "What `{0}Service` and `{0}Client` share: all that does not depend on who asks.",
}
"""Of a contract that has no methods that do, and of one that has."""


def server(contract: Contract, local: Local) -> View:
    """What `server.py.j2` sees."""
    title = contract.ref.name
    compute = contract.of_kind(MethodKind.COMPUTE)
    names = names_of(
        contract,
        local,
        (*(f"{title}{each}" for each in _SUFFIXES), *own_accessors("Service", title)),
    )
    ours = {name: names.own(MODULE, name) for name in ("Accessor", "InvalidateAccessor", "Service")}
    ours["Protocol"] = names.own("typing", "Protocol")
    ours["CONTRACT"] = names.own(".proxy", "CONTRACT")
    if contract.methods:
        ours["abstractmethod"] = names.own("abc", "abstractmethod")
    if any(method.parameters for method in compute):
        names.own(MODULE, "AnyArgument")
    protocol = names.use(contract.ref, runtime=True)
    invalidate = [_invalidate(method, names) for method in compute]
    bodies = [_body(method, names) for method in contract.methods]
    open_to_all = [method for method in compute if not method.filled]
    own = [method for method in compute if method.filled]
    shared = [method for method in contract.methods if not method.filled]
    return filled(
        contract,
        names,
        n=ours,
        protocol=protocol,
        pragma=pragma(compute),
        live=class_line(f"{title}Live", *([protocol] * (not contract.asks)), ours["Protocol"]),
        live_doc=prose(_SHARED[contract.asks].format(title), 4),
        shared=[stub(method, names) for method in shared] if contract.asks else [],
        service=class_line(
            f"{title}Service", protocol, ours["Service"], f"contract={ours['CONTRACT']}"
        ),
        accessors=accessors(protocol, open_to_all, names),
        own=accessors(protocol, own, names) if own else None,
        carts=contract.name,
        get=open_to_all[0].name if open_to_all else "method",
        invalidate=invalidate,
        bodies=bodies,
        doc=docstring(contract.doc, 4)
        or prose(f"The service `{contract.name}`: subclass it and write the bodies.", 4),
    )


def _invalidate(method: Method, names: Names) -> dict[str, str]:
    """The method that invalidates results of this one."""
    return {
        "signature": signature(method, names, "None", annotate=_or_any),
        "call": call(f"{receiver(method)}._invalidate", method),
    }


def _or_any(parameter: Parameter, names: Names) -> Doc:
    annotation = parameter_of(parameter, names)
    operands = annotation.operands if isinstance(annotation, Operators) else (annotation,)
    none = operands[-1:] if operands[-1] == "None" else ()
    rest = operands[: len(operands) - len(none)]
    return Operators("|", (*rest, names.own(MODULE, "AnyArgument"), *none))


def _body(method: Method, names: Names) -> dict[str, str | None]:
    """What a service has to write."""
    doc = docstring(method.doc, 8)
    return {"doc": doc, **stub(method, names, "" if doc else " ...")}
