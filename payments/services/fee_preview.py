"""What a fee plan would make, before it is saved: of typical amounts, and of a month's payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum
from django.utils import timezone

from payments.models import FeePlan, Payment
from payments.services import fees
from payments.transitions import fee
from stores.currencies import decimals
from stores.models import Account, Store

TYPICAL = (5, 25, 100)  # in the currency's own unit
IN_WHOLE_UNITS = 100  # so many times as much where the smallest unit is the only one


@dataclass(frozen=True)
class Preview:
    """`examples` are amounts with the fee until now and the fee then."""

    before: FeePlan | None
    after: FeePlan | None
    examples: list[tuple[int, int, int]]
    month: datetime
    payments: int
    taken: int
    would_be: int


def preview(
    terms: fees.Terms, *, account: Account, store: Store | None, currency: str, starts: datetime
) -> Preview:
    """Reads only; `terms` were checked."""
    before, after = _plans(terms, account, store, currency, starts)
    unit = 10 ** decimals(currency) if decimals(currency) else IN_WHOLE_UNITS
    amounts = [amount * unit for amount in TYPICAL]
    stores = _concerned(account, store, currency, starts)
    until = timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    since = (until - timedelta(days=1)).replace(day=1)
    payments, taken, would_be = _of_month(after, stores, currency, since, until)
    return Preview(
        before=before,
        after=after,
        examples=[(amount, fee(before, amount), fee(after, amount)) for amount in amounts],
        month=since,
        payments=payments,
        taken=taken,
        would_be=would_be,
    )


def _plans(
    terms: fees.Terms, account: Account, store: Store | None, currency: str, starts: datetime
) -> tuple[FeePlan | None, FeePlan | None]:
    begun = FeePlan.objects.filter(
        account=account, store=None, currency=currency, effective_from__lte=starts
    )
    of_account = begun.first()
    before = fees.in_force(store, currency, starts) if store else of_account
    if terms.as_account:
        return before, of_account
    return before, FeePlan(account=account, store=store, currency=currency, **vars(terms))


def _concerned(
    account: Account, store: Store | None, currency: str, starts: datetime
) -> list[Store]:
    """Those that would have the plan: a store with its own keeps that."""
    if store is not None:
        return [store]
    found = account.stores.filter(currency=currency)
    plans = [(each, fees.in_force(each, currency, starts)) for each in found]
    return [each for each, plan in plans if plan is None or plan.store_id is None]


def _of_month(
    plan: FeePlan | None, stores: list[Store], currency: str, since: datetime, until: datetime
) -> tuple[int, int, int]:
    """How many there were, what they paid, and what they would have. Equal ones count once."""
    paid = Payment.objects.filter(
        Q(created_at__gte=since, created_at__lt=until),
        store__in=stores,
        currency=currency,
        status="succeeded",
    )
    alike = paid.order_by().values_list("amount", "amount_received", "tip_amount", "capture_method")
    payments = taken = would_be = 0
    counted = alike.annotate(n=Count("pk"), fees=Sum("application_fee_amount"))
    for amount, received, tip, method, n, sum_of_fees in counted:
        by_hand = method == "manual"
        each = fee(plan, received - tip, tip) if by_hand else fee(plan, amount)
        payments, taken, would_be = payments + n, taken + (sum_of_fees or 0), would_be + n * each
    return payments, taken, would_be
