"""Payments in all their states: saved cards, holds that grow, files, customers."""

import io
from typing import Any

import stripe

from .recipes import recipe


def attempt(act: Any, *args: Any) -> None:
    """A card that is refused is a way to get somewhere, too."""
    try:
        act(*args)
    except stripe.CardError:
        return


@recipe
def saved_cards(simulator):
    jane = simulator.v1.customers.create({"name": "Jane", "address": {"city": "Springfield"}}).id
    intents = simulator.v1.setup_intents
    both: Any = {"payment_method_types": ["card", "card_present"], "customer": jane}
    open_intent = intents.create(both)
    attempt(intents.confirm, open_intent.id, {"payment_method": "pm_card_visa_chargeDeclined"})
    intents.update(open_intent.id, {"description": "Club"})
    intents.confirm(open_intent.id, {"payment_method": "pm_card_visa"})
    intents.retrieve(open_intent.id)
    intents.cancel(intents.create(both).id, {"cancellation_reason": "duplicate"})
    intents.list({"customer": jane})
    simulator.v1.setup_attempts.list({"setup_intent": open_intent.id})
    simulator.pay(1000, customer=jane, setup_future_usage="off_session")
    simulator.pay(1000, "insufficient_funds", customer=jane, setup_future_usage="off_session")


@recipe
def a_card_set_up_on_a_reader(simulator):
    reader = simulator.reader()
    wanted: Any = {"payment_method_types": ["card_present"]}
    for card in ("visa", "charge_declined"):
        intent = simulator.v1.setup_intents.create(wanted).id
        params: Any = {"setup_intent": intent, "allow_redisplay": "always"}
        simulator.v1.terminal.readers.process_setup_intent(reader, params)
        simulator.present(reader, card)


@recipe
def customers_and_their_cards(simulator):
    customers, methods = simulator.v1.customers, simulator.v1.payment_methods
    jane = customers.create({"email": "jane@example.com", "payment_method": "pm_card_visa"}).id
    customers.retrieve(jane)
    shipping: Any = {"name": "Jane", "address": {"line1": "1 Main St"}}
    customers.update(jane, {"name": "Jane", "shipping": shipping})
    customers.list()
    card: Any = {"number": "4242424242424242", "exp_month": 1, "exp_year": 2040}
    typed = methods.create({"type": "card", "card": card}).id
    methods.attach(typed, {"customer": jane})
    methods.update(typed, {"card": {"exp_year": 2041}})
    methods.retrieve(typed)
    methods.list()
    customers.payment_methods.list(jane)
    customers.payment_methods.retrieve(jane, typed)
    methods.detach(typed)
    customers.delete(jane)
    customers.retrieve(jane)


@recipe
def payments_by_the_server(simulator):
    wanted: Any = {"payment_method_types": ["card"], "amount": 1000, "currency": "usd"}
    intents = simulator.v1.payment_intents
    paid = intents.create(wanted | {"payment_method": "pm_card_visa", "confirm": True})
    simulator.v1.charges.update(paid.latest_charge, {"fraud_details": {"user_report": "safe"}})
    held = intents.create(wanted | {"capture_method": "manual"})
    attempt(intents.confirm, held.id, {"payment_method": "pm_card_visa_chargeDeclinedLostCard"})
    intents.confirm(held.id, {"payment_method": "pm_card_amex"})
    charge = intents.retrieve(held.id).latest_charge
    simulator.v1.charges.capture(charge, {"amount": 700})
    simulator.v1.charges.list()
    intents.create({"amount": 1000, "currency": "usd"})


@recipe
def all_a_payment_can_say(simulator):
    jane = simulator.v1.customers.create({"name": "Jane"}).id
    options = {
        "request_extended_authorization": True,
        "request_incremental_authorization_support": True,
        "routing": {"requested_priority": "domestic"},
    }
    item = {"product_name": "Cap", "quantity": 1, "unit_cost": 3000, "unit_of_measure": "piece"}
    held = simulator.pay(
        3900,
        customer=jane,
        capture_method="manual",
        shipping={"name": "Jane", "address": {"line1": "1 Main St"}},
        amount_details={
            "tax": {"total_tax_amount": 400},
            "shipping": {"amount": 500, "to_postal_code": "62701"},
            "line_items": [item],
        },
        payment_details={"order_reference": "7"},
        payment_method_options={"card_present": options},
    )
    intents = simulator.v1.payment_intents
    intents.amount_details_line_items.list(held.id)
    intents.increment_authorization(held.id, {"amount": 5000})
    attempt(intents.increment_authorization, held.id, {"amount": 5505})
    intents.capture(held.id)
    simulator.intent(
        1000,
        amount_details={"line_items": [item], "enforce_arithmetic_validation": False},
        payment_method_types=["card", "card_present", "wechat_pay", "affirm"],
    )


@recipe
def files(simulator):
    addresses: Any = {"api": simulator.url, "files": simulator.url}
    client = stripe.StripeClient(
        "sk_test_x", base_addresses=addresses, http_client=simulator.session
    )
    picture = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    picture.name = "splash.png"
    made = client.v1.files.create({"file": picture, "purpose": "terminal_reader_splashscreen"})
    client.v1.files.retrieve(made.id)
    client.v1.files.list()


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
def every_reason_to_cancel(simulator):
    for reason in ("abandoned", "fraudulent", "requested_by_customer"):
        simulator.v1.payment_intents.cancel(simulator.intent().id, {"cancellation_reason": reason})
    paid = simulator.pay(4000)
    for word in ("fraudulent", "requested_by_customer"):
        simulator.v1.refunds.create({"payment_intent": paid.id, "amount": 100, "reason": word})
    lost = simulator.tell("dashboard/dispute", id=simulator.pay(5000).id)["id"]
    simulator.tell("dashboard/dispute_close", id=lost, outcome="lost")


@recipe
def inquiries_and_ends(simulator):
    asked = simulator.tell("dashboard/dispute", id=simulator.pay().id, inquiry=True)["id"]
    simulator.v1.disputes.update(asked, {"evidence": {"customer_name": "Ann"}, "submit": True})
    simulator.tell("switches", expired_hold_reason="expired")
    simulator.pay(4000, capture_method="manual")
    simulator.tell("clock", advance=6 * 24 * 3600)
    setups = simulator.v1.setup_intents
    setups.cancel(setups.create().id, {"cancellation_reason": "abandoned"})
    setups.cancel(setups.create().id, {"cancellation_reason": "requested_by_customer"})
    setups.create({"payment_method": "pm_card_visa"})


@recipe
def the_bytes_of_a_file(simulator):
    picture = {"file": ("splash.png", b"\x89PNG\r\n\x1a\n", "image/png")}
    headers = {"Authorization": "Bearer sk_test_x"}
    data = {"purpose": "terminal_reader_splashscreen"}
    made = simulator.http.post("/v1/files", data=data, files=picture, headers=headers).json()
    simulator.raw("GET", f"/v1/files/{made['id']}/contents")
