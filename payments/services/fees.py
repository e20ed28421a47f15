"""What the platform takes: which plan is in force, who sets one, and the look at a hold's fee.

A plan holds from an exact instant on, whatever the store's time zone; the one in force when the
payment is made is the payment's for all its life: docs/architecture.md, "Fees".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from payments.errors import FeePlanNotAllowed, FeePlanRefused
from payments.models import FeePlan, Payment
from payments.services.requests import raise_incident
from payments.services.telling import log
from payments.transitions import fee as fee_of
from payments.transitions import fee_of_hold, sale_received
from stores.currencies import format_amount
from stores.models import Account, LogEntry, Store
from stores.principals import Kind, Principal, Right
from stores.sentences import Said, said

DIFFERS = "fee_differs"


def in_force(store: Store, currency: str, at: datetime) -> FeePlan | None:
    """The store's own plan, else its account's, else none: then there is no fee. One statement."""
    begun = FeePlan.objects.filter(
        Q(store=store) | Q(store=None),
        account=store.account_id,
        currency=currency,
        effective_from__lte=at,
    )
    newest = begun.order_by("store_id", "-effective_from", "-pk").distinct("store_id")  # own first
    return next((plan for plan in newest if not plan.as_account), None)


@dataclass(frozen=True)
class Terms:
    """What a plan takes, all but for whom and from when."""

    basis_points: int = 0
    fixed_amount: int = 0
    minimum_amount: int = 0
    cap_amount: int | None = None
    includes_tips: bool = False
    as_account: bool = False


def may_set(by: Principal) -> bool:
    """Who sets fees: the platform's owner, and the machine that loads what he wrote down."""
    return by.kind is Kind.SYSTEM or by.may(Right.SET_FEES, None)


def add_plan(
    terms: Terms,
    *,
    account: Account,
    currency: str,
    by: Principal,
    store: Store | None = None,
    effective_from: datetime | None = None,
    reason: str = "",
) -> FeePlan:
    """Have payments that start from then on (from now on) cost this.

    The newest of two plans of one instant holds, so that one which has not begun can be replaced.
    Only who loads books that nobody has sold by yet lets one begin in the past.
    Raises FeePlanNotAllowed, FeePlanRefused.
    """
    if not may_set(by):
        raise FeePlanNotAllowed(gettext("Only the platform's owner sets fees."))
    now = timezone.now()
    starts = effective_from or now
    check(terms, account, store, currency)
    if starts < now and by.kind is not Kind.SYSTEM:
        raise FeePlanRefused(
            gettext("A plan cannot begin in the past: what was sold then has its fee.")
        )
    with transaction.atomic():
        stores = [store] if store else list(account.stores.filter(currency=currency))
        before = {each: in_force(each, currency, starts) for each in stores}
        plan = FeePlan.objects.create(
            account=account,
            store=store,
            currency=currency,
            effective_from=starts,
            reason=reason,
            created_by_id=by.user_id,
            **vars(terms),
        )
        told = [
            _tell(plan, each, was, by)
            for each, was in before.items()
            if store is not None or was is None or was.store_id is None
        ]
        if not told:
            _tell(plan, None, None, by)
    return plan


def check(terms: Terms, account: Account, store: Store | None, currency: str) -> None:
    """Raises FeePlanRefused for what makes no sense."""
    if store is not None and (store.account_id, store.currency) != (account.pk, currency):
        raise FeePlanRefused(
            gettext("{store} is not a store of {account} that sells in {currency}.").format(
                store=store, account=account, currency=currency
            )
        )
    if terms.as_account and (store is None or terms != Terms(as_account=True)):
        raise FeePlanRefused(
            gettext("Only a store can follow its account, and then has no terms itself.")
        )
    if not 0 <= terms.basis_points <= 10_000:
        raise FeePlanRefused(gettext("The share is from 0 to 100 %."))
    if min(terms.fixed_amount, terms.minimum_amount) < 0:
        raise FeePlanRefused(gettext("No amount is below zero."))
    if terms.cap_amount is not None and terms.cap_amount < terms.minimum_amount:
        raise FeePlanRefused(gettext("The highest amount is below the least."))


def _tell(plan: FeePlan, store: Store | None, before: FeePlan | None, by: Principal) -> LogEntry:
    starts = plan.effective_from.astimezone(ZoneInfo(store.timezone if store else "UTC"))
    was, now = before.said if before else "", plan.said
    return LogEntry.objects.write(
        store=store,
        subject="fee_plan",
        subject_id=plan.pk,
        verb="added",
        message=f"Fee from {starts:%Y-%m-%d %H:%M %Z} on: {now}. {plan.reason}".strip(),
        old=was,
        new=now,
        by=by,
        data={"account": plan.account.stripe_id, "currency": plan.currency},
    )


def expected(payment: Payment) -> int | None:
    """The fee that should be at Stripe now; None while that does not matter yet."""
    if payment.status == "requires_capture":
        return fee_of_hold(payment)
    if payment.status != "succeeded":
        return None
    if taken_by_hand(payment):
        return fee_of(payment.fee_plan, sale_received(payment), payment.tip_amount)
    return payment.application_fee_amount


def taken_by_hand(payment: Payment) -> bool:
    """Whether its fee could be said with the capture. Interac is taken when it is approved."""
    return payment.capture_method == "manual" and payment.card.get("type") != "interac_present"


def inspect(payment: Payment) -> None:
    """After a merge: a fee at Stripe that no plan of ours made is told.

    That of a hold is put right with its capture, which says the fee.
    """
    ours = expected(payment)
    if ours is None or payment.fee_at_stripe is None:
        return
    if payment.status == "succeeded":
        payment.application_fee_amount = ours
    if payment.fee_at_stripe != ours:
        raise_incident(DIFFERS, _sentence(payment, ours), payment=payment)


def _sentence(payment: Payment, ours: int) -> Said:
    there, due = (
        format_amount(each, payment.currency) for each in (payment.fee_at_stripe or 0, ours)
    )
    plan = said("it has no plan, which makes {due}", due=due)
    if payment.fee_plan:
        plan = said("its plan ({plan}) makes {due}", plan=payment.fee_plan.said, due=due)
    if payment.status == "requires_capture":
        return said(
            "Somebody set the fee of this hold to {there} at Stripe; {plan}. Nothing is to be done"
            " for it: the capture says the right fee. Find out who may do that.",
            there=there,
            plan=plan,
        )
    return said(
        "Stripe took a fee of {there}; {plan}. Give back what is too much in Stripe's Dashboard,"
        " or bill what is missing.",
        there=there,
        plan=plan,
    )


def corrected(payment: Payment) -> None:
    """A hold whose fee was told has been captured with the right one."""
    log(payment, "fee_corrected", said("Captured with the fee of its plan."))
    payment.incidents.filter(kind=DIFFERS).end(said("It was captured with the fee of its plan."))
