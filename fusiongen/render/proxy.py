"""The view of `proxy.py`: the table of a contract, and its key functions."""

from __future__ import annotations

from ..contract import Contract, MethodKind
from .keys import key_functions, variables
from .methods import MODULE, Local, View, filled, names_of
from .names import Names
from .table import raises_of, shard_of, signatures_of, table_of

__all__ = ["ABI", "proxy"]

ABI = 2
"""The shape of generated code; the runtime's has to be the same."""


def proxy(contract: Contract, local: Local) -> View:
    """What `proxy.py.j2` sees."""
    names = names_of(contract, local, ("CONTRACT", "_types", *variables(contract)))
    ours = {name: names.own(MODULE, name) for name in ("Contract", "Types")}
    if contract.methods:
        ours["Signature"] = names.own(MODULE, "Signature")
    protocol = names.use(contract.ref, runtime=True)
    commands = contract.of_kind(MethodKind.COMMAND)
    inner = Names((ours["Types"], ours.get("Signature", "")), local)
    signatures = signatures_of(contract, inner, ours.get("Signature", ""))
    return filled(
        contract,
        names,
        n=ours,
        abi=ABI,
        protocol=protocol,
        keys=[text for each in commands for text in key_functions(contract, each, names)],
        table=table_of(contract, names),
        shard=shard_of(contract, names),
        signatures=signatures,
        raises=raises_of(contract, inner),
        types_imports=inner.all_imports(4),
    )
