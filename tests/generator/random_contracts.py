"""Contracts made at random, with bodies and calls of every method as users write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from .random_kinds import IMPORTS, Kinds
from .random_methods import STREAMS, Method, Parameter, drawn_methods
from .random_styles import Form

__all__ = ["Drawn", "drawn"]

_KINDS = [
    *("Cart", "Keys", "Types", "Signature", "Contract", "CartsClient", "CartsService", "Accessor"),
    *("Client", "Service", "Compute", "Command", "Stream", "CoroutineType", "Carts", "Any_"),
    *(
        "AInvalidate",
        "AKeys",
        "CONTRACT",
        "TYPE_CHECKING",
        "Coroutine",
        "type_",
        "K" * 60,
        "Ü",
        "_Own",
    ),
    *("AsyncGenerator", "AnyArgument", "abstractmethod", "Shard", "OneWay", "Plain"),
]
_SERVICES = {
    **{"Carts": "carts", "HTTPApi": "http_api", "A": "a", "Client": "client", "Host": "host"},
    **{"Service": "service", "Contract": "contract", "Keys": "keys", "Stream": "stream"},
}
# The import of the kinds, and what stands before their names.
_WAYS = {
    "from": ("from .kinds import {0}", ""),
    "as": ("from .kinds import {1}", "Its"),
    "module": ("from . import kinds", "kinds."),
    "whole": ("import §folder§.kinds as of", "of."),
    "checking": ("if typing.TYPE_CHECKING:\n    from .kinds import {0}", ""),
}
_HIDDEN = {
    **dict.fromkeys(("list", "dict", "tuple", "set", "frozenset", "str", "int"), "builtins"),
    **dict.fromkeys(("Any", "AsyncIterator"), "typing"),
}
"""What a method may be called, and where it is still called so."""
_DOCS = (
    "",
    '    """What {{ it }} does: \\\\ ""and" \'so\' {% on %}."""\n\n',
    "    r'''\\d{#\n\n      \"\"\" \"'''\n\n",
    '    \'""" \\N{BULLET} \\x41\'\n\n',
)


@dataclass(frozen=True)
class Drawn:
    """A project: its files below the package, and what its methods are.

    service: its name.
    """

    files: dict[str, str]
    service: str
    methods: tuple[Method, ...]

    def named(self, folder: str) -> dict[str, str]:
        """The files, for a package of this name."""
        return {
            name: text.replace("§folder§", folder).replace("§", "")
            for name, text in self.files.items()
        }


class _Maker:
    def __init__(self, random: Random, *, newer: bool) -> None:
        self._random = random
        self._kinds = Kinds(random, _KINDS, newer=newer)
        self._title = random.choice([each for each in _SERVICES if each not in self._kinds.names])
        self._future = random.random() < 0.5
        self._way = random.choice([*_WAYS])
        self._shard = random.random() < 0.1
        taken = (*self._kinds.names, self._title)
        constants = self._way != "checking"
        self._methods = [
            *drawn_methods(random, self._kinds, taken, shard=self._shard, constants=constants)
        ]
        self._named = {each.name for each in self._methods}

    def drawn(self) -> Drawn:
        """The whole project."""
        given = self._random.choice(("", "version=2, internal=True", 'name="basket"'))
        self.service = "basket" if "name" in given else _SERVICES[self._title]
        shard = 'shard="shard", shards=2' if self._shard else ""
        options = ", ".join(each for each in (given, shard) if each)
        head, doc = self._head(), self._random.choice(_DOCS)
        body = "\n\n".join(map(self._declared, self._methods))
        decorator = f"@fusionrt.service({options})" if options else "@service"
        contract = f"{head}\n\n{decorator}\nclass {self._title}(Protocol):\n{doc}{body}\n"
        files = {
            "kinds.py": self._kinds.text,
            "contracts.py": contract,
            "bodies.py": self._bodies(head),
        }
        return Drawn(files, self.service, (*self._methods,))

    def _head(self) -> str:
        names = self._kinds.names
        imports = _WAYS[self._way][0].format(
            ", ".join(names), ", ".join(f"{each} as Its{each}" for each in names)
        )
        future = "from __future__ import annotations\n\n" if self._future else ""
        ours = "from fusionrt import ANY, command, compute, idempotent, oneway, service, stream"
        return f"{future}import builtins\n{IMPORTS}\nimport fusionrt\n{ours}\n\n{imports}\n"

    def _spelled(self, text: str) -> str:
        """A type or a value in the contract's module, where methods hide what is called so."""
        for name in self._named & _HIDDEN.keys():
            text = re.sub(rf"(?<![\w.\"§]){name}(?![\w\"=§])", f"{_HIDDEN[name]}.{name}", text)
        return re.sub("§(.*?)§", rf"{_WAYS[self._way][1]}\1", text)

    def _annotation(self, text: str) -> str:
        text = self._spelled(text)
        quoted = (self._way == "checking" and not self._future) or self._random.random() < 0.1
        return repr(text) if quoted else text

    def _signature(self, method: Method) -> str:
        sorts = [each.sort for each in method.parameters]
        shown = ["this" if any(each.name == "self" for each in method.parameters) else "self"]
        for index, each in enumerate(method.parameters):
            if each.sort == "*" and "*" not in sorts[:index]:
                shown.append("*")
            spelled = f"AsyncIterator[{each.form.spelled}]" if each.is_stream else each.form.spelled
            default = f" = {self._spelled(each.default)}" if each.default else ""
            shown.append(f"{each.name}: {self._annotation(spelled)}{default}")
            if each.sort == "/" and "/" not in sorts[index + 1 :]:
                shown.append("/")
        result = method.result.spelled
        if method.kind in STREAMS:
            result = f"AsyncIterator[{result}]"
        elif method.kind == "both":
            result = f"tuple[{result}, AsyncIterator[int]]"
        start = "def" if method.kind in STREAMS else "async def"
        return f"{start} {method.name}({', '.join(shown)}) -> {self._annotation(result)}:"

    def _declared(self, method: Method) -> str:
        entries = ", ".join(self._entries(method))
        decorators = {
            "compute": self._random.choice(("@compute", "@compute(min_cache=1.5)", "@compute()")),
            "command": f"@command(invalidates=[{entries}])",
            "idempotent": "@idempotent",
            "oneway": "@oneway",
            "skip": "@stream(skip=True)",
        }
        decorator = decorators.get(method.kind, "")
        if {"compute", "command", "stream"} & self._named:
            decorator = decorator.replace("@", "@fusionrt.")
        head = f"    {decorator}\n" if decorator else ""
        doc = self._random.choice(_DOCS).rstrip().replace("\n", "\n    ")
        return f"{head}    {self._signature(method)}" + (f"\n    {doc}" if doc else " ...")

    def _entries(self, method: Method) -> Iterator[str]:
        for each in self._methods:
            if each.kind == "compute":
                given = (self._entry(method, wanted) for wanted in each.parameters)
                yield repr(f"{each.name}({', '.join(given)})")

    def _entry(self, method: Method, wanted: Parameter) -> str:
        fitting = [own.name for own in method.parameters if own.form == wanted.form]
        value = self._random.choice([*fitting, "ANY"])
        return f"{wanted.name}={value}" if wanted.sort == "*" else value

    def _bodies(self, head: str) -> str:
        """An implementation, and a call of every method, as users write them."""
        values: list[str] = []
        bodies: list[str] = []
        calls: list[str] = []
        for number, each in enumerate(self._methods):
            values.append(self._typed(f"RESULT_{number}", each.result))
            for index, parameter in enumerate(each.parameters):
                values.append(self._typed(f"GIVEN_{number}_{index}", parameter.form))
            bodies.append(self._body(number, each))
            calls.extend(self._calls(number, each))
        return _BODIES.format(
            head=head,
            title=self._title,
            service=self.service,
            values="\n".join(values),
            bodies="\n\n".join(bodies),
            calls="\n    ".join(calls),
        )

    def _typed(self, name: str, form: Form) -> str:
        value = re.sub("§(.*?)§", r"kinds_.\1", form.value)
        return f"{name}: {self._annotation(form.spelled)} = {value}"

    def _body(self, number: int, method: Method) -> str:
        seen = "".join(
            f"[each async for each in {each.name}], " if each.is_stream else f"{each.name}, "
            for each in method.parameters
        )
        end = {
            "both": f"return RESULT_{number}, _items()",
            **dict.fromkeys(STREAMS, f"yield RESULT_{number}"),
        }.get(method.kind, f"return RESULT_{number}")
        signature = "async " + self._signature(method).removeprefix("async ")
        return f'    {signature}\n        SEEN["{method.name}"] = ({seen})\n        {end}'

    def _calls(self, number: int, method: Method) -> Iterator[str]:
        given: list[str] = []
        expected: list[str] = []
        by_name = False
        for index, each in enumerate(method.parameters):
            value = f"GIVEN_{number}_{index}"
            if each.default is not None and each.sort != "/" and self._random.random() < 0.5:
                by_name = True
                expected.append(self._spelled(each.default))
                continue
            expected.append(f"[{value}]" if each.is_stream else value)
            value = f"_sent({value})" if each.is_stream else value
            by_name = (
                by_name or each.sort == "*" or (each.sort == " " and self._random.random() < 0.3)
            )
            given.append(f"{each.name}={value}" if by_name else value)
        arguments = ", ".join(given)
        call = f"to.{method.name}({arguments})"
        yield f'EXPECTED["{method.name}"] = ({"".join(f"{each}, " for each in expected)})'
        if method.kind in STREAMS:
            yield f'got["{method.name}"] = [each async for each in {call}][0]'
        elif method.kind == "both":
            yield f'got["{method.name}"], items = await {call}'
            yield "assert [each async for each in items] == [1]"
        elif method.result.spelled == "None":
            yield f'await {call}\n    got["{method.name}"] = None'
        else:
            yield f'got["{method.name}"] = await {call}'
        if method.kind == "compute":
            yield f"assert (await to.computed.{method.name}({arguments})).is_consistent"
            yield f"assert to.peek.{method.name}({arguments}) is not None"


_BODIES = """\
{head}
from . import kinds as kinds_
from .contracts import {title} as Contract_
from .generated.{service} import {title}Client as Client_
from .generated.{service} import {title}Live as Live_
from .generated.{service} import {title}Service as Stub_

T_ = TypeVar("T_")
SEEN: builtins.dict[builtins.str, builtins.tuple[Any, ...]] = {{}}
EXPECTED: builtins.dict[builtins.str, builtins.tuple[Any, ...]] = {{}}
{values}


async def _items() -> AsyncIterator[int]:
    yield 1


async def _sent(one: T_) -> AsyncIterator[T_]:
    yield one


class Bodies(Stub_):
{bodies}


async def calls(to: Live_) -> builtins.dict[builtins.str, Any]:
    got: builtins.dict[builtins.str, Any] = {{}}
    {calls}
    return got


def is_contract(client: Client_, service: Bodies) -> builtins.list[Contract_ | Live_]:
    return [client, service]
"""


def drawn(random: Random, *, newer: bool = False) -> Drawn:
    """A project with a contract that keeps every rule. newer: it may need Python 3.12."""
    return _Maker(random, newer=newer).drawn()
