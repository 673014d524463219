"""`Incoming`: a stream from a host, and what its caller sends with it (D18, D19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import FusionError
from ...wire.frames import Mark
from ...wire.runs import Request
from ..inbox import Inbox
from .answer import doubted
from .upload import Upload

if TYPE_CHECKING:
    from .session import Session

__all__ = ["Incoming"]


class Incoming(Inbox):
    """The items of one stream; see `Inbox`.

    session, id: where it was asked for. lost: how many hosts were lost before an item came.
    begun: whether an item came. doubtful: it may have run, wherever it waits now.
    wrote: what it changed (D15). upload: what is sent with it, which ends with it.
    """

    def __init__(self, request: Request, upload: Upload | None = None) -> None:
        super().__init__()
        self.request = request
        self.upload = upload
        self.session: Session | None = None
        self.id = 0
        self.lost = 0
        self.begun = False
        self.doubtful = False
        self.wrote: tuple[Mark, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nobody reads it any more, or nothing comes any more."""
        return self._over

    @property
    def may_start_again(self) -> bool:
        """Whether it may be asked of another host, and its caller not see that (D13, D18)."""
        read = self.upload is not None and self.upload.begun
        return self.request.ask.repeats and not (self.begun or read)

    def consumed(self, index: int) -> None:
        if self.session is not None:
            self.session.consumed(self, index)

    def left(self) -> None:
        if self.upload is not None:
            self.upload.close()
        if self.session is not None:
            self.session.cancel(self)

    def received(self, index: int, payloads: tuple[bytes, ...], skipped: int = 0) -> None:
        self.begun = True
        super().received(index, payloads, skipped)

    def finish(self, error: FusionError | None) -> None:
        super().finish(doubted(error) if self.doubtful and error is not None else error)
        if self.upload is not None:
            self.upload.close()
