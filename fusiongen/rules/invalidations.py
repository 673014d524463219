"""Rules about the entries of `invalidates`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..contract import Call, Method, MethodKind, Parameter, ParameterKind
from .base import Invalid, ProjectRule, Rule

if TYPE_CHECKING:
    from ..contract import Contract
    from ..errors import Diagnostic
    from ..reader.structures import Structures

__all__ = [
    "BadArguments",
    "BadEntry",
    "DefaultOnly",
    "UnknownContract",
    "UnknownMethod",
    "UnknownVariable",
]

_GET = "    @compute\n    async def get(self, id: str, limit: int = 1) -> str: ...\n\n"


def _put(entry: str) -> str:
    return (
        f"{_GET}    @command(invalidates=[{entry!r}])\n"
        "    async def put(self, id: str, ids: tuple[str, ...]) -> str: ..."
    )


class BadEntry(Rule):
    """An entry is not in the grammar of `invalidates`."""

    id = "FG040"
    fix = (
        "Write a call such as `get(cart.id)`, `ids(result.owner, ANY)`, `Products.get(id)` or "
        "`get(c.id) for c in carts`: names, attributes, literals, keywords."
    )
    VALID = tuple(
        map(_put, ("get(id)", "get(result)", "get(id, limit=-1)", "get(i, ANY) for i in ids"))
    )
    INVALID = (
        Invalid(_put("get"), "4:27", "`get` is not in the grammar of `invalidates`"),
        Invalid(_put(""), "4:27", "`` is not in the grammar of `invalidates`"),
        Invalid(_put("get("), "4:27", "`get(` is not in the grammar of `invalidates`"),
        Invalid(
            _put("get(id + '1')"), "4:27", "`get(id + '1')` is not in the grammar of `invalidates`"
        ),
        Invalid(
            _put("get(ids[0])"), "4:27", "`get(ids[0])` is not in the grammar of `invalidates`"
        ),
        Invalid(_put("get(f(id))"), "4:27", "`get(f(id))` is not in the grammar of `invalidates`"),
        Invalid(_put("get(*ids)"), "4:27", "`get(*ids)` is not in the grammar of `invalidates`"),
        Invalid(
            _put("get(id), get(id)"),
            "4:27",
            "`get(id), get(id)` is not in the grammar of `invalidates`",
        ),
        Invalid(
            _put("get(i) for i in ids if i"),
            "4:27",
            "`get(i) for i in ids if i` is not in the grammar of `invalidates`",
        ),
        Invalid(
            _put("[get(i) for i in ids]"),
            "4:27",
            "`[get(i) for i in ids]` is not in the grammar of `invalidates`",
        ),
        Invalid(
            _put("get(i) for i in ids for j in ids"),
            "4:27",
            "`get(i) for i in ids for j in ids` is not in the grammar of `invalidates`",
        ),
    )


class UnknownMethod(Rule):
    """An entry calls something that is not a compute method of that contract."""

    id = "FG041"
    fix = "Name a method that is decorated with `@compute`."
    INVALID = (
        Invalid(_put("got(id)"), "4:27", "`Carts` has no compute method `got`"),
        Invalid(_put("put(id, ids)"), "4:27", "`Carts` has no compute method `put`"),
        Invalid(_put("Carts.got(id)"), "4:27", "`Carts` has no compute method `got`"),
    )


class BadArguments(Rule):
    """The arguments of an entry do not fit the signature of the method that it calls."""

    id = "FG042"
    fix = "Pass what the compute method takes; `ANY` stands for every value."
    INVALID = (
        Invalid(_put("get()"), "4:27", "`get()` does not fit `get(id, limit)`"),
        Invalid(_put("get(id, 1, 2)"), "4:27", "`get(id, 1, 2)` does not fit `get(id, limit)`"),
        Invalid(_put("get(key=id)"), "4:27", "`get(key=id)` does not fit `get(id, limit)`"),
        Invalid(_put("get(id, id=id)"), "4:27", "`get(id, id=id)` does not fit `get(id, limit)`"),
        Invalid(_put("get(limit=1)"), "4:27", "`get(limit=1)` does not fit `get(id, limit)`"),
    )


class UnknownVariable(Rule):
    """An entry uses a name that is neither a parameter, `result`, `ANY` nor its loop's variable."""

    id = "FG043"
    fix = "Use the command's parameters, `result`, the loop's variable, or `ANY`."
    INVALID = (
        Invalid(_put("get(cart.id)"), "4:27", "`cart` in `get(cart.id)` is not known here"),
        Invalid(
            _put("get(i) for i in carts"),
            "4:27",
            "`carts` in `get(i) for i in carts` is not known here",
        ),
        Invalid(
            _put("get(id) for id in ids"),
            "4:27",
            "the loop's variable `id` hides a parameter",
            fix="Rename the loop's variable.",
        ),
        Invalid(_put("get(self)"), "4:27", "`self` in `get(self)` is not known here"),
    )


class UnknownContract(Rule):
    """An entry names a contract that is not imported, or not among those of this project."""

    id = "FG044"
    fix = "Import the contract's class in this module, and list its file under `contracts`."
    VALID = (_put("Carts.get(id)"),)
    INVALID = (
        Invalid(
            _put("Products.get(id)"),
            "4:27",
            "`Products` in `Products.get(id)` is no contract of this project",
        ),
        Invalid(
            _put("str.get(id)"), "4:27", "`str` in `str.get(id)` is no contract of this project"
        ),
    )


class DefaultOnly(ProjectRule):
    """An entry leaves a parameter out that has a default. As in any call it stands for the default,
    so results for other values of it stay cached."""

    id = "FG065"
    warning = True
    fix = "Write `ANY` for every value, or the default itself if no other is meant."
    VALID = tuple(
        map(_put, ("get(id, ANY)", "get(id, 1)", "get(limit=ANY, id=id)", "get(i, 1) for i in ids"))
    )
    INVALID = (
        Invalid(
            _put("get(id)"),
            "5:15",
            "`put` invalidates `carts.get(id)` for the default of `limit` only",
        ),
        Invalid(
            _put("Carts.get(id=i) for i in ids"),
            "5:15",
            "`put` invalidates `carts.get(id=i) for i in ids` for the default of `limit` only",
        ),
        Invalid(
            "    @compute\n"
            "    async def page(self, *, of: str = '', size: int = 9) -> str: ...\n\n"
            "    @command(invalidates=['page()'])\n    async def put(self) -> None: ...",
            "5:15",
            "`put` invalidates `carts.page()` for the defaults of `of` and `size` only",
        ),
    )

    @classmethod
    def check_all(
        cls, contracts: Sequence[Contract], structures: Structures
    ) -> Iterator[Diagnostic]:
        computes = {
            (contract.ref, method.name): method
            for contract in contracts
            for method in contract.of_kind(MethodKind.COMPUTE)
        }
        for method in (each for contract in contracts for each in contract.methods):
            for call in method.invalidates:
                left = _left_out(call, computes[call.contract, call.method])
                if left:
                    names = " and ".join(f"`{each.name}`" for each in left)
                    of = f"the default{'s' * (len(left) > 1)} of {names} only"
                    yield cls.at(method.span, f"`{method.name}` invalidates `{call}` for {of}")


def _left_out(call: Call, method: Method) -> list[Parameter]:
    """The parameters of the method that an entry does not name."""
    places = [each for each in method.parameters if each.kind is not ParameterKind.KEYWORD]
    by_place = zip(places, call.arguments, strict=False)
    given = {argument.name or place.name for place, argument in by_place}
    given.update(argument.name for argument in call.arguments if argument.name is not None)
    return [each for each in method.parameters if each.name not in given]
