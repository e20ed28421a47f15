"""PaymentIntents as the API sees them: https://docs.stripe.com/api/payment_intents."""

from simulator.api.lists import equal_to, page
from simulator.api.routes import LIST, Call, operation
from simulator.errors import bad_request, missing_param
from simulator.payments import confirmation, intent_params
from simulator.payments.amount_details import items_of
from simulator.payments.intent_rules import require_payable
from simulator.payments.intent_state import COLLECTING, cancel, require_unlocked, unexpected_state
from simulator.state.store import Json, Record
from simulator.webhooks import events

ALWAYS_EDITABLE = frozenset(("metadata", "description", "receipt_email", "expand"))
WITH_CONFIRM = ("error_on_requires_action", "off_session", "return_url")


def create(call: Call) -> Record:
    world, params = call.world, call.params
    for name in ("amount", "currency"):
        if name not in params:
            raise missing_param(name)
    confirmed = params.get("confirm", False)
    for name in WITH_CONFIRM:
        if name in params and not confirmed:
            message = f"{name} can only be sent together with confirm=true."
            raise bad_request(message, None, name)
    currency = params["currency"].lower()
    intent = intent_params.blank(call, world.ids.new("pi_"), currency)
    intent_params.choose_types(params, intent)
    items = intent_params.apply(call, intent, [])
    require_payable(call, intent)
    record = world.new("payment_intents", call.account, intent, {"locked": False})
    intent_params.keep(world, record, intent, items)
    events.emit(world, "payment_intent.created", record)
    if confirmed:
        confirmation.carry_out(call, record)
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
    items = intent_params.apply(call, changed, items_of(record))
    if status in COLLECTING:
        require_payable(call, changed)
        changed["last_payment_error"] = None
    intent_params.keep(call.world, record, changed, items)
    return record


def cancel_(call: Call) -> Record:
    """https://docs.stripe.com/api/payment_intents/cancel"""
    record = retrieve(call)
    cancel(call.world, record, call.params.get("cancellation_reason"))
    return record


_PATH = "/v1/payment_intents"
OPERATIONS = [
    operation(
        "POST",
        _PATH,
        "payment_intents.create",
        create,
        "PaymentIntentCreateParams",
        "payment_intent",
        takes=intent_params.CREATABLE,
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
        intent_params.EDITABLE,
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}/cancel",
        "payment_intents.cancel",
        cancel_,
        "PaymentIntentCancelParams",
        "payment_intent",
        "cancellation_reason",
    ),
]
