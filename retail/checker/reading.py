"""Where the checker's facts come from: our database, a simulator's truth, or Stripe itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from payments import gateway
from payments.models import (
    Dispute,
    FeePlan,
    InboundEvent,
    Incident,
    Payment,
    Refund,
    StripeRequest,
)
from retail.checker.facts import AtStripe, Books, Row
from stores.models import LogEntry, Order, Store
from terminal.models import Reader, ReaderAction

PLATFORM = ""


def read_books(since: datetime | None = None) -> Books:
    """The payments created since then and all that belongs to them, as of one moment."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        payments = Payment.objects.all()
        if since is not None:
            payments = payments.filter(created_at__gte=since)
        ids = list(payments.values_list("pk", flat=True))
        about = {"payment_id__in": ids}
        return Books(
            taken_at=timezone.now(),
            stores=[_store(each) for each in Store.objects.select_related("account")],
            orders=_rows(Order.objects.filter(payments__in=ids).distinct()),
            payments=_rows(payments),
            refunds=_rows(Refund.objects.filter(**about)),
            disputes=_rows(Dispute.objects.filter(**about)),
            incidents=_rows(Incident.objects.filter(**about)),
            requests=_rows(StripeRequest.objects.all()),
            actions=_rows(ReaderAction.objects.filter(Q(**about) | Q(payment=None))),
            readers=_rows(Reader.objects.all()),
            events=list(InboundEvent.objects.order_by("pk").values(*_EVENT)),
            log=_rows(LogEntry.objects.filter(**about)),
            fee_plans=_rows(FeePlan.objects.all()),
        )


_EVENT = ("id", "stripe_account", "event_id", "type", "status", "received_at", "next_try_at")


def _rows(queryset: models.QuerySet[Any]) -> list[Row]:
    return list(queryset.order_by("pk").values())


def _store(store: Store) -> Row:
    return {
        "id": store.pk,
        "account": store.account.stripe_id,
        "account_id": store.account_id,
        "stripe_account": store.stripe_account,
    }


def from_truth(truth: Row) -> AtStripe:
    """What a simulator answers to `GET /_simulator/truth`, or to a part of it without the wire."""
    platform = truth["platform"]

    def all_of(kind: str) -> list[Row]:
        return [
            each | {"account": PLATFORM if id == platform else id}
            for id, account in truth["accounts"].items()
            for each in account.get(kind, ())
        ]

    def wire(kind: str) -> list[Row] | None:
        if kind not in truth:
            return None
        return [
            each | {"account": PLATFORM if each["account"] == platform else each["account"]}
            for each in truth[kind]
        ]

    return AtStripe(
        intents=all_of("payment_intents"),
        charges=all_of("charges"),
        refunds=all_of("refunds"),
        disputes=all_of("disputes"),
        exchanges=wire("exchanges"),
        deliveries=wire("deliveries"),
        skew=truth["now"] / 1000 - timezone.now().timestamp(),
    )


def read_stripe(accounts: Iterable[str], since: datetime) -> AtStripe:
    """List what the accounts ('' is the platform) made since then. Raises the gateway's errors."""
    created = {"gte": int(since.timestamp())}
    names = list(accounts)

    def all_of(path: str) -> Iterator[Row]:
        for account in names:
            for each in gateway.each(path, account, created=created):
                yield each | {"account": account}

    return AtStripe(
        intents=list(all_of("/v1/payment_intents")),
        charges=list(all_of("/v1/charges")),
        refunds=list(all_of("/v1/refunds")),
        disputes=list(all_of("/v1/disputes")),
    )
