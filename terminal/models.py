"""Readers on the counter, and the one thing each of them is doing for us."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from payments.models import Payment, Refund, SavedCard, StripeRequest
from stores.models import Account, ChargeModel, Device, Location, Order, Store
from stores.principals import EVERYONE, Principal, Role, StoreScopedQuerySet


class Reader(models.Model):
    """A card reader as Stripe last described it. `status` is for people to see, never a gate:
    it may be stale, and the answer to a command decides.
    """

    store = models.ForeignKey(Store, models.PROTECT, related_name="readers")
    location = models.ForeignKey(Location, models.PROTECT, related_name="readers")
    stripe_id = models.CharField(max_length=64)
    stripe_account = models.CharField(max_length=64, blank=True)
    livemode = models.BooleanField(default=False)
    label = models.CharField(max_length=200)
    device_type = models.CharField(max_length=64, blank=True)
    serial_number = models.CharField(max_length=64, blank=True)
    device_sw_version = models.CharField(max_length=64, blank=True)
    ip_address = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=16, blank=True, help_text="Stripe's word; may be stale.")
    last_seen_at = models.DateTimeField(null=True, blank=True)
    action = models.JSONField(
        default=dict, blank=True, help_text="What Stripe last said it does; empty when nothing."
    )
    read_at = models.DateTimeField(null=True, blank=True, help_text="When Stripe was last asked.")
    read_error = models.CharField(max_length=200, blank=True)
    rung_at = models.DateTimeField(null=True, blank=True, help_text="Someone wants it read anew.")
    next_read_at = models.DateTimeField(null=True, blank=True)
    # The lease of what a reader does without a payment
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    is_active = models.BooleanField(default=True)
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was given up here, for good."
    )
    created_at = models.DateTimeField(default=timezone.now)
    compared_at = models.DateTimeField(
        null=True, blank=True, help_text="When a comparison last saw what Stripe has."
    )

    objects = StoreScopedQuerySet["Reader"].as_manager()

    class Meta:
        ordering: ClassVar = ["store_id", "label", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id", "store"], name="terminal_reader_id_store"),
            models.UniqueConstraint(
                fields=["stripe_id"],
                condition=Q(retired_at__isnull=True),
                name="terminal_reader_stripe_id_once",
            ),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True) | Q(is_active=False),
                name="terminal_reader_retired_is_not_active",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["rung_at"], condition=Q(rung_at__isnull=False), name="terminal_reader_rung"
            ),
            models.Index(
                fields=["next_read_at"],
                condition=Q(next_read_at__isnull=False),
                name="terminal_reader_next_read",
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.stripe_id


class FleetKind(models.TextChoices):
    """What of a location or a reader is not the same at Stripe and here."""

    MISSING = "missing"  # Stripe has it no more
    UNKNOWN = "unknown"  # Stripe has it, and nobody here knows it
    DISPLAY_NAME = "display_name"
    ADDRESS = "address"
    CONFIGURATION = "configuration"
    LABEL = "label"
    LOCATION = "location"
    METADATA = "metadata"


class FleetOutcome(models.TextChoices):
    OPEN = "open"  # a person decides
    SETTLED = "settled"  # one did
    LEFT = "left"  # one did: it may differ, as long as it differs like this
    EQUAL = "equal"  # a later comparison found no difference


class FleetDifference(models.Model):
    """What a comparison found of one location or reader, until a person settles it. Nothing is
    overwritten before.
    """

    store = models.ForeignKey(Store, models.PROTECT, null=True, blank=True, related_name="+")
    location = models.ForeignKey(
        Location, models.PROTECT, null=True, blank=True, related_name="differences"
    )
    reader = models.ForeignKey(
        Reader, models.PROTECT, null=True, blank=True, related_name="differences"
    )
    stripe_account = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=64, help_text="Stripe's id of what differs.")
    kind = models.CharField(max_length=16, choices=FleetKind)
    ours = models.CharField(max_length=1_000, blank=True, help_text="What it is here.")
    theirs = models.CharField(max_length=1_000, blank=True, help_text="What it is at Stripe.")
    shown = models.JSONField(default=dict, help_text="As Stripe has it.")
    outcome = models.CharField(max_length=8, choices=FleetOutcome, default=FleetOutcome.OPEN)
    resolution = models.TextField(blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    found_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = StoreScopedQuerySet["FleetDifference"].as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["stripe_account", "object_id", "kind"],
                condition=Q(outcome="open"),
                name="terminal_fleetdifference_one_open",
            ),
            models.CheckConstraint(
                condition=Q(outcome="open", settled_at__isnull=True)
                | ~Q(outcome="open") & Q(settled_at__isnull=False),
                name="terminal_fleetdifference_settled_at_when_settled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reader or self.location or self.object_id}: {self.get_kind_display()}"


class ReaderRegistration(models.Model):
    """A reader that is to be registered at a location by the code on its screen; what Stripe says
    of it is in the request.
    """

    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, models.PROTECT, related_name="registrations")
    label = models.CharField(max_length=200)
    request = models.OneToOneField(StripeRequest, models.PROTECT, related_name="registration")
    replaces = models.ForeignKey(
        Reader,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What it was before it moved: retired once it stands here.",
    )
    reader = models.ForeignKey(
        Reader, models.PROTECT, null=True, blank=True, related_name="registrations"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = StoreScopedQuerySet["ReaderRegistration"].as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"{self.label} at {self.location}"


class ChargeModelSwitch(models.Model):
    """A store charges in another account from then on, and its readers are to follow."""

    store = models.ForeignKey(Store, models.PROTECT, related_name="charge_model_switches")
    from_model = models.CharField(max_length=16, choices=ChargeModel)
    to_model = models.CharField(max_length=16, choices=ChargeModel)
    from_account = models.CharField(
        max_length=64, blank=True, help_text="Where it charged until then; empty = the platform."
    )
    places = models.JSONField(default=dict, help_text="The tml_ ids there, by location.")
    readers = models.JSONField(
        default=dict, help_text="The readers still to be registered, with the tablets of each."
    )
    reason = models.CharField(max_length=300, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = StoreScopedQuerySet["ChargeModelSwitch"].as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        verbose_name_plural = "charge model switches"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["store"],
                condition=Q(finished_at__isnull=True),
                name="terminal_chargemodelswitch_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.store}: from {self.from_model} to {self.to_model} charges"


class ActionType(models.TextChoices):
    PROCESS_PAYMENT_INTENT = "process_payment_intent"
    COLLECT_PAYMENT_METHOD = "collect_payment_method"
    CONFIRM_PAYMENT_INTENT = "confirm_payment_intent"
    REFUND_PAYMENT = "refund_payment"
    COLLECT_INPUTS = "collect_inputs"
    PROCESS_SETUP_INTENT = "process_setup_intent"


# What a reader does without a payment
ERRANDS = (ActionType.COLLECT_INPUTS, ActionType.PROCESS_SETUP_INTENT)


class ActionStatus(models.TextChoices):
    RESERVED = "reserved"  # the reader is kept for it until what is there now has ended
    REQUESTED = "requested"  # committed; Stripe has not answered yet
    IN_PROGRESS = "in_progress"  # the reader has it
    COLLECTED = "collected"  # the card was read, and waits to be confirmed or let go
    UNKNOWN = "unknown"  # no clear answer: the reader may have it or not
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


ACTIVE = (
    ActionStatus.REQUESTED,
    ActionStatus.IN_PROGRESS,
    ActionStatus.COLLECTED,
    ActionStatus.UNKNOWN,
)
HELD = (ActionStatus.RESERVED, *ACTIVE)  # nobody else gets the reader


class Stop(models.TextChoices):
    """Why a person or we end an action; the failure_code it has then."""

    FREED = "action_canceled"
    IDLE = "idle"
    MOVED = "moved"
    CHANGED = "order_changed"
    TAKEN_OVER = "taken_over"


_ABOUT = (
    Q(type="collect_inputs", order__isnull=False, payment__isnull=True, saved_card__isnull=True)
    | Q(
        type="process_setup_intent",
        saved_card__isnull=False,
        payment__isnull=True,
        order__isnull=True,
    )
    | ~Q(type__in=("collect_inputs", "process_setup_intent"))
    & Q(payment__isnull=False, order__isnull=True, saved_card__isnull=True)
)


class _Written(threading.local):
    """How many actions this thread has saved: what was read before is old then."""

    actions = 0


written = _Written()


class ReaderAction(models.Model):
    """One thing we asked one reader to do, and how it ended. A retry is a new row.

    It is about a payment, or it is an errand: about an order's form, or a card to be saved. What
    is sent anew by ourselves is a new row for a payment, which the till follows; an errand keeps
    its row, for that is what the till follows.
    """

    store = models.ForeignKey(Store, models.PROTECT, related_name="+", db_index=False)
    reader = models.ForeignKey(
        Reader, models.PROTECT, related_name="actions", db_index=False
    )  # the one with the time serves
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="reader_actions"
    )
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="+", help_text="Of a form."
    )
    saved_card = models.ForeignKey(
        SavedCard, models.PROTECT, null=True, blank=True, related_name="reader_actions"
    )
    request = models.OneToOneField(
        StripeRequest, models.PROTECT, null=True, blank=True, related_name="reader_action"
    )
    refund = models.ForeignKey(
        Refund, models.PROTECT, null=True, blank=True, related_name="reader_actions"
    )
    device = models.ForeignKey(Device, models.PROTECT, null=True, blank=True, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    type = models.CharField(max_length=32, choices=ActionType)
    attempt = models.PositiveIntegerField(
        default=1, help_text="Counts the actions of one payment, from 1."
    )
    resend = models.PositiveIntegerField(
        default=0, help_text="How often we sent it anew by ourselves, after a busy or a time-out."
    )
    status = models.CharField(max_length=16, choices=ActionStatus, default=ActionStatus.REQUESTED)
    failure_code = models.CharField(max_length=64, blank=True)
    failure_message = models.TextField(blank=True)
    decline_code = models.CharField(max_length=64, blank=True)
    charge_id = models.CharField(max_length=64, blank=True)
    declined_brand = models.CharField(
        max_length=32, blank=True, help_text="The brand of the card that was declined."
    )
    card = models.JSONField(
        default=dict, blank=True, help_text="What was seen of the card before it was charged."
    )
    notice = models.TextField(
        blank=True, help_text="For the cashier: a rule about the card, or who has the reader now."
    )
    released_for = models.CharField(
        max_length=32,
        blank=True,
        help_text="Why we end it, and charge no card that was read: its failure_code then.",
    )
    collected_at = models.DateTimeField(null=True, blank=True)
    confirm_before = models.DateTimeField(
        null=True, blank=True, help_text="Until then the card is charged, or let go."
    )
    requested_at = models.DateTimeField(default=timezone.now)
    accepted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True, help_text="Of an errand.")
    give_up_at = models.DateTimeField(
        null=True, blank=True, help_text="When an errand gives the reader back by itself."
    )

    objects = StoreScopedQuerySet["ReaderAction"].as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["store", "-id"], name="terminal_readeraction_of_store"),
            # For the list: what is rare in it, and a range of days
            models.Index(
                fields=["status", "-id"],
                condition=~Q(status="succeeded"),
                name="terminal_readeraction_status",
            ),
            models.Index(
                fields=["failure_code", "-id"],
                condition=~Q(failure_code=""),
                name="terminal_readeraction_failure",
            ),
            # For the numbers of a reader's last days
            models.Index(fields=["reader", "requested_at"], name="terminal_readeraction_lately"),
            BrinIndex(
                fields=["requested_at"], autosummarize=True, name="terminal_readeraction_days"
            ),
            models.Index(
                fields=["store", "ended_at"],
                condition=~Q(decline_code=""),
                name="terminal_readeraction_declined",
            ),
        ]
        constraints: ClassVar = [
            # Until a card is presented, a second command silently replaces the first on the
            # reader. Stripe will not stop us; this does.
            models.UniqueConstraint(
                fields=["reader"],
                condition=Q(status__in=ACTIVE),
                name="terminal_readeraction_one_active_per_reader",
            ),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(status__in=ACTIVE),
                name="terminal_readeraction_one_active_per_payment",
            ),
            models.UniqueConstraint(
                fields=["saved_card"],
                condition=Q(status__in=ACTIVE),
                name="terminal_readeraction_one_active_per_saved_card",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(status__in=ACTIVE),
                name="terminal_readeraction_one_active_form_per_order",
            ),
            models.CheckConstraint(condition=_ABOUT, name="terminal_readeraction_is_about_one"),
            models.UniqueConstraint(fields=["id", "store"], name="terminal_readeraction_id_store"),
            models.UniqueConstraint(
                fields=["reader"],
                condition=Q(status="reserved"),
                name="terminal_readeraction_one_reserved_per_reader",
            ),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(status="reserved"),
                name="terminal_readeraction_one_reserved_per_payment",
            ),
            models.UniqueConstraint(
                fields=["payment", "attempt"], name="terminal_readeraction_attempts_count"
            ),
            models.CheckConstraint(
                condition=Q(type="refund_payment", refund__isnull=False)
                | ~Q(type="refund_payment") & Q(refund__isnull=True),
                name="terminal_readeraction_names_its_refund",
            ),
            models.CheckConstraint(
                condition=~Q(status="collected")
                | Q(type="collect_payment_method", confirm_before__isnull=False),
                name="terminal_readeraction_collected_card_has_a_deadline",
            ),
            models.CheckConstraint(
                condition=Q(status__in=HELD, ended_at__isnull=True)
                | ~Q(status__in=HELD) & Q(ended_at__isnull=False),
                name="terminal_readeraction_ended_at_when_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} #{self.pk} on {self.reader_id}: {self.status}"

    def save(self, *args: Any, **more: Any) -> None:
        super().save(*args, **more)
        written.actions += 1

    @property
    def sale(self) -> Payment:
        """The payment it is about; an errand has none."""
        assert self.payment is not None, f"{self} is an errand"
        return self.payment

    @property
    def about(self) -> str:
        """What has the reader, for "… is busy with …"."""
        if self.payment is not None:
            return str(self.payment.order).lower()
        if self.order is not None:
            return f"a form of {str(self.order).lower()}"
        return "a card that is to be saved"


class CollectedInputs(models.Model):
    """A form of an order: what was asked, and what the customer answered.

    `inputs` is as Stripe has it. A signature is the id of a file that Stripe keeps for 7 days;
    `forget_answers` empties all of it, e-mail and phone too, after 35.
    """

    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    action = models.OneToOneField(ReaderAction, models.PROTECT, related_name="form")
    order = models.ForeignKey(Order, models.PROTECT, related_name="forms")
    asked = models.JSONField(help_text="The inputs as they were sent.")
    inputs = models.JSONField(default=list, blank=True)
    receipt_email = models.EmailField(blank=True)
    receipt_phone = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = StoreScopedQuerySet["CollectedInputs"].as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        verbose_name_plural = "collected inputs"

    def __str__(self) -> str:
        return f"Form {self.pk}"


class ReaderDisplay(models.Model):
    """The order whose cart a reader shows while nothing else is on it.

    `order` is what is wanted; `shown_order` and `shown_version` are what the reader was last known
    to show. No queue: what is sent is always the newest.
    """

    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    reader = models.OneToOneField(Reader, models.CASCADE, related_name="display")
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="displays")
    shown_order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="+")
    shown_version = models.PositiveIntegerField(default=0)
    request = models.OneToOneField(
        StripeRequest, models.PROTECT, null=True, blank=True, related_name="reader_display"
    )
    tries = models.PositiveIntegerField(default=0, help_text="In a row that showed nothing.")
    next_try_at = models.DateTimeField(
        null=True, blank=True, help_text="When what is shown is made what is wanted."
    )
    error_code = models.CharField(max_length=64, blank=True)

    objects = StoreScopedQuerySet["ReaderDisplay"].as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="terminal_display_due",
            ),
        ]

    def __str__(self) -> str:
        return f"Display of {self.reader_id}"


class DefaultReader(models.Model):
    """The reader a tablet uses when it names none."""

    device = models.OneToOneField(Device, models.CASCADE, related_name="default_reader")
    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    reader = models.ForeignKey(Reader, models.CASCADE, related_name="+")

    objects = StoreScopedQuerySet["DefaultReader"].as_manager()

    def __str__(self) -> str:
        return f"{self.device_id}: {self.reader_id}"


class TippingQuerySet(StoreScopedQuerySet["Tipping"]):
    def for_principal(
        self, principal: Principal, roles: frozenset[Role] = EVERYONE
    ) -> TippingQuerySet:
        """What an account offers is seen in each of its stores, and set by those who have the role
        in all of them.
        """
        if principal.sees_all(roles):
            return self.all()
        stores = Store.objects.for_principal(principal, roles)
        shared = Q(store=None, account__in=stores.values("account"))
        if roles != EVERYONE:
            of_account = Store.objects.filter(account=OuterRef("account"))
            elsewhere = Exists(of_account.exclude(pk__in=stores))
            return self.filter(Q(store__in=stores) | (shared & ~Q(elsewhere)))
        return self.filter(Q(store__in=stores) | shared)


class Tipping(models.Model):
    """What the readers of an account, a store or a location offer as a tip: the nearest one holds.

    Stripe keeps it as a Terminal Configuration, one for each Stripe account where readers stand
    that it holds for. What Stripe said of it is in the requests.
    """

    account = models.ForeignKey(Account, models.PROTECT, blank=True, related_name="tippings")
    store = models.ForeignKey(Store, models.PROTECT, null=True, blank=True, related_name="tippings")
    location = models.ForeignKey(
        Location, models.PROTECT, null=True, blank=True, related_name="tippings"
    )
    inherits = models.BooleanField(
        "as offered above",
        default=False,
        help_text="Nothing of its own any more: a location offers what its store does, a store what"
        " its account does.",
    )
    percentages = models.JSONField(
        default=list, blank=True, help_text="Three parts of the sale in percent, like 15, 18, 20."
    )
    fixed_amounts = models.JSONField(
        default=list,
        blank=True,
        help_text="Three amounts in the currency's smallest unit, like 100, 200, 300.",
    )
    smart_tip_threshold = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="With both: sales below this amount are offered the amounts, others the"
        " percentages. In the currency's smallest unit.",
    )
    is_active = models.BooleanField(
        default=True, help_text="Whether readers ask for a tip before each card."
    )
    reboot_start_hour = models.PositiveSmallIntegerField(
        "restart from hour",
        null=True,
        blank=True,
        help_text="Readers that can choose start anew once a day from this hour on, 0 to 23, by the"
        " clock where they stand; the others, and all when this is empty, at midnight.",
    )
    reboot_end_hour = models.PositiveSmallIntegerField(
        "restart until hour", null=True, blank=True, help_text="Another hour than the first."
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    configurations = models.JSONField(
        default=dict, editable=False, help_text="Its Configurations at Stripe, by Stripe account."
    )

    objects = TippingQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "tipping"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(store__isnull=True),
                name="terminal_tipping_once_per_account",
                violation_error_message="This account has its offer already: change that.",
            ),
            models.UniqueConstraint(
                fields=["store"],
                condition=Q(location__isnull=True),
                name="terminal_tipping_once_per_store",
                violation_error_message="This store has its offer already: change that.",
            ),
            models.UniqueConstraint(
                fields=["location"],
                name="terminal_tipping_once_per_location",
                violation_error_message="This location has its offer already: change that.",
            ),
            models.CheckConstraint(
                condition=Q(location__isnull=True) | Q(store__isnull=False),
                name="terminal_tipping_of_a_location_names_its_store",
            ),
            models.CheckConstraint(
                condition=Q(store__isnull=False) | Q(inherits=False),
                name="terminal_tipping_of_an_account_inherits_nothing",
            ),
            models.CheckConstraint(
                condition=Q(reboot_start_hour=None, reboot_end_hour=None)
                | (
                    Q(reboot_start_hour__isnull=False, reboot_start_hour__lte=23)
                    & Q(reboot_end_hour__isnull=False, reboot_end_hour__lte=23)
                    & ~Q(reboot_start_hour=F("reboot_end_hour"))
                ),
                name="terminal_tipping_reboots_between_two_hours",
                violation_error_message="Give two different hours from 0 to 23, or neither.",
            ),
        ]

    def __str__(self) -> str:
        return f"Tips on the readers of {self.location or self.store or self.account}"

    def save(self, *args: Any, **more: Any) -> None:
        self.name_all()
        super().save(*args, **more)

    def clean(self) -> None:
        self.name_all()
        validate_tips(self)

    def name_all(self) -> None:
        """A location's names its store, too, and a store's its account."""
        if self.location is not None:
            self.store = self.location.store
        if self.store is not None:
            self.account = self.store.account

    @property
    def is_needed(self) -> bool:
        """Whether it has anything for a Configuration to say."""
        return self.is_active or self.reboot_start_hour is not None

    @property
    def stores(self) -> list[Store]:
        """Those it may hold for."""
        return [self.store] if self.store is not None else list(self.account.stores.all())


# https://docs.stripe.com/terminal/features/collecting-tips/on-reader
_COUNTRIES = (
    "AT AU BE BG CA CH CY CZ DE DK EE ES FI FR GB GI HR HU IE IT JP LI LT LU LV MT MY NL NO NZ"
    " PL PT RO SE SG SI SK US"
)
_CURRENCIES = "aed aud cad chf czk dkk eur gbp gip hkd huf jpy mxn myr nok nzd pln ron sek sgd usd"
TIPS_IN, TIPS_OF = frozenset(_COUNTRIES.split()), frozenset(_CURRENCIES.split())
CHOICES = 3


def validate_tips(tipping: Tipping) -> None:
    """Refuse, before Stripe does, what its readers cannot offer."""
    if tipping.inherits:
        if tipping.store is None:
            raise ValidationError({"inherits": "Nothing is above an account."})
        return
    for store in tipping.stores if tipping.is_active else ():
        if store.country not in TIPS_IN or store.currency not in TIPS_OF:
            raise ValidationError(
                f"Readers in {store.country} ask for no tips in {store.currency.upper()}."
            )
    errors = _wrong_choices(tipping) | _wrong_threshold(tipping)
    if tipping.fixed_amounts and len({store.currency for store in tipping.stores}) > 1:
        errors["fixed_amounts"] = "Its stores have several currencies: give amounts store by store."
    if errors:
        raise ValidationError(errors)
    if tipping.is_active and not tipping.percentages and not tipping.fixed_amounts:
        raise ValidationError("Give percentages, amounts or both.")


def _wrong_choices(tipping: Tipping) -> dict[str, str]:
    return {
        name: f"Three different whole numbers from 1 to {most}."
        for name, most in (("percentages", 100), ("fixed_amounts", LARGEST_TIP))
        if (values := getattr(tipping, name)) and not _are_choices(values, most)
    }


def _wrong_threshold(tipping: Tipping) -> dict[str, str]:
    both = bool(tipping.percentages and tipping.fixed_amounts)
    threshold = tipping.smart_tip_threshold
    if both and (threshold is None or threshold < 1):
        return {"smart_tip_threshold": "Needed with both: from which amount are percentages shown?"}
    if not both and threshold is not None:
        return {"smart_tip_threshold": "Only with percentages and amounts."}
    return {}


LARGEST_TIP = 99_999_999


def _are_choices(values: object, most: int) -> bool:
    return (
        isinstance(values, list)
        and len(set(values)) == len(values) == CHOICES
        and all(isinstance(each, int) and 1 <= each <= most for each in values)
    )
