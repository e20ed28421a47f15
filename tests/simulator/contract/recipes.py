"""Ways to bring every operation and every state about. A new endpoint needs one here."""

from typing import Any

from .. import people
from ..conftest import SHOP, on
from .walking import Recipe

RECIPES: list[Recipe] = []
CANADIAN: dict[str, Any] = {
    "currency": "cad",
    "payment_method_types": ["card_present", "interac_present"],
}
HOOK: Any = {"url": "http://127.0.0.1:9/", "enabled_events": ["charge.expired"]}


def recipe(function: Recipe) -> Recipe:
    RECIPES.append(function)
    return function


@recipe
def locations(simulator):
    one = simulator.location()
    of_locations = simulator.v1.terminal.locations
    of_locations.retrieve(one)
    of_locations.update(one, {"display_name": "Side Street"})
    of_locations.list()
    of_locations.delete(one)


@recipe
def readers(simulator):
    of_readers = simulator.v1.terminal.readers
    codes = ("simulated-wpe", "simulated-s700", "simulated-s710")
    *_, gone = [simulator.reader(registration_code=code) for code in codes]
    of_readers.retrieve(gone)
    of_readers.update(gone, {"label": "Till 3"})
    of_readers.list({"status": "online"})
    of_readers.delete(gone)
    unplugged = simulator.reader()
    simulator.tell(f"readers/{unplugged}", condition="offline")
    simulator.tell("clock", advance=121)
    of_readers.list({"status": "offline"})


@recipe
def a_payment_on_a_reader(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    config = {"enable_customer_cancellation": True, "tipping": {"amount_eligible": 100}}
    simulator.process(reader, intent, **config)
    simulator.v1.terminal.readers.retrieve(reader)
    simulator.v1.test_helpers.terminal.readers.present_payment_method(reader)
    simulator.process(reader, simulator.intent(), enable_customer_cancellation=True)
    simulator.tell(f"readers/{reader}/cancel_by_customer")
    simulator.process(reader, simulator.intent())
    simulator.v1.terminal.readers.cancel_action(reader)


@recipe
def every_card(simulator):
    for name in ("visa", "mastercard_debit", "mastercard_prepaid", "amex", "discover", "jcb"):
        simulator.pay(1000, name)
    for name in ("insufficient_funds", "expired_card", "processing_error", "lost_card"):
        simulator.pay(1000, name)
    for name in ("offline_pin_cvm", "online_pin_sca_retry", "eftpos_au_debit", "girocard_debit"):
        simulator.pay(1000, name)
    simulator.pay(1000, "interac", **CANADIAN)


@recipe
def payment_intents(simulator):
    intents = simulator.v1.payment_intents
    intents.cancel(simulator.intent().id, {"cancellation_reason": "duplicate"})
    intents.update(simulator.intent().id, {"amount": 1200, "metadata": {"order": "7"}})
    held = simulator.pay(4000, capture_method="manual")
    intents.capture(held.id, {"amount_to_capture": 3000})
    intents.cancel(simulator.pay(4000, capture_method="manual").id)
    simulator.pay(4000, capture_method="manual", card="mastercard")
    simulator.pay(4000, capture_method="automatic_async")
    simulator.tell("clock", advance=3 * 24 * 3600)
    intents.list({"expand": ["data.latest_charge.balance_transaction"]})
    simulator.v1.charges.list({"limit": 2})


@recipe
def direct_charges(simulator):
    simulator.account()
    held = simulator.pay(4000, account=SHOP, capture_method="manual", application_fee_amount=9)
    simulator.v1.payment_intents.capture(held.id, {"application_fee_amount": 7}, on(SHOP))
    simulator.v1.application_fees.list()


@recipe
def destination_charges(simulator):
    simulator.account()
    simulator.pay(
        *(2000, "visa", ""),
        on_behalf_of=SHOP,
        transfer_data={"destination": SHOP},
        application_fee_amount=50,
    )
    simulator.pay(2000, transfer_data={"destination": SHOP, "amount": 1500})
    simulator.v1.transfers.list()


@recipe
def accounts(simulator):
    simulator.account()
    made = simulator.v1.accounts.create({"country": "CA", "email": "owner@example.com"})
    simulator.v1.accounts.retrieve(made.id)
    simulator.v1.accounts.list()
    simulator.v1.accounts.retrieve_current()


@recipe
def an_account_that_is_told_everything(simulator):
    of_accounts = simulator.v1.accounts
    made = of_accounts.create(people.individual(dob={"day": 2, "month": 2, "year": 1990}))
    simulator.tell("clock", advance=2)
    shown = {"verification": {"document": {"front": "file_identity_document_success"}}}
    of_accounts.update(made.id, {"individual": shown})
    simulator.tell("clock", advance=2)
    capabilities = of_accounts.capabilities
    capabilities.list(made.id)
    capabilities.update(made.id, "card_payments", {"requested": False})
    capabilities.retrieve(made.id, "card_payments")
    of_accounts.reject(made.id, {"reason": "other"})
    of_accounts.unreject(made.id)
    of_accounts.delete(made.id)


@recipe
def the_people_and_banks_of_an_account(simulator):
    made = simulator.v1.accounts.create(people.company()).id
    persons = simulator.v1.accounts.persons
    person = persons.create(made, {"relationship": {"representative": True}}).id
    persons.retrieve(made, person)
    persons.update(made, person, {**people.PERSON, "metadata": {"a": "b"}})
    persons.list(made)
    persons.delete(made, person)
    banks = simulator.v1.accounts.external_accounts
    bank = banks.create(made, {"external_account": "btok_us"}).id
    banks.retrieve(made, bank)
    banks.update(made, bank, {"metadata": {"a": "b"}})
    banks.list(made)
    banks.delete(made, bank)


@recipe
def webhook_endpoints(simulator):
    endpoints = simulator.v1.webhook_endpoints
    made = endpoints.create({**HOOK, "connect": True})
    endpoints.retrieve(made.id)
    endpoints.update(made.id, {"disabled": True})
    endpoints.list()
    endpoints.delete(made.id)


@recipe
def events(simulator):
    simulator.pay(1000)
    latest = simulator.v1.events.list().data[0]
    simulator.v1.events.retrieve(latest.id)
