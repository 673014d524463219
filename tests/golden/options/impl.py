from .expected.http_gateway2 import HTTPGateway2Service


class Gateway(HTTPGateway2Service):
    async def all(self) -> str:
        return "all"

    async def none(self, id: str) -> str:
        return id

    async def one(self, id: str) -> str:
        return id

    async def nothing(self) -> None: ...

    async def typing(self, id: str) -> None: ...

    async def kept(self) -> None: ...


async def main() -> None:
    gateway = Gateway()
    assert await gateway.all() == "all"
    assert await gateway.none("a") == await gateway.one("a") == "a"
    await gateway.nothing()
    none = await gateway.computed.none("a")
    await gateway.typing("a")
    await gateway.kept()
    assert not none.is_consistent
