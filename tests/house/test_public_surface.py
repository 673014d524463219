"""What `fusionrt` offers: sorted, complete, documented, and shadowed by no submodule."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

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


def test_what_is_imported_later_is_what_type_checkers_are_told() -> None:
    """Each name from the same module."""
    tree = ast.parse(Path(fusionrt.__file__).read_text(encoding="utf-8"))
    told = {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    later = {name: module for module, names in fusionrt._LATER.items() for name in names.split()}
    assert told
    assert told == later


def test_a_module_of_contracts_imports_little() -> None:
    """No client of a broker, no codec: whoever shares its types may need neither."""
    contracts = "from fusionrt import ANY, command, compute, service; import sys; "
    heavy = "print([name for name in ('nats', 'msgspec', 'pydantic') if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", contracts + heavy], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_what_is_not_there_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="module 'fusionrt' has no attribute 'nothing'"):
        _ = fusionrt.nothing  # type: ignore[attr-defined]
