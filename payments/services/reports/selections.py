"""A list that somebody narrowed, as lines of a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models import Payment
from payments.services.reports.scopes import PEOPLE, Scope, name_of
from payments.services.reports.tables import Lines, Money, Row
from payments.services.reports.takings import CHUNK
from payments.transitions import brand_words

PAYMENTS = (
    _("Started"),
    _("Store"),
    _("Order"),
    _("Payment"),
    _("State"),
    _("Paid with"),
    _("Last four"),
    _("By"),
    _("Asked for"),
    _("Tip"),
    _("Held"),
    _("Received"),
    _("Refunded"),
    _("Currency"),
    _("Ended"),
    _("Id at Stripe"),
)


NEEDED = (
    "store_id",
    "state",
    "method",
    "card",
    "currency",
    "amount",
    "tip_amount",
    "amount_capturable",
    "amount_received",
    "amount_refunded",
    "created_at",
    "ended_at",
    "payment_intent_id",
    "order__number",
    *PEOPLE,
)


def payments(scope: Scope, rows: QuerySet[Payment], state: Callable[[Payment], str]) -> Lines:
    """In the order of the list; `state` says how each stands."""

    def lines() -> Iterator[Row]:
        # Of the store the list has loaded, an export needs nothing.
        related = rows.select_related(None).select_related("order", "user", "device")
        for row in related.only(*NEEDED).iterator(CHUNK):
            amounts = (
                row.amount + row.tip_amount,
                row.tip_amount,
                row.amount_capturable,
                row.amount_received,
                row.amount_refunded,
            )
            yield (
                scope.local(row.created_at, row.store_id),
                scope.names[row.store_id],
                row.order.number,
                row.pk,
                state(row),
                gettext("Cash") if row.is_cash else brand_words(row.card.get("brand", "")),
                row.card.get("last4", ""),
                name_of(row.user, row.device),
                *(Money(each, row.currency) for each in amounts),
                row.currency.upper(),
                row.ended_at and scope.local(row.ended_at, row.store_id),
                row.payment_intent_id or "",
            )

    return Lines(PAYMENTS, lines(), (gettext("Started"), gettext("Ended")))
