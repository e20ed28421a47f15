"""A payment in doubt is detached by a manager: the order is paid otherwise, and it is watched."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from payments.errors import DetachNotAllowed, DetachNotPossible, PaymentNotCapturable
from payments.models import Payment
from payments.services import captures, refunds, unresolved
from payments.services.cash import take_cash
from payments.services.detaching import PAID_TWICE
from payments.services.splitting import Split
from stores.models import Role
from stores.principals import SYSTEM, Principal
from terminal.models import ReaderAction
from terminal.services import sales
from terminal.services.detaching import detach
from tests.factories import MembershipFactory, OrderLineFactory
from tests.factories_money import CashPaymentFactory, PaymentFactory
from tests.money.conftest import broken_promises

WHY = "Stripe cannot be reached, the customer pays in cash."


@pytest.fixture
def manager(shop):
    return Principal.of_user(MembershipFactory.create(store=shop.store, role=Role.MANAGER).user)


def lose_stripe(shop):
    """Nothing that is asked of Stripe is answered any more."""
    shop.simulator.fault("*", "before", "503", count=10_000)


def in_doubt(shop, *, by=None, **more):
    """A payment whose cancel hangs because Stripe is away."""
    payment = shop.sell(**more)
    lose_stripe(shop)
    sales.cancel_payment(payment, by=shop.by)
    return shop.converse(payment)


def back_again(shop, payment):
    """Stripe can be reached, and what was planned is carried out."""
    shop.simulator.unfault()
    for _ in range(3):
        payment = shop.later(payment, 1_000)
    return payment


def case_of(payment, by):
    rows = unresolved.payments(by, timezone.now())
    return next((unresolved.case(row) for row in rows if row.pk == payment.pk), None)


def test_the_order_is_paid_in_cash_and_the_payment_is_canceled_when_stripe_is_back(shop, manager):
    payment = in_doubt(shop)
    assert payment.state == "checking"

    payment = detach(payment, by=manager, reason=WHY)
    cash = take_cash(payment.order, by=shop.by)
    assert (payment.state, cash.state) == ("detached", "paid")
    payment = shop.converse(payment)
    case = case_of(payment, manager)
    assert case is not None
    assert (case.kind, case.action) == ("detached", "check_status")
    assert WHY in case.message

    payment = back_again(shop, payment)
    assert payment.state == "canceled"
    assert [i["status"] for i in shop.simulator.objects("payment_intents")] == ["canceled"]
    assert case_of(payment, manager) is None
    assert not payment.incidents.exists()
    assert not broken_promises(shop.simulator, settled=True)


def test_who_and_why_are_written_down(shop, manager):
    payment = detach(in_doubt(shop), by=manager, reason=WHY)

    row = payment.order.log.get(verb="detached")
    assert (payment.detached_by_id, row.user_id) == (manager.user_id, manager.user_id)
    assert WHY in row.message
    assert row.data["reason"] == WHY


def test_the_reader_is_free_for_the_next_sale_and_never_shows_the_old_one_again(shop, manager):
    payment = shop.sell()
    shop.simulator.fault("readers.process_payment_intent", "before", "503", count=100)
    stuck = sales.sell(shop.order(), shop.other_reader, by=shop.by)
    stuck = shop.converse(stuck)
    sales.cancel_payment(stuck, by=shop.by)
    stuck = detach(stuck, by=manager, reason=WHY)
    assert not ReaderAction.objects.filter(payment=stuck, ended_at=None).exists()
    shop.simulator.unfault()

    fresh = shop.converse(sales.sell(shop.order(), shop.other_reader, by=shop.by))
    for _ in range(3):
        stuck = shop.later(stuck, 1_000)

    assert (stuck.state, fresh.state, payment.state) == (
        "canceled",
        "waiting_for_card",
        "waiting_for_card",
    )
    assert shop.simulator.shown_on(shop.other_reader) == fresh.payment_intent_id


def test_charged_after_all_although_the_order_was_paid_names_the_refund(shop, manager):
    payment = in_doubt(shop)
    shop.tap()
    payment = detach(payment, by=manager, reason=WHY)
    take_cash(payment.order, by=shop.by)

    payment = back_again(shop, payment)
    assert (payment.state, payment.amount_received) == ("paid", 2_500)
    assert "Refund it" in payment.message
    [incident] = payment.incidents.all()
    assert incident.kind == PAID_TWICE
    assert f"Refund payment {payment.pk}" in incident.message
    payment.order.refresh_from_db()
    assert payment.order.paid_amount == 2_500
    case = case_of(payment, manager)
    assert case is not None
    assert (case.kind, case.action) == ("paid_twice", "refund")
    assert not broken_promises(shop.simulator, settled=True)

    refunds.refund(payment, by=manager)
    payment = shop.converse(payment)
    assert payment.state == "refunded"
    assert not payment.incidents.filter(resolved_at=None).exists()
    assert case_of(payment, manager) is None
    assert not broken_promises(shop.simulator, settled=True)


def test_charged_after_all_it_pays_the_order_that_nothing_else_has_paid(shop, manager):
    payment = in_doubt(shop)
    shop.tap()
    payment = detach(payment, by=manager, reason=WHY)

    payment = back_again(shop, payment)
    payment.order.refresh_from_db()
    assert (payment.state, payment.order.status) == ("paid", "paid")
    assert payment.detached_at is None
    assert not payment.incidents.exists()
    assert payment.order.log.filter(verb="put_back").exists()


def test_a_second_card_that_is_open_is_no_reason_to_count_the_first_again(shop, manager):
    payment = in_doubt(shop)
    shop.tap()
    payment = detach(payment, by=manager, reason=WHY)
    shop.simulator.unfault()
    second = sales.sell(payment.order, shop.other_reader, by=shop.by)

    for _ in range(3):
        payment = shop.later(payment, 1_000)
    assert payment.incidents.get().kind == PAID_TWICE
    second = shop.converse(second)
    assert second.state == "waiting_for_card"


def test_approved_after_all_the_hold_is_released_by_itself(shop, manager):
    payment = in_doubt(shop, capture_method="manual")
    shop.tap()
    payment = detach(payment, by=manager, reason=WHY)
    take_cash(payment.order, by=shop.by)

    shop.simulator.unfault()
    shop.simulator.fault("payment_intents.cancel", "before", "error", status=400, count=1)
    payment = shop.converse(payment)
    assert (payment.status, payment.state) == ("requires_capture", "detached")
    with pytest.raises(PaymentNotCapturable):
        captures.capture(payment, by=shop.by)
    payment.order.refresh_from_db()
    assert (payment.order.status, payment.order.held_amount) == ("paid", 0)

    payment = back_again(shop, payment)
    assert (payment.state, payment.amount_received) == ("canceled", 0)
    assert not payment.incidents.exists()
    assert not broken_promises(shop.simulator, settled=True)


def test_a_create_that_never_got_through_is_looked_for_and_over_when_stripe_has_none(shop, manager):
    shop.simulator.fault(
        "payment_intents.create", "before", "error", status=400, error={"type": "idempotency_error"}
    )
    payment = shop.converse(sales.sell(shop.order(), shop.reader, by=shop.by))
    assert payment.state == "needs_attention"

    payment = detach(payment, by=manager, reason=WHY)
    assert take_cash(payment.order, by=shop.by).state == "paid"
    payment = shop.converse(payment)

    assert (payment.state, payment.payment_intent_id) == ("canceled", None)
    assert "Nothing was charged" in payment.message


def test_a_create_whose_answer_was_lost_is_found_and_canceled(shop, manager):
    shop.simulator.fault("payment_intents.create", "after", "reset", count=100)
    payment = shop.converse(sales.sell(shop.order(), shop.reader, by=shop.by))
    assert (payment.state, payment.payment_intent_id) == ("checking", None)

    payment = detach(payment, by=manager, reason=WHY)
    payment = back_again(shop, payment)

    assert payment.state == "canceled"
    assert payment.payment_intent_id is not None


def test_a_refused_key_does_not_keep_the_order(shop, manager):
    shop.simulator.fault("payment_intents.create", "before", "401", count=100)
    payment = shop.converse(sales.sell(shop.order(), shop.reader, by=shop.by))
    assert payment.state == "needs_attention"

    payment = detach(payment, by=manager, reason=WHY)
    take_cash(payment.order, by=shop.by)
    assert shop.converse(payment).state == "detached"

    assert back_again(shop, payment).state == "canceled"


def test_the_lines_of_a_detached_part_can_be_paid_by_another(shop, manager):
    order = shop.order(2_500)
    line = OrderLineFactory.create(order=order, unit_amount=1_000)
    split = Split(lines=[line.pk])
    payment = shop.converse(sales.sell(order, shop.reader, by=shop.by, split=split))
    lose_stripe(shop)
    sales.cancel_payment(payment, by=shop.by)
    payment = shop.converse(payment)

    detach(payment, by=manager, reason=WHY)
    assert take_cash(order, by=shop.by, split=split).amount == 1_000


# What is refused


def test_only_managers_detach(shop):
    payment = in_doubt(shop)
    cashier = Principal.of_user(MembershipFactory.create(store=shop.store, role=Role.CASHIER).user)
    elsewhere = Principal.of_user(MembershipFactory.create(role=Role.OWNER).user)

    for nobody in (shop.by, cashier, elsewhere, SYSTEM):
        with pytest.raises(DetachNotAllowed):
            detach(payment, by=nobody, reason=WHY)
    payment.refresh_from_db()
    assert payment.detached_at is None


def test_what_is_not_in_doubt_is_not_detached(shop, manager):
    waiting = shop.sell()
    with pytest.raises(DetachNotPossible) as refused:
        detach(waiting, by=manager, reason=WHY)
    assert "cancel it" in refused.value.message

    shop.tap()
    paid = shop.ring(waiting)
    with pytest.raises(DetachNotPossible):
        detach(paid, by=manager, reason=WHY)

    held = shop.sell(capture_method="manual")
    shop.tap()
    held = shop.ring(held)
    with pytest.raises(DetachNotPossible):
        detach(held, by=manager, reason=WHY)

    with pytest.raises(DetachNotPossible):
        detach(take_cash(shop.order(), by=shop.by), by=manager, reason=WHY)


def test_it_is_detached_once(shop, manager):
    payment = detach(in_doubt(shop), by=manager, reason=WHY)

    with pytest.raises(DetachNotPossible):
        detach(payment, by=manager, reason=WHY)


def test_the_database_knows_who_detached_a_card_payment_and_why(db):
    person = MembershipFactory.create().user
    whole = {"detached_at": timezone.now(), "detached_by": person, "detach_reason": WHY}
    assert PaymentFactory.create(**whole).pk

    for wrong in ({"detached_by": None}, {"detach_reason": ""}, {"detached_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PaymentFactory.create(**(whole | wrong))
    with pytest.raises(IntegrityError), transaction.atomic():
        CashPaymentFactory.create(**whole)
    assert Payment.objects.count() == 1


def test_a_check_while_the_create_is_in_doubt_finds_what_stripe_has(shop):
    shop.simulator.fault("payment_intents.create", "after", "reset", count=100)
    payment = shop.converse(sales.sell(shop.order(), shop.reader, by=shop.by))
    assert payment.payment_intent_id is None

    payment = shop.ring(payment)
    assert payment.payment_intent_id is not None
