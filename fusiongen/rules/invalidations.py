"""Rules about the entries of `invalidates`."""

from __future__ import annotations

from .base import Invalid, Rule

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
