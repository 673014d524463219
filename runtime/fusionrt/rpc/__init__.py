"""Calls and streams over a transport: peers on the client's end, responders on the host's."""

from .client.answer import Ask, Failed, Pending, doubted, in_doubt
from .client.caller import Caller
from .client.outage import OUTAGE_GRACE
from .client.peer import Peer
from .client.registration import Registration
from .client.shards import ShardPeer
from .client.statistics import CallerStatistics, PeerStatistics
from .client.stream import Incoming
from .host.behind import Reflect
from .host.clients import Clients
from .host.read_your_writes import Outlet
from .host.responder import Responder
from .host.servant import Answer, Bodies, Call, Held, Replies, Reply, Servant, internal
from .host.statistics import OutletStatistics, ResponderStatistics
from .host.streams import Sender
from .loose import Loose
from .subjects import ANONYMOUS, CONSOLE, Subjects

__all__ = [
    "ANONYMOUS",
    "CONSOLE",
    "OUTAGE_GRACE",
    "Answer",
    "Ask",
    "Bodies",
    "Call",
    "Caller",
    "CallerStatistics",
    "Clients",
    "Failed",
    "Held",
    "Incoming",
    "Loose",
    "Outlet",
    "OutletStatistics",
    "Peer",
    "PeerStatistics",
    "Pending",
    "Reflect",
    "Registration",
    "Replies",
    "Reply",
    "Responder",
    "ResponderStatistics",
    "Sender",
    "Servant",
    "ShardPeer",
    "Subjects",
    "doubted",
    "in_doubt",
    "internal",
]
