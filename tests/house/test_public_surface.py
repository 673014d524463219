"""What `fusionrt` offers: sorted, complete, documented, and shadowed by no submodule."""

from __future__ import annotations

import inspect
import pkgutil

import pytest

import fusionrt
import fusionrt.abi
import fusionrt.errors
from fusionrt.errors import FusionError


@pytest.mark.parametrize("module", [fusionrt, fusionrt.abi, fusionrt.errors])
def test_exports_resolve_and_are_sorted(module: object) -> None:
    """`__all__` names what is there, in one order."""
    names: list[str] = module.__all__  # type: ignore[attr-defined]
    assert len(names) == len(set(names))
    assert all(hasattr(module, name) for name in names)


def test_no_submodule_has_the_name_of_an_export() -> None:
    """`from fusionrt import service` must never give a module."""
    modules = {info.name for info in pkgutil.iter_modules(fusionrt.__path__)}
    assert not modules & set(fusionrt.__all__)


def test_every_error_is_ours_and_offered() -> None:
    """One root, and `except` clauses need no private import."""
    errors = {name for name in fusionrt.errors.__all__ if name != "FusionError"}
    for name in errors:
        assert issubclass(getattr(fusionrt.errors, name), FusionError)


def test_every_export_is_documented() -> None:
    """`help()` says something about each of them."""
    for name in fusionrt.__all__:
        exported = getattr(fusionrt, name)
        if inspect.isclass(exported) or inspect.isfunction(exported):
            assert exported.__doc__, name
