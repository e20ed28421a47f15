"""Payments and readers as the API and the live stream show them: one serializer, one queryset each.

A list costs the same number of statements for one row and for a hundred.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from payments.api.resources import MoneyBackInput, MoneySerializer, SplitInput
from payments.models import UNFINISHED, Method, Payment, RequestStatus, StripeRequest
from payments.services.possible import (
    CANCEL,
    CAPTURE,
    CHANGE_ORDER,
    CHECK_STATUS,
    COLLECT,
    CONFIRM,
    DETACH,
    INCREMENT,
    PROCESS,
    REFUND,
    may_move,
    next_actions,
)
from stores.api.base import shown
from stores.api.inputs import StrictSerializer, WholeNumber
from stores.models import CaptureMethod, Flow, Location
from terminal.models import (
    ACTIVE,
    HELD,
    ActionType,
    Reader,
    ReaderAction,
    ReaderDisplay,
    ReaderRegistration,
)
from terminal.services import fleet, lease, locations
from terminal.services.collecting import may_confirm
from terminal.services.readers import LONGEST_LABEL

PAYMENTS = (
    Payment.objects.select_related("order", "store")
    .annotate(
        waits_for_stripe=Exists(
            StripeRequest.objects.filter(payment=OuterRef("pk"), status__in=UNFINISHED)
        )
    )
    .prefetch_related(
        "refunds__lines__line",
        "paid_lines",
        Prefetch(
            "reader_actions",
            # DISTINCT ON: the newest of each payment.
            ReaderAction.objects.order_by("payment_id", "-attempt")
            .distinct("payment_id")
            .select_related("reader"),
            to_attr="newest_actions",
        ),
    )
)
# Loaded for every screen whenever a reader does something: what is_busy_with tells, and no more.
_BUSY = lease.HELD_BY_ANY.select_related(None).select_related(
    "payment__order", "order", "device", "user"
).only(
    "reader_id", "type", "status", "failure_code", "requested_at", "refund_id", "payment__status",
    "payment__state", "payment__order__number", "order__number", "device__name",
    "user__first_name", "user__last_name", "user__username",
)  # fmt: skip
READERS = Reader.objects.select_related(
    "location", "display__order", "display__request"
).prefetch_related(Prefetch("actions", _BUSY, to_attr="active_actions"))


LOCATIONS = Location.objects.select_related("store__account")


class AddressSerializer(serializers.ModelSerializer[Location]):
    class Meta:
        model = Location
        fields = ["line1", "line2", "city", "state", "postal_code", "country"]
        read_only_fields = fields


class LocationSerializer(serializers.ModelSerializer[Location]):
    """`ready` when readers can be registered there and take payments; `message` says why not."""

    address = AddressSerializer(source="*", read_only=True)
    ready = serializers.SerializerMethodField()
    message = serializers.SerializerMethodField()

    class Meta:
        model = Location
        fields = [
            "id",
            "store",
            "display_name",
            "address",
            "stripe_id",
            "ready",
            "message",
            "retired_at",
        ]
        read_only_fields = fields

    def get_ready(self, location: Location) -> bool:
        return not locations.refusal_to_use(location)

    def get_message(self, location: Location) -> str:
        return locations.refusal_to_use(location)


class OnReaderSerializer(serializers.ModelSerializer[Reader]):
    """The reader a payment was last sent to."""

    class Meta:
        model = Reader
        fields = ["id", "stripe_id", "label"]
        read_only_fields = fields


SEEN = ("brand", "funding", "country", "last4", "read_method", "wallet")


class CollectedSerializer(serializers.Serializer[Any]):
    """The card that was read and not charged yet. What is not known of it is empty; `wallet` is a
    hint until the bank was asked.
    """

    brand = serializers.CharField()
    funding = serializers.CharField()
    country = serializers.CharField()
    last4 = serializers.CharField()
    read_method = serializers.CharField()
    wallet = serializers.CharField()
    notice = serializers.CharField(help_text="What the store's rule says of it, for the cashier.")
    confirm_before = serializers.DateTimeField(
        allow_null=True, help_text="Then it is let go; null: it is not waiting to be confirmed."
    )


class PaymentSerializer(MoneySerializer):
    __doc__ = MoneySerializer.__doc__

    reader = serializers.SerializerMethodField()
    collected = serializers.SerializerMethodField()
    next_actions = serializers.SerializerMethodField(
        help_text="What can be done now: the last part of a URL under this payment"
        " (`refund`: `refunds`). `detach` is for managers only."
    )
    retryable = serializers.SerializerMethodField(
        help_text="Whether the same payment may be put on a reader again."
    )
    movable = serializers.SerializerMethodField(
        help_text="Whether it may go to another reader while it is on one:"
        " `process_payment_intent` or `collect_payment_method` with that `reader`."
    )

    class Meta(MoneySerializer.Meta):
        fields = [
            *MoneySerializer.Meta.fields,
            *("reader", "collected", "next_actions", "retryable", "movable"),
        ]
        read_only_fields = fields

    @extend_schema_field(OnReaderSerializer(allow_null=True))
    def get_reader(self, payment: Payment) -> dict[str, Any] | None:
        action = _newest(payment)
        return None if action is None else shown(OnReaderSerializer, action.reader)

    @extend_schema_field(
        serializers.ListField(
            child=serializers.ChoiceField(
                choices=[
                    *(PROCESS, COLLECT, CONFIRM),
                    *(CAPTURE, INCREMENT, CANCEL, CHANGE_ORDER, CHECK_STATUS, REFUND, DETACH),
                ]
            )
        )
    )
    def get_next_actions(self, payment: Payment) -> list[str]:
        return self.possible(payment)

    @extend_schema_field(CollectedSerializer(allow_null=True))
    def get_collected(self, payment: Payment) -> dict[str, Any] | None:
        """The card that was read and not charged yet."""
        action = _newest(payment)
        if action is None or not action.card or action.ended_at is not None or payment.is_final:
            return None
        shown = {name: action.card.get(name) or "" for name in SEEN}
        open_until = action.confirm_before if may_confirm(payment, action) else None
        return shown | {"notice": action.notice, "confirm_before": open_until}

    def get_retryable(self, payment: Payment) -> bool:
        return not {PROCESS, COLLECT}.isdisjoint(self.possible(payment))

    def get_movable(self, payment: Payment) -> bool:
        action = _newest(payment)
        return may_move(payment, on_reader=action is not None and action.status in ACTIVE)

    def possible(self, payment: Payment) -> list[str]:
        action = _newest(payment)
        return next_actions(
            payment,
            on_reader=action is not None and action.status in HELD,
            waits_for_stripe=payment.waits_for_stripe,  # type: ignore[attr-defined]
            may_confirm=action is not None and may_confirm(payment, action),
        )


def _newest(payment: Payment) -> ReaderAction | None:
    found: list[ReaderAction] = payment.newest_actions  # type: ignore[attr-defined]
    return found[0] if found else None


class ReadersLocationSerializer(serializers.ModelSerializer[Location]):
    """Where a reader stands; `locations/` tells more."""

    class Meta:
        model = Location
        fields = ["id", "stripe_id", "display_name"]
        read_only_fields = fields


REGISTRATIONS = ReaderRegistration.objects.select_related("location", "request", "reader")


class ReaderRegistrationSerializer(serializers.ModelSerializer[ReaderRegistration]):
    """A reader that is to be registered. `reader` is null until Stripe said yes."""

    location = ReadersLocationSerializer(read_only=True)
    status = serializers.SerializerMethodField(help_text="waiting, registered or refused")
    code = serializers.CharField(
        source="request.error_code", read_only=True, help_text="Stripe's, of a refusal; or empty."
    )
    message = serializers.SerializerMethodField(help_text="How far it is, in plain words.")
    next_action = serializers.SerializerMethodField(help_text="What to do at the reader now.")

    class Meta:
        model = ReaderRegistration
        fields = [
            "id",
            "store",
            "location",
            "label",
            "reader",
            "replaces",
            "status",
            "code",
            "message",
            "next_action",
            "created_at",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(["waiting", "registered", "refused"]))
    def get_status(self, row: ReaderRegistration) -> str:
        if row.request.status in UNFINISHED:
            return "waiting"
        return "registered" if row.request.status == RequestStatus.SUCCEEDED else "refused"

    def get_message(self, row: ReaderRegistration) -> str:
        return fleet.sentence(row)

    def get_next_action(self, row: ReaderRegistration) -> str:
        return fleet.next_step(row)


class LabelInput(StrictSerializer):
    # DRF takes fields out of the class, so that the name is free.
    label = serializers.CharField(max_length=LONGEST_LABEL)  # type: ignore[assignment]


class RegisterInput(StrictSerializer):
    """`replaces` is what the reader is known as, when it moves here from another location."""

    location = WholeNumber()
    registration_code = serializers.CharField(max_length=100)
    label = serializers.CharField(max_length=LONGEST_LABEL)  # type: ignore[assignment]
    replaces = WholeNumber(required=False)


class BusyWithSerializer(serializers.Serializer[Any]):
    """What has the reader: a sale, a form of an order, or a card that is to be saved; for whom,
    and since when.
    """

    action = serializers.IntegerField()
    type = serializers.ChoiceField(choices=ActionType.choices)
    payment = serializers.IntegerField(allow_null=True)
    order = serializers.IntegerField(allow_null=True)
    order_number = serializers.IntegerField(allow_null=True)
    who = serializers.CharField(help_text="The tablet or the person that asked for the reader.")
    since = serializers.DateTimeField()
    take_over = serializers.BooleanField(
        help_text="Whether another sale may take the reader over now: no card was presented."
    )


class ShownActionSerializer(serializers.Serializer[Any]):
    """What the reader did when Stripe was last asked; empty when nothing."""

    type = serializers.CharField(required=False)
    status = serializers.CharField(required=False)
    failure_code = serializers.CharField(required=False)
    payment_intent = serializers.CharField(required=False)


class ShowInput(StrictSerializer):
    """The order whose cart the reader shows from now on."""

    order = WholeNumber()


class ShownCartSerializer(serializers.ModelSerializer[ReaderDisplay]):
    """The order a reader shows while nothing else is on it."""

    is_shown = serializers.SerializerMethodField(
        help_text="Whether the reader was last known to show it as it is now."
    )

    class Meta:
        model = ReaderDisplay
        fields = ["order", "is_shown", "error_code"]
        read_only_fields = fields

    def get_is_shown(self, display: ReaderDisplay) -> bool:
        order = display.order
        shown = (display.shown_order_id, display.shown_version)
        on_its_way = display.request is not None and display.request.status in UNFINISHED
        return order is not None and shown == (order.pk, order.version) and not on_its_way


class ReaderSerializer(serializers.ModelSerializer[Reader]):
    """`status` and `last_seen_at` are for people to see and may be stale: whether a reader takes a
    payment, only its answer tells. `is_busy_with` is ours and is never stale.
    """

    location = ReadersLocationSerializer(read_only=True)
    read_error = serializers.CharField(source="spoken_read_error", read_only=True)
    action = serializers.SerializerMethodField()
    is_busy_with = serializers.SerializerMethodField()
    display = serializers.SerializerMethodField()

    class Meta:
        model = Reader
        fields = [
            "id",
            "store",
            "stripe_id",
            "label",
            "device_type",
            "location",
            "status",
            "last_seen_at",
            "read_at",
            "read_error",
            "action",
            "is_busy_with",
            "display",
            "is_active",
            "retired_at",
            "version",
        ]
        read_only_fields = fields

    @extend_schema_field(ShownActionSerializer)
    def get_action(self, reader: Reader) -> dict[str, Any]:
        return dict(reader.action)

    @extend_schema_field(ShownCartSerializer(allow_null=True))
    def get_display(self, reader: Reader) -> dict[str, Any] | None:
        display = getattr(reader, "display", None)
        if display is None or display.order_id is None:
            return None
        return shown(ShownCartSerializer, display)

    @extend_schema_field(BusyWithSerializer(allow_null=True))
    def get_is_busy_with(self, reader: Reader) -> dict[str, Any] | None:
        action = lease.foremost(reader.active_actions)  # type: ignore[attr-defined]
        if action is None:
            return None
        order = action.payment.order if action.payment else action.order
        busy_with = {
            "action": action.pk,
            "type": action.type,
            "payment": action.payment_id,
            "order": order.pk if order else None,
            "order_number": order.number if order else None,
            "who": lease.who(action),
            "since": action.requested_at,
            "take_over": lease.may_be_taken_over(action),
        }
        return shown(BusyWithSerializer, busy_with)


TAKE_OVER = (
    "The payment that has the reader and may be stopped for this one, as the refusal"
    " `terminal_reader_busy` names it. Once its card was presented nothing is stopped."
)


class StartInput(StrictSerializer):
    """How to take the money. What is owed, the currency and the account are ours to know."""

    method = serializers.ChoiceField(choices=Method.choices, default=Method.CARD)
    split = SplitInput(required=False, help_text="Without it: all that is owed.")
    reader = WholeNumber(
        required=False, help_text="Without it: this tablet's default, or the store's only reader."
    )
    capture_method = serializers.ChoiceField(
        choices=CaptureMethod.choices, required=False, help_text="Without it: the store's."
    )
    take_over = WholeNumber(required=False, help_text=TAKE_OVER)
    flow = serializers.ChoiceField(
        choices=Flow.choices,
        required=False,
        help_text="Without it: the store's. `collect` whatever is asked, while the store has card"
        " rules in force: they look at every card.",
    )
    confirm = serializers.ChoiceField(
        choices=["automatic", "manual"],
        required=False,
        help_text="In the flow `collect`: `manual` has the till look at every card first.",
    )
    skip_tipping = serializers.BooleanField(
        required=False, help_text="The reader asks for no tip this time; `false` without it."
    )

    def validate(self, form: dict[str, Any]) -> dict[str, Any]:
        if form["method"] == Method.CASH:
            wrong = {
                name: [gettext("Not with cash.")]
                for name in self.initial_data.keys() - {"method", "split"}
            }
            if wrong:
                raise serializers.ValidationError(wrong)
        return form


class RefundInput(MoneyBackInput):
    reader = WholeNumber(
        required=False,
        help_text="For Interac, whose card must be presented again; without it: as for a sale.",
    )


class ReaderInput(StrictSerializer):
    reader = WholeNumber(
        required=False,
        help_text="Without it: the reader of the last try. While the payment is on a reader:"
        " another one, to move it there.",
    )
    take_over = WholeNumber(required=False, help_text=TAKE_OVER)
