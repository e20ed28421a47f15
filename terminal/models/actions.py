"""The one thing each reader is doing for us."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from payments.models import Payment, Refund, SavedCard, StripeRequest
from stores.models import Device, Order, Store
from stores.principals import StoreScopedQuerySet
from terminal.models.readers import Reader


class ActionType(models.TextChoices):
    """Stripe's words for machines; for people, what the reader does."""

    PROCESS_PAYMENT_INTENT = "process_payment_intent", _("Take a payment")
    COLLECT_PAYMENT_METHOD = "collect_payment_method", _("Read a card")
    CONFIRM_PAYMENT_INTENT = "confirm_payment_intent", _("Charge the card that was read")
    REFUND_PAYMENT = "refund_payment", _("Refund to the card")
    COLLECT_INPUTS = "collect_inputs", _("Ask the customer")
    PROCESS_SETUP_INTENT = "process_setup_intent", _("Save a card")


# What a reader does without a payment
ERRANDS = (ActionType.COLLECT_INPUTS, ActionType.PROCESS_SETUP_INTENT)


class ActionStatus(models.TextChoices):
    # the reader is kept for it until what is there now has ended
    RESERVED = "reserved", pgettext_lazy("action", "Reserved")
    # committed; Stripe has not answered yet
    REQUESTED = "requested", pgettext_lazy("action", "Requested")
    IN_PROGRESS = "in_progress", pgettext_lazy("action", "In progress")  # the reader has it
    # the card was read, and waits to be confirmed or let go
    COLLECTED = "collected", pgettext_lazy("action", "Collected")
    # no clear answer: the reader may have it or not
    UNKNOWN = "unknown", pgettext_lazy("action", "Unknown")
    SUCCEEDED = "succeeded", pgettext_lazy("action", "Succeeded")
    FAILED = "failed", pgettext_lazy("action", "Failed")
    CANCELED = "canceled", pgettext_lazy("action", "Canceled")


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
    """How many actions this thread has saved that were not among what their payment keeps: what
    was read before is old then.
    """

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
        Order, models.PROTECT, null=True, blank=True, related_name="+", help_text=_("Of a form.")
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
        default=1, help_text=_("Counts the actions of one payment, from 1.")
    )
    resend = models.PositiveIntegerField(
        default=0,
        help_text=_("How often we sent it anew by ourselves, after a busy or a time-out."),
    )
    status = models.CharField(max_length=16, choices=ActionStatus, default=ActionStatus.REQUESTED)
    failure_code = models.CharField(max_length=64, blank=True)
    failure_message = models.TextField(blank=True)
    decline_code = models.CharField(max_length=64, blank=True)
    charge_id = models.CharField(max_length=64, blank=True)
    declined_brand = models.CharField(
        max_length=32, blank=True, help_text=_("The brand of the card that was declined.")
    )
    card = models.JSONField(
        default=dict, blank=True, help_text=_("What was seen of the card before it was charged.")
    )
    notice = models.TextField(
        blank=True,
        help_text=_("For the cashier: a rule about the card, or who has the reader now."),
    )
    released_for = models.CharField(
        max_length=32,
        blank=True,
        help_text=_("Why we end it, and charge no card that was read: its failure_code then."),
    )
    collected_at = models.DateTimeField(null=True, blank=True)
    confirm_before = models.DateTimeField(
        null=True, blank=True, help_text=_("Until then the card is charged, or let go.")
    )
    requested_at = models.DateTimeField(default=timezone.now)
    accepted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True, help_text=_("Of an errand."))
    give_up_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When an errand gives the reader back by itself.")
    )

    # Not stored: that the read of a moment ago did not show it proves nothing.
    is_doubted = False

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
        return gettext("Reader action {pk}").format(pk=self.pk)

    def save(self, *args: Any, **more: Any) -> None:
        super().save(*args, **more)
        if not self._is_kept():
            written.actions += 1

    def _is_kept(self) -> bool:
        payment = self._state.fields_cache.get("payment")
        _, kept = ((payment and payment.kept) or {}).get("actions", (0, ()))
        return any(action is self for action in kept)

    @property
    def sale(self) -> Payment:
        """The payment it is about; an errand has none."""
        assert self.payment is not None, f"{self} is an errand"
        return self.payment

    @property
    def about(self) -> str:
        """What has the reader, for "… is busy with …"."""
        if self.payment is not None:
            return gettext("order {number}").format(number=self.payment.order.number)
        if self.order is not None:
            return gettext("a form of order {number}").format(number=self.order.number)
        return gettext("a card that is to be saved")
