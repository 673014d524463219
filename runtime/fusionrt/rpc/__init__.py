"""Calls and streams over a transport: peers on the client's end, responders on the host's."""

from .answer import Failed
from .caller import Caller
from .outage import OUTAGE_GRACE
from .outlet import Outlet
from .peer import Peer
from .registration import Registration
from .responder import Responder
from .servant import Held, Reply, Servant, internal
from .stream import Incoming
from .subjects import ANONYMOUS, CONSOLE, Subjects

__all__ = [
    "ANONYMOUS",
    "CONSOLE",
    "OUTAGE_GRACE",
    "Caller",
    "Failed",
    "Held",
    "Incoming",
    "Outlet",
    "Peer",
    "Registration",
    "Reply",
    "Responder",
    "Servant",
    "Subjects",
    "internal",
]
