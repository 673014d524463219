"""Docstrings: the user's, carried over, and our own."""

from __future__ import annotations

import textwrap
import unicodedata

from .layout import WIDTH

__all__ = ["docstring", "jsdoc", "prose"]


def docstring(text: str | None, indent: int) -> str | None:
    """A docstring as a literal, its lines indented; `None` for none."""
    if text is None or not text.strip():
        return None
    first, *rest = (line.rstrip() for line in _escaped(text.strip()).splitlines())
    if not rest:
        return f'"""{first}"""'
    lines = [f'"""{first}', *(f"{' ' * indent}{line}" if line else "" for line in rest)]
    return "\n".join((*lines, f'{" " * indent}"""'))


def prose(text: str, indent: int) -> str:
    """One paragraph as a docstring: on one line if that fits, else wrapped."""
    text = _escaped(text)
    if indent + len(text) + 6 <= WIDTH:
        return f'"""{text}"""'
    lines = textwrap.wrap(text, WIDTH - indent - 6, break_long_words=False, break_on_hyphens=False)
    body = f"\n{' ' * indent}".join(lines)
    return f'"""{body}\n{" " * indent}"""'


def jsdoc(text: str, indent: int, deprecated: str | None = None) -> str:
    """A comment that JavaScript's tools show with what follows it.

    deprecated: what to do instead, if there is such advice.
    """
    lines = [line.rstrip() for line in text.strip().replace("*/", "*\\/").splitlines()]
    if deprecated is not None:
        lines.append(f"@deprecated {' '.join(deprecated.split())}".replace("*/", "*\\/"))
    margin = " " * indent
    if len(lines) == 1:
        return f"{margin}/** {lines[0]} */"
    inner = "\n".join(f"{margin} * {line}".rstrip() for line in lines)
    return f"{margin}/**\n{inner}\n{margin} */"


_INVISIBLE = ("Cc", "Cs", "Zl", "Zp")
"""Control characters, halves of characters, and what some programs take for a line's end."""


def _escaped(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    text = "".join(
        repr(each)[1:-1]
        if unicodedata.category(each) in _INVISIBLE and each not in "\n\t"
        else each
        for each in text
    )
    return text[:-1] + '\\"' if text.endswith('"') else text
