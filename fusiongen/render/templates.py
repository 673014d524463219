"""The Jinja templates. They see ready-made text: all decisions are taken before."""

from __future__ import annotations

from functools import cache

import jinja2

from ..resources import folder
from .docs import prose

__all__ = ["template"]


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder("templates")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["doc"] = prose
    return environment


def template(name: str) -> jinja2.Template:
    """A template by its file name."""
    return _environment().get_template(name)
