"""Services that are made with the framework, for whoever wants them.

`KeyValueStore` keeps texts by key: `KeyValueStoreInMemory` here, and
`fusionrt.ext.sql.KeyValueStoreInSql` in a database. `SandboxedKeyValueStore` gives each client its
own part of one. `Users` says who is signed in, and `Presence` who is there.
"""

from .contracts import KeyValueStore, Sandbox, SandboxedKeyValueStore
from .generated.key_value_store import (
    KeyValueStoreClient,
    KeyValueStoreLive,
    KeyValueStoreService,
)
from .generated.presence import PresenceClient, PresenceLive, PresenceService
from .generated.sandboxed_key_value_store import (
    SandboxedKeyValueStoreClient,
    SandboxedKeyValueStoreLive,
    SandboxedKeyValueStoreService,
)
from .generated.users import UsersClient, UsersLive, UsersService
from .memory import KeyValueStoreInMemory
from .people import Presence, SignIn, User, Users
from .presence import PresenceOf
from .sandbox import SandboxedKeyValueStoreOf
from .users import UsersOf

__all__ = [
    "KeyValueStore",
    "KeyValueStoreClient",
    "KeyValueStoreInMemory",
    "KeyValueStoreLive",
    "KeyValueStoreService",
    "Presence",
    "PresenceClient",
    "PresenceLive",
    "PresenceOf",
    "PresenceService",
    "Sandbox",
    "SandboxedKeyValueStore",
    "SandboxedKeyValueStoreClient",
    "SandboxedKeyValueStoreLive",
    "SandboxedKeyValueStoreOf",
    "SandboxedKeyValueStoreService",
    "SignIn",
    "User",
    "Users",
    "UsersClient",
    "UsersLive",
    "UsersOf",
    "UsersService",
]
