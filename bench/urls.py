"""The product's URLs, stock dj-stripe's door, and the floor under both."""

from django.urls import path
from djstripe.views import ProcessWebhookView

from bench.floor import receive
from retail.urls import urlpatterns as product

urlpatterns = [
    *product,
    path("stock/<uuid:uuid>/", ProcessWebhookView.as_view()),
    path("floor/", receive),
]
