"""Contracts made at random, to be changed."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

__all__ = [
    "DEFAULTS",
    "OPTIONS",
    "RECORDS",
    "SCALARS",
    "MethodSketch",
    "Sketch",
    "Slot",
    "TypeSketch",
    "is_python",
    "sketch",
]

SCALARS = (
    *("int", "str", "bool", "float", "Decimal", "UUID", "date", "bytes", "Id", "Name"),
    *("str | UUID", "int | None", "Level"),
)
DEFAULTS = {
    "int": ("1", "2", "ONE", "ONE * 2", "-ONE"),
    "str": ("'a'", "'b'", "WORD"),
    "bool": ("True", "False"),
    "str | UUID": ("'a'", "UUID(int=1)"),
    "Level": ("Level.LOW", "Level.HIGH"),
}
_NAMES = ("alpha", "beta", "gamma", "delta", "eps")


@dataclass
class Slot:
    """A field or a parameter. mark: of a parameter, `/` after it or `*` before it."""

    name: str
    type: str
    default: str | None = None


@dataclass
class TypeSketch:
    """old_name: the one before, which is an alias now."""

    kind: str
    name: str
    fields: list[Slot] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    old_name: str | None = None


@dataclass
class MethodSketch:
    kind: str
    name: str
    parameters: list[Slot]
    result: str
    keyword_from: int = 9
    positional: int = 0
    entries: list[str] = field(default_factory=list)


@dataclass
class Sketch:
    """A contract to be changed, and its types."""

    types: list[TypeSketch]
    methods: list[MethodSketch]
    raises: list[str] = field(default_factory=list)
    version: int = 1
    constants: dict[str, str] = field(default_factory=lambda: {"ONE": "1", "WORD": "'a'"})

    def text(self) -> str:
        """The types and the contract, as a rule's case has them."""
        constants = "\n".join(f"{name} = {value}" for name, value in self.constants.items())
        blocks = [constants, _LEVEL, *map(_type_text, self.types), *map(_error_text, _ERRORS)]
        decorator = f"@service(raises=[{', '.join(self.raises)}], version={self.version})"
        methods = "\n\n".join(map(_method_text, self.methods))
        return "\n\n\n".join((*blocks, f"{decorator}\nclass Carts(Protocol):\n{methods}"))


_LEVEL = "class Level(Enum):\n    LOW = 0.5\n    HIGH = 1.5"
"""It travels by the names of its members."""
RECORDS = ("dataclass", "struct", "named-tuple", "model", "typed-dict")
_ERRORS = ("Lost(Exception)", "Late(Exception)", "Later(Late)")
_HEADS = {
    "dataclass": "@dataclass({})\nclass {}:",
    "struct": "class {1}(msgspec.Struct, {0}):",
    "named-tuple": "class {1}(NamedTuple):",
    "typed-dict": "class {1}(TypedDict):",
    "model": "class {1}(BaseModel, {0}):",
    "enum": "class {1}(Enum):",
}
OPTIONS = {
    "dataclass": ("frozen", "kw_only"),
    "struct": ("frozen", "kw_only", "array_like", "forbid_unknown_fields", "omit_defaults", "tag"),
    "model": ("frozen",),
}


def _error_text(name: str) -> str:
    return f"class {name}:\n    pass"


def _type_text(type_: TypeSketch) -> str:
    alias = f"\n\n\n{type_.old_name} = {type_.name}" if type_.old_name else ""
    return f"{_own_text(type_)}{alias}"


def _own_text(type_: TypeSketch) -> str:
    if type_.kind == "newtype":
        return f"{type_.name} = NewType('{type_.name}', {type_.fields[0].type})"
    if type_.kind == "alias":
        return f"{type_.name} = {type_.fields[0].type}"
    known = OPTIONS.get(type_.kind, ())
    options = ", ".join(f"{name}={value}" for name, value in type_.options.items() if name in known)
    head = _HEADS[type_.kind].format(options, type_.name).replace(", )", ")")
    if type_.kind == "enum":
        return "\n".join((head, *(f"    {each.name} = {each.default}" for each in type_.fields)))
    return "\n".join((head, *(f"    {_slot_text(each, type_.kind)}" for each in type_.fields)))


def _slot_text(slot: Slot, kind: str) -> str:
    if kind == "typed-dict":
        return f"{slot.name}: " + (
            slot.type if slot.default is None else f"NotRequired[{slot.type}]"
        )
    return f"{slot.name}: {slot.type}" + (f" = {slot.default}" if slot.default else "")


def _method_text(method: MethodSketch) -> str:
    shown = ["self"]
    for index, slot in enumerate(method.parameters):
        if index == method.keyword_from:
            shown.append("*")
        shown.append(_slot_text(slot, ""))
        if index + 1 == method.positional:
            shown.append("/")
    entries = ", ".join(map(repr, method.entries))
    head = {
        "compute": "    @compute\n    async def",
        "command": f"    @command(invalidates=[{entries}])\n    async def",
        "plain": "    async def",
        "stream": "    def",
    }[method.kind]
    result = f"AsyncIterator[{method.result}]" if method.kind == "stream" else method.result
    return f"{head} {method.name}({', '.join(shown)}) -> {result}: ..."


def sketch(random: Random) -> Sketch:
    """A contract with some types, a compute method, a command that invalidates it, and more."""
    while not is_python(made := _sketch(random)):
        pass
    return made


def _sketch(random: Random) -> Sketch:
    types = [
        _type(random, f"T{index}", [f"T{before}" for before in range(index)]) for index in range(3)
    ]
    names = [each.name for each in types]
    hashable = [each.name for each in types if each.kind not in ("typed-dict",)]
    get = MethodSketch(
        "compute", "get", _slots(random, 2, (*SCALARS, *hashable)), random.choice(names)
    )
    put = MethodSketch("command", "put", copy.deepcopy(get.parameters), random.choice(names))
    put.entries = [f"get({', '.join(each.name for each in get.parameters)})"]
    other = MethodSketch(
        random.choice(("plain", "stream")),
        "other",
        _slots(random, 2, (*names, f"list[{names[0]}]", "dict[str, int]")),
        random.choice(
            (
                *(f"list[{names[1]}]", f"{names[2]} | None", "Sequence[int]", f"{names[0]} | int"),
                *(
                    f"{names[0]} | {names[1]}",
                    f"list[{names[0]}] | tuple[{names[1]}, ...]",
                    "object",
                ),
            )
        ),
    )
    return Sketch(types, [get, put, other], [random.choice(("Lost", "Late"))])


def _type(random: Random, name: str, before: list[str]) -> TypeSketch:
    kind = random.choice(
        (
            "dataclass",
            "dataclass",
            "struct",
            "named-tuple",
            "model",
            "typed-dict",
            "enum",
            "newtype",
        )
    )
    if kind == "enum":
        values = random.choice(
            (
                *(("'a'", "'b'", "'c'"), ("1", "2", "3"), ("1.5", "2.5", "3.5")),
                *(("ONE", "ONE + 1", "3"), ("WORD", "WORD + 'b'", "'c'")),
            )
        )
        return TypeSketch(
            kind, name, [Slot(n.upper(), "", v) for n, v in zip(_NAMES, values, strict=False)]
        )
    if kind == "newtype":
        return TypeSketch(random.choice((kind, "alias")), name, [Slot("", random.choice(SCALARS))])
    options = {"frozen": "True"} if kind in OPTIONS else {}
    for option in OPTIONS.get(kind, ())[1:]:
        if random.random() < 0.2:
            options[option] = "True"
    return TypeSketch(kind, name, _slots(random, 3, SCALARS), options)


def _slots(random: Random, most: int, types: tuple[str, ...]) -> list[Slot]:
    made: list[Slot] = []
    for name in random.sample(_NAMES, random.randint(1, most)):
        default = bool(made and made[-1].default) or random.random() < 0.3
        chosen = random.choice(tuple(DEFAULTS)) if default else random.choice(types)
        made.append(Slot(name, chosen, DEFAULTS[chosen][0] if default else None))
    return made


def is_python(it: Sketch) -> bool:
    """Whether nothing without a default follows what has one, and nothing stands twice."""
    rows = [each.parameters[: each.keyword_from] for each in it.methods]
    rows += [
        each.fields
        for each in it.types
        if each.kind in ("dataclass", "struct", "named-tuple") and "kw_only" not in each.options
    ]
    fields = [each.fields for each in it.types if each.kind not in ("newtype", "alias")]
    fields += [each.parameters for each in it.methods]
    once = [[slot.name for slot in row] for row in fields]
    once += [[slot.default or "" for slot in t.fields] for t in it.types if t.kind == "enum"]
    made_new = [each.fields[0].type for each in it.types if each.kind == "newtype"]
    return (
        not any(each in text for text in made_new for each in ("|", "Union", "Annotated", "Level"))
        and all(not (one.default and not two.default) for row in rows for one, two in pairwise(row))
        and all(len(set(each)) == len(each) for each in once)
        and all(each.positional <= each.keyword_from for each in it.methods)
        and _is_coherent(it)
    )


def _is_coherent(it: Sketch) -> bool:
    """Whether what `put` invalidates has the types of what it passes, as a type checker sees to."""
    types = [slot.type for slot in it.methods[0].parameters]
    put = {slot.name: slot.type for slot in it.methods[1].parameters}
    return all(
        put.get(name) == types[index]
        for entry in it.methods[1].entries
        for index, name in enumerate(entry.removeprefix("get(").removesuffix(")").split(", "))
        if index < len(types) and name != "ANY"
    )
