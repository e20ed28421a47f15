"""What a shop's server does in a day, with the official SDK only, against `python -m simulator`.

Nothing but Stripe's API is used, but for the person who fills in the onboarding's page.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import stripe

from .conftest import PATIENCE, end, eventually, on, start
from .holder import Holder

CANADIAN: Any = {
    "currency": "cad",
    "payment_method_types": ["card_present", "interac_present"],
    "capture_method": "automatic",
}
INTERAC: Any = {"type": "interac_present"}


@pytest.fixture(scope="module")
def client() -> Iterator[stripe.StripeClient]:
    process, url = start()
    session = stripe.RequestsClient(timeout=PATIENCE)
    yield stripe.StripeClient("sk_test_x", base_addresses={"api": url}, http_client=session)
    session.close()
    assert end(process) == 0


@pytest.fixture(scope="module")
def v1(client):
    return client.v1


def onboard(v1: Any, country: str) -> str:
    """A restaurant of its own, from nothing to its first charge, by the hosted page."""
    wanted = {"card_payments": {"requested": True}, "transfers": {"requested": True}}
    profile = {"name": "Diner", "mcc": "5812"}
    account = v1.accounts.create(
        {"country": country, "capabilities": wanted, "business_profile": profile}
    )
    assert not account.charges_enabled
    link = v1.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "return_url": "https://shop.example/return",
            "refresh_url": "https://shop.example/refresh",
        }
    )
    with httpx.Client(trust_env=False, timeout=PATIENCE) as browser:
        person = Holder(browser, link.url)
        person.press("next")
        person.press("submit")
    assert person.sent_to == "https://shop.example/return"
    # Being sent back proves nothing: Stripe verifies what it was told, and then says so.
    eventually(lambda: v1.accounts.retrieve(account.id).charges_enabled)
    return str(account.id)


def open_till(v1: Any, country: str, account: str = "") -> str:
    address = {"line1": "1 Main St", "city": "Springfield", "postal_code": "62701"}
    location = v1.terminal.locations.create(
        {"display_name": "Main Street", "address": address | {"country": country}}, on(account)
    )
    code = {"registration_code": "simulated-wpe", "location": location.id}
    return str(v1.terminal.readers.create(code, on(account)).id)


@pytest.fixture(scope="module")
def diner(v1):
    account = onboard(v1, "US")
    return SimpleNamespace(id=account, on=on(account), reader=open_till(v1, "US", account))


@pytest.fixture(scope="module")
def shop(v1):
    """The platform's own."""
    return SimpleNamespace(on={}, reader=open_till(v1, "US"))


def create(v1: Any, shop: Any, **params: Any) -> str:
    params = {
        "amount": 4000,
        "currency": "usd",
        "payment_method_types": ["card_present"],
        "capture_method": "manual",
        **params,
    }
    return str(v1.payment_intents.create(params, shop.on).id)


def process(v1: Any, shop: Any, intent: str) -> Any:
    readers = v1.terminal.readers
    return readers.process_payment_intent(shop.reader, {"payment_intent": intent}, shop.on)


def present(v1: Any, shop: Any, **params: Any) -> Any:
    readers = v1.test_helpers.terminal.readers
    return readers.present_payment_method(shop.reader, params, shop.on)


def test_a_whole_sale(v1, shop):
    intent = create(v1, shop, metadata={"order": "7"})
    assert process(v1, shop, intent).action.status == "in_progress"
    assert present(v1, shop).action.status == "succeeded"
    held = v1.payment_intents.retrieve(intent, {"expand": ["latest_charge"]})
    assert held.status == "requires_capture"
    assert held.latest_charge.metadata.to_dict() == {"order": "7"}
    assert held.latest_charge.payment_method_details.card_present.last4 == "4242"
    sold = v1.payment_intents.capture(intent)
    assert (sold.status, sold.amount_received) == ("succeeded", 4000)
    types = [each.type for each in v1.events.list({"limit": 5}).data]
    assert {"charge.captured", "payment_intent.succeeded"} < set(types)


def test_collect_inspect_confirm(v1, shop):
    intent = create(v1, shop, capture_method="automatic")
    readers = v1.terminal.readers
    readers.collect_payment_method(shop.reader, {"payment_intent": intent})
    action = present(v1, shop, type="card_present").action
    assert action.collect_payment_method.payment_method.card_present.brand == "visa"
    assert v1.payment_intents.retrieve(intent).status == "requires_confirmation"
    readers.confirm_payment_intent(shop.reader, {"payment_intent": intent})
    eventually(lambda: v1.payment_intents.retrieve(intent).status == "succeeded")


def test_onboarding_and_a_tip_on_the_receipt(v1, diner):
    assert v1.accounts.retrieve(diner.id).details_submitted
    intent = create(v1, diner, application_fee_amount=100)
    process(v1, diner, intent)
    present(v1, diner)
    tipped = v1.payment_intents.capture(intent, {"amount_to_capture": 4800}, diner.on)
    assert (tipped.status, tipped.amount) == ("succeeded", 4800)
    charge = v1.charges.retrieve(tipped.latest_charge, {}, diner.on)
    card = charge.payment_method_details.card_present
    assert card.overcapture_supported
    assert charge.amount - card.amount_authorized == 800
    [fee] = v1.application_fees.list({"charge": charge.id}).data
    assert (fee.amount, fee.account) == (100, diner.id)
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        v1.charges.retrieve(charge.id)
    assert unknown.value.code == "resource_missing"


def test_a_refund(v1, shop):
    intent = create(v1, shop, capture_method="automatic")
    process(v1, shop, intent)
    present(v1, shop)
    refund = v1.refunds.create({"payment_intent": intent, "amount": 1500})
    assert refund.status == "succeeded"
    assert v1.charges.retrieve(refund.charge).amount_refunded == 1500
    with pytest.raises(stripe.InvalidRequestError):
        v1.refunds.create({"payment_intent": intent, "amount": 9999})


def test_an_interac_refund_on_the_reader(v1):
    account = onboard(v1, "CA")
    shop = SimpleNamespace(on=on(account), reader=open_till(v1, "CA", account))
    intent = create(v1, shop, **CANADIAN)
    process(v1, shop, intent)
    present(v1, shop, **INTERAC)
    with pytest.raises(stripe.InvalidRequestError):
        v1.refunds.create({"payment_intent": intent}, shop.on)
    wanted = {"payment_intent": intent, "amount": 1000}
    v1.terminal.readers.refund_payment(shop.reader, wanted, shop.on)
    action = present(v1, shop, **INTERAC).action
    assert action.status == "succeeded"
    assert v1.refunds.retrieve(action.refund_payment.refund, {}, shop.on).amount == 1000


def test_a_webhook_is_verified(v1, shop, listening):
    listening.begin()
    wanted: Any = ["terminal.reader.action_succeeded"]
    made = v1.webhook_endpoints.create({"url": listening.url, "enabled_events": wanted})
    intent = create(v1, shop)
    process(v1, shop, intent)
    present(v1, shop)
    headers, body = listening.next()
    event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], made.secret)
    action = event.data.object["action"]
    assert action["process_payment_intent"]["payment_intent"] == intent
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], "whsec_other")
