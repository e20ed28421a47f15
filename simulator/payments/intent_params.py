"""What a PaymentIntent is when it is new, and how parameters are written onto it.

https://docs.stripe.com/api/payment_intents/create
"""

from simulator.api.objects import (
    merge_metadata,
    new_metadata,
    none_if_empty,
    set_plain,
    shipping,
)
from simulator.api.routes import Call
from simulator.errors import exclusive, missing_param
from simulator.payments import amount_details, payment_methods
from simulator.payments.charges import application_of
from simulator.payments.intent_rules import require_method_fits
from simulator.state.store import Json, Record
from simulator.state.world import World

# What each type of payment method shows under `payment_method_options` when nothing was sent.
OPTIONS: dict[str, Json] = {
    "affirm": {},
    "card": {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    },
    "card_present": {
        "request_extended_authorization": False,
        "request_incremental_authorization_support": False,
    },
    "interac_present": {},
    "paynow": {},
    "wechat_pay": {"app_id": None, "client": None},
}
_NOT_SHOWN = ("cvc_token", "moto", "three_d_secure")


def blank(call: Call, id: str, currency: str) -> Json:
    secret = call.world.ids.text(f"secret {id}", 25)
    return {
        "id": id,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": 0,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": application_of(call.account),
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{id}_secret_{secret}",
        "confirmation_method": "automatic",
        "created": call.world.clock.now(),
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def choose_types(params: Json, intent: Json) -> None:
    """Types that are named, or those that are on in the Dashboard: here that is `card`."""
    automatic = params.get("automatic_payment_methods")
    named = "payment_method_types" in params
    if automatic is not None and automatic["enabled"] and named:
        raise exclusive("automatic_payment_methods", "payment_method_types")
    if not named and (automatic is None or automatic["enabled"]):
        allowed = (automatic or {}).get("allow_redirects", "always")
        intent["automatic_payment_methods"] = {"allow_redirects": allowed, "enabled": True}


def apply(call: Call, intent: Json, items: list[Json]) -> list[Json]:
    """Write what was sent onto the PaymentIntent, new or old. Takes and returns its line items."""
    params = call.params
    if none_if_empty(params.get("customer")) is not None:
        call.named("customers", "customer", "customer")
    set_plain(
        intent,
        params,
        "amount",
        "application_fee_amount",
        "capture_method",
        "confirmation_method",
        "customer",
        "description",
        "allowed_payment_method_types",
        "excluded_payment_method_types",
        "on_behalf_of",
        "payment_method_types",
        "receipt_email",
        "setup_future_usage",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
    )
    if "currency" in params:
        intent["currency"] = params["currency"].lower()
    if "shipping" in params:
        intent["shipping"] = shipping(none_if_empty(params["shipping"]))
    note_payment_details(intent, params)
    _apply_transfer(intent, params)
    intent["payment_method_options"] = _options(intent, params)
    merge_metadata(intent, params)
    _choose_method(call, intent)
    return amount_details.apply(intent, params, items)


def keep(world: World, intent: Record, changed: Json, items: list[Json]) -> None:
    """Make the changes the PaymentIntent's own, all at once."""
    intent.data = changed
    amount_details.keep_items(world, intent, items)
    world.save(intent)


def note_payment_details(intent: Json, params: Json) -> None:
    """https://docs.stripe.com/api/payment_intents/object: references a business can look up."""
    if "payment_details" not in params:
        return
    sent = none_if_empty(params["payment_details"])
    if sent is None:
        intent.pop("payment_details", None)
        return
    before = intent.get("payment_details", {})
    names = ("customer_reference", "order_reference")
    intent["payment_details"] = {n: none_if_empty(sent.get(n, before.get(n))) for n in names}


def _apply_transfer(intent: Json, params: Json) -> None:
    if "transfer_data" not in params:
        return
    sent = dict(params["transfer_data"])
    if "metadata" in sent:
        sent["metadata"] = new_metadata(sent)
    merged = (intent["transfer_data"] or {}) | sent
    if "destination" not in merged:
        raise missing_param("transfer_data[destination]")
    intent["transfer_data"] = merged


def _options(intent: Json, params: Json) -> Json:
    """https://docs.stripe.com/api/payment_intents/object: the hashes of the accepted types."""
    before = intent["payment_method_options"]
    sent: Json = params.get("payment_method_options") or {}
    options: Json = {}
    for type in intent["payment_method_types"]:
        known = before.get(type) or OPTIONS.get(type, {})
        wanted: Json = sent.get(type) or {}
        for name, value in wanted.items():
            if name in _NOT_SHOWN:
                continue
            known = {k: v for k, v in known.items() if k != name}
            if value != "":
                known[name] = value
        options[type] = dict(sorted(known.items()))
    return options


def _choose_method(call: Call, intent: Json) -> None:
    method = payment_methods.chosen(call)
    if method is None:
        return
    require_method_fits(intent, method)
    intent["payment_method"] = method.id
    intent["status"] = "requires_confirmation"


METHOD = (
    "payment_method payment_method_data[type] payment_method_data[card] "
    "payment_method_data[billing_details] payment_method_data[allow_redisplay] "
    "payment_method_data[metadata]"
)
_OPTIONS = " ".join(f"payment_method_options[{type}]" for type in OPTIONS)
CONFIRMABLE = (
    f"{METHOD} {_OPTIONS} {amount_details.ACCEPTED} amount_details capture_method payment_details "
    "payment_method_types receipt_email setup_future_usage shipping excluded_payment_method_types "
    "allowed_payment_method_types"
)
EDITABLE = (
    f"{CONFIRMABLE} amount application_fee_amount currency customer description metadata "
    "statement_descriptor statement_descriptor_suffix transfer_group transfer_data[amount]"
)
CREATABLE = (
    f"{EDITABLE} automatic_payment_methods confirm confirmation_method on_behalf_of off_session "
    "return_url error_on_requires_action transfer_data[destination] transfer_data[description] "
    "transfer_data[metadata] transfer_data[payment_data]"
)
