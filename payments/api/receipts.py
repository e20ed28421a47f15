"""The customer's receipt, for a till that prints or shows it, or has it e-mailed."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from payments.api.resources import RefundLineSerializer
from payments.models import EmailStatus, Method, Payment, ReceiptEmail, Refund, RefundStatus
from payments.models.refunds import GIVEN
from payments.services import receipt_emails, receipts
from stores.api.base import ApiRequest, DetailView, ResourceView, find
from stores.api.commands import command
from stores.api.inputs import StrictSerializer, read
from stores.api.paging import ListView
from stores.models import OrderLine, Store


class ReceiptStoreSerializer(serializers.ModelSerializer[Store]):
    company = serializers.CharField(source="account.name", help_text="Who sells there.")
    address = serializers.ListField(
        source="printed_address",
        child=serializers.CharField(),
        read_only=True,
        help_text="Line by line; empty when it has several locations and nobody said which.",
    )

    class Meta:
        model = Store
        fields = ["id", "name", "company", "timezone", "address"]
        read_only_fields = fields


class ReceiptLineSerializer(serializers.ModelSerializer[OrderLine]):
    class Meta:
        model = OrderLine
        fields = [
            "description",
            "quantity",
            "unit_amount",
            "tax_rate_ppm",
            "discount_amount",
            "net_amount",
            "tax_amount",
            "total_amount",
        ]
        read_only_fields = fields


class ReceiptRefundSerializer(serializers.ModelSerializer[Refund]):
    status = serializers.ChoiceField(choices=[(each, each) for each in GIVEN], read_only=True)

    lines = RefundLineSerializer(many=True, read_only=True)

    class Meta:
        model = Refund
        fields = ["amount", "lines", "status", "created_at"]
        read_only_fields = fields


class ReceiptCardSerializer(serializers.Serializer[Any]):
    """What card networks ask of the receipt of a card that was present, in Stripe's words; empty
    is what the card or its bank did not tell, and is left out of the print.
    """

    brand = serializers.CharField()
    last4 = serializers.CharField()
    read_method = serializers.CharField()
    application_preferred_name = serializers.CharField()
    dedicated_file_name = serializers.CharField(help_text="The AID.")
    authorization_code = serializers.CharField()
    authorization_response_code = serializers.CharField()
    application_cryptogram = serializers.CharField()
    terminal_verification_results = serializers.CharField(help_text="TVR.")
    transaction_status_information = serializers.CharField(help_text="TSI.")
    account_type = serializers.CharField()
    cardholder_verification_method = serializers.CharField(help_text="CVM.")


class ReceiptSerializer(serializers.ModelSerializer[Payment]):
    """Amounts are integers in the smallest unit of `currency`. `lines` are the whole order's, also
    where the payment is a part of it.
    """

    payment = serializers.IntegerField(source="pk", read_only=True)
    store = ReceiptStoreSerializer(read_only=True)
    order_number = serializers.IntegerField(source="order.number", read_only=True)
    at = serializers.SerializerMethodField(help_text="When it was started, by the store's clock.")
    held = serializers.SerializerMethodField(
        help_text="Not a charge yet: the amount is held, and may change until it is taken."
    )
    method = serializers.ChoiceField(choices=Method.choices, read_only=True)
    lines = ReceiptLineSerializer(source="order.lines", many=True, read_only=True)
    discount_amount = serializers.IntegerField(
        source="order.discount_amount",
        read_only=True,
        help_text="What came off the lines; not in the other amounts.",
    )
    net_amount = serializers.IntegerField(source="order.net_amount", read_only=True)
    tax_amount = serializers.IntegerField(source="order.tax_amount", read_only=True)
    order_amount = serializers.IntegerField(source="order.total_amount", read_only=True)
    total_amount = serializers.SerializerMethodField(
        help_text="What was paid with this payment, or is held, tip included."
    )
    refunds = serializers.SerializerMethodField(help_text="Those made, or on their way.")
    card = serializers.SerializerMethodField(help_text="null: cash.")
    language = serializers.SerializerMethodField(
        help_text="Which the store wants it in; else that of the request."
    )
    footer = serializers.CharField(
        source="store.receipt_footer", read_only=True, help_text="The store's last words."
    )

    class Meta:
        model = Payment
        fields = [
            "payment",
            "store",
            "order_number",
            "at",
            "held",
            "method",
            "currency",
            "lines",
            "discount_amount",
            "net_amount",
            "tax_amount",
            "order_amount",
            "tip_amount",
            "total_amount",
            "amount_refunded",
            "refunds",
            "card",
            "language",
            "footer",
        ]
        read_only_fields = fields

    def get_at(self, payment: Payment) -> datetime:
        return payment.created_at.astimezone(zoneinfo.ZoneInfo(payment.store.timezone))

    def get_language(self, payment: Payment) -> str:
        return receipts.language_of(payment)

    def get_held(self, payment: Payment) -> bool:
        return receipts.is_held(payment)

    def get_total_amount(self, payment: Payment) -> int:
        return receipts.total(payment)

    @extend_schema_field(ReceiptRefundSerializer(many=True))
    def get_refunds(self, payment: Payment) -> Any:
        made = [each for each in payment.refunds.all() if RefundStatus(each.status) in GIVEN]
        return ReceiptRefundSerializer(made, many=True).data

    @extend_schema_field(ReceiptCardSerializer(allow_null=True))
    def get_card(self, payment: Payment) -> dict[str, str] | None:
        return None if payment.is_cash else receipts.card_facts(payment)


class ReceiptEmailSerializer(serializers.ModelSerializer[ReceiptEmail]):
    """A receipt that is to be e-mailed: `on_its_way` until it is `sent`, or `failed` for good."""

    message = serializers.SerializerMethodField(help_text="Why it failed, for the cashier.")
    next_action = serializers.SerializerMethodField()

    class Meta:
        model = ReceiptEmail
        fields = [
            "id",
            "store",
            "payment",
            "email",
            "language",
            "status",
            "failure_code",
            "message",
            "next_action",
            "tries",
            "device",
            "user",
            "created_at",
            "ended_at",
        ]
        read_only_fields = fields

    def get_message(self, row: ReceiptEmail) -> str:
        return receipt_emails.reason(row)[0]

    def get_next_action(self, row: ReceiptEmail) -> str:
        return receipt_emails.reason(row)[1]


class ReceiptEmailInput(StrictSerializer):
    email = serializers.EmailField(
        max_length=254, required=False, help_text="Missing: what the customer typed on a reader."
    )


class ReceiptEmailView(ResourceView[ReceiptEmail]):
    rows = ReceiptEmail.objects.all()
    name = "receipt-email"
    serializer_class = ReceiptEmailSerializer


class ReceiptEmailList(ReceiptEmailView, ListView[ReceiptEmail]):
    """Receipts that were asked for by e-mail, and what became of each; the newest first."""

    filters = {"store": "store_id", "payment": "payment_id", "status": EmailStatus}
    newest_first = True


class ReceiptEmailDetail(ReceiptEmailView, DetailView[ReceiptEmail]):
    """Whether the receipt was sent."""


class ReceiptView(ReceiptEmailView):
    payments = Payment.objects.select_related("order", "store__account").prefetch_related(
        Prefetch("order__lines", OrderLine.objects.order_by("position")),
        "refunds__lines__line",
    )

    @extend_schema(responses=ReceiptSerializer)
    def get(self, request: ApiRequest, pk: int) -> Response:
        """All that the customer's receipt has to say, for the till to print or show."""
        payment = find(self.payments.for_principal(request.principal), pk)
        receipts.require_due(payment)
        return Response(ReceiptSerializer(payment).data)

    @extend_schema(request=ReceiptEmailInput, responses={202: ReceiptEmailSerializer})
    @command()
    def post(self, request: ApiRequest, pk: int) -> ReceiptEmail:
        """Have the receipt e-mailed. To an address where it is on its way already it goes once."""
        payment = find(Payment.objects.for_principal(request.principal), pk)
        form: dict[str, Any] = read(ReceiptEmailInput, request)
        return receipt_emails.ask(payment, by=request.principal, **form)
