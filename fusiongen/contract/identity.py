"""Types of parameters that say who asks: the transport fills them in (W1)."""

from __future__ import annotations

from typing import Final

from .types import Named, Ref, Type

__all__ = ["IDENTITIES", "identity", "is_identity"]

_NAMES: Final = ("Principal", "Session")
IDENTITIES: Final = frozenset(f"fusionrt.{name}" for name in _NAMES)
"""As locks spell them."""
_PLACES: Final = {
    f"{module}.{name}": Named(ref=Ref(module="fusionrt", name=name))
    for module in ("fusionrt", "fusionrt.identity")
    for name in _NAMES
}


def identity(origin: Ref) -> Named | None:
    """The type of who asks that a class is, in its one spelling; `None` for any other class."""
    return _PLACES.get(str(origin))


def is_identity(type_: Type) -> bool:
    """Whether it is one of them, in its one spelling."""
    return str(type_) in IDENTITIES
