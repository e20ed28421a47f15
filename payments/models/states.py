"""How a payment stands, and how it was paid."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

FINAL_STATUSES = ("succeeded", "canceled")


class State(models.TextChoices):
    """What the till shows for a payment (docs/api.md, "States of a payment")."""

    SENDING = "sending"
    WAITING_FOR_CARD = "waiting_for_card"
    COLLECTED = "collected"
    AUTHORIZING = "authorizing"
    CHECKING = "checking"
    DECLINED = "declined"
    CANCELED_BY_CUSTOMER = "canceled_by_customer"
    STOPPED = "stopped"
    APPROVED = "approved"
    PAID = "paid"
    CANCELED = "canceled"
    REFUNDED = "refunded"
    NEEDS_ATTENTION = "needs_attention"
    DETACHED = "detached"


class Method(models.TextChoices):
    CARD = "card", _("Card")
    # No PaymentIntent, no reader, no request: paid when it is written down.
    CASH = "cash", _("Cash")
