"""`python -m compare.count`: how long both are, as the table that the README shows.

Counted are lines with code on them: neither blank ones, nor comments, nor docstrings.
"""

import ast
import io
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["table"]

HERE = Path(__file__).parents[1]
PARTS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "what is read and written, and what that changes": (
        ("todo/contracts.py", "todo/services.py"),
        ("twin/server.py", "twin/store.py"),
    ),
    "the cache": ((), ("twin/cache.py",)),
    "the client": ((), ("twin/client.py",)),
    "`serve`, and the client's start": (
        ("todo/__main__.py",),
        ("twin/__main__.py", "twin/listening.py"),
    ),
}
SHARED = ("todo/records.py", "todo/tables.py", "todo/cli.py")
GENERATED = "todo/generated/todos/*.py"

_NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER),
    *(tokenize.INDENT, tokenize.DEDENT),
}


def lines(file: Path) -> int:
    """With code on them."""
    text = file.read_text(encoding="utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    code = {
        line
        for token in tokens
        if token.type not in _NO_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(code - {*_docstrings(ast.parse(text))})


def _docstrings(module: ast.Module) -> Iterator[int]:
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and ast.get_docstring(node) is not None:
                yield from range(first.lineno, (first.end_lineno or first.lineno) + 1)


def _sum(files: Sequence[str]) -> int:
    return sum(lines(HERE / file) for file in files)


def table() -> str:
    """In Markdown."""
    rows = ["| Lines of | with the framework | without |", "|---|---:|---:|"]
    ours = theirs = 0
    for part, (files, twins) in PARTS.items():
        ours, theirs = ours + _sum(files), theirs + _sum(twins)
        rows.append(f"| {part} | {_sum(files) or 'none'} | {_sum(twins)} |")
    rows.append(f"| **together** | **{ours}** | **{theirs}** |")
    rows.append(f"| shared: records, table, command line | {_sum(SHARED)} | {_sum(SHARED)} |")
    generated = sum(lines(file) for file in sorted(HERE.glob(GENERATED)))
    rows.append(f"| generated from the contract | {generated} | none |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
