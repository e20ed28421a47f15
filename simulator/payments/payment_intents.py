"""PaymentIntents as the API sees them: https://docs.stripe.com/api/payment_intents."""

from simulator.api.lists import equal_to, page
from simulator.api.objects import merge_metadata, none_if_empty, set_plain
from simulator.api.routes import LIST, Call, operation
from simulator.errors import StripeError, locked, missing_param
from simulator.payments import refunds
from simulator.payments.charges import application_of
from simulator.payments.intent_rules import require_payable
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.webhooks import events

COLLECTING = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE = ("requires_payment_method", "requires_capture", *COLLECTING[1:], "processing")
ALWAYS_EDITABLE = frozenset(("metadata", "description", "receipt_email", "expand"))


def create(call: Call) -> Record:
    world, params = call.world, call.params
    for name in ("amount", "currency"):
        if name not in params:
            raise missing_param(name)
    currency = params["currency"].lower()
    intent: Json = _blank(call, world.ids.new("pi_"), currency)
    _apply(call, intent)
    require_payable(call, intent)
    record = world.new("payment_intents", call.account, intent, {"locked": False})
    events.emit(world, "payment_intent.created", record)
    return record


def retrieve(call: Call) -> Record:
    return call.find("payment_intents", "payment_intent", "intent")


def list_(call: Call) -> Json:
    return page(call, "payment_intents", equal_to(call.params, "customer"))


def update(call: Call) -> Record:
    """Amounts and the like only while nothing was authorised; notes at any time."""
    record = retrieve(call)
    require_unlocked(record)
    status = record.data["status"]
    for name in call.params:
        if name not in ALWAYS_EDITABLE and status not in COLLECTING:
            raise unexpected_state(
                record,
                f"This PaymentIntent's {name} could not be updated because it has a status of "
                f"{status}. You may only update the {name} of a PaymentIntent with one of the "
                f"following statuses: {', '.join(COLLECTING)}.",
            )
    changed = dict(record.data)
    _apply(call, changed)
    if status in COLLECTING:
        require_payable(call, changed)
        changed["last_payment_error"] = None
    record.data.update(changed)
    call.world.save(record)
    return record


def cancel(call: Call) -> Record:
    """A held amount is released; the reader, if one shows this, goes on showing it."""
    record = retrieve(call)
    require_unlocked(record)
    status = record.data["status"]
    if status not in CANCELABLE:
        raise unexpected_state(
            record,
            f"You cannot cancel this PaymentIntent because it has a status of {status}. Only a "
            "PaymentIntent with one of the following statuses may be canceled: "
            f"{', '.join(CANCELABLE)}.",
        )
    close(call.world, record, call.params.get("cancellation_reason"))
    return record


def close(world: World, intent: Record, reason: str | None) -> None:
    """Canceled, by us or by time; what was held is released."""
    data = intent.data
    if data["status"] == "requires_capture":
        refunds.release(world, world.get(data["latest_charge"]))
    data["status"] = "canceled"
    data["canceled_at"] = world.clock.now()
    data["cancellation_reason"] = reason
    data["amount_capturable"] = 0
    world.save(intent)
    events.emit(world, "payment_intent.canceled", intent)


def unexpected_state(intent: Record, message: str) -> StripeError:
    return StripeError(
        400, message, code="payment_intent_unexpected_state", payment_intent=dict(intent.data)
    )


def require_unlocked(intent: Record) -> None:
    """While a card is being authorised, Stripe itself holds the object."""
    if intent.hidden["locked"]:
        raise locked("payment_intent", intent.id)


def _blank(call: Call, id: str, currency: str) -> Json:
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


def _apply(call: Call, intent: Json) -> None:
    """Write what was sent onto the PaymentIntent, new or old."""
    params = call.params
    set_plain(
        intent,
        params,
        "amount",
        "application_fee_amount",
        "capture_method",
        "customer",
        "description",
        "on_behalf_of",
        "payment_method_types",
        "receipt_email",
        "setup_future_usage",
        "statement_descriptor_suffix",
        "transfer_group",
    )
    if none_if_empty(params.get("customer")) is not None:
        call.named("customers", "customer", "customer")
    if "currency" in params:
        intent["currency"] = params["currency"].lower()
    if "transfer_data" in params:
        before = intent["transfer_data"] or {}
        intent["transfer_data"] = (before | params["transfer_data"]) or None
    intent["payment_method_options"] = _options(intent, params)
    merge_metadata(intent, params)


def _options(intent: Json, params: Json) -> Json:
    """https://docs.stripe.com/api/payment_intents/object: the hashes of the accepted types."""
    before = intent["payment_method_options"]
    sent = params.get("payment_method_options") or {}
    options: Json = {}
    for type in intent["payment_method_types"]:
        if type == "card_present":
            options[type] = before.get(type) or {
                "request_extended_authorization": False,
                "request_incremental_authorization_support": False,
            }
        if type == "interac_present":
            options[type] = {}
    chosen = (sent.get("card_present") or {}).get("capture_method")
    if chosen is not None and "card_present" in options:
        kept = {k: v for k, v in options["card_present"].items() if k != "capture_method"}
        options["card_present"] = kept | ({"capture_method": chosen} if chosen else {})
    return options


_PATH = "/v1/payment_intents"
_EDITABLE = (
    "amount currency payment_method_types capture_method application_fee_amount description "
    "payment_method_options[card_present][capture_method] payment_method_options[interac_present] "
    "customer setup_future_usage receipt_email statement_descriptor_suffix transfer_group metadata "
    "transfer_data[amount]"
)
OPERATIONS = [
    operation(
        "POST",
        _PATH,
        "payment_intents.create",
        create,
        "PaymentIntentCreateParams",
        "payment_intent",
        takes=f"{_EDITABLE} on_behalf_of transfer_data[destination]",
    ),
    operation(
        "GET",
        _PATH,
        "payment_intents.list",
        list_,
        "PaymentIntentListParams",
        "payment_intent",
        takes=f"{LIST} created customer",
    ),
    operation(
        "GET",
        f"{_PATH}/{{id}}",
        "payment_intents.retrieve",
        retrieve,
        "PaymentIntentRetrieveParams",
        "payment_intent",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}",
        "payment_intents.update",
        update,
        "PaymentIntentUpdateParams",
        "payment_intent",
        _EDITABLE,
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}/cancel",
        "payment_intents.cancel",
        cancel,
        "PaymentIntentCancelParams",
        "payment_intent",
        "cancellation_reason",
    ),
]
