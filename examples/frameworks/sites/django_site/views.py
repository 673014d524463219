"""An async view, which awaits a client."""

from django.http import HttpRequest, JsonResponse
from fusionrt import Host

from shop.generated.carts import CartsClient

host = Host()


async def total(request: HttpRequest, id: str) -> JsonResponse:
    carts = host.client(CartsClient)
    return JsonResponse({"total": await carts.total(id)})
