"""Ways to bring every operation and every state about. A new endpoint needs one here."""

from typing import Any

from .. import people
from ..conftest import SHOP, on
from ..holder import Holder
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
def the_ways_to_stripes_pages(simulator):
    made = simulator.v1.accounts.create({"type": "express"}).id
    simulator.v1.account_links.create(
        {
            "account": made,
            "type": "account_onboarding",
            "return_url": simulator.url,
            "refresh_url": simulator.url,
        }
    )
    simulator.tell("accounts", id=made)
    simulator.v1.accounts.login_links.create(made)


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


@recipe
def refunds(simulator):
    of_refunds = simulator.v1.refunds
    paid, fails = simulator.pay(4000), simulator.pay(4000, "refund_fail")
    made = of_refunds.create({"payment_intent": paid.id, "amount": 1000, "reason": "duplicate"})
    of_refunds.create({"payment_intent": fails.id})
    of_refunds.retrieve(made.id)
    of_refunds.update(made.id, {"metadata": {"a": "b"}})
    of_refunds.list({"charge": made.charge})
    simulator.v1.charges.retrieve(made.charge, {"expand": ["refunds"]})
    nested = f"/v1/charges/{made.charge}/refunds"
    simulator.raw("POST", nested, "amount=100")
    simulator.raw("GET", nested)
    simulator.raw("GET", f"{nested}/{made.id}")
    simulator.raw("POST", f"{nested}/{made.id}", "metadata[a]=c")
    simulator.raw("POST", f"/v1/refunds/{made.id}/cancel")
    simulator.raw("POST", f"/v1/test_helpers/refunds/{made.id}/expire")
    simulator.tell("clock", advance=61)
    simulator.tell("switches", refund_over_balance="wait")
    unpaid = simulator.pay(account=simulator.account())
    waits = of_refunds.create({"payment_intent": unpaid.id}, on(SHOP))
    simulator.tell("dashboard/refund_cancel", account=SHOP, id=waits.id)


@recipe
def money_between_accounts(simulator):
    shop, v1 = simulator.account(), simulator.v1
    charge = simulator.pay(
        8000, transfer_data={"destination": shop}, application_fee_amount=80
    ).latest_charge
    both = {"reverse_transfer": True, "refund_application_fee": True}
    v1.refunds.create({"charge": charge.id, "amount": 1000, **both})
    reversal = v1.transfers.reversals.create(charge.transfer, {"amount": 100})
    v1.transfers.reversals.retrieve(charge.transfer, reversal.id)
    v1.transfers.reversals.update(charge.transfer, reversal.id, {"metadata": {"a": "b"}})
    v1.transfers.reversals.list(charge.transfer)
    v1.transfers.update(charge.transfer, {"description": "x"})
    fee = charge.application_fee
    given = v1.application_fees.refunds.create(fee, {"amount": 10})
    v1.application_fees.refunds.retrieve(fee, given.id)
    v1.application_fees.refunds.update(fee, given.id, {"metadata": {"a": "b"}})
    v1.application_fees.refunds.list(fee)
    source = simulator.pay(1000).latest_charge.id
    params = {"amount": 100, "currency": "usd", "destination": shop, "source_transaction": source}
    v1.transfers.create(params)


@recipe
def balances_and_payouts(simulator):
    shop, v1 = simulator.account(), simulator.v1
    simulator.pay(10_000, account=shop, application_fee_amount=100)
    v1.balance.retrieve({}, on(shop))
    simulator.tell("clock", advance=2 * 24 * 3600)
    v1.balance.retrieve()
    v1.balance_transactions.list({"type": "charge"}, on(shop))
    first, second, third = (
        v1.payouts.create({"amount": 100, "currency": "usd"}, on(shop)) for _ in range(3)
    )
    v1.payouts.update(first.id, {"metadata": {"a": "b"}}, on(shop))
    v1.payouts.cancel(second.id, {}, on(shop))
    v1.payouts.list({"status": "pending"}, on(shop))
    simulator.tell("clock", advance=2 * 24 * 3600)
    v1.payouts.retrieve(first.id, {}, on(shop))
    v1.payouts.reverse(first.id, {}, on(shop))
    simulator.tell("dashboard/payout_fail", account=shop, id=third.id)
    simulator.tell("switches", automatic_payouts=True)
    simulator.pay(10_000, account=shop)
    simulator.tell("clock", advance=4 * 24 * 3600)


@recipe
def disputes(simulator):
    of_disputes = simulator.v1.disputes
    for card in ("visa", "mastercard"):
        made = simulator.tell("dashboard/dispute", id=simulator.pay(5000, card).id)["id"]
        of_disputes.retrieve(made)
        of_disputes.update(made, {"evidence": {"customer_name": "Ann"}})
        simulator.tell("dashboard/dispute_close", id=made, outcome="won")
    asked = simulator.tell("dashboard/dispute", id=simulator.pay().id, inquiry=True)["id"]
    of_disputes.close(asked)
    of_disputes.list()


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
def the_bytes_of_a_file(simulator):
    picture = {"file": ("splash.png", b"\x89PNG\r\n\x1a\n", "image/png")}
    headers = {"Authorization": "Bearer sk_test_x"}
    data = {"purpose": "terminal_reader_splashscreen"}
    made = simulator.http.post("/v1/files", data=data, files=picture, headers=headers).json()
    simulator.raw("GET", f"/v1/files/{made['id']}/contents")


@recipe
def every_kind_of_account(simulator):
    of_accounts = simulator.v1.accounts
    wanted: Any = {"card_payments": {"requested": True}, "transfers": {"requested": True}}
    none: Any = {
        "stripe_dashboard": {"type": "none"},
        "fees": {"payer": "application"},
        "losses": {"payments": "application"},
    }
    for controller in (
        {"stripe_dashboard": {"type": "full"}},
        none | {"stripe_dashboard": {"type": "express"}},
        none | {"requirement_collection": "application"},
        none,
    ):
        of_accounts.create({"controller": controller, "capabilities": wanted})
    for reason in ("fraud", "terms_of_service", "other"):
        ours = none | {"requirement_collection": "application"}
        made = of_accounts.create({"controller": ours, "capabilities": wanted})
        of_accounts.reject(made.id, {"reason": reason})


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
def a_collected_card(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    of_readers = simulator.v1.terminal.readers
    of_readers.collect_payment_method(reader, {"payment_intent": intent.id})
    simulator.present(reader)
    simulator.v1.payment_intents.retrieve(intent.id)


@recipe
def an_onboarding(simulator):
    of_accounts = simulator.v1.accounts
    made = of_accounts.create({"type": "express", "capabilities": people.WISHES}).id
    holder = Holder(simulator.http, onboarding_link(simulator, made))
    holder.press("next")
    holder.press("submit")
    simulator.tell("clock", advance=2)
    of_accounts.login_links.create(made)
    body = f"client_id=ca_SimPlatform0000000000000000&stripe_user_id={made}"
    simulator.raw("POST", "/oauth/deauthorize", body)
    simulator.tell(f"accounts/{made}/reauthorize")


def onboarding_link(simulator, account: str) -> str:
    link = simulator.v1.account_links.create(
        {
            "account": account,
            "type": "account_onboarding",
            "return_url": "http://shop.example/return",
            "refresh_url": "http://shop.example/refresh",
        }
    )
    return str(link.url)
