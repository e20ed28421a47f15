"""`/api/v1/orders/{id}/discount/`: what comes off an order or a line of it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response

from stores.api.base import ApiRequest, find
from stores.api.commands import command
from stores.api.inputs import read
from stores.api.preconditions import named_version
from stores.api.resources import DiscountInput, NoDiscountInput, OrderSerializer
from stores.api.views import OrderView
from stores.models import Membership, Order
from stores.services import cashiers, discounts
from stores.services.discounts import Terms


class GiveDiscount(OrderView):
    @extend_schema(request=DiscountInput, responses=OrderSerializer)
    def post(self, request: ApiRequest, pk: int) -> Response:
        """Take something off the order, or off one line, in place of what came off it before.

        With `If-Match` only of that version. Above your limit a second person enters their PIN.
        """
        order = find(Order.objects.for_principal(request.principal), pk)
        form = read(DiscountInput, request)
        approver = form.pop("approver", None)
        # The PIN first: a wrong one is counted, whatever is rolled back after it.
        second = approver and cashiers.prove(
            order.store_id, approver["cashier"], approver["pin"], asked_by=request.principal
        )
        return self._give(request, order, Terms(**form), second)

    @command(status.HTTP_200_OK)
    def _give(
        self, request: ApiRequest, order: Order, terms: Terms, second: Membership | None
    ) -> Order:
        return discounts.give(
            order,
            terms,
            by=request.principal,
            approver=second,
            version=named_version(request),
        )


class RemoveDiscount(OrderView):
    @extend_schema(request=NoDiscountInput, responses=OrderSerializer)
    @command(status.HTTP_200_OK)
    def post(self, request: ApiRequest, pk: int) -> Order:
        """Take back what comes off the order, or one line; if nothing does, that is no error."""
        order = find(Order.objects.for_principal(request.principal), pk)
        form: dict[str, Any] = read(NoDiscountInput, request)
        return discounts.take_back(
            order, **form, by=request.principal, version=named_version(request)
        )
