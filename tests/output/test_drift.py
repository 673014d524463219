"""What `check` tells apart, and how it says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fusiongen.output.drift import FindingKind, check
from fusiongen.output.stamp import stamped
from fusiongen.output.write import generate
from fusiongen.show.report import FORMATS, of_finding
from tests.projects import Write

from .test_write import CONTRACT, SECOND

Kinds = dict[str, FindingKind]


def _kinds(project: Write, text: str = CONTRACT) -> Kinds:
    findings = check(project({"shop/contracts.py": text}))
    return {finding.path.removeprefix("shop/generated/"): finding.kind for finding in findings}


@pytest.fixture
def out(project: Write, tmp_path: Path) -> Path:
    """The generated folder of a current project."""
    generate(project({"shop/contracts.py": CONTRACT}))
    return tmp_path / "shop" / "generated"


def test_C5_a_current_project_has_no_findings(project: Write, out: Path) -> None:
    """After `generate`, `check` finds nothing."""
    assert _kinds(project) == {}


def test_C5_a_changed_contract_makes_files_stale(project: Write, out: Path) -> None:
    """A new method is missing in stub, proxy, client and lock; `check` writes nothing."""
    before = (out / "carts" / "client.py").read_bytes()
    kinds = _kinds(project, CONTRACT + "\n    async def ping(self) -> str: ...\n")
    files = ("carts/client.py", "carts/proxy.py", "carts/server.py", "fusion.lock.json")
    assert kinds == dict.fromkeys(files, FindingKind.STALE)
    assert (out / "carts" / "client.py").read_bytes() == before


def test_C5_a_missing_file_is_stale(project: Write, out: Path) -> None:
    """A file that was deleted, or cut to nothing, has to be generated."""
    (out / "carts" / "proxy.py").unlink()
    (out / "carts" / "client.py").write_text("")
    files = ("carts/client.py", "carts/proxy.py")
    assert _kinds(project) == dict.fromkeys(files, FindingKind.STALE)


def test_C5_an_edit_is_told_from_a_changed_contract(project: Write, out: Path) -> None:
    """A file whose hash does not fit was edited, whatever the contract says by now."""
    for name in ("carts/server.py", "fusion.lock.json"):
        (out / name).write_text((out / name).read_text().replace("get", "got"))
    kinds = _kinds(project, CONTRACT + "\n    async def ping(self) -> str: ...\n")
    assert kinds["carts/server.py"] is FindingKind.HAND_EDITED
    assert kinds["fusion.lock.json"] is FindingKind.HAND_EDITED
    assert kinds["carts/client.py"] is FindingKind.STALE


def test_C5_a_truncated_file_counts_as_edited(project: Write, out: Path) -> None:
    """Half a file is found, and repaired by `generate`."""
    path = out / "carts" / "client.py"
    path.write_text(path.read_text()[:400])
    assert _kinds(project) == {"carts/client.py": FindingKind.HAND_EDITED}
    generate(project({"shop/contracts.py": CONTRACT}))
    assert _kinds(project) == {}


def test_C5_files_without_a_contract_are_orphaned(project: Write, out: Path) -> None:
    """The package of a contract that is gone is orphaned; the user's files in it are not."""
    (out / "carts" / "mine.py").write_text("x = 1\n")
    kinds = _kinds(project, SECOND)
    orphaned = {path for path, kind in kinds.items() if kind is FindingKind.ORPHANED}
    names = ("__init__.py", "client.py", "proxy.py", "server.py")
    assert orphaned == {f"carts/{name}" for name in names}


def test_C5_an_old_abi_is_told_from_a_changed_contract(project: Write, out: Path) -> None:
    """A proxy for another runtime says so, if it is otherwise as it was generated."""
    path = out / "carts" / "proxy.py"
    body = path.read_text().replace("    abi=2,", "    abi=1,").split("\n", 3)[3]
    path.write_text(stamped(body, "shop/contracts.py"))
    assert _kinds(project) == {"carts/proxy.py": FindingKind.OLD_ABI}


def test_C5_what_docs_say_of_an_abi_is_none(project: Write, out: Path) -> None:
    """They stand in generated files as well."""
    text = CONTRACT.replace(
        "class Carts(Protocol):", 'class Carts(Protocol):\n    """Of\n\n    abi=1,\n    """'
    )
    assert text != CONTRACT
    generate(project({"shop/contracts.py": text}))
    assert "\n    abi=1,\n" in (out / "carts" / "server.py").read_text()
    kinds = _kinds(project, text + "\n    async def ping(self) -> str: ...\n")
    assert set(kinds.values()) == {FindingKind.STALE}


def test_every_finding_carries_a_diff(project: Write, out: Path) -> None:
    """The diff leads from what is there to what should be."""
    (out / "carts" / "client.py").unlink()
    path = out / "carts" / "server.py"
    path.write_text(path.read_text().replace("class CartsPeek", "class CartsPeak"))
    client, server = check(project({"shop/contracts.py": CONTRACT}))
    assert client.diff.startswith("--- /dev/null\n+++ b/shop/generated/carts/client.py\n")
    assert "-class CartsPeak(Accessor):\n+class CartsPeek(Accessor):\n" in server.diff


def test_formats(project: Write, out: Path) -> None:
    """Findings are printed as text with the diff, as JSON, and as annotations of a pull request."""
    path = out / "carts" / "client.py"
    path.write_text(path.read_text() + "x = 1\n")
    findings = [of_finding(each) for each in check(project({"shop/contracts.py": CONTRACT}))]
    text = "\n".join(FORMATS["text"](findings))
    assert text.startswith("hand-edited: shop/generated/carts/client.py was edited by hand")
    assert "-x = 1" in text
    assert json.loads("".join(FORMATS["json"](findings)))[0]["kind"] == "hand-edited"
    (annotation,) = FORMATS["github"](findings)
    where = "file=shop/generated/carts/client.py,title=fusiongen%3A hand-edited"
    assert annotation.startswith(f"::error {where}::shop/generated/carts/client.py was edited")
    assert list(FORMATS["text"]([])) == []
