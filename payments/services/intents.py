"""Commands about a PaymentIntent (step A): create, capture, cancel are promised here.

Amounts are computed here from our rows; a client gives none but a tip on the receipt.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from payments import gateway
from payments.errors import (
    AmountRefused,
    OrderHasOpenPayment,
    OrderNotPayable,
    PaymentBusy,
    PaymentFinal,
    PaymentNotCapturable,
    TipRefused,
)
from payments.models import OPEN, UNFINISHED, Payment, StripeRequest
from payments.services import requests
from payments.services.bells import LIVE, notify, wake
from payments.services.telling import log
from stores import currencies
from stores.errors import DomainError
from stores.models import Order, OrderStatus, Store
from stores.principals import Principal
from stores.transitions import move

JSON = dict[str, Any]
CREATE = "payment_intent.create"
CAPTURE = "payment_intent.capture"
CANCEL = "payment_intent.cancel"


def open_payment(order: Order, *, by: Principal, capture_method: str = "") -> Payment:
    """Promise a PaymentIntent over what the order still owes; inside the caller's transaction.

    `order` is locked by the caller. Raises OrderNotPayable, OrderHasOpenPayment, AmountRefused,
    AccountCannotCharge.
    """
    store = order.store
    _check_account(store)
    if order.status != OrderStatus.OPEN:
        raise OrderNotPayable(f"{order} is {order.status}.")
    held = order.payments.filter(OPEN).first()
    if held is not None:
        raise OrderHasOpenPayment(f"{order} has payment {held.pk} on its way ({held.state}).")
    amount = order.total_amount - covered(order)
    if amount <= 0:
        raise OrderNotPayable(f"{order} owes nothing.")
    _check_amount(amount, order.currency)
    payment = Payment.objects.create(
        store=store,
        order=order,
        device_id=by.device_id,
        user_id=by.user_id,
        stripe_account=store.stripe_account,
        destination="" if store.stripe_account else store.account.stripe_id,
        livemode=gateway.livemode(),
        amount=amount,
        currency=order.currency,
        capture_method=capture_method or store.capture_method,
        application_fee_amount=application_fee(store, amount),
        message="Sending to the reader.",
    )
    requests.plan(
        kind=CREATE,
        path="/v1/payment_intents",
        params=create_params(payment, store),
        key=f"create:{payment.uuid}:1",
        payment=payment,
    )
    wake(payment.pk)
    log(
        payment, "created", f"Payment of {currencies.format_amount(amount, order.currency)}.", by=by
    )
    return payment


class AccountCannotCharge(DomainError):
    """Stripe would refuse cards for this store's account."""

    code = "account_cannot_charge"
    next_action = "Finish the account's onboarding at Stripe; take another means of payment now."


def _check_account(store: Store) -> None:
    account = store.account
    if account.deauthorized_at is not None or not account.charges_enabled:
        raise AccountCannotCharge(f"{account} cannot take payments at Stripe now.")
    if account.card_payments != "active":
        raise AccountCannotCharge(f"Card payments are {account.card_payments or 'off'} there.")


def _check_amount(amount: int, currency: str) -> None:
    least, most = currencies.minimum(currency), currencies.maximum(currency)
    if amount < least:
        raise AmountRefused(
            f"Cards are charged from {currencies.format_amount(least, currency)}.",
            next_action="Add something to the order, or take another means of payment.",
        )
    if amount > most:
        raise AmountRefused(
            f"Cards are charged up to {currencies.format_amount(most, currency)}.",
            next_action="Split the sale into several orders.",
        )


def covered(order: Order) -> int:
    """What authorised and paid payments cover of the order, tips left out."""
    held = order.payments.filter(status="requires_capture").aggregate(sum=Sum("amount"))["sum"]
    return (held or 0) + received(order)


def received(order: Order) -> int:
    """What was really paid of the order, tips left out."""
    paid = order.payments.filter(status="succeeded").aggregate(
        sum=Sum("amount_received"), tips=Sum("tip_amount")
    )
    return (paid["sum"] or 0) - (paid["tips"] or 0)


def application_fee(store: Store, amount: int) -> int:
    """Half-up share of the amount, in the same unit."""
    return (amount * store.account.application_fee_basis_points + 5_000) // 10_000


def create_params(payment: Payment, store: Store) -> JSON:
    """The body of `POST /v1/payment_intents` (docs: /terminal/payments/collect-card-payment)."""
    params: JSON = {
        "amount": payment.amount,
        "currency": payment.currency,
        "payment_method_types": ["card_present"],
        "capture_method": payment.capture_method,
        "description": f"{store.name}, order {payment.order.number}",
        "metadata": {
            "payment": str(payment.uuid),
            "order": str(payment.order_id),
            "store": str(payment.store_id),
        },
    }
    if store.country == "CA":
        # Interac cannot be held: other cards are, Interac is taken at once.
        params["payment_method_types"].append("interac_present")
        if payment.capture_method == "manual":
            params["capture_method"] = "automatic"
            params["payment_method_options"] = {
                "card_present": {"capture_method": "manual_preferred"}
            }
    if payment.application_fee_amount:
        params["application_fee_amount"] = payment.application_fee_amount
    if payment.destination:
        params["on_behalf_of"] = payment.destination
        params["transfer_data"] = {"destination": payment.destination}
    return params


def capture(payment: Payment, *, by: Principal, tip_amount: int = 0) -> Payment:
    """Promise to capture the whole hold, with a tip from the receipt if one is given.

    Raises PaymentNotCapturable, PaymentBusy, TipRefused.
    """
    with transaction.atomic():
        payment = lock(payment)
        if payment.status != "requires_capture":
            raise PaymentNotCapturable(f"The payment is {payment.state}, not approved.")
        _refuse_when_busy(payment)
        _check_tip(payment, tip_amount)
        payment.tip_amount = tip_amount
        payment.save(update_fields=["tip_amount"])
        plan_capture(payment)
        wake(payment.pk)
        log(payment, "capture_requested", _capture_sentence(payment), by=by)
        touch(payment, "Approved. The capture is on its way.")
    return payment


def _capture_sentence(payment: Payment) -> str:
    if not payment.tip_amount:
        return "Capture requested."
    tip = currencies.format_amount(payment.tip_amount, payment.currency)
    return f"Capture requested with a tip of {tip}."


def highest_tip(payment: Payment) -> int:
    """The largest tip on the receipt: 50 % of the hold or 50 USD, whichever is more; else 0.

    docs.stripe.com/terminal/features/collecting-tips/on-receipt
    """
    if payment.store.country != "US" or not payment.overcapture_supported:
        return 0
    return max(payment.amount_authorized // 2, 5_000)


def _check_tip(payment: Payment, tip_amount: int) -> None:
    if tip_amount == 0:
        return
    most = highest_tip(payment)
    if most == 0:
        raise TipRefused(
            "This card or store takes no tip on the receipt.",
            next_action="Capture without a tip.",
        )
    if not 0 < tip_amount <= most:
        raise TipRefused(
            f"The tip may be up to {currencies.format_amount(most, payment.currency)}.",
            next_action="Enter a smaller tip.",
        )


def plan_capture(payment: Payment) -> StripeRequest:
    params: JSON = {
        "amount_to_capture": payment.amount_capturable + payment.tip_amount,
        "expand": ["latest_charge"],
    }
    if payment.application_fee_amount:
        # The fee is on the sale, not on the tip.
        params["application_fee_amount"] = payment.application_fee_amount
    return plan_on_intent(payment, CAPTURE, "capture", params)


def plan_cancel(payment: Payment) -> StripeRequest:
    params = {"cancellation_reason": "requested_by_customer", "expand": ["latest_charge"]}
    return plan_on_intent(payment, CANCEL, "cancel", params)


def plan_on_intent(payment: Payment, kind: str, verb: str, params: JSON) -> StripeRequest:
    number = requests.count(payment, kind) + 1
    return requests.plan(
        kind=kind,
        path=f"/v1/payment_intents/{payment.payment_intent_id}/{verb}",
        params=params,
        key=f"{verb}:{payment.uuid}:{number}",
        payment=payment,
    )


def request_cancel(payment: Payment, *, by: Principal) -> Payment:
    """Write down, on the locked payment, that it is to be canceled or its hold released.

    What must be sent for it is planned by whoever knows the counter (terminal.services).
    Raises PaymentFinal, PaymentBusy.
    """
    if payment.ended_at is not None:
        raise PaymentFinal(f"The payment is {payment.state}.")
    if payment.is_authorized:
        _refuse_when_busy(payment)
    if payment.cancel_requested_at is None:
        payment.cancel_requested_at = timezone.now()
        payment.save(update_fields=["cancel_requested_at"])
        log(payment, "cancel_requested", "Cancel requested.", by=by)
    return payment


def touch(payment: Payment, message: str) -> None:
    """Count the version and tell the screens that what a person asked for is on its way."""
    payment.message = message
    payment.version += 1
    payment.updated_at = timezone.now()
    payment.save(update_fields=["message", "version", "updated_at"])
    notify(LIVE, "payment", payment.pk, payment.store_id)


def lock(payment: Payment) -> Payment:
    """Lock order, then payment, inside the caller's transaction; the fresh row."""
    order = Order.objects.lock(payment.order_id)
    locked = Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)
    locked.order, locked.store = order, order.store
    return locked


def _refuse_when_busy(payment: Payment) -> None:
    busy = payment.requests.filter(
        status__in=UNFINISHED, kind__startswith="payment_intent."
    ).first()
    if busy is not None:
        raise PaymentBusy(
            f"{busy.kind.removeprefix('payment_intent.').capitalize()} is on its way."
        )


def refuse_open_payment(order: Order) -> None:
    """An order guard: an order on a reader, or held, is not edited under the customer's hands."""
    held = order.payments.filter(ended_at__isnull=True).first()
    if held is not None:
        raise OrderHasOpenPayment(f"{order} has payment {held.pk} ({held.state}).")


def close_answered_incidents(payment: Payment) -> None:
    """After a merge: a hold that is captured or released expires no more."""
    if payment.ended_at is not None:
        payment.incidents.filter(kind="hold_expires", resolved_at=None).update(
            resolved_at=timezone.now(), resolution=f"The payment is {payment.status}."
        )


def pay_order(payment: Payment) -> None:
    """After a merge: an order is paid when what was received covers it. Authorised is not paid."""
    if payment.status != "succeeded" or payment.order.status != OrderStatus.OPEN:
        return
    payment.save()  # so that the sum below counts it
    if received(payment.order) >= payment.order.total_amount:
        move(payment.order, OrderStatus.PAID, message=f"{payment.order} is paid.")
