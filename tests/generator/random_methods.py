"""Methods made at random: their names, their parameters, and how each is passed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from random import Random

from .random_kinds import Kinds
from .random_styles import Form

__all__ = ["STREAMS", "Method", "Parameter", "drawn_methods"]

# What generated code, its templates and Python itself call something.
_METHODS = [
    *("property", "type", "list", "dict", "tuple", "set", "frozenset", "str", "int", "object"),
    *("id", "get", "find", "keys", "Keys", "Types", "CONTRACT", "match", "Coroutine", "Accessor"),
    *("Signature", "self", "super", "client", "host", "call", "stream", "command", "compute"),
    *("classmethod", "TYPE_CHECKING", "Any", "abstractmethod", "isinstance", "deprecated", "close"),
    *("fusion", "service", "serve", "offer", "É", "a" * 70, "print", "name", "next"),
    *("CoroutineType", "AsyncIterator", "Protocol", "asyncio", "table", "options", "ANY", "carts"),
]
_PARAMETERS = [
    *("id", "self_", "keys", "keys_", "carts", "carts_", "limit", "type", "str", "list", "key"),
    *("Any", "to", "client", "host", "call", "method", "arguments", "args", "kwargs", "timeout"),
    *(
        "name",
        "_private",
        "cls",
        "this",
        "super",
        "print",
        "É",
        "ANY_",
        "Keys",
        "CONTRACT",
        "b" * 60,
    ),
]


STREAMS = ("stream", "skip")
_SORTS = [
    *("compute", "compute", "compute", "command", "command", "plain", "idempotent", "oneway"),
    *("stream", "skip", "up", "both"),
]


@dataclass(frozen=True)
class Parameter:
    """One of a method. sort: `/`, ` ` or `*`: how it can be passed."""

    name: str
    form: Form
    sort: str
    default: str | None
    is_stream: bool = False


@dataclass(frozen=True)
class Method:
    """A method of a contract. kind: `compute`, `command`, `plain`, `idempotent`, `oneway`,
    `stream`, `skip`, `up` (its caller sends a stream), `both` (a result, then a stream)."""

    name: str
    kind: str
    parameters: tuple[Parameter, ...]
    result: Form


def drawn_methods(
    random: Random, kinds: Kinds, taken: Collection[str], *, shard: bool, constants: bool
) -> Iterator[Method]:
    """Some methods, none of them of a name that is taken. shard: each says its shard.
    constants: whether a default may name what the kinds define."""
    names = [each for each in _METHODS if each not in taken]
    for name in random.sample(names, random.randrange(1, 7)):
        kind = random.choice(_SORTS)
        result = kinds.form() if kind != "oneway" else Form("None", "None")
        parameters = _drawn_parameters(random, kinds, kind, shard=shard, constants=constants)
        yield Method(name, kind, (*parameters,), result)


def _drawn_parameters(
    random: Random, kinds: Kinds, kind: str, *, shard: bool, constants: bool
) -> Iterator[Parameter]:
    names = random.sample(_PARAMETERS, random.randrange(4))
    sorts = sorted(random.choices("/  *", k=len(names)), key="/ *".index)
    if shard:
        yield Parameter("shard", Form("str", '"x"'), "/ *"["/" not in sorts], None)
    had_default = False
    for name, sort in zip(names, sorts, strict=True):
        form = kinds.form(key=kind == "compute")
        has = form.constant is not None and kind != "up" and random.random() < 0.5
        has = has and (constants or "§" not in str(form.constant))
        if had_default and sort != "*" and not has:
            form, has = Form("int", "-3", constant="1"), True
        had_default = had_default or has
        yield Parameter(name, form, sort, form.constant if has else None)
    if kind == "up":
        yield Parameter("sent", kinds.form(1), sorts[-1] if sorts else " ", None, is_stream=True)
