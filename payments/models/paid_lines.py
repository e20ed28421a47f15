"""What of a split bill each payment is for: a PaidLine each."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from payments.models.payments import Payment
from stores.models import Order, OrderLine, Store
from stores.principals import StoreScopedQuerySet


class PaidLine(models.Model):
    """A line of the order that a payment has for its part of the bill, as long as it may cover it.

    The row is deleted when the payment ends with nothing taken: then another may have the line.
    """

    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="paid_lines")
    # The database itself keeps the line from being deleted.
    line = models.OneToOneField(OrderLine, models.DO_NOTHING, related_name="+")

    objects = StoreScopedQuerySet["PaidLine"].as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"Line {self.line_id} by payment {self.payment_id}"
