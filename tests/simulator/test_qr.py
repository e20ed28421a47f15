"""Codes to scan: https://docs.stripe.com/terminal/payments/additional-payment-methods"""

import pytest
import stripe

BOTH = {"payment_method_types": ["card_present", "wechat_pay"]}


@pytest.fixture
def intent(simulator):
    return simulator.intent(**BOTH)


def show(simulator, reader, intent, type="wechat_pay", **config):
    simulator.process(reader, intent, **config)
    simulator.tell(f"readers/{reader}/qr", type=type)


@pytest.mark.parametrize(
    ("type", "currency", "kind"),
    [
        ("wechat_pay", "usd", "wechat_pay_display_qr_code"),
        ("paynow", "sgd", "paynow_display_qr_code"),
        ("affirm", "usd", "redirect_to_url"),
    ],
)
def test_a_customer_scans_and_pays(simulator, reader, type, currency, kind):
    intent = simulator.intent(currency=currency, payment_method_types=["card_present", type])
    show(simulator, reader, intent, type, return_url="https://example.com/done")
    waits = simulator.read(intent)
    assert (waits.status, waits.next_action.type) == ("requires_action", kind)
    if type == "affirm":
        assert waits.next_action.redirect_to_url.return_url == "https://example.com/done"
    assert simulator.action(reader).status == "in_progress"
    assert simulator.look(f"readers/{reader}")["screen"]["kind"] == "qr"
    assert simulator.events()[-1] == "payment_intent.requires_action"
    simulator.tell(f"payment_intents/{intent.id}/qr", paid=True)
    paid = simulator.read(intent)
    assert (paid.status, paid.next_action) == ("succeeded", None)
    details = paid.latest_charge.payment_method_details[type]
    assert paid.latest_charge.id.startswith("py_")
    assert details.reader == reader
    assert details.location
    assert simulator.action(reader).status == "succeeded"
    assert simulator.events()[-3:] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "terminal.reader.action_succeeded",
    ]


def test_a_payment_by_a_code_is_refunded_like_any_other(simulator, reader, intent):
    show(simulator, reader, intent)
    simulator.tell(f"payment_intents/{intent.id}/qr", paid=True)
    refund = simulator.v1.refunds.create({"payment_intent": intent.id})
    assert (refund.status, refund.amount) == ("succeeded", 1000)


def test_a_payment_that_the_customer_gives_up_fails(simulator, reader, intent):
    show(simulator, reader, intent)
    simulator.tell(f"payment_intents/{intent.id}/qr", paid=False)
    assert simulator.read(intent).status == "requires_payment_method"
    assert simulator.action(reader).failure_code == "payment_intent_authentication_failure"
    assert "payment_intent.payment_failed" in simulator.events()


def test_the_way_back_fails_the_action(simulator, reader, intent):
    show(simulator, reader, intent)
    simulator.tell(f"readers/{reader}/cancel_by_customer")
    assert simulator.action(reader).failure_code == "customer_canceled"
    assert simulator.read(intent).status == "requires_payment_method"


def test_a_reader_freed_by_cancel_action_leaves_the_payment_to_the_customer(
    simulator, reader, intent
):
    show(simulator, reader, intent)
    simulator.v1.terminal.readers.cancel_action(reader)
    assert simulator.read(intent).status == "requires_action"
    simulator.process(reader, simulator.intent())
    simulator.tell(f"payment_intents/{intent.id}/qr", paid=True)
    assert simulator.read(intent).status == "succeeded"
    assert simulator.action(reader).status == "in_progress"


def test_a_payment_can_be_canceled_while_its_code_is_shown(simulator, reader, intent):
    show(simulator, reader, intent)
    simulator.v1.payment_intents.cancel(intent.id)
    simulator.tell(f"payment_intents/{intent.id}/qr", status=400, paid=True)
    assert simulator.v1.charges.list().data == []


def test_a_code_is_shown_only_where_it_is_taken(simulator, reader):
    simulator.tell(f"readers/{reader}/qr", status=400, type="wechat_pay")
    simulator.process(reader, simulator.intent())
    simulator.tell(f"readers/{reader}/qr", status=400, type="wechat_pay")


def test_while_a_code_is_shown_the_payment_is_not_processed_elsewhere(simulator, reader, intent):
    show(simulator, reader, intent)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.process(simulator.reader(), intent)
    assert refused.value.code == "intent_invalid_state"


def test_affirm_can_be_held(simulator, reader):
    types = ["card_present", "affirm"]
    intent = simulator.intent(payment_method_types=types, capture_method="manual")
    show(simulator, reader, intent, "affirm")
    simulator.tell(f"payment_intents/{intent.id}/qr", paid=True)
    held = simulator.read(intent)
    assert (held.status, held.amount_capturable) == ("requires_capture", 1000)
    simulator.tell("clock", advance=29 * 24 * 3600)
    assert simulator.v1.payment_intents.capture(intent.id).status == "succeeded"
