"""Cards saved on a reader: https://docs.stripe.com/terminal/features/saving-cards"""

import pytest
import stripe


def setup(simulator, **params):
    return simulator.v1.setup_intents.create({"payment_method_types": ["card_present"], **params})


def process(simulator, reader, intent, **params):
    params = {"setup_intent": intent.id, "allow_redisplay": "limited", **params}
    return simulator.v1.terminal.readers.process_setup_intent(reader, params)


def test_a_card_is_saved_for_the_customer(simulator, reader):
    customer = simulator.v1.customers.create({"name": "Jenny"})
    intent = setup(simulator, customer=customer.id)
    config = {"enable_customer_cancellation": True}
    asked = process(simulator, reader, intent, process_config=config)
    assert asked.action.process_setup_intent.to_dict() == {
        "setup_intent": intent.id,
        "process_config": config,
    }
    simulator.present(reader)
    ended = simulator.action(reader)
    assert ended.status == "succeeded"
    card = simulator.v1.payment_methods.retrieve(ended.process_setup_intent.generated_card)
    assert (card.type, card.customer, card.allow_redisplay) == ("card", customer.id, "limited")
    assert simulator.v1.setup_intents.retrieve(intent.id).status == "succeeded"
    assert simulator.events()[-1] == "terminal.reader.action_succeeded"
    assert simulator.look(f"readers/{reader}")["screen"]["kind"] == "saved"


def test_a_card_that_fails_can_be_followed_by_another(simulator, reader):
    intent = setup(simulator)
    process(simulator, reader, intent)
    simulator.present(reader, "insufficient_funds")
    failed = simulator.action(reader)
    assert (failed.status, failed.failure_code) == ("failed", "setup_intent_authentication_failure")
    assert failed.api_error.code == "setup_intent_authentication_failure"
    process(simulator, reader, intent)
    simulator.present(reader, "mastercard")
    assert simulator.action(reader).status == "succeeded"


@pytest.mark.parametrize(
    ("plan", "code", "status"),
    [
        ({"outcome": "decline"}, "setup_intent_authentication_failure", "requires_payment_method"),
        ({"outcome": "connection_error"}, "connection_error", "succeeded"),
        (
            {"outcome": "connection_error", "truth": "none"},
            "connection_error",
            "requires_payment_method",
        ),
    ],
)
def test_outcomes_can_be_planned(simulator, reader, plan, code, status):
    intent = setup(simulator)
    simulator.tell(f"readers/{reader}", next=plan)
    process(simulator, reader, intent)
    simulator.present(reader)
    assert simulator.action(reader).failure_code == code
    assert simulator.v1.setup_intents.retrieve(intent.id).status == status


def test_a_customer_may_cancel_where_there_is_a_button(simulator, reader):
    intent = setup(simulator)
    process(simulator, reader, intent, process_config={"enable_customer_cancellation": True})
    simulator.tell(f"readers/{reader}/cancel_by_customer")
    assert simulator.action(reader).failure_code == "customer_canceled"


def test_a_finished_setup_is_not_processed(simulator, reader):
    intent = setup(simulator)
    simulator.v1.setup_intents.cancel(intent.id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        process(simulator, reader, intent)
    assert refused.value.code == "intent_invalid_state"


def test_a_setup_canceled_meanwhile_saves_nothing(simulator, reader):
    intent = setup(simulator)
    process(simulator, reader, intent)
    simulator.v1.setup_intents.cancel(intent.id)
    simulator.present(reader)
    assert simulator.action(reader).failure_code == "intent_invalid_state"


def test_allow_redisplay_is_required(simulator, reader):
    intent = setup(simulator)
    response = simulator.raw(
        "POST",
        f"/v1/terminal/readers/{reader}/process_setup_intent",
        {"setup_intent": intent.id},
    )
    assert response.json()["error"]["param"] == "allow_redisplay"


def test_a_payment_can_save_its_card_too(simulator, reader):
    intent = simulator.intent(setup_future_usage="off_session")
    simulator.process(reader, intent, allow_redisplay="always")
    simulator.present(reader)
    details = simulator.read(intent).latest_charge.payment_method_details
    card = simulator.v1.payment_methods.retrieve(details.card_present.generated_card)
    assert card.allow_redisplay == "always"
