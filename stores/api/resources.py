"""Stores, products and orders as the API shows them, and the lines a client may send."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext
from rest_framework import serializers

from stores.api.inputs import LARGEST, StrictSerializer, WholeNumber
from stores.models import Discount, DiscountReason, Order, OrderLine, Product, Store
from stores.models.checks import WHOLE
from stores.services import standing_of

STORES = Store.objects.select_related("account")
PRODUCTS = Product.objects.select_related("store")
ORDERS = Order.objects.prefetch_related(
    Prefetch("lines", OrderLine.objects.order_by("position")),
    Prefetch("discounts", Discount.objects.order_by("pk")),
)


class CardPaymentsSerializer(serializers.Serializer[Store]):
    """Whether the store's account takes cards now, as Stripe last said."""

    ready = serializers.BooleanField()
    code = serializers.CharField(help_text="What a sale would be refused with; empty when ready.")
    message = serializers.CharField()
    next_action = serializers.CharField()

    def to_representation(self, store: Store) -> dict[str, Any]:
        how = standing_of(store)
        return {
            "ready": how.takes_cards,
            "code": how.code,
            "message": how.message.spoken,
            "next_action": how.next_action.spoken,
        }


class StoreSerializer(serializers.ModelSerializer[Store]):
    card_payments = CardPaymentsSerializer(source="*", read_only=True)

    class Meta:
        model = Store
        fields = [
            "id",
            "name",
            "country",
            "currency",
            "timezone",
            "charge_model",
            "capture_method",
            "payment_method_types",
            "prices_include_tax",
            "cashier_refund_limit",
            "cashier_discount_limit",
            "idle_limit_seconds",
            "pin_required",
            "pin_minutes",
            "abandoned_after_hours",
            "is_active",
            "card_payments",
        ]
        read_only_fields = fields


class ProductSerializer(serializers.ModelSerializer[Product]):
    """`unit_amount` is in the smallest unit of the store's `currency`."""

    currency = serializers.CharField(source="store.currency", read_only=True)

    class Meta:
        model = Product
        fields = [
            "id",
            "store",
            "sku",
            "name",
            "unit_amount",
            "currency",
            "tax_rate_ppm",
            "tip_eligible",
            "is_active",
        ]
        read_only_fields = fields


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    class Meta:
        model = OrderLine
        fields = [
            "id",
            "position",
            "product",
            "description",
            "unit_amount",
            "quantity",
            "tax_rate_ppm",
            "discount_amount",
            "net_amount",
            "tax_amount",
            "total_amount",
        ]
        read_only_fields = fields


class DiscountSerializer(serializers.ModelSerializer[Discount]):
    """What somebody took off a line, or with `line` null off the order, and why. `amount` is what
    that comes to; `approved_by` the second person, where one was needed.
    """

    class Meta:
        model = Discount
        fields = [
            "id",
            "line",
            "amount_off",
            "basis_points",
            "amount",
            "reason",
            "note",
            "device",
            "user",
            "approved_by",
            "given_at",
        ]
        read_only_fields = fields


class OrderSerializer(serializers.ModelSerializer[Order]):
    """Amounts are integers in the smallest unit of `currency`; net + tax = total. What is off, in
    `discount_amount` of the order and of each line, is not in them any more.

    `paid_amount` and `held_amount` (approved, not taken yet) leave tips out; `due_amount` is what
    is still to be paid.
    """

    due_amount = serializers.IntegerField(read_only=True)
    lines = OrderLineSerializer(many=True, read_only=True)
    discounts = DiscountSerializer(many=True, read_only=True)

    class Meta:
        model = Order
        fields = [
            "id",
            "store",
            "number",
            "version",
            "status",
            "currency",
            "discount_amount",
            "net_amount",
            "tax_amount",
            "total_amount",
            "paid_amount",
            "held_amount",
            "due_amount",
            "refunded_amount",
            "lines",
            "discounts",
            "created_at",
            "updated_at",
            "paid_at",
        ]
        read_only_fields = fields


class LineInput(StrictSerializer):
    """Either `{product, quantity}`, priced by us, or `{description, unit_amount, quantity}`; in a
    change also `{line}`, which stays as it is.
    """

    line = WholeNumber(required=False, help_text="The id of a line the order has.")

    product = WholeNumber(required=False, help_text="The id of a product of the store.")
    description = serializers.CharField(required=False, max_length=200)
    unit_amount = WholeNumber(
        required=False, min_value=-LARGEST, help_text="In the smallest unit of the currency."
    )
    quantity = WholeNumber(required=False, help_text="1 to 9999.")

    def validate(self, line: dict[str, Any]) -> dict[str, Any]:
        free = {"description", "unit_amount"}
        if "line" in line:
            wrong = {name: ["Not with a line that stays."] for name in line.keys() - {"line"}}
        elif "product" in line:
            wrong = {name: ["Not with a product."] for name in free & line.keys()}
        else:
            wrong = {name: ["Needed without a product."] for name in free - line.keys()}
        if "line" not in line and "quantity" not in line:
            wrong["quantity"] = ["This field is required."]
        if wrong:
            raise serializers.ValidationError(wrong)
        return line


class LinesInput(StrictSerializer):
    lines = LineInput(many=True)


class OrderInput(LinesInput):
    store = WholeNumber(
        required=False, help_text="A tablet needs none; staff of several stores name one."
    )


class ApproverInput(StrictSerializer):
    """A second person, who enters their PIN at the till."""

    cashier = WholeNumber(help_text="The `id` of a manager or an owner from `cashiers/`.")
    pin = serializers.CharField(max_length=8, min_length=4)


class NoDiscountInput(StrictSerializer):
    """Whose discount is meant."""

    line = WholeNumber(required=False, help_text="A line's id. Without it: the order's discount.")


class DiscountInput(NoDiscountInput):
    """Either `amount_off` or `basis_points` (1000 is 10 %)."""

    amount_off = WholeNumber(required=False, min_value=1, help_text="In the smallest unit.")
    basis_points = WholeNumber(
        required=False, min_value=1, max_value=WHOLE, help_text="A part of the price."
    )
    reason = serializers.ChoiceField(choices=DiscountReason.choices)
    note = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        default="",
        help_text="Why, in words; needed where `reason` is `other`.",
    )
    approver = ApproverInput(required=False, help_text="For one above your own limit.")

    def validate(self, form: dict[str, Any]) -> dict[str, Any]:
        if len({"amount_off", "basis_points"} & form.keys()) != 1:
            wrong = gettext("Either an amount or basis points.")
            raise serializers.ValidationError({"amount_off": [wrong]})
        return form
