from .expected.carts import CartsClient, CartsLive, CartsService


async def calls(client: CartsClient, live: CartsLive, service: CartsService) -> None:
    await client.total("a")
    await client.sum("a")  # deprecated
    await client.set("a", 1)  # deprecated
    client.events()  # deprecated
    await live.sum("a")  # deprecated
    await live.ping()  # deprecated
    await service.sum("a")  # deprecated
    await service.deprecated()
