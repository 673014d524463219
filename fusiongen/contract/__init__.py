"""The contract model: what the reader makes of a contract's text and every other room speaks."""

from __future__ import annotations

from .kinds import FREEZABLE, RECORDS, Kind
from .services import (
    Argument,
    Call,
    Constant,
    Contract,
    Loop,
    Method,
    MethodKind,
    Options,
    Parameter,
    ParameterKind,
    Path,
    Wildcard,
)
from .types import (
    Annotated,
    Dots,
    Expression,
    Literals,
    Named,
    Nothing,
    Ref,
    Type,
    Union,
    parts,
    quoted,
)

__all__ = [
    "FREEZABLE",
    "RECORDS",
    "Annotated",
    "Argument",
    "Call",
    "Constant",
    "Contract",
    "Dots",
    "Expression",
    "Kind",
    "Literals",
    "Loop",
    "Method",
    "MethodKind",
    "Named",
    "Nothing",
    "Options",
    "Parameter",
    "ParameterKind",
    "Path",
    "Ref",
    "Type",
    "Union",
    "Wildcard",
    "parts",
    "quoted",
]
