"""Random changes of contracts that were made at random. Each says whether it could be made."""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random

from .sketches import DEFAULTS, OPTIONS, RECORDS, SCALARS, MethodSketch, Sketch, Slot, is_python

__all__ = ["changed"]

_ALIKE = (
    ("list[{}]", "tuple[{}, ...]", "Sequence[{}]", "set[{}]", "frozenset[{}]"),
    ("{}", "{} | None", "tuple[{}, int]", "Annotated[{}, 'said']", "Union[None, {}]"),
)


def _any_slots(it: Sketch, random: Random) -> list[Slot]:
    """The fields of some record, or the parameters of some method, that has any."""
    rows = [each.fields for each in it.types if each.kind in RECORDS]
    rows += [each.parameters for each in it.methods if each.name != "put"]
    return random.choice([each for each in rows if each])


def _add(it: Sketch, random: Random) -> bool:
    slots = _any_slots(it, random)
    type_ = random.choice(tuple(DEFAULTS))
    default = random.choice((None, DEFAULTS[type_][0]))
    place = len(slots) if default else random.randrange(len(slots) + 1)
    slots.insert(place, Slot("added", type_, default))
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
        slot.type = random.choice(SCALARS)
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
    known = DEFAULTS.get(slot.type)
    if known is None:
        return False
    slot.default = random.choice((None, *known))
    return True


def _kind(it: Sketch, random: Random) -> bool:
    type_ = random.choice(it.types)
    if type_.kind in ("newtype", "alias"):
        type_.kind = "alias" if type_.kind == "newtype" else "newtype"
    elif type_.kind != "enum":
        type_.kind = random.choice(RECORDS)
    else:
        return False
    return True


def _option(it: Sketch, random: Random) -> bool:
    type_ = random.choice(it.types)
    if type_.kind not in OPTIONS:
        return False
    option = random.choice(OPTIONS[type_.kind])
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
            members.append(Slot("ADDED", "", fresh))
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
        it.methods.append(MethodSketch("plain", "more", [], "str"))
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
        if is_python(made) and made.text() != it.text():
            return made
