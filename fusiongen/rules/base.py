"""What a rule is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..errors import Diagnostic, Span, Violation

if TYPE_CHECKING:
    from ..contract import Contract
    from ..reader.structures import Structures

__all__ = ["ContractRule", "Invalid", "ProjectRule", "Rule"]


@dataclass(frozen=True, slots=True)
class Invalid:
    """A contract text that a rule refuses, once: where, and with which words.

    source: methods alone stand for a contract that has them.
    at: line and column in `source`, counted from 1: `2:9`. The line alone where it is Python's
        compiler that finds it, whose columns differ from version to version.
    message: the whole clause.
    fix: the remedy, if it is not the usual one of the rule.
    """

    source: str
    at: str
    message: str
    fix: str | None = None


class Rule:
    """One thing that contracts must not do, or had better not.

    id: never reused.
    warning: it is printed, and fails only with `--strict`; a comment can silence it.
    fix: the usual remedy, a whole sentence.
    VALID, INVALID: contract texts that the rule lets pass and that it refuses; see `Invalid`.
    """

    id: ClassVar[str]
    warning: ClassVar[bool] = False
    fix: ClassVar[str]
    VALID: ClassVar[tuple[str, ...]] = ()
    INVALID: ClassVar[tuple[Invalid, ...]]

    @classmethod
    def at(cls, span: Span, problem: str, fix: str | None = None) -> Diagnostic:
        """This rule, broken there; `problem` is a clause without a full stop."""
        return Diagnostic(span, cls.id, problem, fix or cls.fix)

    @classmethod
    def violation(cls, span: Span, problem: str, fix: str | None = None) -> Violation:
        """The same, to be raised."""
        return Violation(cls.at(span, problem, fix))


class ContractRule(Rule):
    """A rule that is checked on the finished model of one contract."""

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        """Every place where the contract breaks this rule."""
        raise NotImplementedError


class ProjectRule(Rule):
    """A rule that is checked on all contracts of a project together."""

    @classmethod
    def check_all(
        cls, contracts: Sequence[Contract], structures: Structures
    ) -> Iterator[Diagnostic]:
        """Every place where one of the contracts breaks this rule."""
        raise NotImplementedError
