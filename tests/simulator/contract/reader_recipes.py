"""Readers in all their states: every action, every card, every screen."""

from typing import Any

from .recipes import CANADIAN, recipe


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


CART: Any = {
    "currency": "usd",
    "line_items": [{"amount": 900, "description": "Soup", "quantity": 1}],
    "total": 900,
}
INPUTS: Any = [
    {"type": each, "custom_text": {"title": each}, "toggles": [{"title": "News"}]}
    for each in ("email", "phone", "text", "numeric", "signature")
]
CHOICES: Any = {
    "type": "selection",
    "custom_text": {"title": "Size", "submit_button": "Choose"},
    "selection": {"choices": [{"id": "s", "text": "Small", "style": "primary"}]},
}


@recipe
def collect_and_confirm(simulator):
    of_readers, reader, intent = simulator.v1.terminal.readers, simulator.reader(), None
    for card in ("insufficient_funds", "visa"):
        intent = intent or simulator.intent(capture_method="manual")
        config: Any = {"skip_tipping": True, "enable_customer_cancellation": True}
        params: Any = {"payment_intent": intent.id, "collect_config": config}
        of_readers.collect_payment_method(reader, params)
        simulator.present(reader, card)
        of_readers.retrieve(reader)
        returning: Any = {"return_url": "https://example.com"}
        params = {"payment_intent": intent.id, "confirm_config": returning}
        of_readers.confirm_payment_intent(reader, params)
        simulator.tell("clock", advance=1)
        of_readers.retrieve(reader)
    forgotten = simulator.intent()
    of_readers.collect_payment_method(reader, {"payment_intent": forgotten.id})
    simulator.present(reader)
    simulator.tell("clock", advance=31)
    of_readers.retrieve(reader)


@recipe
def a_collected_card(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    of_readers = simulator.v1.terminal.readers
    of_readers.collect_payment_method(reader, {"payment_intent": intent.id})
    simulator.present(reader)
    simulator.v1.payment_intents.retrieve(intent.id)


@recipe
def cards_saved_on_a_reader(simulator):
    of_readers, reader = simulator.v1.terminal.readers, simulator.reader()
    for card in ("insufficient_funds", "visa"):
        intent = simulator.v1.setup_intents.create({"payment_method_types": ["card_present"]})
        config: Any = {"enable_customer_cancellation": True}
        params: Any = {"allow_redisplay": "always", "process_config": config}
        of_readers.process_setup_intent(reader, {"setup_intent": intent.id, **params})
        simulator.present(reader, card)
        of_readers.retrieve(reader)


@recipe
def refunds_on_a_reader(simulator):
    of_readers, reader = simulator.v1.terminal.readers, simulator.reader()
    paid = simulator.pay(2000, "interac", **CANADIAN)
    config: Any = {"enable_customer_cancellation": True}
    for amount in (501, 500):
        params: Any = {"payment_intent": paid.id, "amount": amount, "metadata": {"a": "b"}}
        of_readers.refund_payment(reader, {**params, "refund_payment_config": config})
        simulator.present(reader)
        of_readers.retrieve(reader)
    of_readers.refund_payment(reader, {"charge": paid.latest_charge.id})


@recipe
def screens(simulator):
    of_readers, reader = simulator.v1.terminal.readers, simulator.reader()
    helpers = simulator.v1.test_helpers.terminal.readers
    of_readers.set_reader_display(reader, {"type": "cart", "cart": CART})
    of_readers.set_reader_display(reader, {"type": "cart", "cart": {**CART, "tax": 9}})
    of_readers.collect_inputs(reader, {"inputs": INPUTS, "metadata": {"a": "b"}})
    helpers.succeed_input_collection(reader, {"skip_non_required_inputs": "none"})
    of_readers.collect_inputs(reader, {"inputs": [*INPUTS[:2], CHOICES]})
    helpers.succeed_input_collection(reader, {"skip_non_required_inputs": "all"})
    of_readers.collect_inputs(reader, {"inputs": [CHOICES]})
    helpers.timeout_input_collection(reader)


@recipe
def codes_to_scan(simulator):
    for type, currency in (("wechat_pay", "usd"), ("paynow", "sgd"), ("affirm", "usd")):
        for paid in (False, True):
            reader = simulator.reader()
            types = ["card_present", type]
            intent = simulator.intent(currency=currency, payment_method_types=types)
            simulator.process(reader, intent, return_url="https://example.com")
            simulator.tell(f"readers/{reader}/qr", type=type)
            simulator.read(intent)
            simulator.tell(f"payment_intents/{intent.id}/qr", paid=paid)
            simulator.v1.terminal.readers.retrieve(reader)


@recipe
def configurations(simulator):
    of_configurations = simulator.v1.terminal.configurations
    smart = {"percentages": [1, 2, 3], "fixed_amounts": [1, 2, 3], "smart_tip_threshold": 9}
    settings: Any = {
        "name": "Bar",
        "tipping": {"usd": smart},
        "offline": {"enabled": False},
        "cellular": {"enabled": True},
        "reboot_window": {"start_hour": 2, "end_hour": 4},
        "wifi": {"type": "personal_psk", "personal_psk": {"ssid": "x", "password": "y"}},
    }
    made = of_configurations.create(settings)
    of_configurations.retrieve(made.id)
    location = simulator.location()
    simulator.v1.terminal.locations.update(location, {"configuration_overrides": made.id})
    of_configurations.update(made.id, {"tipping": "", "wifi": ""})
    of_configurations.list({"is_account_default": True})
    of_configurations.delete(made.id)
    simulator.v1.terminal.connection_tokens.create()
    simulator.v1.terminal.connection_tokens.create({"location": location})


@recipe
def every_card(simulator):
    for name in ("visa", "mastercard_debit", "mastercard_prepaid", "amex", "discover", "jcb"):
        simulator.pay(1000, name)
    for name in ("insufficient_funds", "expired_card", "processing_error", "lost_card"):
        simulator.pay(1000, name)
    for name in ("offline_pin_cvm", "online_pin_sca_retry", "eftpos_au_debit", "girocard_debit"):
        simulator.pay(1000, name)
    simulator.pay(1000, "interac", **CANADIAN)
