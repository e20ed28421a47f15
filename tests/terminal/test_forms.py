"""A form on a reader: asked, answered, skipped, left alone, canceled, and lost on the way."""

from datetime import timedelta

import pytest
from django.utils import timezone

from terminal.errors import NothingToCancel, ReaderBusy
from terminal.models import ActionStatus
from terminal.services import forms, freeing, sales
from terminal.services.rings import ring_for_reader
from terminal.tasks import forget_answers

EMAIL = {"type": "email", "custom_text": {"title": "Your e-mail"}, "required": True}
PHONE = {"type": "phone", "custom_text": {"title": "Your phone"}}
SIGN = {"type": "signature", "custom_text": {"title": "Sign here"}}


def collect(counter, *inputs, order=None):
    order = order or counter.cart(500)
    return forms.collect(order, counter.reader, list(inputs or [EMAIL]), by=counter.by)


def asked(counter, *inputs):
    action = counter.attend(collect(counter, *inputs))
    assert action.status == ActionStatus.IN_PROGRESS, action.failure_code
    return action


def ended(action):
    return action.status, action.failure_code


def test_keeps_what_the_customer_answered(counter):
    action = asked(counter, EMAIL, PHONE, SIGN)
    assert counter.shown()["title"] == "Your e-mail"
    counter.answer(value="jenny@example.com")
    counter.answer(skip=True)
    counter.answer(value="<svg/>")

    action = counter.ring(action)

    assert ended(action) == ("succeeded", "")
    email, phone, signature = action.form.inputs
    assert email["email"]["value"] == "jenny@example.com"
    assert (phone["skipped"], phone["phone"]["value"]) == (True, None)
    assert signature["signature"]["value"].startswith("file_")
    assert (action.form.receipt_email, action.form.receipt_phone) == ("jenny@example.com", "")


@pytest.mark.parametrize(("days", "is_kept"), [(34, True), (36, False)])
def test_answers_are_kept_as_long_as_the_event_they_came_in(counter, days, is_kept):
    action = asked(counter, EMAIL, PHONE)
    counter.answer(value="jenny@example.com")
    counter.answer(value="+15555550100")
    action = counter.ring(action)
    action.ended_at = timezone.now() - timedelta(days=days)
    action.save()

    forget_answers()

    form = counter.fresh(action.form)
    assert form.asked == [EMAIL, PHONE]
    assert bool(form.inputs) == is_kept
    assert form.receipt_email == ("jenny@example.com" if is_kept else "")
    assert form.receipt_phone == ("+15555550100" if is_kept else "")


def test_a_webhook_rings_the_reader_that_has_a_form(counter):
    action = asked(counter)
    counter.answer(value="jenny@example.com")

    assert ring_for_reader(counter.reader.stripe_id, counter.reader.stripe_account)
    assert counter.attend(action).status == "succeeded"
    assert not ring_for_reader(counter.reader.stripe_id, counter.reader.stripe_account)


def test_is_read_by_itself_when_webhooks_are_silent(counter):
    action = asked(counter)
    counter.answer(value="jenny@example.com")
    counter.reader.refresh_from_db()
    assert counter.reader.next_read_at is not None
    assert (counter.reader.next_read_at - timezone.now()).total_seconds() <= 2

    assert counter.later(action, seconds=2).status == "succeeded"


def test_is_read_seldom_while_webhooks_come(counter):
    payment = counter.shop.sell()
    payment.canary_at = timezone.now()
    payment.save()
    sales.cancel_payment(payment, by=counter.by)
    counter.shop.converse(payment)

    asked(counter)

    counter.reader.refresh_from_db()
    assert (counter.reader.next_read_at - timezone.now()).total_seconds() > 20


def test_a_form_nobody_touches_ends_and_says_so(counter):
    action = asked(counter)
    counter.simulator.call("clock", {"advance": 121})

    assert ended(counter.ring(action)) == ("failed", "collect_inputs_timeout")


def test_can_be_canceled(counter):
    action = asked(counter)
    freeing.cancel_action(counter.reader, by=counter.by, action_id=action.pk)

    assert ended(counter.attend(action)) == ("canceled", "action_canceled")
    assert counter.shown()["kind"] == "splash"
    with pytest.raises(NothingToCancel):
        freeing.cancel_action(counter.reader, by=counter.by, action_id=action.pk)


def test_is_withdrawn_before_it_was_sent(counter):
    action = collect(counter)
    freeing.cancel_action(counter.reader, by=counter.by)

    assert ended(counter.fresh(action)) == ("canceled", "action_canceled")
    counter.attend()
    assert not counter.sent("collect_inputs")


def test_a_cancel_never_ends_what_another_system_put_there(counter):
    action = asked(counter)
    theirs = counter.simulator.foreign_payment_on(counter.reader)
    freeing.cancel_action(counter.reader, by=counter.by)
    assert counter.attend(action).status == "in_progress"  # that may have been there before

    assert ended(counter.later(action, seconds=6)) == ("failed", "superseded")
    assert not counter.sent("cancel_action")
    assert counter.simulator.shown_on(counter.reader) == theirs


def test_is_not_sent_while_the_reader_has_somebodys_payment(counter):
    theirs = counter.simulator.foreign_payment_on(counter.reader)
    action = counter.attend(collect(counter))
    for _ in range(3):
        action = counter.later(action)

    assert ended(action) == ("failed", "terminal_reader_busy")
    assert not counter.sent("collect_inputs")
    assert counter.simulator.shown_on(counter.reader) == theirs


def test_one_reader_does_one_thing(counter):
    asked(counter)
    with pytest.raises(ReaderBusy, match="a form of order"):
        collect(counter)
    with pytest.raises(ReaderBusy, match="a form of order"):
        sales.sell(counter.cart(500), counter.reader, by=counter.by)


def test_an_offline_reader_is_told(counter):
    counter.simulator.reader(counter.reader, condition="offline")

    action = counter.attend(collect(counter))

    assert ended(action) == ("failed", "terminal_reader_offline")


def test_a_busy_reader_is_tried_four_times(counter):
    counter.simulator.reader(counter.reader, condition="card_left_in")
    action = counter.attend(collect(counter))
    assert action.status == "requested"
    for _ in range(3):
        action = counter.later(action)

    assert ended(action) == ("failed", "terminal_reader_busy")
    assert len({row["idempotency_key"] for row in counter.sent("collect_inputs")}) == 4


@pytest.mark.parametrize("delivered", [True, False])
def test_a_time_out_is_settled_by_reading(counter, delivered):
    timeout = {"delivered": delivered, "count": 1}
    counter.simulator.reader(counter.reader, command_timeout=timeout)
    action = counter.attend(collect(counter))
    assert action.status == ("in_progress" if delivered else "requested")

    action = counter.later(action)

    assert action.status == "in_progress"
    keys = [row["idempotency_key"] for row in counter.sent("collect_inputs")]
    assert len(keys) == len(set(keys)) == (1 if delivered else 2)


def test_two_new_attempts_after_time_outs_at_most(counter):
    timeout = {"delivered": False, "count": 9}
    counter.simulator.reader(counter.reader, command_timeout=timeout)
    action = counter.attend(collect(counter))
    for _ in range(3):
        action = counter.later(action)

    assert ended(action) == ("failed", "terminal_reader_timeout")
    assert len(counter.sent("collect_inputs")) == 3


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_asks_once(counter, when):
    counter.simulator.fault("readers.collect_inputs", when, "reset")
    action = counter.attend(collect(counter))
    if when == "before":
        assert action.status == "unknown"
        action = counter.later(action, seconds=5)

    assert action.status == "in_progress"
    counter.answer(value="jenny@example.com")
    assert counter.ring(action).form.receipt_email == "jenny@example.com"


def overdue(counter, action):
    action.give_up_at = timezone.now()
    action.save()
    return counter.later(action, seconds=300)


def test_a_form_that_never_ends_gives_the_reader_back(counter):
    action = overdue(counter, asked(counter))

    assert ended(action) == ("canceled", "collect_inputs_timeout")
    assert len(counter.sent("cancel_action")) == 1
    assert counter.shown()["kind"] == "splash"


def test_a_reader_without_power_is_given_back(counter):
    action = asked(counter)
    counter.simulator.reader(counter.reader, condition="off")

    assert ended(overdue(counter, action)) == ("failed", "terminal_reader_offline")


def test_a_reader_that_stripe_forgot_is_free(counter):
    action = asked(counter)
    counter.simulator.forget_reader(counter.reader)

    action = counter.ring(action)

    assert action.ended_at is not None


def test_a_read_from_before_the_form_does_not_end_it(counter):
    counter.simulator.fault("readers.retrieve", "before", "stale_read", count=-1, seconds=3_600)
    counter.simulator.call("clock", {"advance": 60})
    action = counter.ring(asked(counter))
    assert action.status == "in_progress"
    counter.reader.refresh_from_db()
    assert (counter.reader.next_read_at - timezone.now()).total_seconds() <= 2

    counter.simulator.unfault()
    counter.answer(value="jenny@example.com")
    assert counter.ring(action).status == "succeeded"


def test_a_form_that_is_read_from_before_is_canceled_all_the_same(counter):
    counter.simulator.fault("readers.retrieve", "before", "stale_read", count=-1, seconds=3_600)
    counter.simulator.call("clock", {"advance": 60})
    action = asked(counter)
    freeing.cancel_action(counter.reader, by=counter.by)
    assert counter.attend(action).status == "in_progress"

    counter.simulator.unfault()
    assert ended(counter.later(action, seconds=2)) == ("canceled", "action_canceled")
    assert counter.shown()["kind"] == "splash"
