"""A worker killed at every step of what a reader does without a payment; it recovers by itself."""

import pytest

from payments.models import StripeRequest
from stores.services import orders
from terminal.models import Reader, ReaderDisplay
from terminal.services import attending, displays, forms, freeing, saving, testing
from terminal.services.on_its_way import CLEAR, SHOW, TEST
from tests.money.conftest import broken_promises
from tests.proof.conftest import die_at
from tests.proof.test_crash_points import STEPS
from tests.terminal.conftest import Counter

EMAIL = {"type": "email", "custom_text": {"title": "Your e-mail"}}


@pytest.fixture
def counter(committed_shop):
    return Counter(committed_shop)


def die(counter, settings, point):
    assert die_at(settings, point, lambda: attending.attend(counter.reader.pk))
    # What the dispatcher does once the dead worker's lease is over.
    Reader.objects.update(lease_until=None)
    for _ in range(4):
        counter.later(seconds=5)


def settled(counter):
    assert not StripeRequest.objects.filter(status__in=("planned", "sent")).exists()
    return not broken_promises(counter.simulator, settled=True)


def collect(counter):
    return forms.collect(counter.cart(500), counter.reader, [EMAIL], by=counter.by)


@pytest.mark.parametrize("step", STEPS)
def test_a_form_survives_a_kill(counter, settings, step):
    action = collect(counter)

    die(counter, settings, f"{step}:reader.collect_inputs")
    counter.answer(value="jenny@example.com")
    action = counter.ring(action)

    assert (action.status, action.form.receipt_email) == ("succeeded", "jenny@example.com")
    assert len(counter.sent("collect_inputs")) == 1
    assert settled(counter)


@pytest.mark.parametrize("step", ["read", "committed"])
def test_a_read_survives_a_kill(counter, settings, step):
    action = counter.attend(collect(counter))
    counter.answer(value="jenny@example.com")
    attending.ring(counter.reader.pk)

    die(counter, settings, f"{step}:reader")

    assert counter.fresh(action).status == "succeeded"
    assert settled(counter)


@pytest.mark.parametrize("step", STEPS)
def test_a_cancel_survives_a_kill(counter, settings, step):
    action = counter.attend(collect(counter))
    freeing.cancel_action(counter.reader, by=counter.by)

    die(counter, settings, f"{step}:reader.cancel_action")

    assert counter.fresh(action).status == "canceled"
    assert counter.shown()["kind"] == "splash"
    assert settled(counter)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "kind", ["customer.create", "setup_intent.create", "reader.process_setup_intent"]
)
def test_saving_a_card_survives_a_kill(counter, settings, kind, step):
    action = saving.save_card(
        counter.shop.store, counter.reader, allow_redisplay="limited", by=counter.by
    )

    die(counter, settings, f"{step}:{kind}")
    counter.shop.tap()
    action = counter.ring(action)

    assert (action.status, action.saved_card.last4) == ("succeeded", "4242")
    assert len(counter.simulator.objects("customers")) == 1
    assert len(counter.simulator.objects("setup_intents")) == 1
    assert settled(counter)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", [SHOW, CLEAR])
def test_a_display_survives_a_kill(counter, settings, kind, step):
    order = counter.cart(500)
    displays.show(order, counter.reader, by=counter.by)
    if kind == CLEAR:
        counter.attend()
        orders.cancel_order(order)

    die(counter, settings, f"{step}:{kind}")

    shown = counter.shown()
    assert shown["kind"] == ("cart" if kind == SHOW else "splash")
    display = ReaderDisplay.objects.get()
    assert (display.shown_order, display.next_try_at) == (
        order if kind == SHOW else None,
        None,
    )
    assert settled(counter)


@pytest.mark.parametrize("step", STEPS)
def test_a_test_survives_a_kill_and_leaves_nothing_on_the_display(counter, settings, step):
    testing.test(counter.reader, by=counter.by)

    die(counter, settings, f"{step}:{TEST}")

    assert counter.shown()["kind"] == "splash"
    assert ReaderDisplay.objects.get().next_try_at is None
    assert StripeRequest.objects.get(kind=TEST).status == "succeeded"
    assert settled(counter)
