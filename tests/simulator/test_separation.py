"""No account sees, changes or names what is another's: https://docs.stripe.com/connect/authentication

Every operation with an id in its path is tried with the id of somebody else's object, and must
answer as if there were no such thing, and leave everything as it was.
"""

from typing import Any

import pytest

from simulator.operations import ROUTES

from .conftest import PLATFORM, SHOP, Simulator, on
from .contract import parameters
from .contract.services import endpoints
from .people import BANK

OTHER = "acct_1Other"
# Where the list needs to be told of what, or is none.
UNLISTED = {"/v1/files", "/v1/accounts"}
WITH_IDS = [each for each in ROUTES.operations if "{id}" in each.path]
PLATFORMS_OWN = ("transfers", "application_fees")


@pytest.fixture
def shops(simulator):
    """Two shops; the first has one of everything."""
    simulator.account(OTHER)
    shop = simulator.account()
    v1 = simulator.v1
    config: Any = {"tipping": {"usd": {"fixed_amounts": [100, 200, 300]}}}
    v1.terminal.configurations.create(config, on(shop))
    for account in ("", OTHER):  # a default one is there from the first look on
        v1.terminal.configurations.list({}, on(account))
    paid = simulator.pay(5000, account=shop, application_fee_amount=50)
    disputed = simulator.pay(4000, account=shop)
    refund = v1.refunds.create({"payment_intent": paid.id, "amount": 100}, on(shop))
    assert refund.status == "succeeded"
    simulator.tell("dashboard/dispute", account=shop, id=disputed.id)
    simulator.intent(account=shop)
    customer = v1.customers.create({"name": "Ada"}, on(shop)).id
    method = v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}, on(shop))
    v1.payment_methods.attach(method.id, {"customer": customer}, on(shop))
    v1.setup_intents.create({"payment_method_types": ["card_present"]}, on(shop))
    v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["*"]}, on(shop))
    v1.accounts.external_accounts.create(shop, {"external_account": BANK})
    v1.accounts.persons.create(shop, {"first_name": "Bo"})
    simulator.tell("clock", advance=10 * 24 * 3600)
    v1.payouts.create({"amount": 100, "currency": "usd"}, on(shop))
    split = simulator.pay(2000, transfer_data={"destination": shop}, application_fee_amount=9)
    v1.transfers.reversals.create(split.latest_charge.transfer, {"amount": 1})
    v1.application_fees.refunds.create(split.latest_charge.application_fee, {"amount": 1})
    return shop


class Collections:
    """One id of each collection, as its owner's lists tell them."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._known = {"/v1/accounts": SHOP}

    def owner(self, path: str) -> str:
        return PLATFORM if path.split("/")[2] in PLATFORMS_OWN else SHOP

    def fill(self, path: str) -> str | None:
        """The path with ids in it; None where nothing can be listed."""
        found = ""
        for segment in path.removeprefix("/").split("/"):
            if segment != "{id}":
                found += f"/{segment}"
            elif (id := self._one(found.replace("/test_helpers", ""))) is None:
                return None
            else:
                found += f"/{id}"
        return found

    def _one(self, collection: str) -> str | None:
        if collection not in self._known and collection not in UNLISTED:
            owner = self.owner(collection)
            listed = self._simulator.raw("GET", collection, Stripe_Account=owner).json()["data"]
            assert listed, f"{collection} is empty: there is nothing to try"
            self._known[collection] = listed[0]["id"]
        return self._known.get(collection)


def least(operation: Any) -> dict[str, str]:
    """Parameters enough to be understood."""
    endpoint = endpoints().get((operation.method, operation.path))
    if endpoint is None or not endpoint.params:
        return {}
    return dict(parameters.form(parameters.least(endpoint.parameters)))


def everything(simulator):
    truth = simulator.look("truth")
    for owned in truth["accounts"].values():
        for reader in owned["readers"]:
            del reader["last_seen_at"]
    return truth["accounts"], truth["events"]


def test_an_id_of_another_account_is_no_id(simulator, shops):
    collections = Collections(simulator)
    paths = [(each, path) for each in WITH_IDS if (path := collections.fill(each.path))]
    assert len(paths) > 75
    before = everything(simulator)
    let_in = []
    for operation, path in paths:
        owner = collections.owner(operation.path)
        of_account = operation.path.startswith("/v1/accounts/")
        for stranger in {SHOP, OTHER, PLATFORM} - {owner} - ({PLATFORM} if of_account else set()):
            answer = simulator.raw(
                operation.method,
                path,
                "&".join(f"{name}={value}" for name, value in least(operation).items()),
                Stripe_Account=stranger,
            )
            said = (answer.status_code, answer.json().get("error", {}).get("code"))
            expected = (403, "account_invalid") if of_account else (404, "resource_missing")
            if said != expected:
                let_in.append((operation.name, stranger, said, answer.json()))
    assert let_in == []
    assert everything(simulator) == before


def test_its_owner_finds_what_others_do_not(simulator, shops):
    """Or the test above would prove nothing."""
    collections = Collections(simulator)
    missed = []
    for operation in WITH_IDS:
        path = collections.fill(operation.path)
        if path is not None and operation.method == "GET":
            owner = collections.owner(operation.path)
            status = simulator.raw("GET", path, Stripe_Account=owner).status_code
            missed += [operation.name] if status != 200 else []
    assert missed == []


PAYMENT = "amount=500&currency=usd&payment_method_types[]=card_present"
NAMED = [
    ("payment_intents", "customer", "customers", PAYMENT),
    ("payment_intents", "payment_method", "payment_methods", PAYMENT),
    ("setup_intents", "customer", "customers", ""),
    ("setup_intents", "payment_method", "payment_methods", ""),
    ("refunds", "payment_intent", "payment_intents", ""),
    ("refunds", "charge", "charges", ""),
    ("terminal/readers", "location", "terminal/locations", "registration_code=simulated-wpe"),
    (
        *("terminal/locations", "configuration_overrides", "terminal/configurations"),
        "display_name=A&address[country]=US&address[line1]=1&address[city]=B&address[state]=CA"
        "&address[postal_code]=1",
    ),
    ("terminal/connection_tokens", "location", "terminal/locations", ""),
    *(
        (f"terminal/readers/{{reader}}/{action}", "payment_intent", "payment_intents", "")
        for action in (
            *("process_payment_intent", "collect_payment_method", "confirm_payment_intent"),
            "refund_payment",
        )
    ),
    ("terminal/readers/{reader}/refund_payment", "charge", "charges", ""),
    (
        *("terminal/readers/{reader}/process_setup_intent", "setup_intent", "setup_intents"),
        "allow_redisplay=always",
    ),
]


def test_a_parameter_cannot_name_what_is_anothers(simulator, shops):
    collections, reader, let_in = Collections(simulator), simulator.reader(OTHER), []
    before = everything(simulator)
    for path, param, kind, form in NAMED:
        id = str(collections.fill(f"/v1/{kind}/{{id}}")).rpartition("/")[2]
        body = f"{form}&{param}={id}".lstrip("&")
        to = f"/v1/{path.format(reader=reader)}"
        answer = simulator.raw("POST", to, body, Stripe_Account=OTHER)
        error = answer.json().get("error", {})
        if (answer.status_code, error.get("code"), error.get("param")) != (
            400,
            "resource_missing",
            param,
        ):
            let_in.append((path, param, answer.json()))
    assert let_in == []
    assert everything(simulator) == before


def test_a_list_holds_nothing_of_others(simulator, shops):
    owned = simulator.look("truth")["accounts"][SHOP]
    theirs = {each["id"] for kind in owned.values() if isinstance(kind, list) for each in kind}
    intent = str(Collections(simulator).fill("/v1/setup_intents/{id}")).rpartition("/")[2]
    shown = []
    for operation in ROUTES.operations:
        if operation.method == "GET" and operation.name.endswith(".list"):
            form = f"setup_intent={intent}" if operation.name == "setup_attempts.list" else ""
            answer = simulator.raw("GET", f"{operation.path}?{form}", Stripe_Account=OTHER)
            listed = answer.json().get("data", ())
            shown += [(operation.name, each["id"]) for each in listed if each["id"] in theirs]
    assert shown == []
