"""Everything that is wrong is told in one run, and each thing once."""

from __future__ import annotations

import pytest

from fusiongen.errors import ContractError
from fusiongen.output.reading import reading_of
from tests.projects import Write

CONFIG = '[tool.fusiongen]\ncontracts = ["shop/*.py"]\nout = "shop/generated"\n'
HEAD = """\
from collections.abc import AsyncIterator
from typing import Protocol, TypeVar
from fusionrt import ANY, command, compute, service
{0}

@service{1}
class Carts{2}:
"""
DEPRECATED = "from typing_extensions import deprecated"


def _found(project: Write, *texts: str) -> list[tuple[str, int, str]]:
    """File, line and rule of everything that is told."""
    files = {f"shop/{'abc'[index]}.py": text for index, text in enumerate(texts)}
    with pytest.raises(ContractError) as caught:
        reading_of(project(files, CONFIG))
    spans = [(each.span, each.rule) for each in caught.value.diagnostics]
    return [(span.path.removeprefix("shop/"), span.line, rule) for span, rule in spans]


def test_C3_each_part_of_a_method_is_judged(project: Write) -> None:
    """Decorators, every parameter, its default, the result, options and entries."""
    text = HEAD.format(DEPRECATED, "(version='1', colour=3)", "(Protocol)") + (
        "    @compute(min_cache='1', colour=2)\n"
        "    @other\n"
        "    @deprecated\n"
        "    async def get(\n"
        "        self,\n"
        "        a: Missing,\n"
        "        b,\n"
        "        c: list[int, str] = MISSING,\n"
        "        __other: int = f(),\n"
        "        *args: int,\n"
        "        **more: int,\n"
        "    ) -> Gone: ...\n"
        "    @command(invalidates=['get(1)', 'got()', 'find(id', 3, 'find(other)'], colour=3)\n"
        "    async def put(self, id: Lost) -> complex: ...\n"
        "    @compute\n"
        "    async def find(self, id: str) -> str: ...\n"
        "    name: str\n"
    )
    assert _found(project, text) == [
        ("a.py", 6, "FG014"),
        ("a.py", 6, "FG014"),
        ("a.py", 8, "FG030"),
        ("a.py", 8, "FG030"),
        ("a.py", 9, "FG002"),
        ("a.py", 10, "FG028"),
        ("a.py", 13, "FG002"),
        ("a.py", 14, "FG020"),
        ("a.py", 15, "FG005"),
        ("a.py", 15, "FG002"),
        ("a.py", 16, "FG027"),
        ("a.py", 16, "FG025"),
        ("a.py", 17, "FG021"),
        ("a.py", 18, "FG021"),
        ("a.py", 19, "FG002"),
        ("a.py", 20, "FG031"),
        ("a.py", 20, "FG041"),
        ("a.py", 20, "FG040"),
        ("a.py", 20, "FG031"),
        ("a.py", 20, "FG043"),
        ("a.py", 21, "FG050"),
        ("a.py", 21, "FG002"),
        ("a.py", 24, "FG013"),
    ]


def test_C3_every_contract_and_every_file_is_judged(project: Write) -> None:
    """One file does not parse, one has a contract that hides another, one has a wrong type."""
    wrong = HEAD.format("", "", "(Protocol)") + "    async def get(self) -> complex: ...\n"
    broken = "class:\n"
    several = (
        HEAD.format("", "(name='other')", "(Protocol)")
        + "    async def get(self) -> complex: ...\n\n\nCarts = 3\n\n\n"
        + "class Outer:\n    @service\n    class Inner(Protocol): ...\n\n\n"
        + "@service\nclass Last(Protocol):\n    def get(self) -> str: ...\n"
    )
    assert _found(project, wrong, broken, several) == [
        ("a.py", 8, "FG050"),
        ("b.py", 1, "FG001"),
        ("c.py", 7, "FG015"),
        ("c.py", 16, "FG016"),
        ("c.py", 21, "FG023"),
    ]


@pytest.mark.parametrize(
    ("imported", "bases", "rules"),
    [
        ("from library import Base", "(Base, Protocol)", ["FG012"]),
        ("from shop.broken import Base", "(Base, Protocol)", ["FG001"]),
        ("from shop.broken import Other as Base", "(Base[int], Protocol)", ["FG001"]),
        ("T = TypeVar('T')", "(Protocol[T])", ["FG011"]),
        ("", "[T](Protocol)", ["FG011"]),
        ("", "", ["FG010"]),
    ],
)
def test_C3_what_cannot_be_inherited_makes_no_noise(
    imported: str, bases: str, rules: list[str], project: Write
) -> None:
    """Methods of a base that is not there, and type parameters that stand for nothing, are not told
    anew wherever they are used; what else is wrong is."""
    text = HEAD.format(imported, "", bases) + (
        "    @compute\n    async def get(self, id: str) -> T: ...\n"
        "    @command(invalidates=['get(id)', 'inherited(id)'])\n"
        "    async def put(self, id: str) -> None: ...\n"
        "    async def wrong(self) -> complex: ...\n"
    )
    if "T" not in imported + bases.replace("Protocol", ""):
        text = text.replace("-> T", "-> str")
    if rules in (["FG011"], ["FG010"]):
        text = text.replace(", 'inherited(id)'", "")
    loaded = project({"shop/a.py": text, "shop/broken.py": "class:\n"}, CONFIG.replace("*", "a"))
    with pytest.raises(ContractError) as caught:
        reading_of(loaded)
    assert sorted(each.rule for each in caught.value.diagnostics) == sorted([*rules, "FG050"])


def test_C3_an_entry_about_what_is_wrong_elsewhere_is_not_told(project: Write) -> None:
    """The method it names has an error of its own, or its contract is in a file with one."""
    first = HEAD.format("from shop.b import Items\nfrom shop.c import Orders", "", "(Protocol)") + (
        "    @command(invalidates=['Items.get(1)', 'Orders.get(id)', 'Orders.all()'])\n"
        "    async def put(self, id: str) -> None: ...\n"
    )
    third = HEAD.format("", "", "(Protocol)").replace("Carts", "Orders") + (
        "    @compute\n    async def get(self, *id: str) -> str: ...\n"
        "    @compute\n    async def all(self) -> str: ...\n"
    )
    assert _found(project, first, "class:\n", third) == [("b.py", 1, "FG001"), ("c.py", 9, "FG021")]


def test_C3_a_type_in_a_module_that_does_not_parse_is_told_once(project: Write) -> None:
    """Also where only a field's type or a base class leads there."""
    text = HEAD.format("from shop.b import Cart, Line", "", "(Protocol)") + (
        "    async def get(self, id: Cart) -> Line: ...\n"
        "    async def put(self, id: Cart) -> Line: ...\n"
    )
    types = (
        "from dataclasses import dataclass\nfrom shop.c import Base, Item\n\n"
        "@dataclass\nclass Cart(Base):\n    id: str\n\n@dataclass\nclass Line:\n    item: Item\n"
    )
    assert _found(project, text, types, "class:\n") == [("c.py", 1, "FG001")]
