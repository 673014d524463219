"""Rules about the entries of `invalidates`."""

from __future__ import annotations

from .base import Rule

__all__ = ["BadArguments", "BadEntry", "UnknownContract", "UnknownMethod", "UnknownVariable"]

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
    INVALID = tuple(
        map(
            _put,
            (
                *("", "get", "get(", "get(id + '1')", "get(ids[0])", "get(f(id))", "get(*ids)"),
                *("get(id), get(id)", "get(i) for i in ids if i", "[get(i) for i in ids]"),
                "get(i) for i in ids for j in ids",
            ),
        )
    )


class UnknownMethod(Rule):
    """An entry calls something that is not a compute method of that contract."""

    id = "FG041"
    fix = "Name a method that is decorated with `@compute`."
    INVALID = (_put("got(id)"), _put("put(id, ids)"), _put("Carts.got(id)"))


class BadArguments(Rule):
    """The arguments of an entry do not fit the signature of the method that it calls."""

    id = "FG042"
    fix = "Pass what the compute method takes; `ANY` stands for every value."
    INVALID = tuple(
        map(_put, ("get()", "get(id, 1, 2)", "get(key=id)", "get(id, id=id)", "get(limit=1)"))
    )


class UnknownVariable(Rule):
    """An entry uses a name that is neither a parameter, `result`, `ANY` nor its loop's variable."""

    id = "FG043"
    fix = "Use the command's parameters, `result`, the loop's variable, or `ANY`."
    INVALID = tuple(
        map(_put, ("get(cart.id)", "get(i) for i in carts", "get(id) for id in ids", "get(self)"))
    )


class UnknownContract(Rule):
    """An entry names a contract that is not imported, or not among those of this project."""

    id = "FG044"
    fix = "Import the contract's class in this module, and list its file under `contracts`."
    VALID = (_put("Carts.get(id)"),)
    INVALID = (_put("Products.get(id)"), _put("str.get(id)"))
