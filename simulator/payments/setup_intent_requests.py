"""SetupIntents as the API sees them: https://docs.stripe.com/api/setup_intents."""

from simulator.api.lists import equal_to, page
from simulator.api.objects import merge_metadata, none_if_empty, set_plain
from simulator.api.routes import LIST, Call, operation
from simulator.connect import accounts
from simulator.errors import StripeError, bad_request, exclusive, missing_object, not_simulated
from simulator.payments import payment_methods
from simulator.payments.charges import application_of
from simulator.payments.intent_params import METHOD
from simulator.payments.setup_intents import set_up
from simulator.state.store import Json, Record
from simulator.webhooks import events

TYPES = frozenset(("card", "card_present"))
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def create(call: Call) -> Record:
    world, params = call.world, call.params
    if "return_url" in params and not params.get("confirm"):
        message = "return_url may only be sent together with confirm."
        raise bad_request(message, None, "return_url")
    id = world.ids.new("seti_")
    intent: Json = {
        "id": id,
        "object": "setup_intent",
        "allowed_payment_method_types": None,
        "application": application_of(call.account),
        "attach_to_self": params.get("attach_to_self", False),
        "automatic_payment_methods": None,
        "cancellation_reason": None,
        "client_secret": f"{id}_secret_{world.ids.text(f'secret {id}', 25)}",
        "created": world.clock.now(),
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": params.get("on_behalf_of"),
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": params.get("usage", "off_session"),
    }
    merchant = intent["on_behalf_of"]
    if merchant is not None and accounts.find(world, merchant) is None:
        raise missing_object("account", merchant, "on_behalf_of")
    accounts.require_capability(world, merchant or call.account, "card_payments")
    _choose_types(params, intent)
    _apply(call, intent)
    record = world.new("setup_intents", call.account, intent, {"locked": False})
    events.emit(world, "setup_intent.created", record)
    if params.get("confirm"):
        _confirm(call, record)
    return record


def _choose_types(params: Json, intent: Json) -> None:
    automatic = params.get("automatic_payment_methods")
    if automatic and automatic["enabled"]:
        if "payment_method_types" in params:
            raise exclusive("automatic_payment_methods", "payment_method_types")
        intent["automatic_payment_methods"] = {"allow_redirects": "always"} | automatic


def retrieve(call: Call) -> Record:
    return call.find("setup_intents", "setupintent", "intent")


def list_(call: Call) -> Json:
    keep = equal_to(call.params, "attach_to_self", "customer", "payment_method")
    return page(call, "setup_intents", keep)


def update(call: Call) -> Record:
    record = retrieve(call)
    _require_open(record, "updated", OPEN)
    changed = dict(record.data)
    _apply(call, changed)
    record.data.update(changed)
    call.world.save(record)
    return record


def _apply(call: Call, intent: Json) -> None:
    params = call.params
    if none_if_empty(params.get("customer")) is not None:
        call.named("customers", "customer", "customer")
    set_plain(
        intent,
        params,
        "allowed_payment_method_types",
        "customer",
        "description",
        "excluded_payment_method_types",
        "flow_directions",
        "payment_method_types",
    )
    types = intent["payment_method_types"]
    if not types or not TYPES.issuperset(types):
        raise not_simulated("SetupIntents of other payment_method_types than card, card_present")
    intent["payment_method_options"] = _options(intent, params)
    merge_metadata(intent, params)
    method = payment_methods.chosen(call)
    if method is not None:
        _require_fits(intent, method)
        intent["payment_method"] = method.id
        intent["status"] = "requires_confirmation"


def _options(intent: Json, params: Json) -> Json:
    """The hashes of the accepted types."""
    sent: Json = params.get("payment_method_options") or {}
    options: Json = {}
    if "card" in intent["payment_method_types"]:
        before = intent["payment_method_options"].get("card") or {
            "mandate_options": None,
            "network": None,
            "request_three_d_secure": "automatic",
        }
        wanted = sent.get("card") or {}
        options["card"] = before | {k: wanted[k] for k in before if k in wanted}
    if "card_present" in intent["payment_method_types"]:
        options["card_present"] = {}
    return options


def _require_fits(intent: Json, method: Record) -> None:
    if method.data["type"] not in intent["payment_method_types"]:
        raise bad_request(
            f"The provided PaymentMethod {method.id} has the type {method.data['type']}, which "
            "this SetupIntent does not accept. It accepts: "
            f"{', '.join(intent['payment_method_types'])}.",
            "setup_intent_invalid_parameter",
            "payment_method",
        )
    if method.data["customer"] not in (None, intent["customer"]):
        raise bad_request(
            "The customer for this payment method does not match the customer of the SetupIntent.",
            "payment_method_customer_mismatch",
            "payment_method",
        )


def cancel(call: Call) -> Record:
    record = retrieve(call)
    _require_open(record, "canceled", OPEN)
    record.data["status"] = "canceled"
    record.data["cancellation_reason"] = call.params.get("cancellation_reason")
    call.world.save(record)
    events.emit(call.world, "setup_intent.canceled", record)
    return record


def confirm(call: Call) -> Record:
    """https://docs.stripe.com/api/setup_intents/confirm: PaymentMethods of type card only."""
    record = retrieve(call)
    _require_open(record, "confirmed", OPEN)
    method = payment_methods.chosen(call)
    if method is not None:
        _require_fits(record.data, method)
        record.data["payment_method"] = method.id
    _confirm(call, record)
    return record


def _confirm(call: Call, intent: Record) -> None:
    world, data = call.world, intent.data
    if data["payment_method"] is None:
        raise bad_request(
            "You cannot confirm this SetupIntent because it's missing a payment method. Update "
            "the SetupIntent with a payment method and then confirm it again.",
            "setup_intent_unexpected_state",
            "payment_method",
        )
    method = world.get(data["payment_method"])
    if method.data["type"] != "card":
        raise not_simulated("confirming a SetupIntent by the API with a card that was present")
    set_up(world, intent, method)


def _require_open(intent: Record, done: str, allowed: tuple[str, ...]) -> None:
    status = intent.data["status"]
    if status in allowed:
        return
    raise StripeError(
        400,
        f"This SetupIntent cannot be {done} because it has a status of {status}. Only a "
        f"SetupIntent with one of the following statuses may be {done}: {', '.join(allowed)}.",
        code="setup_intent_unexpected_state",
        setup_intent=dict(intent.data),
    )


_PATH = "/v1/setup_intents"
_EDITABLE = (
    f"customer description metadata payment_method_types {METHOD} flow_directions "
    "allowed_payment_method_types excluded_payment_method_types "
    "payment_method_options[card_present] "
    "payment_method_options[card][request_three_d_secure] payment_method_options[card][network]"
)
OPERATIONS = [
    operation(
        "POST",
        _PATH,
        "setup_intents.create",
        create,
        "SetupIntentCreateParams",
        "setup_intent",
        f"{_EDITABLE} attach_to_self automatic_payment_methods confirm on_behalf_of usage "
        "return_url",
    ),
    operation(
        "GET",
        _PATH,
        "setup_intents.list",
        list_,
        "SetupIntentListParams",
        "setup_intent",
        f"{LIST} created attach_to_self customer payment_method",
    ),
    operation(
        "GET",
        f"{_PATH}/{{id}}",
        "setup_intents.retrieve",
        retrieve,
        "SetupIntentRetrieveParams",
        "setup_intent",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}",
        "setup_intents.update",
        update,
        "SetupIntentUpdateParams",
        "setup_intent",
        _EDITABLE,
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}/confirm",
        "setup_intents.confirm",
        confirm,
        "SetupIntentConfirmParams",
        "setup_intent",
        METHOD,
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}/cancel",
        "setup_intents.cancel",
        cancel,
        "SetupIntentCancelParams",
        "setup_intent",
        "cancellation_reason",
    ),
]
