"""A card is collected, confirmed or let go, with real processes and webhooks, or without them."""

from datetime import timedelta

import pytest
from django.db.models import F

from payments.models import Payment
from terminal.models import ReaderAction
from terminal.services import confirming, sales
from tests.proof.conftest import wait_for

pytestmark = pytest.mark.processes


def collect(shop, **more):
    payment = sales.sell(shop.order(), shop.reader, by=shop.by, flow="collect", **more)
    wait_for(payment, "waiting_for_card")
    shop.tap("visa_debit")
    return payment


def twenty_seconds_pass(payment):
    back = timedelta(seconds=20)
    ReaderAction.objects.filter(payment=payment).update(confirm_before=F("confirm_before") - back)
    Payment.objects.filter(pk=payment.pk).update(next_read_at=F("next_read_at") - back)


def test_the_webhook_brings_the_card_and_the_cashier_confirms_it(stack, shop):
    payment = wait_for(collect(shop, confirm="manual"), "collected", seconds=5)
    confirming.confirm(payment, by=shop.by)

    wait_for(payment, "paid", seconds=5)

    assert len(shop.simulator.objects("charges")) == 1


def test_a_card_nobody_asks_about_is_charged_by_itself_without_any_webhook(stack, shop):
    stack.simulator.webhooks(drop=1)

    payment = wait_for(collect(shop), "paid", seconds=15)

    types = payment.reader_actions.order_by("attempt").values_list("type", flat=True)
    assert list(types) == ["collect_payment_method", "confirm_payment_intent"]


def test_a_card_nobody_decides_about_is_let_go_though_no_timer_runs(stack, shop):
    payment = wait_for(collect(shop, confirm="manual"), "collected", seconds=5)
    twenty_seconds_pass(payment)

    wait_for(payment, "stopped", seconds=10)

    assert (payment.code, payment.status) == ("expired", "requires_payment_method")
    shop.simulator.wait_for_reader(shop.reader, "idle")
    assert not shop.simulator.objects("charges")
