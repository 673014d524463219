"""What `generate` writes, leaves alone and deletes."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from fusiongen.errors import ContractError, GenerationError
from fusiongen.output import leftovers
from fusiongen.output.drift import check
from fusiongen.output.stamp import State, state_of
from fusiongen.output.write import generate
from tests.projects import Write

CONTRACT = """\
from typing import Protocol

from fusionrt import compute, service


@service
class Carts(Protocol):
    @compute
    async def get(self, id: str) -> str: ...
"""
SECOND = CONTRACT.replace("Carts", "Orders")


_KILLED = """\
import os, signal, sys
from pathlib import Path
from fusiongen.output.write import generate
from fusiongen.project import load

os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
generate(load(Path(sys.argv[1])))
"""
"""A run that is killed as the first file is to take its place."""


def _snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_generate_writes_the_package_and_the_lock(project: Write, tmp_path: Path) -> None:
    """The first run writes the four files of each contract, the lock, and the outer package."""
    outcome = generate(project({"shop/contracts.py": CONTRACT}))
    out = tmp_path / "shop" / "generated"
    names = ["__init__.py", "carts/__init__.py", "carts/client.py", "carts/proxy.py"]
    wanted = [*names, "carts/server.py", "fusion.lock.json"]
    assert sorted(path.relative_to(out).as_posix() for path in outcome.written) == wanted
    assert all(state_of(path.read_text()) is State.INTACT for path in out.rglob("*.py"))
    assert "from shop/contracts.py\n" in (out / "carts" / "client.py").read_text()
    assert (outcome.unchanged, outcome.deleted, outcome.warnings) == ((), (), ())


def test_C4_unchanged_files_keep_their_mtime(project: Write, tmp_path: Path) -> None:
    """A second run touches nothing; a run after a change touches what the change concerns."""
    loaded = project({"shop/contracts.py": CONTRACT, "shop/more.py": ""})
    generate(loaded)
    before = _snapshot(tmp_path)
    outcome = generate(loaded)
    assert outcome.written == outcome.deleted == ()
    assert _snapshot(tmp_path) == before
    changed = project({"shop/contracts.py": CONTRACT + "\n    async def ping(self) -> str: ...\n"})
    package = tmp_path / "shop" / "generated" / "carts" / "__init__.py"
    assert package not in generate(changed).written
    assert _snapshot(tmp_path)[str(package)] == before[str(package)]


def test_a_file_has_the_mode_that_it_had_or_that_new_files_have(
    project: Write, tmp_path: Path
) -> None:
    """Not that of the temporary file that it was written to, which only its owner may read."""
    generate(project({"shop/contracts.py": CONTRACT}))
    carts = tmp_path / "shop" / "generated" / "carts"
    client, other = carts / "client.py", carts / "proxy.py"
    (tmp_path / "new").touch()
    usual = (tmp_path / "new").stat().st_mode
    assert client.stat().st_mode == usual
    client.chmod(0o640)
    generate(project({"shop/contracts.py": CONTRACT.replace("get", "find")}))
    assert client.stat().st_mode & 0o777 == 0o640 and other.stat().st_mode == usual


def test_C4_nothing_is_written_on_failure(project: Write, tmp_path: Path) -> None:
    """One wrong contract among several leaves every file as it was."""
    config = '[tool.fusiongen]\ncontracts = ["shop/*.py"]\nout = "shop/generated"\n'
    generate(project({"shop/contracts.py": CONTRACT}, config))
    before = _snapshot(tmp_path / "shop" / "generated")
    broken = SECOND.replace("id: str", "id: list[str]")
    longer = CONTRACT + "\n    async def ping(self) -> str: ...\n"
    with pytest.raises(ContractError):
        generate(project({"shop/contracts.py": longer, "shop/orders.py": broken}, config))
    assert _snapshot(tmp_path / "shop" / "generated") == before


def test_C4_an_interrupted_write_leaves_the_old_file(
    project: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If replacing a file fails, the old content is there and no temporary file is left."""
    generate(project({"shop/contracts.py": CONTRACT}))
    before = _snapshot(tmp_path / "shop" / "generated")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(GenerationError, match="cannot be written: disk full"):
        generate(project({"shop/contracts.py": SECOND}))
    assert _snapshot(tmp_path / "shop" / "generated") == before


def test_C4_what_a_killed_run_left_is_deleted_by_the_next(
    project: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once nobody can be writing it any more. `check` does not mind it, and what others named, or
    linked, is theirs; a folder that has nothing else goes with it."""
    generate(project({"shop/contracts.py": CONTRACT}))
    out = tmp_path / "shop" / "generated"
    before = _snapshot(out)
    project({"shop/contracts.py": CONTRACT.replace("get", "find")})
    killed = subprocess.run([sys.executable, "-c", _KILLED, tmp_path / "pyproject.toml"])
    assert killed.returncode == -signal.SIGKILL
    loaded = project({"shop/contracts.py": CONTRACT})
    left = {Path(each) for each in _snapshot(out).keys() - before.keys()}
    assert left and check(loaded) == []
    alone = out / "gone" / min(left).name
    theirs = [out / "carts" / ".client.py.abcdefgh.tmp", out / ".client.py.fusiongen-notes.tmp"]
    for each in (alone, *theirs):
        each.parent.mkdir(exist_ok=True)
        each.touch()
    link = out / f"{min(left).name.removesuffix('.tmp')[:-1]}0.tmp"
    link.symlink_to(tmp_path / "pyproject.toml")
    assert generate(loaded).deleted == ()
    monkeypatch.setattr(leftovers, "RUNNING", -1.0)
    assert {*generate(loaded).deleted} == {alone, *left}
    assert _snapshot(out).keys() - before.keys() == {*map(str, (*theirs, link))}
    assert not alone.parent.exists()


@pytest.mark.parametrize("failing", range(1, 5))
def test_C4_a_file_that_cannot_take_its_place_leaves_all_as_they_were(
    project: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """Somebody has it open, or it is mounted: those before it give their places back, new ones too,
    and no temporary file is left."""
    config = '[tool.fusiongen]\ncontracts = ["shop/*.py"]\nout = "shop/generated"\n'
    generate(project({"shop/contracts.py": CONTRACT}, config))
    before = _snapshot(tmp_path / "shop" / "generated")
    replace, calls = os.replace, 0

    def fail_once(old: str, new: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise PermissionError(errno.EACCES, "Permission denied")
        replace(old, new)

    monkeypatch.setattr(os, "replace", fail_once)
    changed = {"shop/contracts.py": CONTRACT.replace("get", "find"), "shop/orders.py": SECOND}
    with pytest.raises(GenerationError, match=r"cannot be written: Permission denied"):
        generate(project(changed, config))
    assert _snapshot(tmp_path / "shop" / "generated") == before
    assert generate(project(changed, config)).written


def test_C4_a_file_that_cannot_be_written_leaves_all_as_they_were(
    project: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full, or a folder is read-only, at the last of the files: no other has changed,
    and the error names the file."""
    generate(project({"shop/contracts.py": CONTRACT}))
    before = _snapshot(tmp_path / "shop" / "generated")
    make = tempfile.mkstemp

    def fail(prefix: str, **options: Any) -> tuple[int, str]:
        if "lock" in prefix:
            raise OSError(errno.ENOSPC, "No space left on device")
        return make(prefix=prefix, **options)

    monkeypatch.setattr(tempfile, "mkstemp", fail)
    with pytest.raises(GenerationError, match=r"lock.json cannot be written: No space left"):
        generate(project({"shop/contracts.py": CONTRACT.replace("get", "find")}))
    assert _snapshot(tmp_path / "shop" / "generated") == before


def test_C4_a_file_that_cannot_be_deleted_is_told_in_words(
    project: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an orphan still, which the next run deletes."""
    generate(project({"shop/contracts.py": CONTRACT}))
    unlink = Path.unlink

    def fail(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".py":
            raise PermissionError(errno.EACCES, "Permission denied")
        unlink(path, missing_ok)

    loaded = project({"shop/contracts.py": SECOND})
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", fail)
        with pytest.raises(GenerationError, match=r"cannot be deleted: Permission denied; mend"):
            generate(loaded)
    assert len(generate(loaded).deleted) == 4
    assert not (tmp_path / "shop" / "generated" / "carts").exists()


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ("generated", "shop/generated is a file where a folder belongs: move it"),
        ("generated/carts", "shop/generated/carts is a file where a folder belongs"),
        (
            "generated/carts/server.py/",
            "shop/generated/carts/server.py is a folder where a file belongs",
        ),
        (
            "generated/fusion.lock.json/",
            "shop/generated/fusion.lock.json is a folder where a file belongs",
        ),
    ],
)
def test_C4_what_is_in_the_way_is_told_before_anything_is_written(
    there: str, told: str, project: Write, tmp_path: Path
) -> None:
    """A file where a folder belongs, or a folder where a file does."""
    loaded = project({"shop/contracts.py": CONTRACT})
    place = tmp_path / "shop" / there
    place.parent.mkdir(parents=True, exist_ok=True)
    if there.endswith("/"):
        place.mkdir()
    else:
        place.write_text("mine\n")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(GenerationError, match=re.escape(told)):
        generate(loaded)
    assert sorted(tmp_path.rglob("*")) == before


def test_C5_what_is_no_file_is_nobodys(project: Write, tmp_path: Path) -> None:
    """An editor's link to nothing, which says that it has a file open, a link to itself and a
    folder stop neither `generate` nor `check`."""
    loaded = project({"shop/contracts.py": CONTRACT})
    generate(loaded)
    package = tmp_path / "shop" / "generated" / "carts"
    (package / ".#client.py").symlink_to("me@here.42:1")
    (package / "loop.py").symlink_to("loop.py")
    (package / "folder.py").mkdir()
    assert check(loaded) == []
    assert generate(loaded).deleted == ()


def test_C5_the_mark_of_an_editor_is_no_edit(project: Write, tmp_path: Path) -> None:
    """Some put a byte order mark before what they save."""
    loaded = project({"shop/contracts.py": CONTRACT})
    generate(loaded)
    client = tmp_path / "shop" / "generated" / "carts" / "client.py"
    client.write_text(client.read_text(), encoding="utf-8-sig")
    assert check(loaded) == []
    assert generate(loaded).written == ()


def test_only_generated_files_are_deleted(project: Write, tmp_path: Path) -> None:
    """A contract that is gone takes its package along; files of others stay, even beside it."""
    generate(project({"shop/contracts.py": CONTRACT}))
    out = tmp_path / "shop" / "generated"
    (out / "carts" / "notes.py").write_text("# mine\n")
    (out / "other").mkdir()
    (out / "other" / "server.py").write_text("# mine too\n")
    outcome = generate(project({"shop/contracts.py": SECOND}))
    assert {path.name for path in outcome.deleted} == {
        "__init__.py",
        "client.py",
        "proxy.py",
        "server.py",
    }
    assert (out / "carts" / "notes.py").exists()
    assert (out / "other" / "server.py").exists()
    (out / "carts" / "notes.py").unlink()


def test_a_file_of_the_user_is_never_overwritten(project: Write, tmp_path: Path) -> None:
    """A file without our header where one has to be written is an error, and nothing is written."""
    files = {"shop/contracts.py": CONTRACT, "shop/generated/carts/server.py": "x = 1\n"}
    with pytest.raises(GenerationError, match="not generated by fusiongen"):
        generate(project(files))
    assert not (tmp_path / "shop" / "generated" / "carts" / "client.py").exists()
    assert (tmp_path / "shop" / "generated" / "carts" / "server.py").read_text() == "x = 1\n"


def test_the_outer_package_of_the_user_stays(project: Write, tmp_path: Path) -> None:
    """An `__init__.py` in `out` that is not ours is neither an error nor touched."""
    files = {"shop/contracts.py": CONTRACT, "shop/generated/__init__.py": '"""Mine."""\n'}
    generate(project(files))
    assert (tmp_path / "shop" / "generated" / "__init__.py").read_text() == '"""Mine."""\n'


def test_edits_by_hand_are_replaced_with_a_warning(project: Write, tmp_path: Path) -> None:
    """`generate` restores an edited file and says that the edits are gone."""
    loaded = project({"shop/contracts.py": CONTRACT})
    generate(loaded)
    path = tmp_path / "shop" / "generated" / "carts" / "client.py"
    original = path.read_text()
    path.write_text(original + "x = 1\n")
    warnings = generate(loaded).warnings
    assert warnings == ("shop/generated/carts/client.py was edited by hand; the edits are gone",)
    assert path.read_text() == original


def test_edits_by_hand_of_what_is_deleted_are_told_of(project: Write, tmp_path: Path) -> None:
    """Its contract is gone, and the edits go with it."""
    generate(project({"shop/contracts.py": CONTRACT}))
    path = tmp_path / "shop" / "generated" / "carts" / "client.py"
    path.write_text(path.read_text() + "x = 1\n")
    outcome = generate(project({"shop/contracts.py": SECOND}))
    assert path in outcome.deleted
    told = "shop/generated/carts/client.py was edited by hand; the edits are gone"
    assert outcome.warnings == (told,)


def test_line_ends_of_a_checkout_do_not_matter(project: Write, tmp_path: Path) -> None:
    """A checkout that turned line ends into CRLF is as current as any."""
    loaded = project({"shop/contracts.py": CONTRACT})
    generate(loaded)
    for path in (tmp_path / "shop" / "generated").rglob("*.*"):
        if path.suffix in (".py", ".json"):
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert generate(loaded).written == ()


def test_C2_nothing_of_the_users_is_imported(project: Write, tmp_path: Path) -> None:
    """A contract's module may import what is not installed, and would fail if it were run."""
    text = CONTRACT.replace(
        "from fusionrt", "import not_installed.at_all\nfrom not_there import Thing\nfrom fusionrt"
    ).replace("-> str", "-> Thing")
    loaded = project({"shop/contracts.py": text + "\nraise SystemExit('was run')\n"})
    generate(loaded)
    client = (tmp_path / "shop" / "generated" / "carts" / "client.py").read_text()
    assert "    from not_there import Thing\n" in client
    code = "import sys; import fusiongen.output.write; sys.exit('fusionrt' in sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False
    )
    assert finished.returncode == 0


def test_C2_no_module_of_the_users_takes_the_place_of_pythons_own(
    project: Write, tmp_path: Path
) -> None:
    """Where `python -m fusiongen` is run, Python would find these first."""
    project({"shop/contracts.py": CONTRACT})
    for name in ("calendar", "csv", "glob", "queue", "shlex", "statistics", "tomllib"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('was run')\n")
    command = [sys.executable, "-m", "fusiongen", "generate"]
    finished = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr


def test_C1_the_same_project_elsewhere_gives_the_same_bytes(
    project: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the project's place nor the working directory shows in the output."""
    loaded = project({"shop/contracts.py": CONTRACT})
    generate(loaded)
    first = {path.name: path.read_bytes() for path in loaded.out.rglob("*.*")}
    elsewhere = tmp_path / "a" / "b"
    elsewhere.mkdir(parents=True)
    for name in ("pyproject.toml", "shop/contracts.py"):
        (elsewhere / name).parent.mkdir(exist_ok=True)
        (elsewhere / name).write_bytes((tmp_path / name).read_bytes())
    monkeypatch.chdir("/")
    from fusiongen.project import load

    again = load(elsewhere)
    generate(again)
    assert {path.name: path.read_bytes() for path in again.out.rglob("*.*")} == first
