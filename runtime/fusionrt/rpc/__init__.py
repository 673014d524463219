"""Calls and streams over a transport: peers on the client's end, responders on the host's."""

from .client.ahead import Ahead
from .client.answer import Ask, Pending, doubted, in_doubt
from .client.caller import Caller
from .client.lots import Lot
from .client.outage import OUTAGE_GRACE
from .client.peer import Peer
from .client.registration import Registration
from .client.shards import ShardPeer
from .client.statistics import CallerStatistics, PeerStatistics
from .client.stream import Incoming
from .client.upload import Upload
from .failed import Failed
from .host.behind import Reflect, Reflecting
from .host.clients import Clients
from .host.read_your_writes import Outlet
from .host.responder import Responder
from .host.servant import (
    Answer,
    Bodies,
    Call,
    Held,
    Holder,
    Promise,
    Replies,
    Reply,
    Servant,
    internal,
)
from .host.statistics import OutletStatistics, ResponderStatistics
from .inbox import Inbox
from .loose import Loose
from .sending import Sender, send_all, send_items
from .subjects import ANONYMOUS, CONSOLE, TOKEN, Subjects

__all__ = [
    "ANONYMOUS",
    "CONSOLE",
    "OUTAGE_GRACE",
    "TOKEN",
    "Ahead",
    "Answer",
    "Ask",
    "Bodies",
    "Call",
    "Caller",
    "CallerStatistics",
    "Clients",
    "Failed",
    "Held",
    "Holder",
    "Inbox",
    "Incoming",
    "Loose",
    "Lot",
    "Outlet",
    "OutletStatistics",
    "Peer",
    "PeerStatistics",
    "Pending",
    "Promise",
    "Reflect",
    "Reflecting",
    "Registration",
    "Replies",
    "Reply",
    "Responder",
    "ResponderStatistics",
    "Sender",
    "Servant",
    "ShardPeer",
    "Subjects",
    "Upload",
    "doubted",
    "in_doubt",
    "internal",
    "send_all",
    "send_items",
]
