"""The view of `client.py`: the typed client."""

from __future__ import annotations

from ..contract import Contract, MethodKind, Ref
from .docs import docstring, prose
from .methods import (
    MAKERS,
    MODULE,
    Local,
    View,
    accessors,
    class_line,
    filled,
    forwarding,
    names_of,
    own_accessors,
    pragma,
    stub,
)

__all__ = ["client"]


def client(contract: Contract, local: Local, *, blocks: bool = False) -> View:
    """What `client.py.j2` sees. blocks: whether the client has a form that blocks."""
    title = contract.ref.name
    calls = f"{title}Calls"
    names = names_of(contract, local, (f"{title}Client", calls, *own_accessors("Client", title)))
    form = names.use(Ref(module=".blocking", name=f"{title}Blocking")) if blocks else None
    ours = {"Client": names.own(MODULE, "Client"), "CONTRACT": names.own(".proxy", "CONTRACT")}
    for suffix in MAKERS.values():
        ours[suffix] = names.own(".server", f"{title}{suffix}")
    methods = tuple(method.sent() for method in contract.methods)
    own = [method for method in contract.of_kind(MethodKind.COMPUTE) if method.filled]
    if own:
        ours.update({suffix: f"{title}Client{suffix}" for suffix in MAKERS.values()})
    base = calls if contract.asks else names.use(contract.ref, runtime=True)
    return filled(
        contract,
        names,
        n=ours,
        pragma=pragma(own),
        calls=class_line(calls, names.own("typing", "Protocol")) if contract.asks else None,
        calls_doc=prose(f"`{title}` as its clients call it: who asks is no argument.", 4),
        called=[stub(method, names) for method in methods] if contract.asks else [],
        own=accessors(calls, own, names) if own else None,
        head=class_line(f"{title}Client", base, ours["Client"], f"contract={ours['CONTRACT']}"),
        methods=forwarding(methods, names),
        blocking=form,
        doc=docstring(contract.doc, 4) or prose(f"A client of the service `{contract.name}`.", 4),
    )
