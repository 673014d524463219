"""The Jinja templates. They see ready-made text: all decisions are taken before."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jinja2

from ..errors import GenerationError
from ..resources import folder
from .docs import jsdoc, prose

__all__ = ["Templates"]


class Templates:
    """The templates, of which a user's folder may have others of the same names."""

    def __init__(self, own: Path | None = None) -> None:
        self._own = own
        self._environment = _ours() if own is None else _environment(own, folder("templates"))

    def render(self, name: str, view: Mapping[str, object]) -> str:
        """A template filled in.

        Raises:
            GenerationError: it is a user's, and wrong: a syntax error, or a variable that there is
                not.
        """
        try:
            return self._environment.get_template(name).render(view)
        except (jinja2.TemplateError, TypeError, ArithmeticError, LookupError) as error:
            if self._own is None:
                raise
            line = f", line {error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
            raise GenerationError(
                f"the template {name} of {self._own}{line}: {error}; compare with the one that "
                "comes with fusiongen"
            ) from error


@cache
def _ours() -> jinja2.Environment:
    """Each of our templates is compiled once in a process: that takes longer than all the rest of
    a small project. A user's folder may have others the next time.
    """
    return _environment(folder("templates"))


def _environment(*places: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(places),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["doc"] = prose
    environment.filters["jsdoc"] = jsdoc
    return environment
