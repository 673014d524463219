"""What Python's own compiler says of a text; it compiles, and runs nothing."""

from __future__ import annotations

import platform
import warnings
from dataclasses import dataclass

import libcst as cst

__all__ = ["Refusal", "compiler_refuses", "parsed_text"]

_MAY_BE_NEWER = ("invalid syntax", "expected ", "f-string")
"""How the compiler speaks of syntax that it does not know, too: the parser has to judge that, for a
contract may be written for a newer Python than the generator runs on."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a module does not compile, and where; line and column count from 1."""

    text: str
    line: int = 1
    column: int = 1


def compiler_refuses(source: bytes) -> Refusal | None:
    """What is wrong with a module beyond its grammar: parameters that are there twice, escapes that
    mean nothing, brackets without end."""
    if b"\0" in source:
        line = source[: source.find(b"\0")].count(b"\n") + 1
        return Refusal("it holds a null byte", line)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "<contract>", "exec", dont_inherit=True)
    except SyntaxError as error:
        if error.msg.startswith(_MAY_BE_NEWER) or error.lineno is None:
            return None
        return Refusal(error.msg, max(error.lineno, 1), max(error.offset or 1, 1))
    except (RecursionError, MemoryError, OverflowError):
        return Refusal("it nests too deeply")
    except UnicodeEncodeError:  # of a docstring, from Python 3.13 on
        return Refusal(
            f"Python {platform.python_version()} refuses a docstring with a lone surrogate"
        )
    return None


def parsed_text(text: str) -> cst.BaseExpression | None:
    """The expression that a string of a contract holds, in parentheses; `None` if it holds none."""
    source = f"({text})"
    try:
        if compiler_refuses(source.encode()) is not None:  # the parser crashes if it nests deeply
            return None
        return cst.parse_expression(source)
    except (cst.ParserSyntaxError, UnicodeEncodeError):
        return None
