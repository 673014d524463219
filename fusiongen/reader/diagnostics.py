"""What is wrong with a piece of a contract: noted, so that the rest of it is read all the same."""

from __future__ import annotations

import libcst as cst

from ..errors import Diagnostic
from ..rules.base import Rule
from .modules import Module

__all__ = ["Diagnostics"]


class Diagnostics:
    """The diagnostics about one piece of a module, as they are found."""

    def __init__(self, module: Module) -> None:
        self.found: list[Diagnostic] = []
        self._module = module

    def add(
        self, rule: type[Rule], node: cst.CSTNode, problem: str, fix: str | None = None
    ) -> None:
        """Note that a node breaks a rule; see `Rule.at`."""
        self.found.append(rule.at(self._module.span(node), problem, fix))

    def code(self, node: cst.CSTNode) -> str:
        """How a node reads in a message."""
        return self._module.code(node)
