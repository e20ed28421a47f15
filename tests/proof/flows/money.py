"""What becomes of the money: captures, tips, more and less of a hold, refunds, holds that end."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from payments.services import capture_runs, captures, increments, refunds
from payments.services.capture_runs import CLAIM
from stores.principals import SYSTEM, Principal, Role
from stores.services import Line, create_order
from terminal.services import holds, refunding, sales
from tests.factories import MembershipFactory
from tests.factories_money import plan_fee
from tests.proof.flows.running import flow
from tests.proof.flows.selling import sell

LINES: list[Line] = [
    {"description": "Burger", "unit_amount": 4_000, "quantity": 1},
    {"description": "Pie", "unit_amount": 700, "quantity": 1},
]


def hold(run):
    payment = sell(run, capture_method="manual")
    run.shop.tap()
    with run.spared():
        run.hear()
    assert run.payment(payment).state == "approved"
    return payment


def pay(run, card="visa"):
    payment = sell(run)
    run.shop.tap(card)
    with run.spared():
        run.hear()
    assert run.payment(payment).state == "paid"
    return payment


@flow()
def holds_that_are_captured_together(run):
    payments = [hold(run), hold(run)]
    role = MembershipFactory.create(store=run.shop.store, role=Role.MANAGER)
    by, ids = Principal.of_user(role.user), [payment.pk for payment in payments]
    capture_runs.start(ids, by=by, key=uuid4())
    run.work()
    run.later(CLAIM.total_seconds())
    run.hear()
    assert [run.payment(payment).state for payment in payments] == ["paid", "paid"]


@flow()
def a_capture_with_a_tip(run):
    payment = hold(run)
    captures.capture(payment, by=run.shop.by, tip_amount=300)
    run.work()
    run.hear()
    assert run.payment(payment).tip_amount == 300
    assert run.payment(payment).state == "paid"


@flow()
def a_capture_that_is_stopped_by_the_look_at_its_fee(run):
    """Somebody with the key changes the fee after our last read of the hold."""
    with run.spared():
        plan = plan_fee(run.shop.store, 300)
        payment = run.payment(sell(run, capture_method="manual"))
        path = f"payment_intents/{payment.payment_intent_id}"
        stripe = run.shop.simulator.stripe_post
        stripe(path, account=payment.stripe_account, application_fee_amount=1)
        run.shop.tap()
        run.hear()
    payment.incidents.filter(kind="fee_differs").delete()
    payment = run.payment(payment)
    payment.fee_at_stripe = payment.application_fee_amount
    payment.save(update_fields=["fee_at_stripe"])
    captures.capture(payment, by=run.shop.by)
    run.work()
    run.hear()
    payment = run.payment(payment)
    assert payment.fee_plan == plan
    assert (payment.state, payment.fee_at_stripe) == ("paid", payment.application_fee_amount)
    assert payment.requests.filter(kind=captures.CAPTURE, status="succeeded").count() == 1
    assert payment.incidents.filter(kind="fee_differs", resolved_at__isnull=False).count() == 1


@flow()
def a_hold_that_is_released(run):
    payment = hold(run)
    sales.cancel_payment(payment, by=run.shop.by)
    run.work()
    run.hear()
    assert run.payment(payment).state == "canceled"


@flow()
def a_hold_that_is_captured_before_it_expires(run):
    run.shop.store.expiring_holds = "capture"
    run.shop.store.save()
    payment = run.payment(hold(run))
    soon = payment.capture_before - timedelta(hours=5)
    run.does(lambda: holds.settle(payment.pk, soon))
    run.work()
    assert run.payment(payment).state == "paid"


@flow()
def a_hold_that_grows(run):
    shop = run.shop
    shop.store.incremental_authorization = True
    shop.store.save()
    order = create_order(shop.store, LINES, device=shop.device)
    payment = sales.sell(order, shop.reader, by=shop.by, capture_method="manual")
    run.work()
    shop.tap()
    with run.spared():
        run.hear()
    increments.increment_authorization(run.payment(payment), LINES[1:], by=shop.by)
    run.work()
    captures.capture(payment, by=shop.by)
    run.work()
    assert run.payment(payment).state == "paid"


@flow()
def a_refund(run):
    payment = pay(run)
    refunds.refund(payment, by=SYSTEM, amount=700)
    run.work()
    run.hear()
    run.later()
    assert run.payment(payment).amount_refunded == 700


@flow()
def a_refund_in_the_dashboard(run):
    payment = run.payment(pay(run))
    run.shop.simulator.stripe_post(
        "refunds", payment.stripe_account, payment_intent=payment.payment_intent_id
    )
    run.hear()
    assert run.payment(payment).state == "refunded"


@flow("CA")
def a_refund_on_a_reader(run):
    payment = pay(run, "interac")
    refunding.refund_on(run.shop.reader, run.payment(payment), by=SYSTEM, amount=700)
    run.work()
    run.shop.tap("interac")
    run.hear()
    assert run.payment(payment).amount_refunded == 700


@flow()
def a_capture_of_a_part(run):
    shop = run.shop
    order = create_order(shop.store, LINES, device=shop.device)
    payment = sales.sell(order, shop.reader, by=shop.by, capture_method="manual")
    with run.spared():
        run.work()
        shop.tap()
        run.hear()
    part = [order.lines.order_by("pk")[0].pk]
    captures.capture(payment, by=shop.by, lines=part)
    run.work()
    run.hear()
    assert run.payment(payment).amount_received == 4_000
