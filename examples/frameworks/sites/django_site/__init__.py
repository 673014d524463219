"""The shop in Django: `uvicorn sites.django_site.asgi:application`."""
