"""Calls and streams over a transport: peers on the client's end, responders on the host's."""

from .client.answer import Failed
from .client.caller import Caller
from .client.outage import OUTAGE_GRACE
from .client.peer import Peer
from .client.registration import Registration
from .client.stream import Incoming
from .host.outlet import Outlet
from .host.responder import Responder
from .host.servant import Held, Reply, Servant, internal
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
