"""The demo, from beginning to end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.commands.console import Background, fusiongen


def processes_of_the_demo(started_in: Path) -> list[str]:
    """The command lines of processes that run in a folder of this demo, or are its broker."""
    mark = f"XDG_CACHE_HOME={started_in}".encode()  # inherited; other demos may run beside it
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                folder = str((entry / "cwd").readlink())
                own = mark in (entry / "environ").read_bytes()
            except OSError:
                continue
            if own and "fusiongen-demo-" in folder:
                found.append(command)
    return found


@pytest.mark.timeout(120)
def test_the_demo_shows_live_totals_and_ends_by_itself(tmp_path: Path) -> None:
    """Plain lines without a terminal; each price changes its carts; nothing stays behind."""
    done = fusiongen("demo", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert len(re.findall(r"^price of ", done.stdout, re.M)) == 12
    totals = re.findall(
        r"^  cart \d: \S+ → \S+   after \S+ ms   "
        r"products\.set_price invalidated products\.get\('(?:apple|banana)'\)$",
        done.stdout,
        re.M,
    )
    assert len(totals) == 18
    summary = re.search(r"^([\d,]+) reads were served, (\d+) bodies ran$", done.stdout, re.M)
    assert summary is not None
    # Six to begin with, then one for each price and each total; a read may meet a change midway.
    assert 36 <= int(summary.group(2)) <= 40
    assert int(summary.group(1).replace(",", "")) > 1000
    assert processes_of_the_demo(tmp_path) == []


def test_the_demo_can_be_stopped(tmp_path: Path) -> None:
    """A signal ends it in order, with its summary, and nothing stays behind."""
    with Background("demo", "--forever", cwd=tmp_path) as demo:
        demo.wait_for("cart 1:")
        assert demo.stop() == 0
        assert any("reads were served" in line for line in demo.lines)
    assert processes_of_the_demo(tmp_path) == []
