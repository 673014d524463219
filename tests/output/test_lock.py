"""The lock file and the schemas."""

from __future__ import annotations

import json

from fusiongen.output.lock import LOCK_FILE, Lock, lock_is_intact
from fusiongen.output.write import generate
from fusionrt.table import ABI as RUNTIME_ABI
from tests.projects import Write

CONTRACT = """\
from typing import Literal, NewType, Protocol

from fusionrt import command, compute, service
from shop.types import Alias, Colour, OutOfStock, Tree

Id = NewType("Id", str)


@service(version=2, raises=[OutOfStock])
class Carts(Protocol):
    @compute(min_cache=1)
    async def get(self, id: Id, *, colour: Literal[Colour.RED] = Colour.RED) -> Tree | None: ...

    @command(invalidates=["get(id)"])
    async def put(self, id: Id, all: Alias) -> None: ...
"""
TYPES = """\
from __future__ import annotations

from enum import Enum
from dataclasses import dataclass, field


class Colour(Enum):
    RED = 1
    GREEN = 2


class OutOfStock(Exception):
    pass


@dataclass
class Base:
    id: int


@dataclass
class Tree(Base):
    children: list[Tree] = field(default_factory=list)


class NotReferenced:
    pass


Alias = dict[str, Colour]
"""


def test_the_lock_holds_contracts_and_their_types(project: Write) -> None:
    """Methods with types, options and keys; every type of the project that is referred to."""
    loaded = project({"shop/contracts.py": CONTRACT, "shop/types.py": TYPES})
    generate(loaded)
    text = (loaded.out / LOCK_FILE).read_text()
    lock = Lock.model_validate_json(text)
    carts = lock.contracts["carts"]
    assert (carts.protocol, carts.version) == ("shop.contracts.Carts", 2)
    assert carts.raises == {"OutOfStock": "shop.types.OutOfStock"}
    get = carts.methods["get"]
    assert get.options == {"min_cache": 1.0}
    assert get.result == "shop.types.Tree | None"
    assert get.parameters[1].type == "typing.Literal[shop.types.Colour.RED]"
    assert get.parameters[1].default == "shop.types.Colour.RED"
    assert carts.methods["put"].invalidates == ("carts.get(id)",)
    names = ("contracts.Id", "types.Alias", "types.Base", "types.Colour", "types.OutOfStock")
    assert sorted(lock.types) == [*(f"shop.{name}" for name in names), "shop.types.Tree"]
    tree = lock.types["shop.types.Tree"]
    assert [(field.name, field.type) for field in tree.fields] == [
        ("id", "int"),
        ("children", "list[shop.types.Tree]"),
    ]
    assert lock.types["shop.contracts.Id"].target == "str"
    assert [field.default for field in lock.types["shop.types.Colour"].fields] == ["1", "2"]


def test_a_change_of_a_type_changes_the_lock_alone(project: Write) -> None:
    """Generated code refers to the types and does not copy them."""
    generate(project({"shop/contracts.py": CONTRACT, "shop/types.py": TYPES}))
    changed = TYPES.replace("id: int", "id: int\n    name: str = ''")
    outcome = generate(project({"shop/contracts.py": CONTRACT, "shop/types.py": changed}))
    assert [path.name for path in outcome.written] == [LOCK_FILE]


def test_the_lock_is_canonical_and_hashed(project: Write) -> None:
    """Sorted keys, a final newline, and a hash that an edit breaks."""
    loaded = project({"shop/contracts.py": CONTRACT, "shop/types.py": TYPES})
    generate(loaded)
    text = (loaded.out / LOCK_FILE).read_text()
    again = json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert text == again
    assert lock_is_intact(text)
    assert not lock_is_intact(text.replace('"int"', '"str"'))
    assert not lock_is_intact("[]") and not lock_is_intact("")


def test_generator_and_runtime_have_one_abi() -> None:
    """What is generated fits the runtime of the same distribution."""
    from fusiongen.render.files import ABI

    assert ABI == RUNTIME_ABI
