"""The wings of `rpc`: the client's and the host's meet in the room below, and nowhere else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

WINGS = Path(__file__).parents[2] / "runtime" / "fusionrt" / "rpc"


@pytest.mark.parametrize(("wing", "other"), [("client", "host"), ("host", "client")])
def test_no_wing_imports_the_other(wing: str, other: str) -> None:
    """Not even for types: what both need is said in bytes, or stands above them."""
    files = sorted((WINGS / wing).glob("*.py"))
    assert len(files) > 5
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 2:
                assert (node.module or "").split(".")[0] != other, f"{path.name}:{node.lineno}"
            elif isinstance(node, ast.ImportFrom | ast.Import):
                assert f"fusionrt.rpc.{other}" not in ast.unparse(node), f"{path}:{node.lineno}"
