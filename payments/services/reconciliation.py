"""The nightly comparison: what each account made in the last three days, and where its readers
stand, at Stripe and here.

It runs from its own row: each page of Stripe's lists is compared and written down in one
transaction, so that whoever comes next goes on behind it. What differs is read anew first; only
what differs then is told. Reads come from the account's budget, behind everything a person waits
for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone

from payments import gateway
from payments.crashpoints import crash_point
from payments.models import MovementKind, Outcome, Reconciliation, Step
from payments.services import budget, discrepancies, fee_listing, payout_listing
from payments.services.requests import raise_incident
from stores.models import Account, Store
from stores.sentences import said

logger = logging.getLogger(__name__)
JSON = dict[str, Any]

DAYS = 3
EVERY = timedelta(hours=24)
OVERDUE = timedelta(hours=36)  # a machine that is off at night compares by day
NIGHT = range(1, 5)  # hours of the account's own clock
ON_ITS_WAY = timedelta(minutes=10)  # younger things may still be changing
CLAIM = timedelta(minutes=2)  # until another process may go on; longer than any single step
WAIT = timedelta(seconds=5)  # for reads, or for somebody who talks about the payment
AFTER_A_FAILURE = timedelta(minutes=5)
PLATFORM = ""
UNKNOWN = "unknown_payment_intents"

LISTED: dict[str, str] = {
    Step.PAYMENT_INTENTS: "/v1/payment_intents",
    Step.CHARGES: "/v1/charges",
    Step.REFUNDS: "/v1/refunds",
    Step.DISPUTES: "/v1/disputes",
    Step.PAYOUTS: "/v1/payouts",
    Step.FEES: "/v1/balance_transactions",
    Step.FEES_RETURNED: "/v1/balance_transactions",
    Step.LOCATIONS: "/v1/terminal/locations",
    Step.READERS: "/v1/terminal/readers",
}
WHOLE = (Step.LOCATIONS, Step.READERS)  # listed whole: Stripe does not say when they were made
_PARAMS = {
    Step.FEES: fee_listing.params(MovementKind.TAKEN),
    Step.FEES_RETURNED: fee_listing.params(MovementKind.RETURNED),
}
_ORDER = list(Step)

# Reads the next location or reader of ours that was not listed as it is here, and compares it
# alone; False when there is none left. Terminal's.
each_alone: list[Callable[[Reconciliation], bool]] = []


def served_accounts() -> list[str]:
    """The platform, and every account we may still ask."""
    served = Account.objects.filter(deauthorized_at__isnull=True)
    return [PLATFORM, *served.order_by("stripe_id").values_list("stripe_id", flat=True)]


def start_due(now: datetime) -> None:
    """Begin the comparison of every account whose last is a day old, in its night."""
    newest = Reconciliation.objects.order_by("stripe_account", "-pk").distinct("stripe_account")
    last = {row.stripe_account: row for row in newest}
    known_since = dict(Account.objects.values_list("stripe_id", "created_at"))
    first = min(known_since.values(), default=now)
    hours = _hours(now)
    for name in served_accounts():
        row = last.get(name)
        if row is not None and row.finished_at is None:
            continue
        old = now - (row.started_at if row else known_since.get(name, first))
        at_night = hours.get(name, now.hour) in NIGHT
        if old >= OVERDUE or (at_night and (row is None or old >= EVERY - timedelta(hours=4))):
            start(name, now)


def _hours(now: datetime) -> dict[str, int]:
    """What hour it is where each account's first store is."""
    stores = Store.objects.order_by("account_id", "pk").distinct("account_id")
    zones = stores.values_list("account__stripe_id", "timezone")
    return {name: now.astimezone(ZoneInfo(zone)).hour for name, zone in zones}


def start(
    stripe_account: str, now: datetime, days: int = DAYS, *, until: datetime | None = None
) -> Reconciliation:
    """A new comparison, or the one of this account that is not finished."""
    until = until or now - ON_ITS_WAY
    try:
        with transaction.atomic():
            return Reconciliation.objects.create(
                stripe_account=stripe_account,
                since=until - timedelta(days=days),
                until=until,
                started_at=now,
            )
    except IntegrityError:
        return Reconciliation.objects.get(stripe_account=stripe_account, finished_at=None)


def due(now: datetime) -> list[int]:
    """Those that are not finished and that nobody works on."""
    waiting = Reconciliation.objects.filter(
        finished_at=None, claimed_until__lte=now, stripe_account__in=served_accounts()
    )
    return list(waiting.order_by("claimed_until").values_list("pk", flat=True)[:50])


class OutOfReads(Exception):
    """The account's reads are used up for now: selling goes first."""


def carry_on(
    reconciliation_id: int, report: Callable[[Reconciliation], object] = lambda row: None
) -> bool:
    """Compare until it is finished or must wait; whether it is finished. Workers and commands.

    `report` is called after every step that was written down.
    """
    now = timezone.now()
    free = Reconciliation.objects.filter(
        pk=reconciliation_id, finished_at=None, claimed_until__lte=now
    )
    if not free.update(claimed_until=now + CLAIM):
        return Reconciliation.objects.filter(pk=reconciliation_id, finished_at=None).count() == 0
    row = Reconciliation.objects.get(pk=reconciliation_id)
    wait, error = WAIT, ""
    try:
        while row.finished_at is None:
            _step(row)
            report(row)
    except (OutOfReads, discrepancies.Busy):
        pass
    except (gateway.NoAnswer, gateway.AccountRefused) as failure:
        logger.warning("%s could not go on: %s", row, failure)
        wait, error = AFTER_A_FAILURE, str(failure)[:200]
    Reconciliation.objects.filter(pk=row.pk, finished_at=None).update(
        claimed_until=timezone.now() + wait, error=error
    )
    return row.finished_at is not None


def _step(row: Reconciliation) -> None:
    """One page, or one difference; the row then says what is next."""
    if row.step in LISTED:
        _page(row)
    elif row.step == Step.PAID_OUT:
        _paid_out(row)
    elif row.step == Step.OURS:
        with transaction.atomic():
            discrepancies.compare_ours(row)
            _turn_to(row, Step.AGAIN)
    elif row.step == Step.FLEET:
        _fleet(row)
    else:
        _again(row)


def _page(row: Reconciliation) -> None:
    read(row)
    things, more = gateway.page(
        LISTED[row.step], row.stripe_account, after=row.after, **_params(row)
    )
    crash_point("reconcile:page")
    with transaction.atomic():
        discrepancies.COMPARE[row.step](row, things)
        row.counted[row.step] = row.counted.get(row.step, 0) + len(things)
        if more:
            row.after = things[-1]["id"]
            _save(row)
        else:
            _turn_to(row, _next(row))
    crash_point("reconcile:compared")


def _params(row: Reconciliation) -> JSON:
    if row.step in WHOLE:
        return {}
    since = row.since - (payout_listing.LATE if row.step == Step.PAYOUTS else timedelta())
    created = {"gte": int(since.timestamp()), "lte": int(row.until.timestamp())}
    return {"created": created, **_PARAMS.get(Step(row.step), {})}


def _fleet(row: Reconciliation) -> None:
    if any(look(row) for look in each_alone):
        _save(row)
    else:
        _turn_to(row, Step.OURS)


def _paid_out(row: Reconciliation) -> None:
    """A page of what a payout consists of; the oldest of which that is not known yet."""
    payout = payout_listing.next_unlisted(row.stripe_account)
    if payout is None:
        _turn_to(row, _next(row))
        return
    read(row)
    things, more = gateway.page(
        "/v1/balance_transactions",
        row.stripe_account,
        after=row.after,
        payout=payout.payout_id,
        expand=payout_listing.EXPAND,
    )
    crash_point("reconcile:page")
    with transaction.atomic():
        payout_listing.take_lines(payout, things, more=more)
        row.counted[row.step] = row.counted.get(row.step, 0) + len(things)
        row.after = things[-1]["id"] if more else ""
        _save(row)
    crash_point("reconcile:compared")


def _next(row: Reconciliation) -> Step:
    if row.step == Step.PAID_OUT and row.stripe_account != PLATFORM:
        return Step.LOCATIONS  # application fees are the platform's
    return _ORDER[_ORDER.index(Step(row.step)) + 1]


def read(row: Reconciliation, reads: int = 1) -> None:
    """Take so many reads from the account's budget. Raises OutOfReads."""
    while reads > 0:
        got = budget.take(row.stripe_account, reads)
        if not got:
            raise OutOfReads
        reads -= got


def _turn_to(row: Reconciliation, step: Step) -> None:
    row.step, row.after = step, ""
    _save(row)


def _save(row: Reconciliation) -> None:
    row.claimed_until = timezone.now() + CLAIM
    row.error = ""
    row.save()


def _again(row: Reconciliation) -> None:
    """Read the next thing that differed anew; finish when there is none left."""
    waiting = row.lines.filter(outcome=Outcome.FOUND)
    line = waiting.filter(pk__gt=int(row.after or 0)).order_by("pk").first()
    if line is None and row.after and waiting.exists():
        # Somebody talked about these payments meanwhile: later, from the first of them
        row.after = ""
        _save(row)
        raise discrepancies.Busy
    if line is None:
        _finish(row)
        return
    read(row, discrepancies.READS)
    crash_point("reconcile:again")
    discrepancies.look_again(line)
    row.after = str(line.pk)
    _save(row)
    crash_point("reconcile:looked")


def _finish(row: Reconciliation) -> None:
    with transaction.atomic():
        discrepancies.close_answered(row)
        told = row.lines.filter(outcome=Outcome.TOLD)
        row.told, row.differences = told.count(), row.lines.count()
        row.step, row.after, row.finished_at = Step.DONE, "", timezone.now()
        _tell_unknown(row)
        _save(row)
    if row.differences:
        logger.warning("%s: %s differences, %s remain", row, row.differences, row.told)


def _tell_unknown(row: Reconciliation) -> None:
    """One incident per store for all the PaymentIntents nobody here knows."""
    unknown = row.lines.filter(outcome=Outcome.TOLD, payment=None)
    for store_id in unknown.order_by().values_list("store", flat=True).distinct():
        ids = list(unknown.filter(store=store_id).values_list("object_id", flat=True))
        raise_incident(
            UNKNOWN,
            said(
                "Stripe has {number} payments of ours that this database does not know, as after"
                " a restore of a backup. Do not charge these sales again: look each up in Stripe's"
                " Dashboard, then enter or refund it. The first are {ids}.",
                number=len(ids),
                ids=", ".join(ids[:10]),
            ),
            store=Store.objects.filter(pk=store_id).first(),
            stripe_account=row.stripe_account,
            subject=f"store {store_id or 'unknown'}",
            payment_intents=ids[:500],
            reconciliation=row.pk,
        )
