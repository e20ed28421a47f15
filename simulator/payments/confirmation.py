"""A PaymentIntent is confirmed by the server, with a saved card and nobody at a reader.

https://docs.stripe.com/api/payment_intents/confirm
"""

from simulator.api.routes import Call, operation
from simulator.errors import StripeError, exclusive
from simulator.payments import authorization, card_details, intent_params, payment_methods
from simulator.payments.amount_details import items_of
from simulator.payments.cards import Card, Verdict, online_verdict
from simulator.payments.charges import new_charge
from simulator.payments.intent_rules import READ_TYPES, require_payable
from simulator.payments.intent_state import (
    capture_method,
    close,
    require_status,
    require_unlocked,
    unexpected_state,
)
from simulator.state.store import Json, Record
from simulator.state.world import World

ONLINE_HOLD = 7 * 24 * 3600
CONFIRMABLE = ("requires_payment_method", "requires_confirmation")
NO_METHOD = (
    "You cannot confirm this PaymentIntent because it's missing a payment method. You can either "
    "update the PaymentIntent with a payment method and then confirm it again, or confirm it again "
    "directly with a payment method or ConfirmationToken."
)


def confirm(call: Call) -> Record:
    """Raises the card's refusal as 402; too many tries cancel the PaymentIntent."""
    intent = call.find("payment_intents", "payment_intent", "intent")
    require_unlocked(intent)
    require_status(
        intent,
        CONFIRMABLE,
        "You cannot confirm this PaymentIntent because it has a status of {status}. Only a "
        "PaymentIntent with one of the following statuses may be confirmed: "
        f"{', '.join(CONFIRMABLE)}.",
    )
    if intent.hidden.get("refusals", 0) >= call.world.switches["most_confirmations"]:
        close(call.world, intent, "automatic")
        return intent
    changed = dict(intent.data)
    items = intent_params.apply(call, changed, items_of(intent))
    require_payable(call, changed)
    intent_params.keep(call.world, intent, changed, items)
    carry_out(call, intent)
    return intent


def carry_out(call: Call, intent: Record) -> None:
    """Ask the card's bank."""
    world, id = call.world, intent.data["payment_method"]
    if id is None:
        raise unexpected_state(intent, NO_METHOD)
    method = world.get(id)
    if method.data["type"] in READ_TYPES:
        raise unexpected_state(
            intent,
            "This PaymentIntent's card was collected by a reader, so it can only be confirmed on "
            "that reader.",
        )
    if "mandate" in call.params and "off_session" in call.params:
        raise exclusive("mandate", "off_session")
    charge_typed(world, intent, method, online_verdict(payment_methods.card_of(method)))


def charge_typed(world: World, intent: Record, method: Record, verdict: Verdict) -> None:
    """A card whose number was typed is charged; its refusal is raised as 402."""
    manual = capture_method(intent, "card") == "manual"
    charge = new_charge(
        *(world, intent, method, verdict, intent.data["amount"]),
        lambda charge: _details(world, method, charge, held=manual and verdict.approved),
    )
    if not verdict.approved:
        error = authorization.refuse(world, intent, charge, method, verdict)
        shown: Json = error | {"payment_intent": dict(intent.data)}
        raise StripeError(402, shown.pop("message"), **shown)
    _keep_method(world, intent, method)
    amount = intent.data["amount"]
    authorization.accept(world, intent, charge, method, amount, manual=manual)


def _keep_method(world: World, intent: Record, method: Record) -> None:
    """Saved with the customer if that was asked; else a card without a customer is used up."""
    options = intent.data["payment_method_options"].get("card", {})
    saved = options.get("setup_future_usage") or intent.data["setup_future_usage"]
    if saved and intent.data["customer"] is not None:
        payment_methods.attach_to(world, method, intent.data["customer"])
    elif method.data["customer"] is None:
        method.hidden["detached"] = True
        world.save(method)


def _details(world: World, method: Record, charge: Json, *, held: bool) -> Json:
    """https://docs.stripe.com/api/charges/object: a card that was not there."""
    card: Card = payment_methods.card_of(method)
    kept = method.data["card"]
    expiry = {"exp_month": kept["exp_month"], "exp_year": kept["exp_year"]}
    unavailable = {"status": "unavailable"}
    return card_details.online(world, card, expiry) | {
        "amount_authorized": charge["amount"] if charge["paid"] else None,
        "authorization_code": charge["authorization_code"],
        "capture_before": world.clock.now() + ONLINE_HOLD if held else None,
        "checks": kept["checks"],
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": unavailable,
        "installments": None,
        "mandate": None,
        "moto": None,
        "multicapture": unavailable,
        "network": kept["brand"],
        "network_token": {"used": False},
        "network_transaction_id": world.ids.digits(f"network {charge['id']}", 15),
        "overcapture": unavailable | {"maximum_amount_capturable": charge["amount"]},
        "regulated_status": kept["regulated_status"],
        "three_d_secure": None,
        "transaction_link_id": None,
        "wallet": None,
    }


OPERATIONS = [
    operation(
        "POST",
        "/v1/payment_intents/{id}/confirm",
        "payment_intents.confirm",
        confirm,
        "PaymentIntentConfirmParams",
        "payment_intent",
        f"{intent_params.CONFIRMABLE} off_session return_url mandate error_on_requires_action",
    ),
]
