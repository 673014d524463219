"""What the README says of lines is so; and what measures speed works."""

from pathlib import Path

from compare.count import lines, table
from compare.measure import Run
from compare.processes import SIDES

README = Path(__file__).parents[1] / "README.md"

SAMPLE = '''
"""A module."""

import os  # a comment


class A:
    """A class,
    of two lines.
    """

    # a comment
    text = """
    a text
    """

    def f(
        self,
    ) -> str:
        """A method."""
        return os.name
'''


def test_lines_are_counted_that_have_code_on_them(tmp_path: Path) -> None:
    """Neither blank lines, nor comments, nor docstrings."""
    file = tmp_path / "sample.py"
    file.write_text(SAMPLE)
    assert lines(file) == 9


def test_the_readme_tells_how_long_both_are() -> None:
    """Its table is what `python -m compare.count` prints."""
    assert table() in README.read_text(encoding="utf-8")


async def test_both_are_measured_by_the_same_things(sqlite: str, nats: str) -> None:
    """In small: figures of both sides, of which the README tells each."""
    found = {}
    for name, side in SIDES.items():
        async with side(f"{sqlite}-{name}", nats) as connect:
            found[name] = await Run(connect, seconds=0.05, big=50).all()
    assert found["framework"].keys() == found["twin"].keys()
    assert all(figure > 0 for side in found.values() for figure in side.values())
    text = README.read_text(encoding="utf-8").replace("1,000", "50")
    assert [key for key in found["twin"] if f"| {key} |" not in text] == []
