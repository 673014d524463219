"""Loading an application by its name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fusionrt.running import TargetError, load

QUOTED = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from fusionrt import Host\n"
HEADS = {
    "texts": f"from __future__ import annotations\n{QUOTED}",
    "late": QUOTED,
}


@pytest.mark.parametrize(
    "head",
    [
        "texts",
        pytest.param(
            "late",
            marks=pytest.mark.skipif(sys.version_info < (3, 14), reason="the name is an error"),
        ),
    ],
)
def test_an_application_may_know_the_host_by_type_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    """`Host` under TYPE_CHECKING is enough to annotate an application, and one too many parameters
    is told all the same."""
    name = f"typed_only_{head}"
    functions = "async def app(host: Host) -> None: ...\nasync def two(a: Host, b: Host): ...\n"
    (tmp_path / f"{name}.py").write_text(HEADS[head] + functions)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load(f"{name}:app").__name__ == "app"
    with pytest.raises(TargetError, match="two does not take just the host"):
        load(f"{name}:two")
