"""Collect, inspect, confirm: https://docs.stripe.com/terminal/payments/collect-card-payment"""

import pytest
import stripe

from .conftest import SHOP, eventually, on

REFUSED = stripe.InvalidRequestError


def collect(simulator, reader, intent, account="", **config):
    params = {"payment_intent": intent.id}
    if config:
        params["collect_config"] = config
    return simulator.v1.terminal.readers.collect_payment_method(reader, params, on(account))


def confirm(simulator, reader, intent, account="", **config):
    params = {"payment_intent": intent.id}
    if config:
        params["confirm_config"] = config
    return simulator.v1.terminal.readers.confirm_payment_intent(reader, params, on(account))


def result(simulator, reader, account=""):
    """The action once it has ended."""
    ended = ("succeeded", "failed")
    return eventually(
        lambda: (found := simulator.action(reader, account)) and found.status in ended and found
    )


def refusal(call, *args, **kwargs):
    with pytest.raises(REFUSED) as refused:
        call(*args, **kwargs)
    return refused.value


def look(simulator, reader):
    return simulator.look(f"readers/{reader}")


def test_a_collected_card_can_be_looked_at_before_it_is_charged(simulator, reader, intent):
    asked = collect(simulator, reader, intent, enable_customer_cancellation=True)
    assert asked.action.type == "collect_payment_method"
    assert asked.action.collect_payment_method.to_dict() == {
        "payment_intent": intent.id,
        "collect_config": {"enable_customer_cancellation": True},
    }
    simulator.present(reader, "mastercard_debit")
    shown = simulator.action(reader)
    assert shown.status == "in_progress"
    card = shown.collect_payment_method.payment_method
    assert (card.object, card.type) == ("payment_method", "card_present")
    assert (card.card_present.brand, card.card_present.funding) == ("mastercard", "debit")
    read = simulator.read(intent)
    assert (read.status, read.payment_method) == ("requires_confirmation", card.id)
    assert read.latest_charge is None
    assert simulator.events() == ["payment_intent.created", "terminal.reader.action_updated"]
    assert look(simulator, reader)["state"] == "collected"


def test_a_confirmed_card_is_charged_after_the_answer(simulator, reader, intent):
    collect(simulator, reader, intent)
    simulator.present(reader, "mastercard")
    collected = simulator.read(intent).payment_method
    answered = confirm(simulator, reader, intent, return_url="https://example.com")
    assert answered.action.status == "in_progress"
    assert answered.action.confirm_payment_intent.to_dict() == {
        "payment_intent": intent.id,
        "confirm_config": {"return_url": "https://example.com"},
    }
    assert result(simulator, reader).status == "succeeded"
    paid = simulator.read(intent)
    assert paid.status == "succeeded"
    assert paid.payment_method == paid.latest_charge.payment_method == collected
    assert paid.latest_charge.payment_method_details.card_present.brand == "mastercard"
    assert simulator.events()[-3:] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "terminal.reader.action_succeeded",
    ]


def test_a_declined_confirmation_wants_another_card(simulator, reader, intent):
    collect(simulator, reader, intent)
    simulator.present(reader, "insufficient_funds")
    assert simulator.action(reader).status == "in_progress"
    confirm(simulator, reader, intent)
    failed = result(simulator, reader)
    assert (failed.status, failed.failure_code) == ("failed", "card_declined")
    assert failed.api_error.decline_code == "insufficient_funds"
    assert simulator.read(intent).status == "requires_payment_method"
    collect(simulator, reader, intent)
    simulator.present(reader)
    confirm(simulator, reader, intent)
    assert result(simulator, reader).status == "succeeded"


def test_a_held_confirmation_waits_for_its_capture(simulator, reader):
    intent = simulator.intent(capture_method="manual")
    collect(simulator, reader, intent)
    simulator.present(reader, amount_tip=150)
    confirm(simulator, reader, intent)
    result(simulator, reader)
    held = simulator.read(intent)
    assert (held.status, held.amount_capturable) == ("requires_capture", 1150)
    assert held.amount_details.tip.amount == 150


def test_it_works_on_a_connected_account(simulator):
    simulator.account()
    reader, intent = simulator.reader(SHOP), simulator.intent(account=SHOP)
    collect(simulator, reader, intent, SHOP)
    simulator.present(reader)
    confirm(simulator, reader, intent, SHOP)
    assert result(simulator, reader, SHOP).status == "succeeded"


def test_while_confirming_the_reader_is_busy_and_the_payment_locked(simulator, reader, intent):
    simulator.tell(f"readers/{reader}", authorization_ms=60_000)
    collect(simulator, reader, intent)
    simulator.present(reader)
    simulator.tell("clock", advance=60 - 1)
    assert simulator.action(reader).collect_payment_method.to_dict().get("payment_method") is None
    simulator.tell("clock", advance=2)
    confirm(simulator, reader, intent)
    cancel = simulator.v1.terminal.readers.cancel_action
    assert refusal(cancel, reader).code == "terminal_reader_busy"
    with pytest.raises(stripe.RateLimitError):
        simulator.v1.payment_intents.cancel(intent.id)
    simulator.tell("clock", advance=61)
    assert result(simulator, reader).status == "succeeded"


def test_not_confirmed_within_30_seconds_the_card_is_forgotten(simulator, reader, intent):
    collect(simulator, reader, intent)
    simulator.present(reader)
    simulator.tell("clock", advance=29)
    assert simulator.read(intent).status == "requires_confirmation"
    simulator.tell("clock", advance=2)
    after = simulator.read(intent)
    assert (after.status, after.payment_method) == ("requires_payment_method", None)
    failed = simulator.action(reader)
    assert (failed.status, failed.failure_code) == ("failed", "collect_payment_method_timeout")
    assert simulator.events()[-1] == "terminal.reader.action_failed"
    assert refusal(confirm, simulator, reader, intent).code == "intent_invalid_state"


def test_what_expires_can_expire_silently(simulator, reader, intent):
    simulator.tell("switches", collection_expiry="silent", collected_action_status="succeeded")
    collect(simulator, reader, intent)
    simulator.present(reader)
    assert simulator.action(reader).status == "succeeded"
    simulator.tell("clock", advance=31)
    assert simulator.read(intent).status == "requires_payment_method"
    assert simulator.action(reader).status == "succeeded"
    assert simulator.events()[-1] == "terminal.reader.action_updated"


def test_a_confirmation_in_time_is_not_taken_back(simulator, reader, intent):
    simulator.tell(f"readers/{reader}", authorization_ms=25_000)
    collect(simulator, reader, intent)
    simulator.present(reader)
    simulator.tell("clock", advance=26)
    confirm(simulator, reader, intent)
    simulator.tell("clock", advance=20)
    assert simulator.read(intent).status == "requires_confirmation"
    simulator.tell("clock", advance=20)
    assert simulator.read(intent).status == "succeeded"


def test_a_canceled_collection_frees_reader_and_payment(simulator, reader, intent):
    collect(simulator, reader, intent)
    simulator.present(reader)
    assert simulator.v1.terminal.readers.cancel_action(reader).action is None
    assert simulator.read(intent).status == "requires_payment_method"
    assert simulator.process(reader, intent).action.status == "in_progress"


@pytest.mark.parametrize("busy", [True, False])
def test_a_reader_with_a_collected_card_is_busy_to_other_commands(simulator, reader, intent, busy):
    simulator.tell("switches", collected_reader_is_busy=busy)
    other = simulator.intent()
    collect(simulator, reader, intent)
    simulator.present(reader)
    if busy:
        assert refusal(simulator.process, reader, other).code == "terminal_reader_busy"
        assert simulator.read(intent).status == "requires_confirmation"
    else:
        simulator.process(reader, other)
        assert simulator.read(intent).status == "requires_payment_method"


def test_only_the_reader_that_has_the_card_can_confirm(simulator, reader, intent):
    collect(simulator, reader, intent)
    simulator.present(reader)
    assert refusal(confirm, simulator, simulator.reader(), intent).param == "payment_intent"


def test_nothing_is_confirmed_that_was_not_collected(simulator, reader, intent):
    assert refusal(confirm, simulator, reader, intent).code == "intent_invalid_state"


def test_a_confirmation_can_wait_for_the_card_to_be_presented_again(simulator, reader, intent):
    simulator.tell("switches", confirm_waits_for_card=True)
    collect(simulator, reader, intent)
    simulator.present(reader, "amex", amount_tip=100)
    confirm(simulator, reader, intent)
    assert look(simulator, reader)["state"] == "waiting_for_card"
    present = simulator.v1.test_helpers.terminal.readers.present_payment_method
    assert present(reader).action.status == "succeeded"
    paid = simulator.read(intent)
    assert paid.amount_received == 1100
    assert paid.latest_charge.payment_method_details.card_present.brand == "amex"


def test_a_confirmation_that_waits_and_is_canceled_forgets_the_card(simulator, reader, intent):
    simulator.tell("switches", confirm_waits_for_card=True)
    collect(simulator, reader, intent)
    simulator.present(reader)
    confirm(simulator, reader, intent)
    simulator.v1.terminal.readers.cancel_action(reader)
    assert simulator.read(intent).status == "requires_payment_method"


@pytest.mark.parametrize("truth", ["approved", "none"])
def test_a_line_lost_while_collecting_may_have_brought_the_card(simulator, reader, intent, truth):
    simulator.tell(f"readers/{reader}", next={"outcome": "connection_error", "truth": truth})
    collect(simulator, reader, intent)
    simulator.present(reader)
    assert simulator.action(reader).failure_code == "connection_error"
    there = simulator.read(intent).status
    assert there == ("requires_confirmation" if truth == "approved" else "requires_payment_method")
    simulator.tell("clock", advance=31)
    assert simulator.read(intent).status == "requires_payment_method"


@pytest.mark.parametrize("when", ["before collecting", "before confirming"])
def test_a_decline_can_be_planned_for_the_confirmation(simulator, reader, intent, when):
    plan = {"outcome": "decline", "decline_code": "lost_card"}
    if when == "before collecting":
        simulator.tell(f"readers/{reader}", next=plan)
    collect(simulator, reader, intent)
    simulator.present(reader)
    assert simulator.read(intent).status == "requires_confirmation"
    if when == "before confirming":
        simulator.tell(f"readers/{reader}", next=plan)
    confirm(simulator, reader, intent)
    assert result(simulator, reader).api_error.decline_code == "lost_card"


@pytest.mark.parametrize("truth", ["approved", "late", "none"])
def test_a_line_lost_while_confirming_hides_what_the_bank_said(simulator, reader, intent, truth):
    collect(simulator, reader, intent)
    simulator.present(reader)
    plan = {"outcome": "connection_error", "truth": truth, "delay_ms": 5_000}
    simulator.tell(f"readers/{reader}", next=plan)
    confirm(simulator, reader, intent)
    assert result(simulator, reader).failure_code == "connection_error"
    assert simulator.read(intent).status == (
        "succeeded" if truth == "approved" else "requires_confirmation"
    )
    simulator.tell("clock", advance=6)
    assert simulator.read(intent).status == (
        "requires_confirmation" if truth == "none" else "succeeded"
    )


def test_a_reader_can_vanish_while_confirming(simulator, reader, intent):
    collect(simulator, reader, intent)
    simulator.present(reader)
    simulator.tell(f"readers/{reader}", next={"outcome": "vanish"})
    confirm(simulator, reader, intent)
    simulator.tell("clock", advance=3600)
    assert simulator.action(reader).status == "in_progress"


def test_a_reader_without_power_lets_the_collected_card_expire(simulator, reader, intent):
    collect(simulator, reader, intent)
    simulator.present(reader)
    simulator.tell(f"readers/{reader}", condition="off")
    assert simulator.read(intent).status == "requires_confirmation"
    simulator.tell("clock", advance=31)
    assert simulator.read(intent).status == "requires_payment_method"
    assert simulator.action(reader).status == "in_progress"


def test_a_card_collected_for_a_payment_canceled_meanwhile_is_refused(simulator, reader, intent):
    collect(simulator, reader, intent)
    simulator.v1.payment_intents.cancel(intent.id)
    simulator.present(reader)
    assert simulator.action(reader).failure_code == "intent_invalid_state"
