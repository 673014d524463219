"""An async view, which awaits a client; and one that is not, in a thread of Django's."""

from django.http import HttpRequest, JsonResponse
from fusionrt import Host

from shop.generated.carts import CartsClient

host = Host()


async def total(request: HttpRequest, id: str) -> JsonResponse:
    carts = host.client(CartsClient)
    return JsonResponse({"total": await carts.total(id)})


def items(request: HttpRequest, id: str) -> JsonResponse:
    cart = host.blocking(CartsClient).get(id)
    return JsonResponse({item.product: item.quantity for item in cart.items} if cart else {})
