"""Pages that a server renders, and keeps up to date: components made of a template and a function.

What morphs them in browsers is htmx, which lies in `static/` with its licence.
"""

from .app import Live

__all__ = ["Live"]
