"""`Given`: what a body gets for the iterator that its caller sends (D18, D21)."""

from __future__ import annotations

from typing import Any, Final

from ..errors import WireError
from ..graph import str_of
from ..rpc import Failed, Inbox
from ..table import Contract
from ..values.codecs import Codec
from ..wire.frames import Ending
from .failures import ITEMS, as_error
from .stream import RemoteStream

__all__ = ["Given"]


class Given:
    """Makes the body's iterator, and knows what it raised: that is no fault of the body."""

    def __init__(self, contract: Contract, method: str, items: Codec[Any]) -> None:
        self._contract: Final = contract
        self._method: Final = method
        self._items: Final = items
        self._raised: Exception | None = None
        self._why = ""

    def stream(self, inbox: Inbox) -> RemoteStream:
        """What the body reads."""
        return RemoteStream(inbox, self._items, self._error)

    def _error(self, failed: Failed | WireError) -> Exception:
        if isinstance(failed, Failed):
            self._why = failed.failure.message
            self._raised = as_error(failed.failure, self._contract, self._method, 0.0)
        else:
            self._raised = failed
        return self._raised

    def failure(self, error: Exception) -> Ending | None:
        """What the caller is told of an error of the body, if it came from here."""
        if error is not self._raised:
            return None
        if isinstance(error, WireError):
            *_, name = self._contract.method[self._method].parameters
            return Ending("bad_arguments", f"{name}: {str_of(error)}")
        return Ending(ITEMS, f"what was sent to it ended: {self._why}")
