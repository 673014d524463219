"""Rules about names that methods and parameters cannot have."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..contract import MethodKind
from .base import ContractRule, Invalid

if TYPE_CHECKING:
    from ..contract import Contract
    from ..errors import Diagnostic
    from ..reader.structures import Structures

__all__ = ["ReservedName", "ReservedParameter"]


class ReservedName(ContractRule):
    """A method has a name that generated classes need for themselves."""

    id = "FG026"
    fix = "Rename it."
    VALID = ("    async def dict(self) -> str: ...",)
    INVALID = (
        Invalid(
            "    async def computed(self) -> str: ...",
            "1:15",
            "`computed` is the name of an accessor",
        ),
        Invalid(
            "    async def peek(self) -> str: ...", "1:15", "`peek` is the name of an accessor"
        ),
        Invalid(
            "    async def changes(self) -> str: ...",
            "1:15",
            "`changes` is the name of an accessor",
        ),
        Invalid(
            "    async def invalidate(self) -> str: ...",
            "1:15",
            "`invalidate` is the name of an accessor",
        ),
        Invalid(
            "    async def with_options(self) -> str: ...",
            "1:15",
            "`with_options` is the name of an accessor",
        ),
        Invalid("    async def _get(self) -> str: ...", "1:15", "`_get` starts with an underscore"),
        Invalid(
            "    async def __call__(self) -> str: ...",
            "1:15",
            "`__call__` starts with an underscore",
        ),
        Invalid(
            "    async def \ufb01nd(self) -> str: ...", "1:15", "Python reads `ﬁnd` as another name"
        ),
    )
    names = ("computed", "peek", "changes", "invalidate", "with_options")

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for method in contract.methods:
            if method.name in cls.names:
                yield cls.at(method.span, f"`{method.name}` is the name of an accessor")
            elif method.name.startswith("_"):
                yield cls.at(method.span, f"`{method.name}` starts with an underscore")
            elif not _is_normal(method.name):
                yield cls.at(method.span, f"Python reads `{method.name}` as another name")


class ReservedParameter(ContractRule):
    """A parameter of a command is called `result`, which stands for its result in `invalidates`, or
    a parameter has a name that Python changes."""

    id = "FG027"
    fix = "Rename it."
    VALID = (
        "    @compute\n    async def get(self, result: str) -> str: ...",
        "    @compute\n    async def get(self, result: str) -> str: ...\n"
        "    @command(invalidates=['get(result=result)'])\n"
        "    async def put(self, a: int) -> str: ...",
    )
    INVALID = (
        Invalid(
            "    @command(invalidates=[])\n    async def put(self, result: str) -> str: ...",
            "2:25",
            "`put` has a parameter `result`",
        ),
        Invalid(
            "    async def get(self, __id: str) -> str: ...",
            "1:25",
            "in a class, Python reads `__id` as another name",
        ),
        Invalid(
            "    async def get(self, \ufb01nd: str) -> str: ...",
            "1:25",
            "in a class, Python reads `ﬁnd` as another name",
        ),
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for method in contract.methods:
            for parameter in method.parameters:
                if parameter.name == "result" and method.kind is MethodKind.COMMAND:
                    problem = f"`{method.name}` has a parameter `result`"
                    yield cls.at(parameter.span, problem)
                elif parameter.name.startswith("__") or not _is_normal(parameter.name):
                    problem = f"in a class, Python reads `{parameter.name}` as another name"
                    yield cls.at(parameter.span, problem)


def _is_normal(name: str) -> bool:
    """Whether a name is spelled as Python keeps it."""
    return unicodedata.normalize("NFKC", name) == name
