"""How the methods of a contract are called is told without their annotations.

No `from __future__ import annotations` here: with it they are texts everywhere.
"""

import inspect
from typing import Protocol

import pytest
from typing_extensions import deprecated

from fusionrt.remote.description import describe
from fusionrt.services.compiled import hot_path
from fusionrt.table import ABI, Compute, Contract, Types


class Store(Protocol):
    """Its methods hide the builtins that its annotations need from whoever reads them late."""

    async def get(self, key: str, /, kind: int = 0, *, all: bool = False) -> dict[str, float]: ...

    @deprecated("use get")
    async def old(self, keys: frozenset[str]) -> list[str]: ...

    async def dict(self) -> None: ...

    async def frozenset(self) -> None: ...

    async def list(self) -> None: ...


METHODS = {
    "get": ("key", "kind", "all"),
    "old": ("keys",),
    "dict": (),
    "frozenset": (),
    "list": (),
}
STORE = Contract(
    ABI,
    "store",
    Store,
    lambda: Types({}),
    tuple(Compute(name, parameters) for name, parameters in METHODS.items()),
)


def test_a_signature_of_a_contract_is_that_of_an_instance() -> None:
    """Kinds and defaults are as declared; `self` is left out."""
    assert [str(each.replace(annotation=each.empty)) for each in _parameters("get")] == [
        "key",
        "kind=0",
        "all=False",
    ]
    assert [each.kind.name for each in _parameters("get")] == [
        "POSITIONAL_ONLY",
        "POSITIONAL_OR_KEYWORD",
        "KEYWORD_ONLY",
    ]
    assert [each.name for each in _parameters("old")] == ["keys"]
    assert [STORE.positional(method) for method in METHODS] == [2, 1, 0, 0, 0]


@pytest.mark.parametrize("method", METHODS)
def test_a_hot_path_is_made_without_annotations(method: str) -> None:
    """Its parameters are those of the method, for a method with any name."""
    made = hot_path(STORE, method)
    code = made.__code__
    assert code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount] == METHODS[method]
    assert made.__name__ == method


def test_a_description_is_made_without_annotations() -> None:
    """It tells how many parameters have no default."""
    described = describe(STORE, "host", 0, 0)
    assert {each.name: each.required for each in described.methods} == {
        "get": 1,
        "old": 1,
        "dict": 0,
        "frozenset": 0,
        "list": 0,
    }


def _parameters(method: str) -> list[inspect.Parameter]:
    return list(STORE.signature(method).parameters.values())
