"""The ways this path breaks, with real processes: web, dispatcher, worker, broker, simulator."""

import signal
import time

import pytest

from payments.models import InboundEvent, Payment
from payments.services import captures, inbox, refunds
from stores.models import LogSeal
from stores.principals import SYSTEM
from stores.services import sealing
from terminal.services import sales
from tests.processes import eventually
from tests.proof.conftest import seconds_since, wait_for

pytestmark = pytest.mark.processes


def start_sale(shop, **more):
    payment = sales.sell(shop.order(), shop.reader, by=shop.by, **more)
    return wait_for(payment, "waiting_for_card")


def captured(shop):
    return [c for c in shop.simulator.objects("charges") if c["captured"]]


def check_one_charge(shop, payment):
    assert len(shop.simulator.objects("payment_intents")) == 1
    assert len(captured(shop)) == 1
    eventually(lambda: not Payment.objects.get(pk=payment.pk).lease_until, "the lease is back")


def shown(payment):
    """Every state the till was shown, in order."""
    return list(payment.order.log.filter(verb="state").order_by("pk").values_list("new", flat=True))


def test_a_sale_is_paid_by_webhook(stack, shop):
    payment = start_sale(shop)
    shop.tap()
    wait_for(payment, "paid", seconds=5)

    check_one_charge(shop, payment)
    assert shown(payment) == ["sending", "waiting_for_card", "paid"] or shown(payment) == [
        "waiting_for_card",
        "paid",
    ]


def test_an_automatic_sale_costs_two_posts_and_one_get(stack, shop):
    before = len(stack.simulator.exchanges())
    payment = start_sale(shop)
    heard(payment)
    shop.tap()
    wait_for(payment, "paid")
    all_events_are_handled()

    methods = [e["method"] for e in stack.simulator.exchanges()[before:]]
    assert methods == ["POST", "POST", "GET"]


def test_a_manual_sale_costs_three_posts_and_at_most_three_gets(stack, shop):
    before = len(stack.simulator.exchanges())
    payment = start_sale(shop, capture_method="manual")
    heard(payment)
    shop.tap()
    wait_for(payment, "approved")
    all_events_are_handled()
    captures.capture(payment, by=shop.by)
    wait_for(payment, "paid")
    all_events_are_handled()

    methods = [e["method"] for e in stack.simulator.exchanges()[before:]]
    assert methods.count("POST") == 3
    assert methods.count("GET") <= 3  # one looks at the fee before it is captured


def heard(payment):
    """The canary has arrived: webhooks work, and nobody polls."""
    eventually(
        lambda: Payment.objects.filter(pk=payment.pk, canary_at__isnull=False).exists(),
        "payment_intent.created was heard",
    )


def all_events_are_handled():
    """Those that ring have rung; the mirror's worker does not run here."""
    waiting = InboundEvent.objects.filter(status="received", rung_at=None)
    eventually(
        lambda: not any(inbox.rings(event.type) for event in waiting.all()), "every event has rung"
    )


def test_with_all_webhooks_dropped_a_tap_is_paid_within_five_seconds(stack, shop):
    stack.simulator.webhooks(drop=1.0)
    payment = start_sale(shop)
    shop.tap()
    tapped = time.monotonic()
    wait_for(payment, "paid", seconds=5)

    assert seconds_since(tapped) < 5
    check_one_charge(shop, payment)
    assert not InboundEvent.objects.exists()


def test_a_late_failure_of_the_first_try_changes_nothing_in_the_second(stack, shop):
    stack.simulator.webhooks(hold=True, types=["terminal.reader.action_failed"])
    payment = start_sale(shop)
    shop.tap("charge_declined")
    wait_for(payment, "declined")
    sales.try_again(payment, by=shop.by)
    wait_for(payment, "waiting_for_card")
    version = payment.version

    stack.simulator.call("webhooks/release", {"order": "fifo"})
    eventually(
        lambda: InboundEvent.objects.filter(
            type="terminal.reader.action_failed", rung_at__isnull=False
        ).exists(),
        "the late event rang",
    )
    eventually(
        lambda: Payment.objects.filter(pk=payment.pk, rung_at=None, lease_until=None).exists(),
        "the bell was answered",
    )
    payment.refresh_from_db()
    assert (payment.state, payment.version) == ("waiting_for_card", version)

    shop.tap()
    wait_for(payment, "paid")
    states = shown(payment)
    assert "declined" not in states[states.index("declined") + 1 :]
    assert payment.reader_actions.count() == 2
    check_one_charge(shop, payment)


@pytest.mark.parametrize(
    "policy", [{"duplicate": 3}, {"twin": True}, {"reorder": True, "duplicate": 1}]
)
def test_duplicates_and_reordering_change_nothing_twice(stack, shop, policy):
    stack.simulator.webhooks(**policy)
    payment = start_sale(shop)
    shop.tap()
    wait_for(payment, "paid")
    all_events_are_handled()

    assert shown(payment).count("paid") == 1
    check_one_charge(shop, payment)


def test_a_connection_error_with_the_bank_having_approved_is_never_shown_as_failed(stack, shop):
    stack.simulator.reader(shop.reader, next={"outcome": "connection_error", "truth": "approved"})
    payment = start_sale(shop)
    shop.tap()
    wait_for(payment, "paid")

    assert set(shown(payment)) <= {"sending", "waiting_for_card", "checking", "paid"}
    check_one_charge(shop, payment)


def test_an_approval_that_lands_three_seconds_after_a_connection_error_wins(stack, shop):
    stack.simulator.reader(
        shop.reader, next={"outcome": "connection_error", "truth": "late", "delay_ms": 3000}
    )
    payment = start_sale(shop)
    shop.tap()
    wait_for(payment, "paid")

    assert "stopped" not in shown(payment)
    check_one_charge(shop, payment)


@pytest.mark.parametrize("delivered", [True, False])
def test_a_reader_timeout_is_one_charge_either_way(stack, shop, delivered):
    stack.simulator.reader(shop.reader, command_timeout={"delivered": delivered, "count": 1})
    payment = start_sale(shop)
    shop.tap()
    wait_for(payment, "paid")

    check_one_charge(shop, payment)


@pytest.mark.parametrize(
    "point", ["answered:payment_intent.create", "merged:reader.process_payment_intent"]
)
def test_a_killed_worker_costs_seconds_and_no_sale(stack, shop, point):
    stack.start("worker", RETAIL_CRASH_POINT=point)
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    assert stack.wait_until_ended("worker") == -signal.SIGKILL

    wait_for(payment, "waiting_for_card")  # by the dispatcher: no worker runs now
    shop.tap()
    wait_for(payment, "paid")
    check_one_charge(shop, payment)


def test_a_sale_promised_while_nobody_listens_is_taken_up_later(stack, shop):
    stack.kill("dispatcher")
    stack.kill("worker")
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    stack.start("dispatcher")

    wait_for(payment, "waiting_for_card")
    shop.tap()
    wait_for(payment, "paid")
    check_one_charge(shop, payment)


def test_redis_stopped_in_the_middle_of_a_sale_costs_seconds(stack, shop):
    payment = start_sale(shop)
    stack.kill("redis")
    shop.tap()
    wait_for(payment, "paid", seconds=8)

    again = sales.sell(shop.order(), shop.reader, by=shop.by)
    wait_for(again, "waiting_for_card")
    shop.tap()
    wait_for(again, "paid", seconds=8)
    assert len(captured(shop)) == 2


def test_a_worker_whose_broker_dies_while_it_works_takes_work_again_when_it_is_back(stack, shop):
    stack.kill("worker")
    stack.start("worker")  # anew: it has not lost the broker of an earlier test
    stack.simulator.fault("payment_intents.create", "after", "latency", seconds=0.9)
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    eventually(lambda: stack.simulator.exchanges("POST", "payment_intents"), "the POST is there")
    stack.kill("redis")
    stack.start("redis")
    wait_for(payment, "waiting_for_card", seconds=8)
    shop.tap()
    wait_for(payment, "paid", seconds=8)

    eventually(lambda: stack.log("worker").count("Connected to redis") == 2, "it is back", 20)
    taken = stack.log("worker").count(" received")
    heard = start_sale(shop)
    shop.tap()
    wait_for(heard, "paid")
    assert stack.is_running("worker")
    assert stack.log("worker").count(" received") > taken
    assert len(captured(shop)) == 2


def test_redis_flushed_between_hand_over_and_worker_loses_nothing(stack, shop):
    stack.pause("worker")
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    stack.flush_redis()
    stack.resume("worker")

    wait_for(payment, "waiting_for_card")
    shop.tap()
    wait_for(payment, "paid")
    check_one_charge(shop, payment)


def test_a_frozen_worker_is_overtaken_and_writes_nothing_when_it_wakes(stack, shop):
    stack.simulator.fault("payment_intents.create", "after", "latency", seconds=0.9)
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    eventually(lambda: stack.simulator.exchanges("POST", "payment_intents"), "the POST is there")
    stack.pause("worker")
    wait_for(payment, "waiting_for_card")
    stack.resume("worker")
    shop.tap()
    wait_for(payment, "paid")

    check_one_charge(shop, payment)


def test_a_worker_that_is_told_to_stop_finishes_what_it_asked_stripe(stack, shop):
    stack.simulator.fault("payment_intents.create", "after", "latency", seconds=0.7)
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    eventually(lambda: stack.simulator.exchanges("POST", "payment_intents"), "the POST is there")
    stack.kill("worker", signal.SIGTERM)

    payment.refresh_from_db()
    assert payment.payment_intent_id
    assert payment.requests.get(kind="payment_intent.create").tries == 1
    stack.start("worker")  # the new version of a deploy
    wait_for(payment, "waiting_for_card")
    shop.tap()
    wait_for(payment, "paid")
    check_one_charge(shop, payment)


def test_three_dispatchers_side_by_side_do_everything_once(stack, shop):
    stack.begin("dispatcher-2")
    stack.begin("dispatcher-3")
    stack.wait_until_ready()
    payment = start_sale(shop)
    shop.tap()
    wait_for(payment, "paid")

    assert len(stack.simulator.exchanges("POST", "process_payment_intent")) == 1
    check_one_charge(shop, payment)


def test_a_refund_in_the_dashboard_is_known_by_webhook(stack, shop):
    payment = start_sale(shop)
    shop.tap()
    wait_for(payment, "paid")
    shop.simulator.stripe_post(
        "refunds", payment.stripe_account, payment_intent=payment.payment_intent_id
    )
    wait_for(payment, "refunded", seconds=5)

    assert payment.refunds.get().external


def test_a_refund_whose_worker_is_killed_is_one_refund(stack, shop):
    stack.start("worker", RETAIL_CRASH_POINT="answered:refund.create")
    payment = start_sale(shop)
    shop.tap()
    wait_for(payment, "paid")
    refunds.refund(payment, by=SYSTEM)
    assert stack.wait_until_ended("worker") == -signal.SIGKILL

    wait_for(payment, "refunded")
    assert len(shop.simulator.objects("refunds")) == 1


def test_the_dispatcher_seals_the_log(stack, shop):
    stack.kill("dispatcher")
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    assert payment.order.log.exists()
    stack.start("dispatcher")

    eventually(LogSeal.objects.exists, "the log is sealed")
    wait_for(payment, "waiting_for_card")  # or it would be deleted while a worker holds it
    assert not [checked.fault for checked in sealing.verify() if checked.fault]
