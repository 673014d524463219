"""The view of `proxy.py`: the table of a contract, and its key functions."""

from __future__ import annotations

import sys

from ..contract import Annotated, Contract, MethodKind, Named, Nothing, Type, Union
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
        pragma=_pragma(contract, local),
        abi=ABI,
        protocol=protocol,
        keys=[text for each in commands for text in key_functions(contract, each, names)],
        table=table_of(contract, names),
        shard=shard_of(contract, names),
        signatures=signatures,
        raises=raises_of(contract, inner),
        types_imports=inner.all_imports(4),
    )


def _pragma(contract: Contract, local: Local) -> str | None:
    """What lets the table say `Age | None`: if `Age` is an `Annotated`, as `pydantic.PositiveInt`
    is, pyright takes that for no type where it is a value."""

    def may_be_annotated(type_: Type) -> bool:
        if not isinstance(type_, Named):
            return isinstance(type_, Annotated)
        module = type_.ref.module
        is_pythons = module.partition(".")[0] in sys.stdlib_module_names
        known = local(module) or is_pythons or type_.arguments is not None
        return type_.quoted or type_.annotated or not known

    unions = (each.members for each in contract.types() if isinstance(each, Union))
    if any(Nothing() in members and any(map(may_be_annotated, members)) for members in unions):
        return "# pyright: reportOperatorIssue=false, reportUnknownArgumentType=false"
    return None
