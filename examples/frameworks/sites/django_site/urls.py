"""Where the views are."""

from django.urls import path

from sites.django_site import views

urlpatterns = [
    path("carts/<id>/total", views.total),
    path("carts/<id>/items", views.items),
]
