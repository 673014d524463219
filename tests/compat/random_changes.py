"""Contracts made at random, and random changes of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

__all__ = ["Sketch", "changed", "sketch"]

_SCALARS = (
    *("int", "str", "bool", "float", "Decimal", "UUID", "date", "bytes", "Id", "Name"),
    *("str | UUID", "int | None", "Level"),
)
_DEFAULTS = {
    "int": ("1", "2", "ONE", "ONE * 2", "-ONE"),
    "str": ("'a'", "'b'", "WORD"),
    "bool": ("True", "False"),
    "str | UUID": ("'a'", "UUID(int=1)"),
    "Level": ("Level.LOW", "Level.HIGH"),
}
_ALIKE = (
    ("list[{}]", "tuple[{}, ...]", "Sequence[{}]", "set[{}]", "frozenset[{}]"),
    ("{}", "{} | None", "tuple[{}, int]", "Annotated[{}, 'said']", "Union[None, {}]"),
)
_NAMES = ("alpha", "beta", "gamma", "delta", "eps")


@dataclass
class _Slot:
    """A field or a parameter. mark: of a parameter, `/` after it or `*` before it."""

    name: str
    type: str
    default: str | None = None


@dataclass
class _Type:
    """old_name: the one before, which is an alias now."""

    kind: str
    name: str
    fields: list[_Slot] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    old_name: str | None = None


@dataclass
class _Method:
    kind: str
    name: str
    parameters: list[_Slot]
    result: str
    keyword_from: int = 9
    positional: int = 0
    entries: list[str] = field(default_factory=list)


@dataclass
class Sketch:
    """A contract to be changed, and its types."""

    types: list[_Type]
    methods: list[_Method]
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
_RECORDS = ("dataclass", "struct", "named-tuple", "model", "typed-dict")
_ERRORS = ("Lost(Exception)", "Late(Exception)", "Later(Late)")
_HEADS = {
    "dataclass": "@dataclass({})\nclass {}:",
    "struct": "class {1}(msgspec.Struct, {0}):",
    "named-tuple": "class {1}(NamedTuple):",
    "typed-dict": "class {1}(TypedDict):",
    "model": "class {1}(BaseModel, {0}):",
    "enum": "class {1}(Enum):",
}
_OPTIONS = {
    "dataclass": ("frozen", "kw_only"),
    "struct": ("frozen", "kw_only", "array_like", "forbid_unknown_fields", "omit_defaults", "tag"),
    "model": ("frozen",),
}


def _error_text(name: str) -> str:
    return f"class {name}:\n    pass"


def _type_text(type_: _Type) -> str:
    alias = f"\n\n\n{type_.old_name} = {type_.name}" if type_.old_name else ""
    return f"{_own_text(type_)}{alias}"


def _own_text(type_: _Type) -> str:
    if type_.kind == "newtype":
        return f"{type_.name} = NewType('{type_.name}', {type_.fields[0].type})"
    if type_.kind == "alias":
        return f"{type_.name} = {type_.fields[0].type}"
    known = _OPTIONS.get(type_.kind, ())
    options = ", ".join(f"{name}={value}" for name, value in type_.options.items() if name in known)
    head = _HEADS[type_.kind].format(options, type_.name).replace(", )", ")")
    if type_.kind == "enum":
        return "\n".join((head, *(f"    {each.name} = {each.default}" for each in type_.fields)))
    return "\n".join((head, *(f"    {_slot_text(each, type_.kind)}" for each in type_.fields)))


def _slot_text(slot: _Slot, kind: str) -> str:
    if kind == "typed-dict":
        return f"{slot.name}: " + (
            slot.type if slot.default is None else f"NotRequired[{slot.type}]"
        )
    return f"{slot.name}: {slot.type}" + (f" = {slot.default}" if slot.default else "")


def _method_text(method: _Method) -> str:
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
    while not _is_python(made := _sketch(random)):
        pass
    return made


def _sketch(random: Random) -> Sketch:
    types = [
        _type(random, f"T{index}", [f"T{before}" for before in range(index)]) for index in range(3)
    ]
    names = [each.name for each in types]
    hashable = [each.name for each in types if each.kind not in ("typed-dict",)]
    get = _Method("compute", "get", _slots(random, 2, (*_SCALARS, *hashable)), random.choice(names))
    put = _Method("command", "put", copy.deepcopy(get.parameters), random.choice(names))
    put.entries = [f"get({', '.join(each.name for each in get.parameters)})"]
    other = _Method(
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


def _type(random: Random, name: str, before: list[str]) -> _Type:
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
        return _Type(
            kind, name, [_Slot(n.upper(), "", v) for n, v in zip(_NAMES, values, strict=False)]
        )
    if kind == "newtype":
        return _Type(random.choice((kind, "alias")), name, [_Slot("", random.choice(_SCALARS))])
    options = {"frozen": "True"} if kind in _OPTIONS else {}
    for option in _OPTIONS.get(kind, ())[1:]:
        if random.random() < 0.2:
            options[option] = "True"
    return _Type(kind, name, _slots(random, 3, _SCALARS), options)


def _slots(random: Random, most: int, types: tuple[str, ...]) -> list[_Slot]:
    made: list[_Slot] = []
    for name in random.sample(_NAMES, random.randint(1, most)):
        default = bool(made and made[-1].default) or random.random() < 0.3
        chosen = random.choice(tuple(_DEFAULTS)) if default else random.choice(types)
        made.append(_Slot(name, chosen, _DEFAULTS[chosen][0] if default else None))
    return made


# -- changes; each says whether it could be made --


def _any_slots(it: Sketch, random: Random) -> list[_Slot]:
    """The fields of some record, or the parameters of some method, that has any."""
    rows = [each.fields for each in it.types if each.kind in _RECORDS]
    rows += [each.parameters for each in it.methods if each.name != "put"]
    return random.choice([each for each in rows if each])


def _add(it: Sketch, random: Random) -> bool:
    slots = _any_slots(it, random)
    type_ = random.choice(tuple(_DEFAULTS))
    default = random.choice((None, _DEFAULTS[type_][0]))
    place = len(slots) if default else random.randrange(len(slots) + 1)
    slots.insert(place, _Slot("added", type_, default))
    return True


def _remove(it: Sketch, random: Random) -> bool:
    slots = _any_slots(it, random)
    del slots[random.randrange(len(slots))]
    return True


def _rename(it: Sketch, random: Random) -> bool:
    random.choice(_any_slots(it, random)).name = "renamed"
    return True


def _move(it: Sketch, random: Random) -> bool:
    slots = _any_slots(it, random)
    random.shuffle(slots)
    return True


def _retype(it: Sketch, random: Random) -> bool:
    slot = random.choice(_any_slots(it, random))
    if slot.default is not None:
        slot.type = random.choice(("{} | None", "Annotated[{}, 'said']")).format(slot.type)
    elif random.random() < 0.3:
        slot.type = random.choice(_SCALARS)
    else:
        slot.type = _other(slot.type, random)
    return True


def _retype_result(it: Sketch, random: Random) -> bool:
    method = random.choice(it.methods)
    method.result = _other(method.result, random)
    return True


def _other(type_: str, random: Random) -> str:
    """A type that is somewhat like another one."""
    for family in _ALIKE:
        for form in family:
            head, _, tail = form.partition("{}")
            if head and type_.startswith(head) and type_.endswith(tail):
                inner = type_[len(head) : len(type_) - len(tail)]
                return random.choice(family).format(inner)
    swaps = {
        "object": "Any",
        "int": "float",
        "str": "Id",
        "Id": "str",
        "Name": "str",
        "date": "str",
        "Decimal": "str",
    }
    if type_ in swaps and random.random() < 0.5:
        return swaps[type_]
    return random.choice(_ALIKE[random.randrange(2)]).format(type_)


def _default(it: Sketch, random: Random) -> bool:
    slot = random.choice(_any_slots(it, random))
    known = _DEFAULTS.get(slot.type)
    if known is None:
        return False
    slot.default = random.choice((None, *known))
    return True


def _kind(it: Sketch, random: Random) -> bool:
    type_ = random.choice(it.types)
    if type_.kind in ("newtype", "alias"):
        type_.kind = "alias" if type_.kind == "newtype" else "newtype"
    elif type_.kind != "enum":
        type_.kind = random.choice(_RECORDS)
    else:
        return False
    return True


def _option(it: Sketch, random: Random) -> bool:
    type_ = random.choice(it.types)
    if type_.kind not in _OPTIONS:
        return False
    option = random.choice(_OPTIONS[type_.kind])
    if type_.options.pop(option, None) is None:
        type_.options[option] = "True"
    return True


def _target(it: Sketch, random: Random) -> bool:
    type_ = random.choice(it.types)
    if type_.kind not in ("newtype", "alias"):
        return False
    type_.fields[0].type = _other(type_.fields[0].type, random)
    return True


def _enum(it: Sketch, random: Random) -> bool:
    type_ = random.choice(it.types)
    if type_.kind != "enum":
        return False
    members = type_.fields
    match random.randrange(5):
        case 0:
            fresh = {"'": "'z'", "1": "26"}.get((members[0].default or "")[0], "26.5")
            members.append(_Slot("ADDED", "", fresh))
        case 1 if len(members) > 1:
            del members[random.randrange(len(members))]
        case 2:
            random.choice(members).name = "RENAMED"
        case 3:
            random.choice(members).default = "'y'" if "'" in (members[0].default or "") else "25"
        case _:
            members[0].default, members[-1].default = members[-1].default, members[0].default
    return True


def _type_name(it: Sketch, random: Random) -> bool:
    """Another name for a type, everywhere."""
    old = random.choice(it.types).name
    if any(each.name == "Other" for each in it.types):
        return False
    for type_ in it.types:
        type_.name = type_.name.replace(old, "Other")
        for slot in type_.fields:
            slot.type = slot.type.replace(old, "Other")
    for method in it.methods:
        method.result = method.result.replace(old, "Other")
        for slot in method.parameters:
            slot.type = slot.type.replace(old, "Other")
    return True


def _keep_name(it: Sketch, random: Random) -> bool:
    """Another name for a type, and the old one as an alias of it."""
    type_ = random.choice(it.types)
    if type_.old_name or type_.kind in ("newtype", "alias"):
        return False
    type_.old_name, type_.name = type_.name, random.choice(("Aaa", "Zzz", "zzz"))
    return not any(each.name == type_.name for each in it.types if each is not type_)


def _constant(it: Sketch, random: Random) -> bool:
    """Another value for a constant."""
    name = random.choice(tuple(it.constants))
    it.constants[name] = {"ONE": "5", "WORD": "'w'"}[name]
    return True


def _method_kind(it: Sketch, random: Random) -> bool:
    method = random.choice((it.methods[0], it.methods[-1]))
    method.kind = random.choice(("compute", "plain", "stream", "command"))
    return True


def _methods(it: Sketch, random: Random) -> bool:
    if random.random() < 0.5:
        it.methods.append(_Method("plain", "more", [], "str"))
    elif len(it.methods) > 2:
        it.methods.pop()
    else:
        return False
    return True


def _passing(it: Sketch, random: Random) -> bool:
    method = random.choice((it.methods[0], it.methods[-1]))
    if random.random() < 0.5:
        method.keyword_from = random.randrange(len(method.parameters)) if method.parameters else 9
    else:
        method.positional = random.randrange(len(method.parameters) + 1)
    return True


def _entries(it: Sketch, random: Random) -> bool:
    get, put = it.methods[:2]
    everything = ", ".join("ANY" for _ in get.parameters)
    entry = random.choice((f"get({everything})", None, put.entries[0]))
    put.entries = [entry] if entry else []
    return True


def _service(it: Sketch, random: Random) -> bool:
    it.raises = random.choice(
        ([], ["Late"], ["Late", "Lost"], ["Lost", "Late"], ["Late", "Later"], ["Lost", "Later"])
    )
    it.version = 2
    return True


CHANGES: tuple[Callable[[Sketch, Random], bool], ...] = (
    *(_add, _remove, _rename, _move, _retype, _retype, _retype_result, _default, _kind, _option),
    *(_target, _enum, _type_name, _method_kind, _methods, _passing, _entries, _service),
    *(_keep_name, _constant, _constant),
)


def changed(it: Sketch, random: Random, times: int) -> Sketch:
    """The contract after some changes; Python takes it, a rule may refuse it."""
    while True:
        made = copy.deepcopy(it)
        done = 0
        while done < times:
            done += random.choice(CHANGES)(made, random)
        if _is_python(made) and made.text() != it.text():
            return made


def _is_python(it: Sketch) -> bool:
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
