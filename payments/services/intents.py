"""Commands about a PaymentIntent (step A): create, capture, cancel are promised here.

Amounts are computed here from our rows; a client gives none but a tip on the receipt.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments import gateway
from payments.errors import AmountRefused, ConfirmRefused, PaymentBusy, PaymentFinal
from payments.models import UNFINISHED, CardRule, Payment, StripeRequest
from payments.services import circuits, fees, requests, splitting
from payments.services.bells import LIVE, notify, wake
from payments.services.methods import method_params
from payments.services.splitting import ALL, Split
from payments.services.telling import log
from payments.transitions import fee, on_its_way, state_word
from stores import currencies
from stores.errors import DomainError
from stores.models import Flow, Order, Store
from stores.principals import Principal
from stores.sentences import Said, said, together
from stores.services.accounts import standing_of

JSON = dict[str, Any]
CREATE = "payment_intent.create"
CANCEL = "payment_intent.cancel"
REQUESTED_BY_CUSTOMER = "requested_by_customer"


def open_payment(
    order: Order,
    *,
    by: Principal,
    capture_method: str = "",
    flow: str = "",
    confirm: str = "",
    split: Split = ALL,
    skip_tipping: bool = False,
) -> Payment:
    """Promise a PaymentIntent over what the order still owes, or a part of it; inside the
    caller's transaction.

    `order` is locked by the caller. Raises OrderNotPayable, OrderHasOpenPayment, SplitRefused,
    LinePaid, AmountRefused, AccountCannotCharge, ConfirmRefused, SellingClosed.
    """
    store = order.store
    _check_account(store)
    part = splitting.next_part(order, split)
    amount = part.amount
    check_amount(amount, order.currency)
    flow = ruled_flow(store, flow or store.flow)
    if confirm == "manual" and flow != Flow.COLLECT:
        raise ConfirmRefused(
            gettext("Only a card that is collected first can wait to be confirmed.")
        )
    now = timezone.now()
    plan = fees.in_force(store, order.currency, now)
    sending = _sending()
    payment = Payment.objects.create(
        created_at=now,
        store=store,
        order=order,
        device_id=by.device_id,
        user_id=by.user_id,
        stripe_account=store.stripe_account,
        destination="" if store.stripe_account else store.account.stripe_id,
        livemode=gateway.livemode(),
        amount=amount,
        currency=order.currency,
        share_number=part.share_number,
        share_count=part.share_count,
        capture_method=capture_method or store.capture_method,
        flow=flow,
        confirm=confirm or "automatic",
        skip_tipping=skip_tipping,
        fee_plan=plan,
        application_fee_amount=fee(plan, amount),
        message=str(sending),
        said=sending.parts,
    )
    splitting.claim(part.lines, payment)
    requests.plan(
        kind=CREATE,
        path="/v1/payment_intents",
        params=create_params(payment, store),
        key=f"create:{payment.uuid}:1",
        payment=payment,
    )
    wake(payment.pk)
    log(payment, "created", said("Payment of {what}.", what=part.describe(order.currency)), by=by)
    return payment


def ruled_flow(store: Store, flow: str) -> Flow:
    """A store with rules about cards looks at every card, whatever a till asks for."""
    if flow == Flow.PROCESS and CardRule.objects.filter(store=store, is_active=True).exists():
        return Flow.COLLECT
    return Flow(flow)


def _sending() -> Said:
    trouble = circuits.trouble()
    return together(said("Sending to the reader."), trouble.message if trouble else "")


class KeyRefused(DomainError):
    """No card can be charged with a key that Stripe refuses."""

    code = "key_refused"
    retryable = True


class AccountCannotCharge(DomainError):
    """Stripe would refuse cards for this store's account."""

    code = "account_cannot_charge"
    next_action = _("Finish the account's onboarding at Stripe; take another means of payment now.")


def _check_account(store: Store) -> None:
    circuits.refuse_closed()
    trouble = circuits.trouble()
    if trouble is not None and trouble.kind == "key_refused":
        raise KeyRefused(trouble.message.spoken, next_action=trouble.next_action.spoken)
    how = standing_of(store)
    if not how.takes_cards:
        raise AccountCannotCharge(
            how.message.spoken, code=how.code, next_action=how.next_action.spoken
        )


def check_amount(amount: int, currency: str) -> None:
    """Raises AmountRefused for what Stripe would refuse."""
    least, most = currencies.minimum(currency), currencies.maximum(currency)
    if amount < least:
        raise AmountRefused(
            gettext("Cards are charged from {amount}.").format(
                amount=currencies.spoken_amount(least, currency)
            ),
            next_action=gettext("Add something to the order, or take another means of payment."),
        )
    if amount > most:
        raise AmountRefused(
            gettext("Cards are charged up to {amount}.").format(
                amount=currencies.spoken_amount(most, currency)
            ),
            next_action=gettext("Split the sale into several orders."),
        )


def create_params(payment: Payment, store: Store) -> JSON:
    """The body of `POST /v1/payment_intents` (docs: /terminal/payments/collect-card-payment)."""
    params: JSON = {
        "amount": payment.amount,
        "currency": payment.currency,
        "description": f"{store.name}, order {payment.order.number}",
        "metadata": {
            "payment": str(payment.uuid),
            "order": str(payment.order_id),
            "store": str(payment.store_id),
        },
        **method_params(payment, store),
    }
    if payment.application_fee_amount:
        params["application_fee_amount"] = payment.application_fee_amount
    if payment.destination:
        params["on_behalf_of"] = payment.destination
        params["transfer_data"] = {"destination": payment.destination}
    return params


def plan_cancel(payment: Payment, *, delay: float = 0.0) -> StripeRequest:
    reason = payment.cancellation_reason or REQUESTED_BY_CUSTOMER
    params = {"cancellation_reason": reason, "expand": ["latest_charge"]}
    return plan_on_intent(payment, CANCEL, "cancel", params, delay=delay)


def plan_on_intent(
    payment: Payment, kind: str, verb: str, params: JSON, *, delay: float = 0.0
) -> StripeRequest:
    number = requests.count(payment, kind) + 1
    return requests.plan(
        kind=kind,
        path=f"/v1/payment_intents/{payment.payment_intent_id}/{verb}",
        params=params,
        key=f"{verb}:{payment.uuid}:{number}",
        payment=payment,
        delay=delay,
    )


def request_cancel(
    payment: Payment, *, by: Principal, reason: str = REQUESTED_BY_CUSTOMER
) -> Payment:
    """Write down, on the locked payment, that it is to be canceled or its hold released.

    What must be sent for it is planned by whoever knows the counter (terminal.services).
    Raises PaymentFinal, PaymentBusy.
    """
    if payment.ended_at is not None:
        raise PaymentFinal(
            gettext("The payment is {state}.").format(state=state_word(payment.state))
        )
    if payment.is_authorized:
        refuse_when_busy(payment)
    if payment.cancel_requested_at is None:
        payment.cancel_requested_at = timezone.now()
        payment.cancellation_reason = reason
        payment.save(update_fields=["cancel_requested_at", "cancellation_reason"])
        log(payment, "cancel_requested", "Cancel requested.", by=by)
    return payment


def touch(payment: Payment, message: str) -> None:
    """Count the version and tell the screens that what a person asked for is on its way."""
    payment.spoken = message
    payment.version += 1
    payment.updated_at = timezone.now()
    payment.save(update_fields=["message", "said", "version", "updated_at"])
    notify(LIVE, "payment", payment.pk, payment.store_id)


def lock(payment: Payment) -> Payment:
    """Lock order, then payment, inside the caller's transaction; the fresh row."""
    order = Order.objects.lock(payment.order_id)
    found = Payment.objects.select_related("fee_plan")
    locked = found.select_for_update(no_key=True, of=("self",)).get(pk=payment.pk)
    locked.order, locked.store = order, order.store
    return locked


def refuse_when_busy(payment: Payment) -> None:
    busy = payment.requests.filter(
        status__in=UNFINISHED, kind__startswith="payment_intent."
    ).first()
    if busy is not None:
        raise PaymentBusy(on_its_way(busy.kind))
