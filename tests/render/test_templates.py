"""Our templates, and those of a user."""

from __future__ import annotations

import jinja2
import pytest
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Template

from fusiongen.errors import GenerationError
from fusiongen.output.write import generate
from tests.output.test_write import CONTRACT
from tests.projects import CONFIG, Write

OWN = CONFIG + 'templates = "own"\n'


def test_a_template_of_the_user_takes_the_place_of_ours(project: Write) -> None:
    """One of the same name; the others stay, and its macros may be ours."""
    package = '"""Ours: {{ doc | length }}."""\n\n{{ imports }}\n\n{{ exported }}\n'
    loaded = project({"shop/contracts.py": CONTRACT, "own/package.py.j2": package}, OWN)
    generate(loaded)
    text = (loaded.out / "carts" / "__init__.py").read_text()
    assert '"""Ours: 14."""\n' in text
    assert "class CartsClient" in (loaded.out / "carts" / "client.py").read_text()


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ nothing }}", "the template package.py.j2 of .*: 'nothing' is undefined; compare"),
        ("{% if %}", "the template package.py.j2 of .*, line 1: Expected an expression"),
        ("{{ imports + 1 }}", "the template package.py.j2 of"),
        ("class :", "make shop/generated/carts/__init__.py no valid Python: line"),
    ],
)
def test_a_wrong_template_is_one_sentence(project: Write, template: str, message: str) -> None:
    """An unknown variable, a syntax error in it or in what it makes; nothing is written."""
    loaded = project({"shop/contracts.py": CONTRACT, "own/package.py.j2": template}, OWN)
    with pytest.raises(GenerationError, match=message):
        generate(loaded)
    assert not loaded.out.exists()


def test_a_folder_that_is_not_there_is_told(project: Write) -> None:
    """It is not taken for an empty one."""
    with pytest.raises(GenerationError, match=r"`templates` \(own\) of .* is no folder"):
        project({"shop/contracts.py": CONTRACT}, OWN)


def test_our_templates_are_compiled_once(project: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever generates again in the same process, as a watch does, waits for none of them."""
    generate(project({"shop/contracts.py": CONTRACT}))
    compiled: list[str | None] = []

    class Counted(CodeGenerator):
        def visit_Template(self, node: Template, frame: Frame | None = None) -> None:
            compiled.append(self.name)
            super().visit_Template(node, frame)

    monkeypatch.setattr(jinja2.Environment, "code_generator_class", Counted)
    generate(project({"shop/contracts.py": CONTRACT.replace("Carts", "Baskets")}))
    assert compiled == []
    generate(project({"shop/contracts.py": CONTRACT, "own/unused.j2": ""}, OWN))
    assert len(compiled) > 3
