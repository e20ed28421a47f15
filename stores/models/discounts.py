"""What somebody took off an order, or off a line of it: Discount."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from stores.currencies import spoken_amount, spoken_percent
from stores.models import checks
from stores.models.companies import Store
from stores.models.orders import Order, OrderLine
from stores.models.teams import Device
from stores.principals import StoreScopedQuerySet


class DiscountReason(models.TextChoices):
    """Why something costs less."""

    DAMAGED = "damaged", _("Damaged or short-dated")
    PRICE_MATCH = "price_match", _("Price match")
    PROMOTION = "promotion", _("Promotion")
    LOYALTY = "loyalty", _("Regular customer")
    STAFF = "staff", _("Staff purchase")
    GOODWILL = "goodwill", _("Goodwill")
    OTHER = "other", _("Another reason")


class Discount(models.Model):
    """An amount or a part of the price that comes off, as long as the order has it.

    The row is deleted when it is taken back, or its line goes; the log keeps what was.
    """

    store = models.ForeignKey(Store, models.PROTECT, related_name="+", db_index=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="discounts", db_index=False)
    # The database itself keeps the line from being deleted without it.
    line = models.ForeignKey(
        OrderLine, models.DO_NOTHING, null=True, related_name="+", help_text=_("Empty: the order.")
    )
    amount_off = models.BigIntegerField(null=True)
    basis_points = models.PositiveIntegerField(null=True)
    amount = models.BigIntegerField(help_text=_("What it takes off now."))
    reason = models.CharField(max_length=16, choices=DiscountReason)
    note = models.CharField(max_length=200, blank=True)
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text=_("The second person, of one above the limits of whoever gave it."),
    )
    given_at = models.DateTimeField(default=now)

    objects = StoreScopedQuerySet["Discount"].as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["store", "-id"], name="stores_discount_of_store"),
            # What somebody gave today, asked with each discount where a day has a limit.
            models.Index(fields=["store", "given_at"], name="stores_discount_by_day"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "line"], nulls_distinct=False, name="stores_discount_once"
            ),
            models.CheckConstraint(
                condition=Q(amount_off__isnull=False, amount_off__gte=1, basis_points__isnull=True)
                | Q(
                    amount_off__isnull=True,
                    basis_points__isnull=False,
                    basis_points__gte=1,
                    basis_points__lte=checks.WHOLE,
                ),
                name="stores_discount_amount_or_part",
            ),
            checks.between("stores_discount", "amount", 0, checks.LARGEST_AMOUNT),
            checks.one_of("stores_discount", "reason", DiscountReason),
            models.CheckConstraint(
                condition=~Q(reason="other", note=""), name="stores_discount_says_why"
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True)
                | Q(approved_by__isnull=True)
                | ~Q(user=F("approved_by")),
                name="stores_discount_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return self.size

    @property
    def why(self) -> str:
        """Damaged or short-dated: the cup."""
        reason = str(DiscountReason(self.reason).label)
        return f"{reason}: {self.note}" if self.note else reason

    @property
    def size(self) -> str:
        """10 %, or 2.00 USD."""
        if self.basis_points is not None:
            return spoken_percent(self.basis_points * 100)
        return spoken_amount(self.amount_off or 0, self.order.currency)
