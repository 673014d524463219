import builtins

from .expected.store import StoreService


class Store(StoreService):
    def __init__(self) -> None:
        self.data: builtins.dict[builtins.str, bytes] = {}

    async def get(self, key: builtins.str, kind: builtins.int = 0) -> bytes | None:
        return self.data.get(key)

    async def list(self, prefix: builtins.str) -> builtins.list[builtins.str]:
        return [key for key in self.data if key.startswith(prefix)]

    async def dict(
        self, keys: builtins.frozenset[builtins.str]
    ) -> builtins.dict[builtins.str, float]:
        return dict.fromkeys(keys, 1.0)

    async def type(self, key: builtins.str) -> builtins.tuple[builtins.str, builtins.int]:
        return key, len(self.data.get(key, b""))

    async def frozenset(self, key: builtins.str) -> builtins.set[builtins.str]:
        return {key}

    async def property(self, object: builtins.str) -> builtins.bool:
        return object in self.data

    async def set(self, id: builtins.str, type: bytes) -> None:
        self.data[id] = type

    async def str(self, int: builtins.int) -> builtins.str:
        return f"{int}"

    async def int(self) -> builtins.int:
        return 1

    async def tuple(self) -> builtins.tuple[builtins.int, ...]:
        return (1,)

    async def bool(self) -> builtins.bool:
        return True

    async def abstractmethod(self) -> None: ...

    async def Any(self) -> None: ...

    async def Coroutine(self) -> None: ...

    async def item(self) -> None: ...


async def main() -> None:
    store = Store()
    assert await store.get("a") is None
    assert await store.list("a") == []
    await store.set("a", b"xy")
    assert await store.get("a") == b"xy"
    assert await store.type("a") == ("a", 2)
    assert await store.dict(frozenset({"a"})) == {"a": 1.0}
    assert await store.property("a")
    assert await store.str(3) == "3"
    computed = await store.computed.list("a")
    store.invalidate.list("a")
    assert not computed.is_consistent
