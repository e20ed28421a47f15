"""How much one person may give back, and take as tips on receipts, by their role.

Of one payment, and in one day of the store, counted from rows under a lock of that person, so that
two at once do not both pass. Owners and the platform have no limit; who has no role may nothing.
"""

from __future__ import annotations

from django.db.models import IntegerField, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.translation import gettext

from payments.errors import RefundNotAllowed, TipRefused
from payments.models import Payment, Refund, RefundStatus
from payments.services.possible import amount_refundable
from stores.currencies import spoken_amount
from stores.models import LogEntry, Store
from stores.principals import Kind, Principal, Role
from stores.services.limits import counted_as, midnight, one_at_a_time, role_in

CAPTURE_REQUESTED = "capture_requested"
CAME_TO_NOTHING = (RefundStatus.REFUSED, RefundStatus.FAILED, RefundStatus.CANCELED)


def check_refund(payment: Payment, wanted: int, by: Principal) -> None:
    """On the locked payment. Raises RefundNotAllowed."""
    if by.kind is Kind.SYSTEM:
        return
    store = payment.store
    role = role_in(store.pk, by)
    if role is None:
        raise RefundNotAllowed(gettext("Refunds are for managers in this store."))
    given = payment.amount_received - amount_refundable(payment)
    most = {
        Role.CASHIER: store.cashier_refund_limit,
        Role.MANAGER: store.manager_refund_limit,
    }.get(role)
    if most is not None and given + wanted > most:
        shown = spoken_amount(most, payment.currency)
        raise RefundNotAllowed(
            gettext("You may refund up to {amount} of a payment.").format(amount=shown)
            if most
            else gettext("Refunds are for managers in this store.")
        )
    in_a_day = {
        Role.CASHIER: store.cashier_refund_day_limit,
        Role.MANAGER: store.manager_refund_day_limit,
    }.get(role)
    if in_a_day is not None:
        _check_day(refunded_today(store, by, lock=True), wanted, in_a_day, payment)


def _check_day(sofar: int, wanted: int, most: int, payment: Payment) -> None:
    if sofar + wanted > most:
        shown, done = (spoken_amount(each, payment.currency) for each in (most, sofar))
        raise RefundNotAllowed(
            gettext("You may refund up to {most} a day, and {done} is done today.").format(
                most=shown, done=done
            )
        )


def refunded_today(store: Store, by: Principal, *, lock: bool = False) -> int:
    """What this person, or the tablet that nobody entered a PIN on, gave back today by itself."""
    if lock:
        one_at_a_time(store, by)
    refunds = Refund.objects.filter(
        store=store, created_at__gte=midnight(store), external=False, approval__isnull=True
    )
    found = refunds.filter(**counted_as(by)).exclude(status__in=CAME_TO_NOTHING)
    return found.aggregate(total=Sum("amount"))["total"] or 0


def check_tip(payment: Payment, tip: int, by: Principal) -> None:
    """A tip that is typed in from the receipt. On the locked payment. Raises TipRefused."""
    if tip == 0 or by.kind is Kind.SYSTEM:
        return
    store = payment.store
    most = {
        Role.CASHIER: store.cashier_tip_day_limit,
        Role.MANAGER: store.manager_tip_day_limit,
    }.get(role_in(store.pk, by) or Role.CASHIER)
    if most is None:
        return
    one_at_a_time(store, by)
    captures = LogEntry.objects.filter(
        store=store, at__gte=midnight(store), verb=CAPTURE_REQUESTED, **counted_as(by)
    )
    tips = captures.annotate(tip=Cast(KT("data__tip"), IntegerField()))
    sofar = tips.aggregate(total=Sum("tip"))["total"] or 0
    if sofar + tip > most:
        shown, done = (spoken_amount(each, payment.currency) for each in (most, sofar))
        raise TipRefused(
            gettext("You may add tips up to {most} a day, and {done} is done today.").format(
                most=shown, done=done
            ),
            code="tip_above_limit",
            next_action=gettext("Ask a manager to capture it with the tip."),
        )
