"""What the reader makes of names, places and paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusiongen.contract import Contract, MethodKind
from fusiongen.errors import ContractError, Diagnostic, GenerationError
from fusiongen.output.plan import plan
from fusiongen.output.reading import reading_of
from fusiongen.project import Project
from tests.projects import Write

HEAD = "from typing import Protocol\nfrom fusionrt import ANY, command, compute, service\n"


def _one(project: Project) -> Contract:
    (contract,) = reading_of(project).contracts
    return contract


def _refused(project: Project) -> tuple[Diagnostic, ...]:
    with pytest.raises(ContractError) as caught:
        reading_of(project)
    return caught.value.diagnostics


def test_C7_a_module_is_read_once(project: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """What several contracts take from one module, by names and re-exports, costs one reading."""
    read: list[str] = []
    read_bytes = Path.read_bytes

    def counted(path: Path) -> bytes:
        read.append(path.name)
        return read_bytes(path)

    method = "    @compute\n    async def get(self, key: Key) -> Cart: ...\n"
    contracts = {
        f"shop/{name.lower()}.py": (
            f"{HEAD}from shop.{home} import Cart, Key\n\n"
            f"@service\nclass {name}(Protocol):\n{method}"
        )
        for name, home in (("Carts", "types"), ("Baskets", "also"), ("Orders", "types"))
    }
    own = {
        "shop/types.py": (
            "from dataclasses import dataclass\n\nKey = str\n\n"
            "@dataclass(frozen=True)\nclass Cart:\n    key: Key\n"
        ),
        "shop/also.py": "from .types import Cart, Key\n",
    }
    listed = ", ".join(f'"{name}"' for name in contracts)
    loaded = project(
        {**contracts, **own}, f'[tool.fusiongen]\ncontracts = [{listed}]\nout = "shop/out"\n'
    )
    monkeypatch.setattr(Path, "read_bytes", counted)
    plan(loaded)
    assert sorted(read) == ["also.py", "baskets.py", "carts.py", "orders.py", "types.py"]


def test_a_diagnostic_points_to_line_and_column(project: Write) -> None:
    """Lines and columns count from 1, and every problem of a contract is reported at once."""
    text = (
        f"{HEAD}\n@service\nclass Carts(Protocol):\n"
        "    @compute\n    async def get(self, ids: list[str]) -> str: ...\n"
        "    @compute\n    async def all(self, ids: set[str]) -> complex: ...\n"
    )
    found = _refused(project({"shop/contracts.py": text}))
    places = [(each.rule, each.span.line, each.span.column) for each in found]
    assert sorted(places) == [("FG050", 9, 15), ("FG051", 7, 25), ("FG051", 9, 25)]
    assert str(found[0]).startswith("shop/contracts.py:7:25: FG051 `ids` of the compute method")


def test_a_file_that_does_not_parse_is_named(project: Write) -> None:
    """A syntax error carries the place of the error, also in a module of types."""
    contract = f"{HEAD}from shop.types import T\n\n@service\nclass Carts(Protocol):\n"
    files = {
        "shop/contracts.py": f"{contract}    async def get(self) -> T: ...\n",
        "shop/types.py": "class T:\n    x: = 3\n",
    }
    (found,) = _refused(project(files))
    assert (found.rule, found.span.path, found.span.line) == ("FG001", "shop/types.py", 2)


def test_a_file_that_is_no_text_is_named(project: Write) -> None:
    """Bytes that are not UTF-8 are a diagnostic as well."""
    loaded = project({"shop/contracts.py": HEAD})
    loaded.contracts[0].write_bytes(b"x = '\xff\xfe'\n")
    (found,) = _refused(loaded)
    assert found.rule == "FG001"


@pytest.mark.parametrize("whose", ["contract", "method", "class", "field"])
def test_C3_a_docstring_that_no_file_can_hold_is_refused(project: Write, whose: str) -> None:
    """With half of a character in it. From 3.13 on the compiler does not take that either."""
    docs = {each: "It." for each in ("contract", "method", "class", "field")} | {whose: "\\ud800"}
    text = (
        f"{HEAD}from dataclasses import dataclass\n\n\n@dataclass\nclass Cart:\n"
        f'    """{docs["class"]}"""\n    id: str\n    """{docs["field"]}"""\n\n\n'
        f'@service\nclass Carts(Protocol):\n    """{docs["contract"]}"""\n'
        f'    async def get(self) -> Cart:\n        """{docs["method"]}"""\n        ...\n'
    )
    (found,) = _refused(project({"shop/contracts.py": text}))
    if found.rule == "FG001":
        assert "a docstring with a lone surrogate" in str(found)
    else:
        assert found.rule == "FG055" and "holds half of a character" in str(found)


@pytest.mark.parametrize("of", ["library", "shop.fast"])
def test_C6_a_class_that_stands_in_for_an_import_is_refused(project: Write, of: str) -> None:
    """Which of the two travels depends on what is installed; nobody would notice a change of it.
    Also where a contract takes it from another module, and in a field."""
    either = (
        f"from dataclasses import dataclass\n\ntry:\n    from {of} import Cart\n"
        "except ImportError:\n    @dataclass\n    class Cart:\n        id: str\n\n\n"
        "@dataclass\nclass Page:\n    carts: list[Cart]\n"
    )
    files = {
        "shop/contracts.py": f"{HEAD}from .also import Cart, Page\n\n\n@service\n"
        "class Carts(Protocol):\n    async def get(self) -> Cart: ...\n"
        "    async def all(self) -> Page: ...\n",
        "shop/also.py": "from .types import Cart, Page\n",
        "shop/types.py": either,
        "shop/fast.py": "import typing\n\nclass Cart(typing.NamedTuple):\n    id: str\n",
    }
    found = _refused(project(files))
    assert [each.rule for each in found] == ["FG050", "FG050"]
    assert all("`Cart` is not all that its name means" in str(each) for each in found)


def test_types_are_imported_from_where_the_contract_does(project: Write) -> None:
    """Relative, aliased and re-exported imports are resolved to absolute names."""
    text = (
        f"{HEAD}from . import models\nfrom .models import Cart as C\nfrom ..lib import Other\n"
        "import lib.deep.thing\nimport lib as l\n\n\n@service\nclass Carts(Protocol):\n"
        "    async def a(self, x: C, y: models.Cart, z: models.Cart.Line) -> Other: ...\n"
        "    async def b(self, x: lib.deep.thing.T, y: l.deep.U) -> unknown_lib.sub.V: ...\n"
    ).replace("@service", "import unknown_lib\n\n@service", 1)
    loaded = project(
        {
            "app/shop/contracts.py": text,
            "app/shop/models.py": "from lib.base import Cart\n",
            "app/lib.py": "from lib.base import Other\n",
            "lib/__init__.py": "",
            "lib/base.py": (
                "from dataclasses import dataclass\n@dataclass\nclass Cart:\n    id: int\n"
                "    @dataclass\n    class Line:\n        id: int\n@dataclass\nclass Other: ...\n"
            ),
            "lib/deep/__init__.py": "from enum import Enum\nclass U(Enum): ...\n",
            "lib/deep/thing.py": "from enum import Enum\nclass T(Enum): ...\n",
        },
        '[tool.fusiongen]\ncontracts = ["app/shop/contracts.py"]\nout = "app/shop/out"\n',
    )
    contract = _one(loaded)
    spelled = [
        [*(str(parameter.type) for parameter in method.parameters), str(method.result)]
        for method in contract.methods
    ]
    models = "app.shop.models.Cart"
    assert spelled == [
        [models, models, f"{models}.Line", "app.lib.Other"],
        ["lib.deep.thing.T", "lib.deep.U", "unknown_lib.sub.V"],
    ]


def test_decorators_are_found_through_re_exports(project: Write) -> None:
    """A project may offer the decorators from a module of its own."""
    files = {
        "shop/own.py": "from fusionrt import compute as cached, service as contract\n",
        "shop/contracts.py": (
            "import typing\nfrom shop import own\n\n@own.contract\nclass Carts(typing.Protocol):\n"
            "    @own.cached\n    async def get(self) -> str: ...\n"
        ),
    }
    assert _one(project(files)).methods[0].kind is MethodKind.COMPUTE


def test_foreign_decorators_named_like_ours_are_not_ours(project: Write) -> None:
    """A `compute` of somebody else is refused, not taken for ours."""
    text = (
        "from typing import Protocol\nfrom fusionrt import service\nfrom other import compute\n\n"
        "@service\nclass Carts(Protocol):\n    @compute\n    async def get(self) -> str: ...\n"
    )
    (found,) = _refused(project({"shop/contracts.py": text}))
    assert found.rule == "FG013"


def test_inherited_methods_resolve_in_their_own_module(project: Write) -> None:
    """A base's annotations mean what they mean there; the MRO decides between two of one name."""
    files = {
        "shop/base.py": (
            "from typing import Protocol\nfrom fusionrt import compute\nfrom decimal import Decimal"
            " as Money\nclass Base(Protocol):\n    async def a(self) -> Money: ...\n"
            "    async def b(self) -> int: ...\n"
            "class Left(Base, Protocol): ...\n"
            "class Right(Base, Protocol):\n    @compute\n    async def b(self) -> str: ...\n"
        ),
        "shop/contracts.py": (
            f"{HEAD}from shop.base import Left, Right\n\n@service\n"
            "class Carts(Left, Right, Protocol):\n    async def c(self) -> int: ...\n"
        ),
    }
    methods = _one(project(files)).methods
    assert [(m.name, str(m.result)) for m in methods] == [
        ("a", "decimal.Decimal"),
        ("b", "str"),
        ("c", "int"),
    ]
    assert methods[1].kind is MethodKind.COMPUTE
    assert methods[0].span.path == "shop/base.py"


GUARDED = (
    f"{HEAD}from dataclasses import dataclass\nfrom library import Unknown\n\n"
    "@dataclass(frozen=True)\nclass Owner:\n    name: str | None\n    id: str\n\n\n"
    "@dataclass\nclass Cart:\n    owner: Owner\n    second: 'Owner | None'\n"
    "    other: Unknown\n\n\n"
    "@service\nclass Carts(Protocol):\n"
    "    @compute\n    async def get(self, id: str) -> str: ...\n"
    "    @compute\n    async def maybe(self, id: str | None = None) -> str: ...\n"
    "    @command(invalidates=[{entry!r}])\n"
    "    async def put(self, cart: Cart, name: str | None) -> Cart | None: ...\n"
)


@pytest.mark.parametrize(
    ("entry", "guards"),
    [
        ("get(cart.owner.id)", ()),
        ("get(cart.owner.name)", ("cart.owner.name",)),
        ("get(cart.second.id)", ("cart.second",)),
        ("get(cart.second.name)", ("cart.second", "cart.second.name")),
        ("maybe(cart.second.name)", ("cart.second",)),
        ("maybe(cart.owner.name)", ()),
        ("get(result.owner.id)", ("result",)),
        ("get(cart.other.id)", ("cart.other.id",)),
        ("get(cart.other.deep.id)", ("cart.other.deep", "cart.other.deep.id")),
        ("get(name)", ("name",)),
        ("maybe(name)", ()),
    ],
)
def test_none_on_a_path_is_guarded_where_it_can_be(
    entry: str, guards: tuple[str, ...], project: Write
) -> None:
    """A prefix is guarded if its type admits `None`, or is unknown; the end if it must not be."""
    contract = _one(project({"shop/contracts.py": GUARDED.format(entry=entry)}))
    (call,) = contract.methods[-1].invalidates
    assert getattr(call.arguments[0].value, "guards", None) == guards


def test_entries_are_bound_against_the_signature(project: Write) -> None:
    """Keywords and defaults are understood; what was left out stays left out."""
    text = (
        f"{HEAD}\n@service\nclass Carts(Protocol):\n    @compute\n"
        "    async def get(self, a: str, /, b: int = 1, *, c: bool = False) -> str: ...\n"
        "    @command(invalidates=['get(x)', \"get(x, c=True)\", 'Carts.get(ANY, 2)'])\n"
        "    async def put(self, x: str) -> None: ...\n"
    )
    calls = _one(project({"shop/contracts.py": text})).methods[-1].invalidates
    assert [str(call) for call in calls] == [
        "carts.get(x)",
        "carts.get(x, c=True)",
        "carts.get(ANY, 2)",
    ]
    wrong = text.replace("get(x)", "get(a=x)")
    (found,) = _refused(project({"shop/contracts.py": wrong}))
    assert found.rule == "FG042"


REPOSITORY = (
    f"{HEAD}{{imports}}\n{{base}}\n    async def get(self, id: str) -> T | None: ...\n"
    "    async def put(self, items: tuple[T, ...], by: {imported}T | str) -> None: ...\n"
)


@pytest.mark.parametrize(
    ("imports", "base"),
    [
        ('from typing import TypeVar\nT = TypeVar("T")', "class Base(Protocol[T]):"),
        (
            "from typing import Generic\nfrom shop.vars import V as T",
            "class Base(Generic[T], Protocol):",
        ),
        ("", "class Base[T](Protocol):"),
        ("", "class Base[T: (int, str) = int](Protocol):"),
    ],
)
def test_type_parameters_of_a_base_are_filled_in(imports: str, base: str, project: Write) -> None:
    """Old and new spellings, through a second generic Protocol; unions stay flat."""
    files = {
        "shop/vars.py": 'import typing\nV = typing.TypeVar("V")\n',
        "shop/base.py": REPOSITORY.format(imports=imports, base=base, imported=""),
        "shop/contracts.py": (
            f"{HEAD}from typing import TypeVar\nfrom shop import base\n"
            'S = TypeVar("S")\nclass Mid(base.Base[S | None], Protocol[S]): ...\n'
            "@service\nclass Carts(Mid['bytes'], Protocol): ...\n"
        ),
    }
    get, put = _one(project(files)).methods
    assert str(get.result) == "bytes | None"
    assert [str(each.type) for each in put.parameters] == [
        "tuple[bytes | None, ...]",
        "bytes | str | None",
    ]


def test_line_ends_and_tabs_do_not_matter(project: Write) -> None:
    """A contract with CRLF, with CR alone and with tabs is the one with LF and spaces."""
    text = (
        f'{HEAD}\n@service\nclass Carts(Protocol):\n    """Carts.\n\n    More.\n    """\n\n'
        "    @compute\n    async def get(self, id: str) -> str:\n"
        '        """One.\n\n        More.\n        """\n'
    )
    loaded = project({"shop/contracts.py": text})
    (path,) = loaded.contracts
    plans = [plan(loaded).files]
    for other in (
        text.replace("\n", "\r\n"),
        text.replace("\n", "\r"),
        text.replace("    ", "\t"),
        "\ufeff" + text,
    ):
        path.write_bytes(other.encode())
        plans.append(plan(loaded).files)
    assert all(each == plans[0] for each in plans)


def test_quoted_aliases_are_opened(project: Write) -> None:
    """What is a string at run time cannot be imported as a type; `Literal` and metadata can."""
    text = (
        f"{HEAD}from typing import Annotated, Literal, TypeAlias, Union\n"
        'Ids: TypeAlias = "tuple[str, ...]"\nEither = Union[int, Ids]\n'
        'Mode = Literal["a", "b"]\nName = Annotated[str, "its name"]\n\n'
        "@service\nclass Carts(Protocol):\n"
        "    async def a(self, x: Ids | None, y: Either) -> Mode: ...\n"
        "    async def b(self) -> Name: ...\n"
    )
    a, b = _one(project({"shop/contracts.py": text})).methods
    spelled = ["tuple[str, ...] | None", "int | tuple[str, ...]"]
    assert [str(each.type) for each in a.parameters] == spelled
    assert (str(a.result), str(b.result)) == ("shop.contracts.Mode", "shop.contracts.Name")


@pytest.mark.parametrize(
    ("head", "rules"),
    [
        ("", []),
        ("from fusionrt import ANY\n", []),
        ("ANY = 3\n", ["FG043"]),
        ("from library import ANY\n", ["FG043"]),
    ],
)
def test_any_needs_no_import(head: str, rules: list[str], project: Write) -> None:
    """Linters remove an import that only strings use; another `ANY` of the module is not ours."""
    text = (
        f"from typing import Protocol\nfrom fusionrt import command, compute, service\n{head}\n"
        "@service\nclass Carts(Protocol):\n"
        "    @compute\n    async def get(self, id: str) -> str: ...\n"
        "    @command(invalidates=['get(ANY)'])\n    async def put(self) -> None: ...\n"
    )
    loaded = project({"shop/contracts.py": text})
    found = [each.rule for each in _refused(loaded)] if rules else []
    assert found == rules
    if not rules:
        assert str(_one(loaded).methods[1].invalidates[0]) == "carts.get(ANY)"


@pytest.mark.parametrize(
    ("type_", "default", "rule"),
    [
        (f"'{'tuple[' * 3000}int{']' * 3000}'", "()", "FG005"),
        (f"'{'[' * 3000}'", "()", "FG005"),
        ("int", " + ".join(["1"] * 900), "FG001"),
        ("int", f"{'-' * 5000}1", "FG001"),
        (" | ".join(["int"] * 900), "1", "FG001"),
    ],
    ids=["brackets in a string", "open brackets", "sum", "signs", "union"],
)
def test_C3_what_nests_too_deeply_is_refused(
    type_: str, default: str, rule: str, project: Write
) -> None:
    """The parser would crash at it, or any walk over it end in a RecursionError."""
    method = f"    async def get(self, x: {type_} = {default}) -> int: ..."
    text = f"{HEAD}\n@service\nclass C(Protocol):\n{method}"
    (found,) = _refused(project({"shop/contracts.py": text}))
    assert found.rule == rule
    assert len(found.message) < 200


def test_numbers_are_spelled_as_formatters_do(project: Write) -> None:
    """Options and defaults may be written in every way; the output has one."""
    text = (
        f"{HEAD}\n@service\nclass Carts(Protocol):\n    @compute(min_cache=.5, error_ttl=1.)\n"
        "    async def get(self, a: float = .5, b: float = 1.E5, c: int = 0XfF, d: int = 1_0)"
        " -> str: ..."
    )
    (method,) = _one(project({"shop/contracts.py": text})).methods
    assert method.options.given() == (("min_cache", "0.5"), ("error_ttl", "1.0"))
    assert [str(each.default) for each in method.parameters] == ["0.5", "1.0e5", "0xFF", "1_0"]


@pytest.mark.parametrize("name", ["class", "my-file", "1st"])
def test_a_contract_that_cannot_be_imported_is_refused(name: str, project: Write) -> None:
    """Its file, or a folder above it, is called by no identifier."""
    config = '[tool.fusiongen]\ncontracts = ["shop/*.py"]\nout = "shop/generated"\n'
    with pytest.raises(GenerationError, match="not importable"):
        reading_of(project({f"shop/{name}.py": HEAD}, config))
