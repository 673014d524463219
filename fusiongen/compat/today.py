"""What the names of an older lock mean today."""

from __future__ import annotations

from ..contract import Kind, Named, Ref
from ..reader.shapes import Structure
from ..reader.structures import Structures

__all__ = ["Today"]


class Today:
    """Looks names up where they were, in the source roots of today."""

    def __init__(self, structures: Structures) -> None:
        self._structures = structures

    def name_of(self, name: str, kind: Kind) -> str:
        """What a name means, seen from where it was: itself, unless it is imported there, or an
        alias of something of the kind that it was itself."""
        ref = self._ref(name)
        if ref is None:
            return name
        origin = self._structures.origin(ref)
        behind = self._behind(origin)
        return str(behind.ref if behind and behind.kind is kind else origin)

    def defines(self, name: str) -> bool:
        """Whether there is something of this name."""
        ref = self._ref(name)
        return ref is not None and self._structures.defines(ref)

    def _behind(self, ref: Ref) -> Structure | None:
        """What a name stands for if it is an alias of a bare name, or of another such alias."""
        seen: set[Ref] = set()
        structure = self._structures.of(ref)
        while structure is not None and structure.kind is Kind.ALIAS and structure.ref not in seen:
            seen.add(structure.ref)
            target = structure.target
            if not isinstance(target, Named) or target.arguments is not None:
                return None
            structure = self._structures.of(target.ref)
        return structure

    def _ref(self, name: str) -> Ref | None:
        """A dotted name as one in a module of the source roots, if there is the module."""
        parts = name.split(".")
        for index in range(len(parts) - 1, 0, -1):
            module = ".".join(parts[:index])
            if self._structures.has_module(module):
                return Ref(module=module, name=".".join(parts[index:]))
        return None
