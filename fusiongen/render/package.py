"""The view of a package's `__init__.py`: what it exports."""

from __future__ import annotations

from ..contract import Contract
from .docs import prose
from .layout import Group, Joined, lay_out
from .methods import Local, View
from .names import Imports

__all__ = ["package"]


def package(contract: Contract, local: Local) -> View:
    """What `package.py.j2` sees."""
    summary = (contract.doc or "").strip().partition("\n")[0]
    text = f"`{contract.ref.name}`: {summary}" if summary else f"`{contract.ref.name}`."
    imports = Imports(local)
    exported = [f"{contract.ref.name}{suffix}" for suffix in ("Client", "Live", "Service")]
    for name in exported:
        imports.add(".client" if name == exported[0] else ".server", name, name)
    listed = Joined(("__all__ = ", Group("[", tuple(f'"{name}"' for name in exported), "]")))
    return {"doc": prose(text, 0), "imports": imports.text(0), "exported": lay_out(listed, 0)}
