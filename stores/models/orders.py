"""What is sold: Product, Order, OrderLine. Amounts are integers in the currency's smallest unit."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from stores.models import checks
from stores.models.companies import Store
from stores.models.teams import Device
from stores.principals import StoreScopedQuerySet


class OrderStatus(models.TextChoices):
    OPEN = "open", pgettext_lazy("order", "Open")
    PAID = "paid", pgettext_lazy("order", "Paid")
    CANCELED = "canceled", pgettext_lazy("order", "Canceled")


class ProductQuerySet(StoreScopedQuerySet["Product"]):
    pass


class Product(models.Model):
    """Something a store sells at a price; an order copies the price, so it may change freely."""

    store = models.ForeignKey(Store, models.PROTECT, related_name="products")
    sku = models.CharField(_("SKU"), max_length=64)
    name = models.CharField(max_length=200)
    unit_amount = models.BigIntegerField(
        help_text=_("In the currency's smallest unit; with tax if the store's prices are.")
    )
    tax_rate_ppm = models.PositiveIntegerField(
        _("tax rate"), default=0, help_text=_("In parts per million: 88750 = 8.875 %.")
    )
    tip_eligible = models.BooleanField(
        default=True, help_text=_("Whether tips on the reader are percentages of this, too.")
    )
    is_active = models.BooleanField(default=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "sku"], name="stores_product_sku_once"),
            models.UniqueConstraint(fields=["id", "store"], name="stores_product_id_store"),
            checks.between("stores_product", "unit_amount", 0, checks.LARGEST_AMOUNT),
            checks.between("stores_product", "tax_rate_ppm", 0, checks.PPM),
        ]

    def __str__(self) -> str:
        return self.name


class OrderQuerySet(StoreScopedQuerySet["Order"]):
    def lock(self, pk: int) -> "Order":
        """The order with its store and account, locked until the transaction ends.

        The order is always the first row to be locked, then payment, then reader. Rows that
        point at the order can still be inserted, and the store stays free.
        """
        locked = self.select_for_update(of=("self",), no_key=True)
        return locked.select_related("store__account").get(pk=pk)


class Order(models.Model):
    """What one customer buys. `number` runs per store without gaps; `version` counts changes."""

    store = models.ForeignKey(Store, models.PROTECT, related_name="orders", db_index=False)
    number = models.PositiveIntegerField()
    version = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=16, choices=OrderStatus.choices, default=OrderStatus.OPEN)
    currency = models.CharField(max_length=3)
    discount_amount = models.BigIntegerField(
        _("discount"),
        default=0,
        db_default=0,  # for a version before this one, which still sells while this is deployed
        help_text=_("What is off its lines; not in the other amounts."),
    )
    net_amount = models.BigIntegerField()
    tax_amount = models.BigIntegerField()
    total_amount = models.BigIntegerField()
    paid_amount = models.BigIntegerField(
        default=0, help_text=_("What payments brought in for it, tips left out.")
    )
    held_amount = models.BigIntegerField(
        default=0, help_text=_("What is approved on cards and not taken yet.")
    )
    refunded_amount = models.BigIntegerField(default=0)
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="orders")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="orders")
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)
    paid_at = models.DateTimeField(null=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        indexes = [
            # For the list: what is rare in it, the number on a receipt, ranges of days and totals.
            models.Index(
                fields=["status", "-id"],
                condition=~Q(status=OrderStatus.PAID),
                name="stores_order_status",
            ),
            models.Index(fields=["number"], name="stores_order_number"),
            models.Index(fields=["store", "-id"], name="stores_order_of_store"),
            models.Index(fields=["created_at", "id"], name="stores_order_by_day"),
            models.Index(fields=["currency", "total_amount"], name="stores_order_total"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["store", "number"], name="stores_order_number_once"),
            models.UniqueConstraint(fields=["id", "store"], name="stores_order_id_store"),
            models.UniqueConstraint(fields=["id", "currency"], name="stores_order_id_currency"),
            models.CheckConstraint(
                condition=Q(number__gte=1, version__gte=1), name="stores_order_counts_from_one"
            ),
            models.CheckConstraint(
                condition=Q(status=OrderStatus.PAID, paid_at__isnull=False)
                | ~Q(status=OrderStatus.PAID) & Q(paid_at__isnull=True),
                name="stores_order_paid_at_when_paid",
            ),
            checks.one_of("stores_order", "status", OrderStatus),
            checks.between("stores_order", "discount_amount", 0, checks.LARGEST_AMOUNT),
            checks.between("stores_order", "paid_amount", 0, checks.LARGEST_AMOUNT),
            checks.between("stores_order", "held_amount", 0, checks.LARGEST_AMOUNT),
            checks.between("stores_order", "refunded_amount", 0, checks.LARGEST_AMOUNT),
            *checks.amounts("stores_order"),
        ]

    def __str__(self) -> str:
        return gettext("Order {number}").format(number=self.number)

    @property
    def called(self) -> str:
        """In what is stored, which is English whoever acts."""
        return f"Order {self.number}"

    @property
    def due_amount(self) -> int:
        """What is still to be paid, in whatever way."""
        if self.status != OrderStatus.OPEN:
            return 0
        return max(self.total_amount - self.paid_amount - self.held_amount, 0)


class OrderLineQuerySet(StoreScopedQuerySet["OrderLine"]):
    pass


class OrderLine(models.Model):
    """One position of an order: a product at its price of that moment, or a free line."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="lines")
    store = models.ForeignKey(Store, models.PROTECT, related_name="+", db_index=False)
    position = models.PositiveIntegerField()
    product = models.ForeignKey(Product, models.PROTECT, null=True, related_name="+")
    description = models.CharField(max_length=200)
    unit_amount = models.BigIntegerField()
    quantity = models.PositiveIntegerField()
    tax_rate_ppm = models.PositiveIntegerField(default=0)
    discount_amount = models.BigIntegerField(
        _("discount"),
        default=0,
        db_default=0,
        help_text=_("Off its price: its own discount, and its share of the order's."),
    )
    net_amount = models.BigIntegerField()
    tax_amount = models.BigIntegerField()
    total_amount = models.BigIntegerField()

    objects = OrderLineQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["store", "-id"], name="stores_orderline_of_store")]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "position"], name="stores_orderline_position_once"
            ),
            models.UniqueConstraint(fields=["id", "order"], name="stores_orderline_id_order"),
            checks.between("stores_orderline", "unit_amount", 0, checks.LARGEST_AMOUNT),
            checks.between("stores_orderline", "quantity", 1, checks.LARGEST_QUANTITY),
            checks.between("stores_orderline", "tax_rate_ppm", 0, checks.PPM),
            checks.between("stores_orderline", "discount_amount", 0, checks.LARGEST_AMOUNT),
            models.CheckConstraint(
                condition=Q(total_amount=F("unit_amount") * F("quantity") - F("discount_amount"))
                | Q(net_amount=F("unit_amount") * F("quantity") - F("discount_amount")),
                name="stores_orderline_amount_is_price_less_discount",
            ),
            *checks.amounts("stores_orderline"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.description}"

    @property
    def price(self) -> int:
        """Before any discount."""
        return self.unit_amount * self.quantity
