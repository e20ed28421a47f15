"""`/api/v1/stores/`, `products/` and `orders/`."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response

from stores import services
from stores.api.base import ApiRequest, DetailView, ResourceView, find
from stores.api.commands import command
from stores.api.inputs import Nothing, read
from stores.api.paging import ListView
from stores.api.preconditions import IF_MATCH, expected_version, named_version
from stores.api.resources import (
    ORDERS,
    PRODUCTS,
    STORES,
    LinesInput,
    OrderInput,
    OrderSerializer,
    ProductSerializer,
    StoreSerializer,
)
from stores.errors import DomainError
from stores.models import Device, Order, OrderStatus, Product, Store


class StoreRequired(DomainError):
    code = "store_required"
    status = 422
    next_action = _("Send `store` with the id of one of your stores.")
    default_message = _("It is not clear for which store this is.")


class StoreView(ResourceView[Store]):
    rows = STORES
    name = "store"
    serializer_class = StoreSerializer


class StoreList(StoreView, ListView[Store]):
    """The stores this principal works in."""

    filters = {}


class StoreDetail(StoreView, DetailView[Store]):
    """One store."""


class ProductView(ResourceView[Product]):
    rows = PRODUCTS
    name = "product"
    serializer_class = ProductSerializer


class ProductList(ProductView, ListView[Product]):
    """What is sold, in the order of its ids."""


class ProductDetail(ProductView, DetailView[Product]):
    """One product."""


class OrderView(ResourceView[Order]):
    rows = ORDERS
    name = "order"
    serializer_class = OrderSerializer


class OrderList(OrderView, ListView[Order]):
    """Orders, the newest first."""

    filters = {"store": "store_id", "status": OrderStatus}
    newest_first = True

    @extend_schema(request=OrderInput, responses={201: OrderSerializer})
    @command(status.HTTP_201_CREATED, creates=True)
    def post(self, request: ApiRequest) -> Order:
        """Open an order. Its numbers, prices, tax and total are ours."""
        form = read(OrderInput, request)
        store = self._store(request, form.get("store"))
        return services.create_order(store, form["lines"], **by(request))

    def _store(self, request: ApiRequest, wanted: int | None) -> Store:
        """The store of the tablet, or the one that is named among those the person works in."""
        stores = Store.objects.for_principal(request.principal)
        found = list((stores if wanted is None else stores.filter(pk=wanted))[:2])
        if len(found) != 1:
            raise StoreRequired("" if wanted is None else gettext("You have no such store."))
        return found[0]


class OrderDetail(OrderView, DetailView[Order]):
    """One order."""

    @extend_schema(request=LinesInput, responses=OrderSerializer, parameters=[IF_MATCH])
    def patch(self, request: ApiRequest, pk: int) -> Response:
        """Put these lines in place of the order's. `If-Match` says which version you saw."""
        order = self.one(pk)
        version = expected_version(request)
        form = read(LinesInput, request)
        services.replace_lines(order, form["lines"], version=version, **by(request))
        return self.show(pk)


class OrderCancel(OrderView):
    @extend_schema(request=Nothing, responses=OrderSerializer)
    @command(status.HTTP_200_OK)
    def post(self, request: ApiRequest, pk: int) -> Order:
        """Give the order up. A canceled one stays canceled; with `If-Match` only that version."""
        order = find(Order.objects.for_principal(request.principal), pk)
        read(Nothing, request)
        return services.cancel_order(order, version=named_version(request), **by(request))


def by(request: ApiRequest) -> dict[str, Any]:
    """The device or the user, as stores' services want them."""
    if isinstance(request.auth, Device):
        return {"device": request.auth}
    return {"user": request.user}
