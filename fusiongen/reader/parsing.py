"""One file as it lies there: parsed, with the places in it and what its own statements bind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import libcst as cst
from libcst.metadata import CodeRange, PositionProvider

from ..errors import Span
from ..rules.files import NotPython
from .compiling import compiler_refuses
from .scan import Scan

__all__ = ["Source", "parse"]


@dataclass(frozen=True, eq=False)
class Source:
    """A parsed file.

    name: its import name.
    file: its path relative to the project, with `/`.
    scan: what its statements bind.
    """

    name: str
    file: str
    content: bytes
    tree: cst.Module
    scan: Scan

    @cached_property
    def places(self) -> Mapping[cst.CSTNode, CodeRange]:
        """Where each node is; empty if something nests too deeply to tell."""
        try:
            return _Positions().of(self.tree)
        except (RecursionError, KeyError):  # libcst looks for places that it did not come to
            return {}

    @cached_property
    def lines(self) -> Sequence[str]:
        """The text of the file, line by line."""
        return re.split(r"\r\n|\r|\n", self.content.decode(self.tree.encoding))


class _Positions(PositionProvider):
    """Without the `MetadataWrapper`, which copies the tree (the parser makes every node anew: none
    is shared) and walks it once more for providers that we do not have: twice as fast."""

    def of(self, tree: cst.Module) -> Mapping[cst.CSTNode, CodeRange]:
        self._gen_impl(tree)
        return cast(Mapping[cst.CSTNode, CodeRange], self._computed)


def parse(name: str, file: str, content: bytes, *, is_package: bool) -> Source:
    """Parse one file; see `Source`.

    Raises:
        Violation: it is no Python (FG001).
    """
    problem = compiler_refuses(content)
    if problem is not None:
        raise NotPython.violation(
            Span(file, problem.line, problem.column), f"this is not valid Python: {problem.text}"
        )
    try:
        tree = cst.parse_module(content)
        return Source(name, file, content, tree, Scan(name, tree, is_package))
    except cst.ParserSyntaxError as error:
        span = Span(file, error.editor_line, error.editor_column)
        raise NotPython.violation(span, "this is not valid Python") from None
    except (UnicodeDecodeError, LookupError, SyntaxError):
        raise NotPython.violation(
            Span(file, 1, 1), "this is not text in its declared encoding, or in UTF-8"
        ) from None
    except RecursionError:
        raise NotPython.violation(Span(file, 1, 1), "this nests too deeply") from None
