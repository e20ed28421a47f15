"""Commands to a reader: https://docs.stripe.com/terminal/payments/collect-card-payment"""

import pytest
import stripe

from .conftest import eventually

REFUSED = stripe.InvalidRequestError
ACTIONS = "terminal.reader.action"


def cancel(simulator, reader):
    return simulator.v1.terminal.readers.cancel_action(reader)


def state(simulator, reader):
    readers = simulator.look("readers")["readers"]
    return next(each["state"] for each in readers if each["id"] == reader)


def refusal(call, *args, **kwargs):
    with pytest.raises(REFUSED) as refused:
        call(*args, **kwargs)
    return refused.value


def test_an_accepted_command_waits_for_a_card_and_tells_nobody(simulator, reader, intent):
    shown = simulator.process(reader, intent, skip_tipping=True, allow_redisplay="always")
    assert shown.action.status == "in_progress"
    assert shown.action.type == "process_payment_intent"
    assert shown.action.process_payment_intent.payment_intent == intent.id
    assert shown.action.process_payment_intent.process_config.to_dict() == {"skip_tipping": True}
    assert shown.action.failure_code is None
    assert state(simulator, reader) == "waiting_for_card"
    assert simulator.read(intent).status == "requires_payment_method"
    assert simulator.events() == ["payment_intent.created"]


def test_a_card_ends_the_action_and_it_stays_in_the_slot(simulator, reader, intent):
    simulator.process(reader, intent)
    answered = simulator.v1.test_helpers.terminal.readers.present_payment_method(reader)
    assert answered.action.status == "succeeded"
    assert simulator.action(reader).to_dict() == answered.action.to_dict()
    assert state(simulator, reader) == "idle"
    assert simulator.events() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        f"{ACTIONS}_succeeded",
    ]


def test_a_payment_that_has_not_begun_is_replaced(simulator, reader, intent):
    other = simulator.intent(2000)
    simulator.process(reader, intent)
    simulator.process(reader, other)
    simulator.present(reader)
    assert simulator.read(intent).status == "requires_payment_method"
    assert simulator.read(other).status == "succeeded"
    assert f"{ACTIONS}_failed" not in simulator.events()


def test_cancel_action_empties_the_slot_and_leaves_the_payment(simulator, reader, intent):
    simulator.process(reader, intent)
    assert cancel(simulator, reader).action is None
    assert simulator.read(intent).status == "requires_payment_method"
    assert simulator.events() == ["payment_intent.created"]
    refused = refusal(simulator.v1.test_helpers.terminal.readers.present_payment_method, reader)
    assert "not waiting for a card" in str(refused)


def test_cancel_action_clears_an_ended_action_too(simulator, reader, intent):
    simulator.process(reader, intent)
    simulator.present(reader)
    assert cancel(simulator, reader).action is None
    assert cancel(simulator, reader).action is None


def test_ousted_actions_can_fail_by_switches(simulator, reader, intent):
    switches = {"replaced_action_emits_failed": True, "canceled_action_emits_failed": True}
    simulator.tell("switches", **switches)
    simulator.process(reader, intent)
    simulator.process(reader, simulator.intent(2000))
    assert simulator.events().count(f"{ACTIONS}_failed") == 1
    cancel(simulator, reader)
    assert simulator.events().count(f"{ACTIONS}_failed") == 2
    cancel(simulator, reader)
    assert simulator.events().count(f"{ACTIONS}_failed") == 2


def test_while_authorising_the_reader_is_busy_to_everything(simulator, reader, intent):
    other = simulator.intent(2000)
    simulator.tell(f"readers/{reader}", authorization_ms=60_000)
    simulator.process(reader, intent)
    simulator.present(reader)
    assert state(simulator, reader) == "authorizing"
    assert refusal(simulator.process, reader, other).code == "terminal_reader_busy"
    assert refusal(cancel, simulator, reader).code == "terminal_reader_busy"
    assert simulator.action(reader).status == "in_progress"
    simulator.tell(f"readers/{reader}/present", status=400)
    simulator.tell("clock", advance=60)
    eventually(lambda: simulator.action(reader).status == "succeeded")
    assert simulator.read(intent).status == "succeeded"


def test_authorising_takes_its_time_on_the_real_clock_too(simulator, reader, intent):
    simulator.tell(f"readers/{reader}", authorization_ms=50)
    simulator.process(reader, intent)
    assert simulator.present(reader)["action"]["status"] == "in_progress"
    eventually(lambda: simulator.action(reader).status == "succeeded")


@pytest.mark.parametrize("condition", ["busy_update", "card_left_in", "other_mode"])
def test_a_busy_reader_refuses(simulator, reader, intent, condition):
    simulator.tell(f"readers/{reader}", condition=condition)
    assert refusal(simulator.process, reader, intent).code == "terminal_reader_busy"
    assert simulator.action(reader) is None
    simulator.tell(f"readers/{reader}", condition=None)
    assert simulator.process(reader, intent).action.status == "in_progress"


def test_another_integration_modes_action_cannot_be_canceled(simulator, reader):
    simulator.tell(f"readers/{reader}", condition="other_mode")
    refused = refusal(cancel, simulator, reader)
    assert "different integration mode" in str(refused)
    assert refused.code is None


def test_an_offline_reader_gets_nothing_and_nothing_is_queued(simulator, reader, intent):
    simulator.tell(f"readers/{reader}", condition="offline")
    assert refusal(simulator.process, reader, intent).code == "terminal_reader_offline"
    assert refusal(cancel, simulator, reader).code == "terminal_reader_offline"
    simulator.tell(f"readers/{reader}", condition=None)
    assert simulator.action(reader) is None


def test_a_reader_unplugged_while_waiting_takes_no_card(simulator, reader, intent):
    simulator.process(reader, intent)
    simulator.tell(f"readers/{reader}", condition="offline")
    simulator.tell(f"readers/{reader}/present", status=400)
    assert simulator.action(reader).status == "in_progress"


@pytest.mark.parametrize("delivered", [True, False])
def test_a_command_that_timed_out_may_have_been_delivered(simulator, reader, intent, delivered):
    simulator.tell(f"readers/{reader}", command_timeout={"delivered": delivered, "count": 1})
    assert refusal(simulator.process, reader, intent).code == "terminal_reader_timeout"
    assert (simulator.action(reader) is not None) == delivered
    assert simulator.process(reader, intent).action.status == "in_progress"


def test_commands_time_out_as_often_as_told(simulator, reader, intent):
    simulator.tell(f"readers/{reader}", command_timeout={"delivered": False, "count": 2})
    assert refusal(simulator.process, reader, intent).code == "terminal_reader_timeout"
    assert refusal(cancel, simulator, reader).code == "terminal_reader_timeout"
    assert simulator.process(reader, intent).action.status == "in_progress"


@pytest.mark.parametrize("end", ["succeeded", "canceled", "requires_capture"])
def test_a_payment_in_another_state_is_not_processed(simulator, reader, end):
    if end == "canceled":
        intent = simulator.v1.payment_intents.cancel(simulator.intent().id)
    else:
        intent = simulator.pay(capture_method="manual" if end != "succeeded" else "automatic")
    assert intent.status == end
    refused = refusal(simulator.process, reader, intent)
    assert refused.code == "intent_invalid_state"
    assert simulator.action(reader) is None


def test_a_payment_that_does_not_exist_is_not_processed(simulator, reader):
    refused = refusal(simulator.process, reader, "pi_none")
    assert (refused.code, refused.param, refused.http_status) == (
        "resource_missing",
        "payment_intent",
        400,
    )


def test_a_retry_after_a_decline_is_on_the_same_payment(simulator, reader, intent):
    simulator.process(reader, intent)
    simulator.present(reader, "insufficient_funds")
    assert simulator.action(reader).status == "failed"
    simulator.process(reader, intent)
    assert simulator.action(reader).failure_code is None
    simulator.present(reader, "mastercard")
    charges = simulator.v1.charges.list({"payment_intent": intent.id}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]
    assert simulator.read(intent).latest_charge.id == charges[0].id


@pytest.mark.parametrize(
    ("software", "told"),
    [("2.41.9", False), ("2.42.0.0", True), ("3.0", True), ("", True), ("2.9.1", False)],
)
def test_api_error_is_told_by_recent_software_only(simulator, reader, intent, software, told):
    simulator.tell(f"readers/{reader}", software=software)
    simulator.process(reader, intent)
    simulator.present(reader, "insufficient_funds")
    failed = simulator.action(reader)
    assert failed.failure_code == "card_declined"
    assert failed.failure_message == "Your card has insufficient funds."
    assert (failed.api_error is not None) == told
    if told:
        log = failed.api_error.to_dict().pop("request_log_url")
        assert log.startswith("https://dashboard.stripe.com/logs/req_")
        assert failed.api_error.to_dict() == {
            "type": "card_error",
            "code": "card_declined",
            "decline_code": "insufficient_funds",
            "message": "Your card has insufficient funds.",
            "doc_url": "https://docs.stripe.com/error-codes#card-declined",
            "request_log_url": log,
        }
    error = simulator.read(intent).last_payment_error
    assert (error.network_decline_code, error.charge[:3]) == ("51", "ch_")


def test_a_customer_cancels_only_where_there_is_a_button(simulator, reader, intent):
    simulator.process(reader, intent)
    simulator.tell(f"readers/{reader}/cancel_by_customer", status=400)
    assert simulator.action(reader).status == "in_progress"
    simulator.process(reader, intent, enable_customer_cancellation=True)
    simulator.tell(f"readers/{reader}/cancel_by_customer")
    failed = simulator.action(reader)
    assert (failed.status, failed.failure_code) == ("failed", "customer_canceled")
    assert failed.api_error is None
    assert simulator.read(intent).status == "requires_payment_method"
    assert simulator.events()[-1] == f"{ACTIONS}_failed"


def test_a_card_for_a_payment_canceled_meanwhile_charges_nothing(simulator, reader, intent):
    simulator.process(reader, intent)
    simulator.v1.payment_intents.cancel(intent.id)
    assert simulator.action(reader).status == "in_progress"
    simulator.present(reader)
    assert simulator.action(reader).failure_code == "intent_invalid_state"
    assert simulator.v1.charges.list().data == []


def test_of_two_readers_with_one_payment_only_one_charges(simulator, reader, intent):
    second = simulator.reader()
    simulator.process(reader, intent)
    simulator.process(second, intent)
    simulator.present(reader)
    simulator.present(second)
    assert simulator.action(reader).status == "succeeded"
    assert simulator.action(second).status == "failed"
    assert len(simulator.v1.charges.list().data) == 1


def test_tipping_configuration_must_make_sense(simulator, reader, intent):
    for config in (
        {"skip_tipping": True, "tipping": {"amount_eligible": 500}},
        {"tipping": {"amount_eligible": 1001}},
        {"tipping": {"amount_eligible": -1}},
    ):
        refused = refusal(simulator.process, reader, intent, **config)
        assert refused.param == "process_config[tipping][amount_eligible]"
    shown = simulator.process(reader, intent, tipping={"amount_eligible": 500})
    config = shown.action.process_payment_intent.process_config
    assert config.tipping.amount_eligible == 500


def test_a_deleted_reader_takes_no_command(simulator, reader, intent):
    simulator.v1.terminal.readers.delete(reader)
    assert refusal(simulator.process, reader, intent).http_status == 404
