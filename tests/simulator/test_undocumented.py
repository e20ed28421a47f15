"""What Stripe's pages leave open: each choice can be made the other way."""

import pytest
import stripe

from .conftest import SHOP, eventually, on, stripe_error


def refusal(call):
    with pytest.raises(stripe.StripeError) as refused:
        call()
    return refused.value.http_status, stripe_error(refused.value).get("code")


@pytest.mark.parametrize("status", [400, 409])
def test_a_readers_refusal_has_the_status_that_was_chosen(simulator, status):
    simulator.tell("switches", reader_refusal_status=status)
    reader, intent = simulator.reader(), simulator.intent()
    simulator.tell(f"readers/{reader}", condition="busy_update")
    busy = refusal(lambda: simulator.process(reader, intent))
    assert busy == (status, "terminal_reader_busy")
    simulator.tell(f"readers/{reader}", condition=None)
    simulator.v1.payment_intents.cancel(intent.id)
    canceled = refusal(lambda: simulator.process(reader, intent))
    assert canceled == (status, "intent_invalid_state")


def test_a_reader_waits_for_a_card_for_ever_or_as_long_as_was_chosen(simulator):
    reader = simulator.reader()
    simulator.process(reader, simulator.intent())
    simulator.tell("clock", advance=86_400)
    assert simulator.v1.terminal.readers.retrieve(reader).action.status == "in_progress"

    simulator.tell("switches", untouched_action_seconds=120)
    simulator.process(reader, simulator.intent())
    simulator.tell("clock", advance=60)
    simulator.process(reader, simulator.intent())  # another command waits anew
    simulator.tell("clock", advance=119)
    assert simulator.v1.terminal.readers.retrieve(reader).action.status == "in_progress"
    simulator.tell("clock", advance=2)
    action = simulator.v1.terminal.readers.retrieve(reader).action
    assert (action.status, action.failure_code) == ("failed", "customer_timeout")
    assert simulator.events().count("terminal.reader.action_failed") == 1


def test_a_card_for_an_idle_reader_is_refused_or_ignored(simulator):
    reader = simulator.reader()
    present = simulator.v1.test_helpers.terminal.readers.present_payment_method
    assert refusal(lambda: present(reader))[0] == 400
    simulator.tell("switches", present_when_idle="ignore")
    assert present(reader).action is None


@pytest.mark.parametrize(("chosen", "code"), [("none", None), ("resource_missing",) * 2])
def test_an_unknown_registration_code_has_the_code_that_was_chosen(simulator, chosen, code):
    simulator.tell("switches", bad_registration_code_code=chosen)
    wrong = refusal(lambda: simulator.reader(registration_code="simulated-nothing"))
    assert wrong == (400, code)


@pytest.mark.parametrize("over", ["amount_too_large", "invalid_charge_amount"])
@pytest.mark.parametrize("again", ["payment_intent_unexpected_state", "charge_already_captured"])
def test_a_capture_that_cannot_be_has_the_code_that_was_chosen(simulator, over, again):
    simulator.tell("switches", over_capture_code=over, captured_again_code=again)
    held = simulator.pay(4000, capture_method="manual")
    capture = simulator.v1.payment_intents.capture
    assert refusal(lambda: capture(held.id, {"amount_to_capture": 4001})) == (400, over)
    capture(held.id)
    assert refusal(lambda: capture(held.id)) == (400, again)


def test_tips_on_the_reader_may_need_a_manual_capture(simulator):
    simulator.account()
    location = simulator.location(SHOP)
    tips = {"tipping": {"usd": {"percentages": [15, 20, 25]}}}
    mine = simulator.v1.terminal.configurations.create(tips, on(SHOP))
    override = {"configuration_overrides": mine.id}
    simulator.v1.terminal.locations.update(location, override, on(SHOP))
    reader = simulator.reader(SHOP, location=location)

    def state(capture_method):
        intent = simulator.intent(1000, SHOP, capture_method=capture_method)
        simulator.process(reader, intent, SHOP)
        return simulator.look(f"readers/{reader}")["state"]

    assert state("automatic") == "choosing_tip"
    simulator.tell("switches", reader_tips_need_manual_capture=True)
    assert state("automatic") == "waiting_for_card"
    assert state("manual") == "choosing_tip"


def test_an_endpoint_has_as_long_to_answer_as_was_chosen(simulator, listener):
    simulator.tell("switches", webhook_timeout_ms=0)
    params = {"url": listener.url, "enabled_events": ["payment_intent.created"]}
    simulator.v1.webhook_endpoints.create(params)
    simulator.intent()

    def outcomes():
        return [each["outcome"] for each in simulator.look("deliveries")["deliveries"]]

    eventually(lambda: "timed_out" in outcomes())
