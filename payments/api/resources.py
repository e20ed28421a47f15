"""The part of a Payment that is about money; terminal.api adds the reader it is on."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from payments.models import (
    CardRule,
    Difference,
    Method,
    Outcome,
    Payment,
    Reason,
    Reconciliation,
    Refund,
    RefundLine,
)
from payments.models.rules import Brand, Wallet
from payments.services.captures import highest_tip
from payments.services.possible import CAPTURE, amount_refundable
from payments.services.splitting import MOST_SHARES
from stores.api.inputs import StrictSerializer, WholeNumber
from stores.models import CaptureMethod, Flow
from stores.services.lines import MOST_LINES


class CardSerializer(serializers.Serializer[Any]):
    """The card that was presented, once it was approved."""

    brand = serializers.CharField()
    last4 = serializers.CharField()
    funding = serializers.CharField()
    read_method = serializers.CharField()


class RefundLineSerializer(serializers.ModelSerializer[RefundLine]):
    """Pieces of a line of the order; `amount` is with its tax."""

    description = serializers.CharField(source="line.description", read_only=True)

    class Meta:
        model = RefundLine
        fields = ["line", "description", "quantity", "amount", "tax_amount"]
        read_only_fields = fields


class RefundSerializer(serializers.ModelSerializer[Refund]):
    """`status` is Stripe's; `requested` while it is on its way there, `refused` when nothing was
    refunded: `message` says why. `external` ones were made elsewhere, as in Stripe's Dashboard.
    """

    refund = serializers.CharField(source="refund_id", read_only=True, allow_null=True)
    message = serializers.CharField(
        source="spoken", read_only=True, help_text="For the cashier, when it was refused."
    )
    lines = RefundLineSerializer(
        many=True, read_only=True, help_text="What came back; empty where an amount was refunded."
    )

    class Meta:
        model = Refund
        fields = [
            "id",
            "uuid",
            "refund",
            "amount",
            "lines",
            "reason",
            "status",
            "code",
            "message",
            "in_person",
            "external",
            "created_at",
            "ended_at",
        ]
        read_only_fields = fields


class PartSerializer(serializers.Serializer[Any]):
    """Lines of the order, or which of so many equal shares."""

    lines = serializers.ListField(child=serializers.IntegerField(), required=False)
    share = serializers.IntegerField(required=False)
    shares = serializers.IntegerField(required=False)


class MoneySerializer(serializers.ModelSerializer[Payment]):
    """`status` is Stripe's, copied (empty before the PaymentIntent exists); `state` is what the
    till shows. Amounts are integers in the smallest unit of `currency`.
    """

    order_number = serializers.IntegerField(source="order.number", read_only=True)
    message = serializers.CharField(
        source="spoken", read_only=True, help_text="For the cashier: what is, and what to do."
    )
    payment_intent = serializers.CharField(
        source="payment_intent_id", read_only=True, allow_null=True
    )
    method = serializers.ChoiceField(choices=Method.choices, read_only=True)
    split = serializers.SerializerMethodField(
        help_text="The part of the bill it covers; null: all that was owed."
    )
    capture_method = serializers.ChoiceField(choices=CaptureMethod.choices, read_only=True)
    flow = serializers.ChoiceField(choices=Flow.choices, read_only=True)
    confirm = serializers.ChoiceField(
        choices=["automatic", "manual"],
        read_only=True,
        help_text="Whether a collected card that no rule is about is charged by itself.",
    )
    card = serializers.SerializerMethodField()
    amount_refundable = serializers.SerializerMethodField(
        help_text="What can still be refunded, by somebody who may."
    )
    refunds = RefundSerializer(many=True, read_only=True)
    highest_tip = serializers.SerializerMethodField(
        help_text="The largest tip that `capture` takes now; 0: none."
    )

    class Meta:
        model = Payment
        fields = [
            "id",
            "uuid",
            "store",
            "order",
            "order_number",
            "method",
            "split",
            "payment_intent",
            "status",
            "state",
            "code",
            "message",
            "customer_message",
            "amount",
            "currency",
            "tip_amount",
            "reader_tip_amount",
            "amount_authorized",
            "amount_capturable",
            "amount_received",
            "amount_refunded",
            "amount_refundable",
            "amount_disputed",
            "capture_method",
            "flow",
            "confirm",
            "capture_before",
            "highest_tip",
            "card",
            "refunds",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    @extend_schema_field(PartSerializer(allow_null=True))
    def get_split(self, payment: Payment) -> dict[str, Any] | None:
        if payment.share_count:
            return {"share": payment.share_number, "shares": payment.share_count}
        lines = [each.line_id for each in payment.paid_lines.all()]
        return {"lines": lines} if lines else None

    @extend_schema_field(CardSerializer(allow_null=True))
    def get_card(self, payment: Payment) -> dict[str, str] | None:
        card = payment.card
        if not card:
            return None
        return {name: card.get(name, "") for name in ("brand", "last4", "funding", "read_method")}

    def get_amount_refundable(self, payment: Payment) -> int:
        return amount_refundable(payment)

    def possible(self, payment: Payment) -> list[str]:
        """What can be done with it now; terminal.api knows."""
        raise NotImplementedError

    def get_highest_tip(self, payment: Payment) -> int:
        return highest_tip(payment) if CAPTURE in self.possible(payment) else 0


class SplitInput(StrictSerializer):
    """A part of the bill; its amount is computed here."""

    lines = serializers.ListField(
        child=WholeNumber(),
        required=False,
        allow_empty=False,
        help_text="Ids of the order's lines.",
    )
    shares = WholeNumber(
        required=False,
        min_value=2,
        max_value=MOST_SHARES,
        help_text="Into how many equal shares the bill goes; the next of them is paid.",
    )

    def validate(self, split: dict[str, Any]) -> dict[str, Any]:
        if len(split) != 1:
            raise serializers.ValidationError(gettext("Either `lines` or `shares`."))
        return split


class DetachInput(StrictSerializer):
    reason = serializers.CharField(
        max_length=500, help_text="Why it is taken off its order; it is logged with who did it."
    )


class CaptureInput(StrictSerializer):
    tip_amount = WholeNumber(
        required=False, default=0, help_text="A tip written on the receipt, in the smallest unit."
    )
    lines = serializers.ListField(
        child=WholeNumber(),
        required=False,
        max_length=MOST_LINES,
        help_text="The ids of the order's lines that were delivered; the others are struck, and"
        " what was held for them is released. Without it: all.",
    )
    keep_tip = serializers.BooleanField(
        required=False,
        default=None,
        allow_null=True,
        help_text="Whether the tip chosen on the reader is taken, too; must be said of one above"
        " the store's limit (`code` is `high_tip`).",
    )
    accept_difference = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Needed when another sum is held than was asked (`code` is `amount_differs`).",
    )


class ReturnedLineInput(StrictSerializer):
    line = WholeNumber(min_value=1, help_text="The id of a line of the payment's order.")
    quantity = WholeNumber(min_value=1, help_text="How many pieces of it came back.")


class MoneyBackInput(StrictSerializer):
    amount = WholeNumber(
        required=False, help_text="In the smallest unit. Without it: all that is left."
    )
    lines = ReturnedLineInput(
        many=True,
        required=False,
        help_text="What came back, instead of an amount, which is computed from it.",
    )
    reason = serializers.ChoiceField(
        choices=Reason.choices, required=False, default=Reason.REQUESTED_BY_CUSTOMER
    )

    def validate(self, form: dict[str, Any]) -> dict[str, Any]:
        lines = form.pop("lines", None)
        if lines is None:
            return form
        if "amount" in form:
            wrong = gettext("Either lines or an amount: lines have their own.")
            raise serializers.ValidationError({"lines": [wrong]})
        form["pieces"] = {each["line"]: each["quantity"] for each in lines}
        if not lines or len(form["pieces"]) != len(lines):
            raise serializers.ValidationError({"lines": [gettext("Name each line once.")]})
        return form


class EntrySerializer(serializers.Serializer[Any]):
    """One thing that happened. `kind`: `log`, `request` (to Stripe) or `event` (from Stripe)."""

    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=["log", "request", "event"])
    text = serializers.CharField()
    actor = serializers.CharField()
    code = serializers.CharField()
    stripe_id = serializers.CharField()


class TimelineSerializer(serializers.Serializer[Any]):
    payment = serializers.IntegerField()
    entries = EntrySerializer(many=True)


class CaseSerializer(serializers.Serializer[Any]):
    """A payment that is not settled, and the one thing that settles it."""

    payment = serializers.IntegerField(source="payment.pk")
    store = serializers.IntegerField(source="payment.store_id")
    order = serializers.IntegerField(source="payment.order_id")
    order_number = serializers.IntegerField(source="payment.order.number")
    state = serializers.CharField(source="payment.state")
    amount = serializers.IntegerField(source="payment.amount")
    currency = serializers.CharField(source="payment.currency")
    since = serializers.DateTimeField(source="payment.moved_at")
    kind = serializers.ChoiceField(
        choices=[
            "not_captured",
            "needs_attention",
            "refund_failed",
            "refund_pending",
            "cancel_pending",
            "unknown",
            "left_open",
            "detached",
            "paid_twice",
        ]
    )
    message = serializers.CharField(help_text="What is, for staff.")
    action = serializers.ChoiceField(
        choices=["capture", "resolve", "check_status", "cancel", "refund"],
        help_text="A call on the payment; `resolve` is done in the admin, with a note.",
    )
    effect = serializers.CharField(help_text="What the action will do.")
    before = serializers.DateTimeField(
        allow_null=True,
        help_text="When a hold expires, or a dispute must be answered: it is dealt with before.",
    )


class StatusSerializer(serializers.Serializer[Any]):
    """How Stripe answers at present, as all our processes together have seen it."""

    stripe = serializers.ChoiceField(choices=["ok", "degraded", "key_refused", "selling_closed"])
    message = serializers.CharField(help_text="For a banner; empty when all is well.")
    next_action = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)


class ReconciliationSerializer(serializers.ModelSerializer[Reconciliation]):
    """One comparison of an account with our rows; what differs is in `differences/`.

    `counted` is told to the platform only: an account may have other stores.
    """

    counted = serializers.SerializerMethodField(
        help_text="How many objects Stripe listed, by kind; null for all but the platform."
    )
    differences = serializers.IntegerField(source="seen", help_text="In your own stores.")
    told = serializers.IntegerField(
        source="seen_told", help_text="Those that remained after Stripe was read anew."
    )

    class Meta:
        model = Reconciliation
        fields = [
            "id",
            "stripe_account",
            "since",
            "until",
            "counted",
            "differences",
            "told",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField(), allow_null=True))
    def get_counted(self, row: Reconciliation) -> dict[str, int] | None:
        return row.counted if self.context["request"].principal.sees_all() else None


class DifferenceSerializer(serializers.ModelSerializer[Difference]):
    """Something that is not the same at Stripe and here. `mended`: Stripe was read anew, and now
    it is. `told`: it is not, and `resolution` says what to do.
    """

    object = serializers.CharField(source="object_id", help_text="Stripe's id.")
    message = serializers.CharField(
        source="spoken", read_only=True, help_text="What Stripe says, and what is here."
    )
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    resolution = serializers.CharField(
        source="spoken_resolution",
        read_only=True,
        help_text="What became of it, or is to be done.",
    )

    class Meta:
        model = Difference
        fields = [
            "id",
            "reconciliation",
            "store",
            "payment",
            "kind",
            "object",
            "message",
            "outcome",
            "resolution",
            "found_at",
            "settled_at",
        ]
        read_only_fields = fields


class CardRuleSerializer(serializers.ModelSerializer[CardRule]):
    """Which cards are refused or asked about: the first that fits decides. Empty: any; `country`
    may be `abroad`, `wallet` `any` or `none`.
    """

    brand = serializers.ChoiceField(Brand.choices, allow_blank=True, read_only=True)
    wallet = serializers.ChoiceField(Wallet.choices, allow_blank=True, read_only=True)

    class Meta:
        model = CardRule
        fields = [
            "id",
            "store",
            "position",
            "brand",
            "funding",
            "country",
            "wallet",
            "effect",
            "sentence",
        ]
        read_only_fields = fields
