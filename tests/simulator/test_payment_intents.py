"""PaymentIntents before a card is there: https://docs.stripe.com/api/payment_intents"""

import pytest
import stripe

from .conftest import SHOP, eventually, stripe_error

REFUSED = stripe.InvalidRequestError


def test_a_new_one_waits_for_a_payment_method(simulator):
    intent = simulator.intent(1234, metadata={"payment": "7"})
    assert intent.status == "requires_payment_method"
    assert (intent.amount, intent.amount_capturable, intent.amount_received) == (1234, 0, 0)
    assert intent.currency == "usd"
    assert intent.metadata.to_dict() == {"payment": "7"}
    assert intent.latest_charge is None
    assert intent.livemode is False
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    assert simulator.events() == ["payment_intent.created"]


def test_capture_is_automatic_async_unless_said_otherwise(simulator):
    params = {"amount": 1000, "currency": "usd", "payment_method_types": ["card_present"]}
    assert simulator.v1.payment_intents.create(params).capture_method == "automatic_async"


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (49, "usd", "amount_too_small"),
        (29, "gbp", "amount_too_small"),
        (49, "jpy", "amount_too_small"),
        (0, "usd", "parameter_invalid_integer"),
        (-100, "usd", "parameter_invalid_integer"),
        (100_000_000, "usd", "amount_too_large"),
        (1050, "isk", "invalid_charge_amount"),
    ],
)
def test_an_amount_has_limits(simulator, amount, currency, code):
    with pytest.raises(REFUSED) as refused:
        simulator.intent(amount, currency=currency)
    assert refused.value.code == code
    assert refused.value.param == "amount"


@pytest.mark.parametrize(
    ("amount", "currency"), [(50, "usd"), (30, "gbp"), (50, "jpy"), (99_999_999, "usd")]
)
def test_an_amount_at_the_limit_is_fine(simulator, amount, currency):
    assert simulator.intent(amount, currency=currency).amount == amount


def test_small_amounts_can_be_allowed_by_a_switch(simulator):
    simulator.tell("switches", minimum_amounts=False)
    assert simulator.intent(1).amount == 1


@pytest.mark.parametrize("currency", ["dollar", "xyz"])
def test_a_currency_is_one_that_stripe_knows(simulator, currency):
    with pytest.raises(REFUSED) as refused:
        simulator.intent(currency=currency)
    assert refused.value.param == "currency"
    assert f"Invalid currency: {currency}" in str(refused.value)


def test_upper_case_currency_is_taken_as_lower_case(simulator):
    assert simulator.intent(currency="USD").currency == "usd"


def test_an_update_changes_what_it_names_and_clears_the_last_error(simulator):
    reader, intent = simulator.reader(), simulator.intent(metadata={"a": "1", "b": "2"})
    simulator.process(reader, intent)
    simulator.present(reader, "charge_declined")
    assert simulator.read(intent).last_payment_error is not None
    changed = simulator.v1.payment_intents.update(
        intent.id, {"amount": 2000, "metadata": {"b": "", "c": "3"}}
    )
    assert changed.amount == 2000
    assert changed.metadata.to_dict() == {"a": "1", "c": "3"}
    assert changed.last_payment_error is None
    assert changed.capture_method == "automatic"


def test_an_update_that_is_refused_changes_nothing(simulator):
    intent = simulator.intent()
    with pytest.raises(REFUSED):
        simulator.v1.payment_intents.update(intent.id, {"description": "x", "amount": 1})
    read = simulator.read(intent)
    assert (read.amount, read.description) == (1000, None)


def test_all_metadata_can_be_unset_at_once(simulator):
    intent = simulator.intent(metadata={"a": "1"})
    assert simulator.v1.payment_intents.update(intent.id, {"metadata": ""}).metadata.to_dict() == {}


def test_metadata_have_limits(simulator):
    simulator.intent(metadata={"k" * 40: "v" * 500})
    for metadata in ({"k" * 41: "v"}, {"k": "v" * 501}, {str(n): "v" for n in range(51)}):
        with pytest.raises(REFUSED):
            simulator.intent(metadata=metadata)


def test_on_behalf_of_is_create_only(simulator):
    intent = simulator.intent()
    response = simulator.raw(
        "POST", f"/v1/payment_intents/{intent.id}", {"on_behalf_of": "acct_1Shop"}
    )
    assert response.json()["error"]["code"] == "parameter_unknown"


def test_after_payment_only_notes_can_be_changed(simulator):
    paid = simulator.pay()
    changed = simulator.v1.payment_intents.update(paid.id, {"metadata": {"a": "b"}})
    assert changed.metadata.to_dict() == {"a": "b"}
    with pytest.raises(REFUSED) as refused:
        simulator.v1.payment_intents.update(paid.id, {"amount": 500})
    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_charge_keeps_the_metadata_of_its_moment(simulator):
    paid = simulator.pay(metadata={"payment": "7"})
    simulator.v1.payment_intents.update(paid.id, {"metadata": {"payment": "8"}})
    assert simulator.read(paid).latest_charge.metadata.to_dict() == {"payment": "7"}


@pytest.mark.parametrize("reason", [None, "abandoned", "requested_by_customer"])
def test_one_that_waits_can_be_canceled(simulator, reason):
    intent = simulator.intent()
    params = {"cancellation_reason": reason} if reason else {}
    canceled = simulator.v1.payment_intents.cancel(intent.id, params)
    assert canceled.status == "canceled"
    assert canceled.cancellation_reason == reason
    assert canceled.canceled_at >= intent.created
    assert simulator.events()[-1] == "payment_intent.canceled"


def test_a_reason_is_one_of_stripes(simulator):
    intent = simulator.intent()
    with pytest.raises(REFUSED) as refused:
        simulator.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "bored"})
    assert refused.value.param == "cancellation_reason"


def test_canceling_a_hold_releases_it(simulator):
    held = simulator.pay(capture_method="manual")
    canceled = simulator.v1.payment_intents.cancel(held.id)
    assert (canceled.status, canceled.amount_capturable) == ("canceled", 0)
    charge = simulator.read(held).latest_charge
    assert (charge.refunded, charge.captured, charge.amount_refunded) == (True, False, 1000)


@pytest.mark.parametrize("end", ["succeeded", "canceled"])
def test_a_final_one_cannot_be_canceled(simulator, end):
    if end == "succeeded":
        intent = simulator.pay()
    else:
        intent = simulator.v1.payment_intents.cancel(simulator.intent().id)
    with pytest.raises(REFUSED) as refused:
        simulator.v1.payment_intents.cancel(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert f"because it has a status of {end}." in str(refused.value)
    assert stripe_error(refused.value)["payment_intent"]["id"] == intent.id


def test_while_a_card_is_being_authorised_it_is_locked(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    simulator.tell(f"readers/{reader}", authorization_ms=60_000)
    simulator.process(reader, intent)
    simulator.present(reader)
    for act in ("cancel", "capture"):
        response = simulator.raw("POST", f"/v1/payment_intents/{intent.id}/{act}", "")
        assert response.status_code == 429
        assert response.json()["error"]["code"] == "lock_timeout"
        assert response.headers["Stripe-Should-Retry"] == "true"
        assert "Request-Id" not in response.headers
    simulator.tell("clock", advance=61)
    eventually(lambda: simulator.read(intent).status == "succeeded")


def test_a_locked_answer_is_not_stored_under_the_key(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    simulator.tell(f"readers/{reader}", authorization_ms=60_000)
    simulator.process(reader, intent)
    simulator.present(reader, "charge_declined")
    path = f"/v1/payment_intents/{intent.id}/cancel"
    assert simulator.raw("POST", path, "", Idempotency_Key="c").status_code == 429
    simulator.tell("clock", advance=61)
    assert simulator.raw("POST", path, "", Idempotency_Key="c").status_code == 200


def test_interac_needs_canadian_dollars_and_no_plain_manual_capture(simulator):
    types = ["card_present", "interac_present"]
    with pytest.raises(REFUSED) as refused:
        simulator.intent(payment_method_types=types)
    assert refused.value.param == "currency"
    with pytest.raises(REFUSED) as refused:
        simulator.intent(currency="cad", payment_method_types=types, capture_method="manual")
    assert refused.value.param == "capture_method"
    preferred = {"card_present": {"capture_method": "manual_preferred"}}
    intent = simulator.intent(
        currency="cad",
        payment_method_types=types,
        capture_method="manual",
        payment_method_options=preferred,
    )
    assert intent.payment_method_options.card_present.capture_method == "manual_preferred"
    assert "interac_present" in intent.payment_method_options


def line(name="Cap", cost=500, quantity=2, **more):
    return {"product_name": name, "unit_cost": cost, "quantity": quantity, **more}


def test_it_shows_all_that_was_sent(simulator):
    buyer = simulator.v1.customers.create({"name": "Jane"}).id
    sent = {
        "customer": buyer,
        "setup_future_usage": "off_session",
        "receipt_email": "jane@example.com",
        "statement_descriptor_suffix": "TABLE 7",
        "transfer_group": "lunches",
        "confirmation_method": "manual",
    }
    intent = simulator.intent(
        **sent,
        shipping={"name": "Jane", "address": {"line1": "1 Main St"}},
        payment_details={"order_reference": "A-17"},
        payment_method_options={"card_present": {"routing": {"requested_priority": "domestic"}}},
    )
    assert {name: intent[name] for name in sent} == sent
    assert intent.shipping.address.line1 == "1 Main St"
    assert intent.payment_details.order_reference == "A-17"
    assert intent.payment_method_options.card_present.routing.requested_priority == "domestic"
    charge = simulator_pays(simulator, intent).latest_charge
    assert (charge.customer, charge.receipt_email) == (buyer, "jane@example.com")
    assert charge.shipping.name == "Jane"
    assert [each.id for each in simulator.v1.payment_intents.list({"customer": buyer}).data] == [
        intent.id
    ]


def simulator_pays(simulator, intent):
    reader = simulator.reader()
    simulator.process(reader, intent)
    simulator.present(reader)
    return simulator.read(intent)


def test_line_items_are_listed_in_their_order(simulator):
    items = [line("Cap"), line("Tea", 300, 1, tax={"total_tax_amount": 30})]
    intent = simulator.intent(1330, amount_details={"line_items": items})
    of_items = simulator.v1.payment_intents.amount_details_line_items
    assert [each.product_name for each in of_items.list(intent.id).data] == ["Cap", "Tea"]
    simulator.v1.payment_intents.update(
        intent.id, {"amount": 1000, "amount_details": {"line_items": [line("Hat")]}}
    )
    assert [each.product_name for each in of_items.list(intent.id).data] == ["Hat"]


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({"line_items": [line()]}, "amount_details_amount_mismatch"),
        (
            {"tax": {"total_tax_amount": 1200}},
            "amount_details_tax_shipping_discount_greater_than_amount",
        ),
    ],
)
def test_what_does_not_add_up_is_refused_or_noted(simulator, details, code):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.intent(1100, amount_details=details)
    assert refused.value.code == code
    lenient = details | {"enforce_arithmetic_validation": False}
    assert simulator.intent(1100, amount_details=lenient).amount_details.error.code == code


def test_a_discount_is_told_of_the_whole_or_of_its_items(simulator):
    details = {"discount_amount": 50, "line_items": [line(discount_amount=50)]}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.intent(950, amount_details=details)
    assert refused.value.code == "parameters_exclusive"


def test_the_amount_details_outlive_the_tip_of_a_reader(simulator):
    intent = simulator.intent(1000, amount_details={"tax": {"total_tax_amount": 70}})
    reader = simulator.reader()
    simulator.process(reader, intent)
    simulator.v1.test_helpers.terminal.readers.present_payment_method(reader, {"amount_tip": 100})
    details = simulator.read(intent).amount_details
    assert (details.tip.amount, details.tax.total_tax_amount) == (100, 70)


def test_types_are_named_or_automatic(simulator):
    create = simulator.v1.payment_intents.create
    intent = create({"amount": 1000, "currency": "usd"})
    assert intent.automatic_payment_methods.enabled
    assert intent.payment_method_types == ["card"]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.intent(automatic_payment_methods={"enabled": True})
    assert refused.value.code == "parameters_exclusive"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statement_descriptor", "LUNCH"),
        ("statement_descriptor_suffix", "17"),
        ("statement_descriptor_suffix", "A*B"),
        ("statement_descriptor_suffix", "A" * 23),
    ],
)
def test_a_statement_that_a_card_cannot_show_is_refused(simulator, name, value):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.intent(**{name: value})
    assert refused.value.param == name


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"currency": "eur", "payment_method_types": ["card_present", "paynow"]}, "currency"),
        (
            {"payment_method_types": ["wechat_pay"], "capture_method": "manual"},
            "capture_method",
        ),
    ],
)
def test_a_code_on_the_screen_has_its_own_rules(simulator, wrong, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.intent(**wrong)
    assert refused.value.param == param


def test_a_connected_account_needs_the_capability_of_the_method(simulator):
    simulator.account()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.intent(account=SHOP, payment_method_types=["card_present", "wechat_pay"])
    assert refused.value.param == "payment_method_types"


@pytest.mark.parametrize(("card", "status"), [("visa", "requires_capture")])
def test_cards_can_be_held_while_everything_else_is_captured(simulator, card, status):
    mixed = simulator.pay(
        card=card,
        payment_method_types=["card_present", "wechat_pay"],
        payment_method_options={"card_present": {"capture_method": "manual"}},
    )
    assert (mixed.capture_method, mixed.status) == ("automatic", status)


def test_line_items_are_shown_when_asked_for(simulator):
    intent = simulator.intent(amount_details={"line_items": [line("Cap"), line("Hat", 0, 1)]})
    assert "line_items" not in intent.amount_details
    params = {"expand": ["amount_details.line_items"]}
    shown = simulator.v1.payment_intents.retrieve(intent.id, params).amount_details.line_items
    assert [each.product_name for each in shown.data] == ["Cap", "Hat"]


def test_a_discount_is_taken_off(simulator):
    details = {"discount_amount": 100, "line_items": [line()]}
    assert simulator.intent(900, amount_details=details).amount_details.discount_amount == 100


def test_an_option_is_unset_with_nothing(simulator):
    options = {"affirm": {"capture_method": "manual", "preferred_locale": "en-US"}}
    types = ["card_present", "affirm"]
    intent = simulator.intent(payment_method_types=types, payment_method_options=options)
    assert intent.payment_method_options.affirm.to_dict() == options["affirm"]
    params = {"payment_method_options": {"affirm": {"capture_method": ""}}}
    changed = simulator.v1.payment_intents.update(intent.id, params)
    assert changed.payment_method_options.affirm.to_dict() == {"preferred_locale": "en-US"}


def test_an_account_abroad_is_paid_as_the_merchant_only(simulator):
    simulator.account(country="GB")
    abroad = {"transfer_data": {"destination": SHOP}}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.intent(**abroad)
    assert refused.value.param == "transfer_data[destination]"
    assert simulator.intent(**abroad, on_behalf_of=SHOP).on_behalf_of == SHOP
