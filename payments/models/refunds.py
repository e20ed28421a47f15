"""What was given back of a payment: a Refund each, whoever made it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models.payments import Payment
from payments.models.states import Method
from stores.models import Device, Order, OrderLine, Store
from stores.principals import StoreScopedQuerySet
from stores.sentences import together


class RefundStatus(models.TextChoices):
    """Stripe's words, and two of ours for a refund that Stripe does not have."""

    REQUESTED = "requested", _("Requested")  # ours: promised, not known to exist yet
    PENDING = "pending", _("Pending")
    REQUIRES_ACTION = "requires_action", _("Requires action")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")
    REFUSED = "refused", _("Refused")  # ours: Stripe or the reader did not do it


# At Stripe and not undone: what the charge's amount_refunded counts.
GIVEN = (RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION, RefundStatus.SUCCEEDED)
# What keeps its pieces: given back, or about to be.
GOES_BACK = (RefundStatus.REQUESTED, *GIVEN)
UNSETTLED = (RefundStatus.REQUESTED, RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION)
NOT_AT_STRIPE = (RefundStatus.REQUESTED, RefundStatus.REFUSED)


# Out of the drawer: done when it is written down.
CASH_BACK = Q(
    method=Method.CASH,
    status=RefundStatus.SUCCEEDED,
    refund_id__isnull=True,
    charge_id="",
    external=False,
    in_person=False,
)


class Reason(models.TextChoices):
    """Stripe's words: https://docs.stripe.com/api/refunds/create."""

    REQUESTED_BY_CUSTOMER = "requested_by_customer", _("Requested by customer")
    DUPLICATE = "duplicate", _("Duplicate")
    FRAUDULENT = "fraudulent", _("Fraudulent")


class Refund(models.Model):
    """One refund of a payment, in the payment's currency; `status` is Stripe's once it is there.

    `external` ones were made elsewhere, such as in Stripe's Dashboard. Cash is given back as it
    came, `method` is the payment's.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    store = models.ForeignKey(Store, models.PROTECT, related_name="+", db_index=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    device = models.ForeignKey(Device, models.PROTECT, null=True, blank=True, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    method = models.CharField(max_length=8, choices=Method, default=Method.CARD)
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=40, blank=True, help_text=_("Stripe's word."))
    in_person = models.BooleanField(default=False, help_text=_("On a reader, with the card."))
    external = models.BooleanField(default=False, help_text=_("Not made by us."))

    refund_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    charge_id = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=24, choices=RefundStatus, default=RefundStatus.REQUESTED)
    code = models.CharField(max_length=64, blank=True, help_text=_("Why it failed or was refused."))
    message = models.TextField(blank=True, help_text=_("For the cashier, when it was refused."))

    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = StoreScopedQuerySet["Refund"].as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [
            models.Index(fields=["store", "-id"], name="payments_refund_of_store"),
            models.Index(fields=["store", "created_at"], name="payments_refund_made"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id", "store"], name="payments_refund_id_store"),
            models.UniqueConstraint(fields=["id", "payment"], name="payments_refund_id_payment"),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(status="requested"),
                name="payments_refund_one_on_its_way_per_payment",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payments_refund_gives_back"),
            models.CheckConstraint(
                condition=Q(
                    status__in=NOT_AT_STRIPE,
                    refund_id__isnull=True,
                    external=False,
                    method=Method.CARD,
                )
                | ~Q(status__in=NOT_AT_STRIPE) & Q(refund_id__isnull=False, method=Method.CARD)
                | CASH_BACK,
                name="payments_refund_has_an_id_when_at_stripe",
            ),
            models.CheckConstraint(
                condition=Q(status__in=UNSETTLED, ended_at__isnull=True)
                | ~Q(status__in=UNSETTLED) & Q(ended_at__isnull=False),
                name="payments_refund_ended_at_when_ended",
            ),
            models.CheckConstraint(
                condition=Q(external=False) | Q(device__isnull=True, user__isnull=True),
                name="payments_refund_external_is_nobodys",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Refund {pk}").format(pk=self.pk)

    @property
    def spoken(self) -> str:
        """Why nothing was refunded, in the reader's language; Stripe's own words as they are."""
        return together(self.message).spoken


class RefundLine(models.Model):
    """Pieces of a line of the order that came back with a refund, and what was given for them."""

    store = models.ForeignKey(Store, models.PROTECT, related_name="+", db_index=False)
    refund = models.ForeignKey(Refund, models.PROTECT, related_name="lines", db_index=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, models.PROTECT, related_name="+")
    # The database itself keeps the line from being deleted.
    line = models.ForeignKey(OrderLine, models.DO_NOTHING, related_name="refund_lines")
    quantity = models.PositiveIntegerField()
    amount = models.BigIntegerField(help_text=_("With its tax."))
    tax_amount = models.BigIntegerField()

    objects = StoreScopedQuerySet["RefundLine"].as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["refund", "line"], name="payments_refundline_once_per_refund"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="payments_refundline_of_pieces"
            ),
            models.CheckConstraint(
                condition=Q(tax_amount__gte=0) & Q(amount__gte=F("tax_amount")),
                name="payments_refundline_tax_is_part_of_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.line.description}"
