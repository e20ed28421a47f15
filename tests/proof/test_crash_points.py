"""Kills of which more is to be said than what tests/proof/test_kills.py proves: nothing is lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from payments.errors import LeaseLost
from payments.models import Payment, Reconciliation
from payments.services import captures, conversation, increments, reconciliation
from payments.services.lease import claim
from stores.services import Line, create_order
from terminal.services import changing, sales
from tests.money.conftest import broken_promises
from tests.proof.conftest import die_at

STEPS = ["claimed", "answered", "read", "merged", "committed"]


def recover(shop, payment):
    """What the dispatcher does once the dead worker's lease is over."""
    Payment.objects.filter(pk=payment.pk).update(lease_until=None)
    for _ in range(4):
        payment = shop.later(payment)
    return payment


def pay(shop, payment):
    assert payment.state == "waiting_for_card", payment.message
    shop.tap()
    payment = shop.ring(payment)
    if payment.state == "approved":
        captures.capture(payment, by=shop.by)
        payment = shop.converse(payment)
    return payment


def check(shop, payment):
    """The books agree: one PaymentIntent, one charge, the whole amount, the order paid."""
    assert payment.state == "paid"
    [intent] = shop.simulator.objects("payment_intents")
    assert (intent["id"], intent["status"]) == (payment.payment_intent_id, "succeeded")
    assert intent["amount_received"] == payment.amount_received == payment.amount
    assert len([c for c in shop.simulator.objects("charges") if c["captured"]]) == 1
    payment.order.refresh_from_db()
    assert payment.order.status == "paid"
    assert not payment.requests.filter(status__in=("planned", "sent")).exists()
    assert not broken_promises(shop.simulator, settled=True)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("switches", [{}, {"confirm_waits_for_card": True}], ids=str)
@pytest.mark.parametrize("kind", ["reader.collect_payment_method", "reader.confirm_payment_intent"])
def test_a_collected_card_survives_a_kill(committed_shop, settings, kind, switches, step):
    shop = committed_shop
    shop.simulator.call("switches", switches)
    payment = sales.sell(shop.order(), shop.reader, by=shop.by, flow="collect")
    if kind == "reader.confirm_payment_intent":
        payment = shop.converse(payment)
        shop.tap()
        sales.check_status(payment)

    assert die_at(settings, f"{step}:{kind}", lambda: conversation.converse(payment.pk))
    payment = recover(shop, payment)
    if kind == "reader.collect_payment_method":
        assert payment.state == "waiting_for_card", payment.message
        shop.tap()
        payment = shop.ring(payment)
    if switches:
        shop.tap(None)
    shop.simulator.wait_for_reader(shop.reader, "idle")

    check(shop, shop.ring(payment))
    assert payment.reader_actions.count() == 2


@pytest.mark.parametrize("step", STEPS)
def test_a_card_that_nobody_decides_about_is_let_go_after_a_kill(committed_shop, settings, step):
    shop = committed_shop
    payment = shop.sell(flow="collect", confirm="manual")
    shop.tap()
    payment = shop.later(shop.ring(payment), 19)
    assert payment.state == "collected"

    point = f"{step}:reader.cancel_action"
    assert die_at(settings, point, lambda: shop.later(payment, 1))
    payment = recover(shop, payment)

    assert (payment.state, payment.code) == ("stopped", "expired")
    assert payment.status == "requires_payment_method"
    assert not shop.simulator.objects("charges")


LINES: list[Line] = [
    {"description": "Burger", "unit_amount": 4_000, "quantity": 1},
    {"description": "Pie", "unit_amount": 700, "quantity": 1},
]


def hold(shop, lines):
    """A hold of these lines on a card whose bank may be asked for more."""
    shop.store.incremental_authorization = True
    shop.store.save()
    order = create_order(shop.store, lines, device=shop.device)
    payment = sales.sell(order, shop.reader, by=shop.by, capture_method="manual")
    shop.converse(payment)
    shop.tap()
    return shop.ring(payment)


@pytest.mark.parametrize("step", STEPS)
def test_a_capture_in_part_survives_a_kill(committed_shop, settings, step):
    shop = committed_shop
    payment = hold(shop, LINES)
    burger = payment.order.lines.get(description="Burger")
    captures.capture(payment, by=shop.by, lines=[burger.pk])

    point = f"{step}:payment_intent.capture"
    assert die_at(settings, point, lambda: conversation.converse(payment.pk))
    payment = recover(shop, payment)

    check(shop, payment)
    assert (payment.amount, payment.order.total_amount) == (4_000, 4_000)
    assert payment.order.lines.get() == burger


@pytest.mark.parametrize("step", STEPS)
def test_an_increment_survives_a_kill(committed_shop, settings, step):
    shop = committed_shop
    payment = hold(shop, LINES[:1])
    increments.increment_authorization(payment, LINES[1:], by=shop.by)

    point = f"{step}:payment_intent.increment_authorization"
    assert die_at(settings, point, lambda: conversation.converse(payment.pk))
    payment = recover(shop, payment)

    assert (payment.state, payment.amount, payment.amount_capturable) == ("approved", 4_700, 4_700)
    assert (payment.order.total_amount, payment.order.lines.count()) == (4_700, 2)
    captures.capture(payment, by=shop.by)
    check(shop, shop.converse(payment))


@pytest.mark.parametrize("step", STEPS)
def test_a_change_of_the_order_survives_a_kill(committed_shop, settings, step):
    shop = committed_shop
    payment = shop.sell()
    rug: Any = {"description": "Rug", "unit_amount": 3_600, "quantity": 1}
    changing.change_order(payment, [rug], version=payment.order.version, by=shop.by)

    point = f"{step}:payment_intent.update"
    assert die_at(settings, point, lambda: conversation.converse(payment.pk))
    payment = recover(shop, payment)

    check(shop, pay(shop, payment))
    assert payment.amount == 3_600


@pytest.mark.parametrize("step", ["page", "compared", "again", "looked"])
def test_a_comparison_survives_a_kill(committed_shop, settings, monkeypatch, step):
    """Killed at a page or while it reads anew, it goes on behind what is written down."""
    shop = committed_shop
    monkeypatch.setattr(reconciliation, "ON_ITS_WAY", timedelta(minutes=-30))
    settings.STRIPE_READS_PER_SECOND = 1000
    payment = shop.sell()
    shop.tap()
    row = reconciliation.start(payment.stripe_account, timezone.now())

    assert die_at(settings, f"reconcile:{step}", lambda: reconciliation.carry_on(row.pk))
    assert reconciliation.due(timezone.now()) == []  # until the dead one's claim is over
    for _ in range(3):
        Payment.objects.update(lease_until=None)
        Reconciliation.objects.update(claimed_until=timezone.now())
        reconciliation.carry_on(row.pk)

    row.refresh_from_db()
    assert row.finished_at is not None
    of_money = {"payment_intents": 1, "charges": 1, "refunds": 0, "disputes": 0, "payouts": 0}
    assert row.counted == of_money | {"locations": 1, "readers": 2}
    assert {line.outcome for line in row.lines.all()} == {"mended"}
    payment.refresh_from_db()
    check(shop, payment)


def test_a_card_that_is_tapped_while_everything_is_dead_is_found_paid(committed_shop, settings):
    shop = committed_shop
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    point = "answered:reader.process_payment_intent"
    assert die_at(settings, point, lambda: conversation.converse(payment.pk))
    shop.tap()

    check(shop, recover(shop, payment))


def test_a_worker_that_slept_through_its_lease_writes_nothing(committed_shop):
    shop = committed_shop
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    sleeper = claim(payment.pk)
    assert sleeper is not None
    sleeper.until = timezone.now() - timedelta(seconds=1)
    Payment.objects.filter(pk=payment.pk).update(lease_until=sleeper.until)
    shop.converse(payment)

    with pytest.raises(LeaseLost):
        sleeper.hold()
    with pytest.raises(LeaseLost), transaction.atomic():
        sleeper.lock()


def test_two_workers_never_hold_one_payment(committed_shop):
    payment = sales.sell(committed_shop.order(), committed_shop.reader, by=committed_shop.by)

    assert claim(payment.pk) is not None
    assert claim(payment.pk) is None
