"""How the admin says it: amounts, times of the store, cards, badges, links to Stripe."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from payments.models import Payment, State
from payments.transitions import brand_words
from stores.admin_times import DAY as DAY
from stores.admin_times import EXACT as EXACT
from stores.admin_times import LONG as LONG
from stores.admin_times import NOTHING as NOTHING
from stores.admin_times import SECONDS as SECONDS
from stores.admin_times import SHORT as SHORT
from stores.admin_times import local_time as local_time
from stores.currencies import spoken_amount, spoken_number

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


# What a badge looks like: how things stand, not which colour that is.
GOOD, BUSY, BAD, QUIET = "good", "busy", "bad", "quiet"

STATES: dict[str, tuple[str, StrOrPromise]] = {
    State.SENDING: (BUSY, _("Sending to the reader")),
    State.WAITING_FOR_CARD: (BUSY, _("Waiting for a card")),
    State.COLLECTED: (BUSY, _("Card collected")),
    State.AUTHORIZING: (BUSY, _("Authorizing")),
    State.CHECKING: (BUSY, _("Checking with Stripe")),
    State.DECLINED: (BAD, _("Declined")),
    State.CANCELED_BY_CUSTOMER: (BAD, _("Canceled by the customer")),
    State.STOPPED: (BAD, _("Stopped")),
    State.APPROVED: (GOOD, _("Approved, not captured")),
    State.PAID: (GOOD, pgettext_lazy("payment", "Paid")),
    State.CANCELED: (QUIET, pgettext_lazy("payment", "Canceled")),
    State.REFUNDED: (QUIET, _("Refunded")),
    State.NEEDS_ATTENTION: (BAD, _("Needs attention")),
    State.DETACHED: (BUSY, _("Detached, watched")),
}

NEXT_STEPS: dict[str, StrOrPromise] = {
    State.SENDING: _("Wait a moment: the reader is about to ask for a card."),
    State.WAITING_FOR_CARD: _("The customer presents a card on the reader. You can still cancel."),
    State.COLLECTED: _(
        "At the till, confirm it within 20 seconds, ask for another card, or cancel."
    ),
    State.AUTHORIZING: _("Wait for the bank's answer. Take no other payment for this order yet."),
    State.CHECKING: _("Wait: this ends by itself when Stripe has answered. Take no other payment."),
    State.DECLINED: _("At the till, try again with another card, or cancel the payment."),
    State.CANCELED_BY_CUSTOMER: _("At the till, try again, or cancel the payment."),
    State.STOPPED: _("At the till, try again, or cancel the payment."),
    State.APPROVED: _("Capture it before {deadline}, or release it. The store is not paid yet."),
    State.PAID: _("Nothing to do."),
    State.CANCELED: _("Nothing to do. The order can be paid anew."),
    State.REFUNDED: _("Nothing to do."),
    State.DETACHED: _(
        "The order can be paid in another way. This ends by itself when Stripe tells."
    ),
    State.NEEDS_ATTENTION: _("Read the incident below and settle it; do not charge again before."),
}


def badge(tone: str, words: StrOrPromise) -> SafeString:
    return format_html('<span class="badge {}">{}</span>', tone, words)


def state(payment: Payment) -> str:
    return str(STATES[payment.state][1]) if payment.state in STATES else payment.state


def state_badge(payment: Payment) -> SafeString:
    return badge(*STATES.get(payment.state, (BUSY, payment.state)))


def money(amount: int, currency: str) -> SafeString:
    return format_html('<span class="money">{}</span>', spoken_amount(amount, currency))


def countdown(until: datetime) -> SafeString:
    """How long it is until then; the page's script counts on."""
    seconds = max(int((until - timezone.now()).total_seconds()), 0)
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    left = f"{hours} h {minutes} min" if seconds else gettext("over")
    return format_html('<span data-until="{}">{}</span>', int(until.timestamp()), left)


def took(time: timedelta | None) -> str:
    if time is None:
        return NOTHING
    seconds = time.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 90:
        return spoken_number(f"{seconds:.1f} s")
    return f"{seconds / 60:.0f} min"


def card_words(payment: Payment) -> str:
    """Visa •••• 4242, or nothing yet."""
    card = payment.card
    if not card.get("last4"):
        return ""
    return f"{brand_words(str(card.get('brand') or ''))} •••• {card['last4']}"


def capture_deadline(payment: Payment) -> datetime:
    """Stripe's word; when it gave none, two days are what a card in a shop is held for."""
    return payment.capture_before or payment.created_at + timedelta(hours=48)


def next_step(payment: Payment) -> SafeString | str:
    """What a person does now."""
    if payment.state != State.APPROVED:
        return str(NEXT_STEPS.get(payment.state, ""))
    deadline = local_time(capture_deadline(payment), payment.store, SHORT)
    return format_html(str(NEXT_STEPS[State.APPROVED]), deadline=deadline)


def pretty(value: Any) -> SafeString | str:
    """JSON for reading; what opens something, like a `client_secret`, is not shown."""
    if not value:
        return NOTHING
    text = json.dumps(_without_secrets(value), indent=2, sort_keys=True, ensure_ascii=False)
    return format_html('<pre class="json">{}</pre>', text)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: gettext("(not shown)") if "secret" in name and each else _without_secrets(each)
        for name, each in value.items()
    }


def admin_link(row: models.Model | None, words: StrOrPromise = "") -> SafeString | str:
    """The row's own page in the admin."""
    if row is None:
        return NOTHING
    opts = row._meta
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, words or str(row))


_PLACES = {
    "pi": "payments",
    "ch": "payments",
    "py": "payments",
    "du": "disputes",
    "dp": "disputes",
    "tmr": "terminal/readers",
    "tml": "terminal/locations",
    "evt": "events",
    "req": "logs",
}


def stripe_link(stripe_id: str | None, account: str = "", *, livemode: bool) -> SafeString | str:
    """The id, linked to Stripe's dashboard when it is Stripe we talk to (and not a simulator)."""
    if not stripe_id:
        return NOTHING
    url = stripe_url(stripe_id, account, livemode=livemode)
    if not url:
        return format_html("<code>{}</code>", stripe_id)
    return format_html(
        '<a href="{}" target="_blank" rel="noopener noreferrer" title="{}"><code>{}</code></a>',
        url,
        mark_safe(gettext("Open in Stripe's dashboard")),
        stripe_id,
    )


def stripe_url(stripe_id: str, account: str, *, livemode: bool) -> str:
    """Its page in Stripe's dashboard; none where it is a simulator we talk to."""
    place = _PLACES.get(stripe_id.split("_", 1)[0])
    if place is None or urlsplit(settings.STRIPE_API_BASE).hostname != "api.stripe.com":
        return ""
    scope = (f"{account}/" if account else "") + ("" if livemode else "test/")
    return f"https://dashboard.stripe.com/{scope}{place}/{stripe_id}"


def answer_url(dispute: int, dispute_id: str, payment: Payment) -> str:
    """Where a dispute of the payment is answered, or what is known of it without a dashboard."""
    at_stripe = stripe_url(dispute_id, payment.stripe_account, livemode=payment.livemode)
    return at_stripe or reverse("admin:payments_dispute_change", args=[dispute])
