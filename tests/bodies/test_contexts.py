"""Bodies that read a context variable, found by `check` without running anything (W1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusiongen.bodies.services import body_warnings
from fusiongen.commands.check import check
from fusiongen.commands.generate import generate
from fusiongen.compat.rule import Tier
from fusiongen.project import Project
from tests.projects import Write

CONTRACT = """\
from typing import Protocol
from fusionrt import command, compute, service

@service
class Carts(Protocol):
    @compute
    async def mine(self) -> str: ...
    @compute
    async def total(self, id: str) -> str: ...
    @command(invalidates=["mine()", "total(id)"])
    async def put(self, id: str) -> None: ...
    async def ping(self) -> str: ...
"""
CONTEXT = """\
import contextvars
from contextvars import ContextVar as Var

user: Var[str] = Var("user")
tenant = contextvars.ContextVar("tenant", default="")
settings: dict[str, str] = {}

def current_user() -> str:
    return user.get()

def current_name() -> str:
    return current_user().upper()
"""
SERVICE = """\
import shop.context
import shop.context as context
from shop import context as again
from shop.context import current_name, settings, tenant, user
from shop.context import user as who
from {stub} import CartsService{alias}

class Base(CartsService{used}):
    async def ping(self) -> str:
        return user.get()

class CartsInMemory(Base):
    async def mine(self) -> str:
        {body}

    async def put(self, id: str) -> None:
        user.get()

    def _helper(self) -> str:
        return tenant.get()

class Other:
    async def mine(self) -> str:
        return user.get()
"""


def _project(
    write: Write, body: str, stub: str = "shop.generated.carts", alias: str = ""
) -> Project:
    text = SERVICE.format(body=body, stub=stub, alias=f" as {alias}" if alias else "", used="")
    text = text.replace("class Base(CartsService)", f"class Base({alias or 'CartsService'})")
    files = {"contracts.py": CONTRACT, "context.py": CONTEXT, "services.py": text}
    loaded = write({f"shop/{name}": text for name, text in files.items()})
    generate(loaded)
    return loaded


def _told(project: Project) -> list[str]:
    lock = (project.out / "fusion.lock.json").read_text()
    return [str(each).partition(". Take it")[0] for each in body_warnings(project, lock)]


@pytest.mark.parametrize(
    ("body", "variable"),
    [
        ("return user.get()", "user"),
        ("return who.get('')", "user"),
        ("return context.user.get()", "user"),
        ("return again.tenant.get()", "tenant"),
        ("return shop.context.user.get()", "user"),
        ("return current_name()", "user"),
        ("return context.current_user()", "user"),
        ("return self._helper()", "tenant"),
        ("return ', '.join(each for each in [user.get()])", "user"),
        ("return await (lambda: self.ping())() + user.get()", "user"),
    ],
)
def test_W1_a_body_that_reads_a_context_variable_is_told(
    project: Write, body: str, variable: str
) -> None:
    """However it is imported, and by way of functions of the project and of its own class."""
    (told,) = _told(_project(project, body))
    assert told.startswith("shop/services.py:14:") and " FG063 " in told
    assert f"`mine` is cached without the context variable `{variable}`" in told


@pytest.mark.parametrize(
    "body",
    [
        "return settings.get('user', '')",
        "return self.settings.get('user')",
        "user = {}\n        return user.get('a')",
        "return await self.total(settings['a'])",
        "return ''  # user.get()",
        "return str(user)",
        "return user.get()  # fusiongen: ignore[FG063]",
        "# fusiongen: ignore[FG063]\n        return user.get()",
    ],
)
def test_W1_a_body_that_reads_none_is_not_told(project: Write, body: str) -> None:
    """Nor are commands and plain methods, and classes that are no services, which read one here."""
    assert _told(_project(project, body)) == []


@pytest.mark.parametrize(
    ("stub", "alias"),
    [(".generated.carts", ""), ("shop.generated.carts.server", ""), (".generated.carts", "Stub")],
)
def test_W1_a_service_is_known_by_the_stub_that_it_derives_from(
    project: Write, stub: str, alias: str
) -> None:
    """By whatever name it is imported, directly or through a class of the same module."""
    assert len(_told(_project(project, "return user.get()", stub, alias))) == 1


def test_W1_each_variable_is_told_once_in_a_body(project: Write) -> None:
    """At its first place."""
    told = _told(_project(project, "return user.get() + user.get() + tenant.get()"))
    assert [each.rpartition("variable `")[2][:4] for each in told] == ["user", "tena"]


def test_W1_what_is_no_python_and_circles_end_nothing(project: Write) -> None:
    """Files that do not parse, functions that call each other, modules that import each other."""
    loaded = _project(project, "return spin()")
    services = loaded.directory / "shop" / "services.py"
    circle = (
        "\n\ndef spin() -> str:\n    return back()\n\n\ndef back() -> str:\n    return spin()\n"
    )
    services.write_text(services.read_text() + circle)
    (loaded.directory / "shop" / "broken.py").write_text("class CartsService(:\n")
    (loaded.directory / "shop" / "a.py").write_text("from shop.b import CartsService, x\nx.get()\n")
    (loaded.directory / "shop" / "b.py").write_text("from shop.a import CartsService, x\n")
    assert _told(loaded) == []


def test_W1_check_tells_of_bodies_also_if_no_contract_has_changed(
    project: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body that is written between two runs is seen by the second, which reads no contract."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    loaded = _project(project, "return ''")
    assert check(loaded, None, Tier.SOURCE) == []
    services = loaded.directory / "shop" / "services.py"
    services.write_text(services.read_text().replace("return ''", "return user.get()"))
    for _ in range(2):
        (report,) = check(loaded, None, Tier.SOURCE)
        assert "FG063" in str(report) and "warning" in str(report)


def test_W1_environments_and_hidden_folders_are_not_looked_into(project: Write) -> None:
    """What is installed below the project is not the user's."""
    loaded = _project(project, "return ''")
    bad = (loaded.directory / "shop" / "services.py").read_text().replace("''", "user.get()")
    for folder in (".venv/lib", "env/lib", "node_modules/x", "lib/site-packages/x"):
        place = loaded.directory / folder
        place.mkdir(parents=True)
        (place / "services.py").write_text(bad)
    (loaded.directory / "env" / "pyvenv.cfg").write_text("")
    assert _told(loaded) == []
