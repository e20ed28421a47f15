"""For each operation a request that is carried out, and what to send for each parameter."""

from collections.abc import Callable
from typing import Any

import httpx

from ..conftest import ADDRESS
from . import parameters
from .parameters import Parameter, Tree
from .scene import Prepared, Scene
from .walking import OPERATIONS

# What to send where the SDK's first word, or a made-up text, needs something we do not simulate.
VALUES: dict[str, Any] = {
    "api_version": "2026-08-26.dahlia",
    "card[token]": "tok_visa",
    "payment_methods.create type": "card",
    "payouts.create source_type": "card",
    "readers.present_payment_method type": "card_present",
    "payment_method_types": {"0": "card_present"},
    "payment_method_types[0]": "card_present",
}
CART: Tree = {"type": "cart", "cart": {"currency": "usd", "total": "100", "line_items": {}}}
LINE = {"amount": "100", "description": "Tea", "quantity": "1"}
CART["cart"]["line_items"]["0"] = LINE
FORM: Tree = {"inputs": {"0": {"type": "text", "custom_text": {"title": "Your name?"}}}}

INCREMENTAL: dict[str, Any] = {
    "payment_method_options": {"card_present": {"request_incremental_authorization_support": True}}
}


def prepare(scene: Scene, name: str) -> Prepared:
    """The ids of the path and parameters with which the operation works."""
    if name in PREPARED:
        return PREPARED[name](scene)
    collections = OPERATIONS[name].path.split("/{id}")[:-1]
    kinds = ["".join(collections[: n + 1]) for n in range(len(collections))]
    return tuple(KINDS[kind](scene) for kind in kinds), {}


def send(scene: Scene, name: str, prepared: Prepared, tree: Tree) -> httpx.Response:
    """Ask for an operation, with these parameters on top of those that make it work."""
    ids, base = prepared
    operation = OPERATIONS[name]
    path = operation.path
    for id in ids:
        path = path.replace("{id}", id, 1)
    fields = dict(parameters.form(base | tree))
    body: Any = {"data": fields} if operation.method == "POST" else {"params": fields}
    headers = {"Authorization": "Bearer sk_test_x"}
    return scene.simulator.http.request(operation.method, path, headers=headers, **body)


def value(scene: Scene, name: str, parameter: Parameter) -> Any:
    """Of names of objects, one that there is."""
    last = parameter.way[-1][1]
    for key in (f"{name} {parameter.name}", parameter.name):
        if key in VALUES:
            return VALUES[key]
    if last in IDS and str in parameters.options(parameter.hint):
        return IDS[last](scene)
    return parameter.example


# By the path before the id: an object of that kind.
KINDS: dict[str, Callable[[Scene], str]] = {
    "/v1/accounts": lambda scene: scene.own,
    "/v1/accounts/capabilities": lambda scene: "card_payments",
    "/v1/accounts/external_accounts": lambda scene: scene.bank,
    "/v1/accounts/persons": lambda scene: scene.person,
    "/v1/disputes": lambda scene: scene.dispute,
    "/v1/files": lambda scene: scene.file,
    "/v1/payouts": lambda scene: scene.payout,
    "/v1/terminal/locations": lambda scene: scene.location,
    "/v1/terminal/readers": lambda scene: scene.reader,
    "/v1/terminal/configurations": lambda scene: scene.configuration,
    "/v1/payment_intents": lambda scene: scene.paid.id,
    "/v1/charges": lambda scene: scene.paid.latest_charge.id,
    "/v1/charges/refunds": lambda scene: scene.refund,
    "/v1/customers": lambda scene: scene.customer,
    "/v1/customers/payment_methods": lambda scene: scene.payment_method,
    "/v1/payment_methods": lambda scene: scene.payment_method,
    "/v1/setup_intents": lambda scene: scene.setup_intent,
    "/v1/test_helpers/refunds": lambda scene: scene.refund,
    "/v1/refunds": lambda scene: scene.refund,
    "/v1/balance_transactions": lambda scene: scene.paid.latest_charge.balance_transaction,
    "/v1/application_fees/refunds": lambda scene: scene.fee_refund,
    "/v1/transfers/reversals": lambda scene: scene.transfer_reversal,
    "/v1/application_fees": lambda scene: scene.paid.latest_charge.application_fee,
    "/v1/transfers": lambda scene: scene.paid.latest_charge.transfer,
    "/v1/events": lambda scene: scene.event,
    "/v1/webhook_endpoints": lambda scene: scene.endpoint,
}

# By a parameter's name: what it may name.
IDS: dict[str, Callable[[Scene], str]] = {
    "account": lambda scene: scene.account,
    "charge": KINDS["/v1/charges"],
    "configuration_overrides": lambda scene: scene.configuration,
    "customer": lambda scene: scene.customer,
    "destination": lambda scene: scene.account,
    "location": lambda scene: scene.location,
    "on_behalf_of": lambda scene: scene.account,
    "payment_intent": KINDS["/v1/payment_intents"],
    "setup_intent": KINDS["/v1/setup_intents"],
}

PREPARED: dict[str, Callable[[Scene], Prepared]] = {
    # accounts
    "account_links.create": lambda scene: (
        (),
        {
            "account": scene.own,
            "type": "account_onboarding",
            "return_url": "http://shop.example/return",
            "refresh_url": "http://shop.example/refresh",
        },
    ),
    "accounts.delete": lambda scene: ((Scene(scene.simulator).own,), {}),
    "accounts.reject": lambda scene: ((Scene(scene.simulator).own,), {"reason": "other"}),
    "accounts.unreject": lambda scene: ((scene.rejected(),), {}),
    "external_accounts.create": lambda scene: ((scene.own,), {"external_account": "btok_us"}),
    "external_accounts.delete": lambda scene: ((scene.own, scene.new_bank()), {}),
    "login_links.create": lambda scene: ((scene.express,), {}),
    "persons.delete": lambda scene: ((scene.own, scene.new_person()), {}),
    # readers
    "configurations.create": lambda scene: ((), {"name": "Counter"}),
    "configurations.delete": lambda scene: ((Scene(scene.simulator).configuration,), {}),
    "locations.create": lambda scene: ((), {"display_name": "Main Street", "address": ADDRESS}),
    "locations.delete": lambda scene: ((scene.simulator.location(),), {}),
    "readers.collect_payment_method": lambda scene: (
        (scene.simulator.reader(),),
        {"payment_intent": scene.intent()},
    ),
    "readers.confirm_payment_intent": lambda scene: scene.collected(),
    "readers.process_setup_intent": lambda scene: (
        (scene.reader,),
        {"setup_intent": scene.setup_intent, "allow_redisplay": "always"},
    ),
    "readers.refund_payment": lambda scene: (
        (scene.reader,),
        {"payment_intent": scene.interac, "amount": "10"},
    ),
    "readers.collect_inputs": lambda scene: ((scene.reader,), FORM),
    "readers.create": lambda scene: (
        (),
        {"registration_code": "simulated-wpe", "location": scene.location},
    ),
    "readers.delete": lambda scene: ((scene.simulator.reader(),), {}),
    "readers.present_payment_method": lambda scene: ((scene.waiting(),), {}),
    "readers.process_payment_intent": lambda scene: (
        (scene.reader,),
        {"payment_intent": scene.intent()},
    ),
    "readers.set_reader_display": lambda scene: ((scene.reader,), CART),
    "readers.succeed_input_collection": lambda scene: ((scene.asking(),), {}),
    "readers.timeout_input_collection": lambda scene: ((scene.asking(),), {}),
    # payments
    "customers.delete": lambda scene: ((Scene(scene.simulator).customer,), {}),
    "payment_intents.cancel": lambda scene: ((scene.intent(),), {}),
    "charges.capture": lambda scene: ((scene.charge_of(scene.held()),), {}),
    "payment_intents.confirm": lambda scene: (
        (scene.intent(payment_method_types=["card"], payment_method="pm_card_visa"),),
        {},
    ),
    "payment_intents.increment_authorization": lambda scene: (
        (scene.held(**INCREMENTAL),),
        {"amount": "1500"},
    ),
    "payment_intents.capture": lambda scene: ((scene.held(),), {}),
    "payment_intents.create": lambda scene: (
        (),
        {"amount": "1000", "currency": "usd", "payment_method_types": {"0": "card_present"}},
    ),
    "payment_intents.update": lambda scene: ((scene.intent(),), {}),
    "payment_methods.attach": lambda scene: ((scene.card(),), {"customer": scene.customer}),
    "payment_methods.create": lambda scene: ((), {"type": "card", "card": {"token": "tok_visa"}}),
    "payment_methods.detach": lambda scene: ((Scene(scene.simulator).payment_method,), {}),
    "setup_attempts.list": lambda scene: ((), {"setup_intent": scene.setup_intent}),
    "setup_intents.cancel": lambda scene: ((Scene(scene.simulator).setup_intent,), {}),
    "setup_intents.confirm": lambda scene: (
        (str(scene.v1.setup_intents.create({"payment_method": scene.card()}).id),),
        {},
    ),
    "setup_intents.update": lambda scene: ((Scene(scene.simulator).setup_intent,), {}),
    # money
    "charges.refunds.create": lambda scene: ((scene.paid.latest_charge.id,), {"amount": "10"}),
    "refunds.create": lambda scene: ((), {"payment_intent": scene.paid.id, "amount": "10"}),
    "disputes.close": lambda scene: ((Scene(scene.simulator).dispute,), {}),
    "payouts.cancel": lambda scene: ((scene.pay_out(),), {}),
    "payouts.create": lambda scene: (
        (),
        {"amount": "100", "currency": "usd"} | (scene.funds or {}),
    ),
    "payouts.reverse": lambda scene: ((scene.paid_out(),), {}),
    "transfers.create": lambda scene: (
        (),
        {
            "amount": "10",
            "currency": "usd",
            "destination": scene.account,
            "source_transaction": scene.own_charge,
        },
    ),
    "transfers.reversals.create": lambda scene: (
        (scene.paid.latest_charge.transfer,),
        {"amount": "10"},
    ),
    "application_fees.refunds.create": lambda scene: (
        (scene.paid.latest_charge.application_fee,),
        {"amount": "10"},
    ),
    # events
    "webhook_endpoints.create": lambda scene: (
        (),
        {"url": "http://127.0.0.1:9/", "enabled_events": {"0": "charge.expired"}},
    ),
    "webhook_endpoints.delete": lambda scene: ((Scene(scene.simulator).endpoint,), {}),
}
# Done once, the object is in another state and wants no more of it.
USED_UP = {
    "readers.present_payment_method",
    "readers.succeed_input_collection",
    "readers.timeout_input_collection",
    "readers.process_payment_intent",
    *(name for name in PREPARED if name.endswith((".delete", ".cancel", ".capture", ".confirm"))),
    "payment_intents.increment_authorization",
    "readers.collect_payment_method",
    "readers.confirm_payment_intent",
    *(name for name in PREPARED if name.endswith((".reject", ".unreject", ".reverse"))),
    *(name for name in PREPARED if name.endswith((".attach", ".detach", ".close"))),
}

# No refund to a card waits for its customer, so these find nothing to end.
REFUSED = {"refunds.cancel", "test_helpers.refunds.expire"}
# The scene is the platform's.
FOR_ACCOUNTS = {"payouts.reverse"}
# Sent as multipart/form-data.
UPLOADS = {"files.create"}
# Parameters of which every value needs something we do not simulate.
NEEDS_MORE = {
    ("charges.refunds.create", "origin"),  # a customer's cash balance
    ("refunds.create", "origin"),
    ("payment_methods.create", "payment_method"),  # a platform's card, copied to its accounts
    # Other types than card; and of cards the SDK tells only payment_methods.create.
    ("payment_intents.create", "payment_method_data"),
    ("payment_intents.update", "payment_method_data"),
    ("payment_intents.confirm", "payment_method_data"),
    ("setup_intents.create", "payment_method_data"),
    ("setup_intents.update", "payment_method_data"),
    ("setup_intents.confirm", "payment_method_data"),
    ("accounts.create", "external_account"),  # a debit card
    ("accounts.update", "external_account"),
    ("external_accounts.create", "external_account"),
}
