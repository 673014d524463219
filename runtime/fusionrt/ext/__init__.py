"""Services that are made with the framework, for whoever wants them.

`KeyValueStore` keeps texts by key: `KeyValueStoreInMemory` here, and
`fusionrt.ext.sql.KeyValueStoreInSql` in a database. `SandboxedKeyValueStore` gives each client its
own part of one.
"""

from .contracts import KeyValueStore, Sandbox, SandboxedKeyValueStore
from .generated.key_value_store import (
    KeyValueStoreClient,
    KeyValueStoreLive,
    KeyValueStoreService,
)
from .generated.sandboxed_key_value_store import (
    SandboxedKeyValueStoreClient,
    SandboxedKeyValueStoreLive,
    SandboxedKeyValueStoreService,
)
from .memory import KeyValueStoreInMemory
from .sandbox import SandboxedKeyValueStoreOf

__all__ = [
    "KeyValueStore",
    "KeyValueStoreClient",
    "KeyValueStoreInMemory",
    "KeyValueStoreLive",
    "KeyValueStoreService",
    "Sandbox",
    "SandboxedKeyValueStore",
    "SandboxedKeyValueStoreClient",
    "SandboxedKeyValueStoreLive",
    "SandboxedKeyValueStoreOf",
    "SandboxedKeyValueStoreService",
]
