"""Many holds captured together, each payment a promise of its own, with a real simulator. It …"""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from payments.errors import NothingToCapture
from payments.models import CaptureRun, Payment, RunPayment, StripeRequest
from payments.services import capture_runs, captures
from payments.services.capture_runs import CAPTURED, REFUSED, WAITING
from stores.models import Role
from stores.principals import SYSTEM, Principal
from tests.factories import MembershipFactory, StoreFactory
from tests.factories_money import ApprovedPaymentFactory
from tests.money.conftest import open_shop


@pytest.fixture
def manager(shop):
    return Principal.of_user(MembershipFactory.create(store=shop.store, role=Role.MANAGER).user)


def held(shop, amount=2_500):
    payment = shop.sell(amount, capture_method="manual")
    shop.tap()
    return shop.ring(payment)


def begin(payments, by, key=None):
    return capture_runs.start([each.pk for each in payments], by=by, key=key or uuid4())


def kinds(run):
    rows = RunPayment.objects.filter(run=run).select_related("payment")
    return [each.kind for each in capture_runs.results(rows)]


def test_captures_each_and_tells_what_became_of_each(shop, manager):
    payments = [held(shop), held(shop, 1_000)]

    run = begin(payments, manager)
    assert kinds(run) == [WAITING, WAITING]
    capture_runs.carry_on(run.pk)
    run.refresh_from_db()
    assert run.asked_at is not None
    for payment in payments:
        shop.converse(payment)

    assert kinds(run) == [CAPTURED, CAPTURED]
    assert [payment.amount_received for payment in payments] == [2_500, 1_000]


def test_charges_through_the_platform_as_well(simulator, db):
    shop = open_shop(simulator, "destination")
    manager = Principal.of_user(MembershipFactory.create(store=shop.store, role=Role.MANAGER).user)
    payment = held(shop)

    run = begin([payment], manager)
    capture_runs.carry_on(run.pk)
    shop.converse(payment)

    assert kinds(run) == [CAPTURED]


def test_lets_no_refusal_stop_the_others(shop, manager):
    gone, fine = held(shop), held(shop)
    run = begin([gone, fine], manager)
    shop.simulator.stripe_post(
        f"payment_intents/{gone.payment_intent_id}/cancel", account=gone.stripe_account
    )

    capture_runs.carry_on(run.pk)
    for payment in (gone, fine):
        shop.converse(payment)

    told = capture_runs.results(RunPayment.objects.filter(run=run).select_related("payment"))
    assert [each.kind for each in told] == [REFUSED, CAPTURED]
    assert told[0].message.startswith("Stripe refused: ")


def test_is_one_run_however_often_it_is_pressed(shop, manager):
    payment, key = held(shop), uuid4()

    first = begin([payment], manager, key)
    assert begin([payment], manager, key) == first
    with pytest.raises(NothingToCapture):
        begin([payment], manager)
    capture_runs.carry_on(first.pk)
    capture_runs.carry_on(first.pk)
    with pytest.raises(NothingToCapture):
        begin([payment], manager)

    assert CaptureRun.objects.count() == 1
    assert payment.requests.filter(kind=captures.CAPTURE).count() == 1
    shop.converse(payment)


def test_goes_on_where_a_worker_died(shop, manager, monkeypatch):
    payments = [held(shop), held(shop)]
    run = begin(payments, manager)
    calls = []

    def dies(name):
        calls.append(name)
        raise SystemExit

    monkeypatch.setattr(capture_runs, "crash_point", dies)
    with pytest.raises(SystemExit):
        capture_runs.carry_on(run.pk)
    monkeypatch.undo()
    now = timezone.now()
    assert capture_runs.due(now) == []
    CaptureRun.objects.update(claimed_until=now)

    assert capture_runs.due(now) == [run.pk]
    capture_runs.carry_on(run.pk)
    assert capture_runs.due(now + timedelta(days=1)) == []
    for payment in payments:
        shop.converse(payment)
        assert payment.requests.filter(kind=captures.CAPTURE).count() == 1
    assert kinds(run) == [CAPTURED, CAPTURED]


def test_asks_for_nothing_that_its_starter_may_no_longer(shop, manager):
    payment = held(shop)
    run = begin([payment], manager)
    manager_rows = shop.store.memberships.filter(user_id=manager.user_id)
    manager_rows.update(role=Role.CASHIER)

    capture_runs.carry_on(run.pk)

    assert kinds(run) == [REFUSED]
    assert not StripeRequest.objects.filter(kind=captures.CAPTURE).exists()


def test_takes_no_payment_of_another_store_nor_from_a_cashier(db):
    payment = ApprovedPaymentFactory.create()
    cashier = Principal.of_user(MembershipFactory.create(store=payment.store).user)
    stranger = Principal.of_user(MembershipFactory.create(role=Role.OWNER).user)

    for by in (cashier, stranger, SYSTEM):
        with pytest.raises(NothingToCapture):
            begin([payment], by)


def test_plans_what_ends_before_the_stores_midnight(db):
    store = StoreFactory.create(timezone="America/New_York")
    owner = Principal.of_user(MembershipFactory.create(store=store, role=Role.OWNER).user)
    now = datetime(2026, 3, 3, 20, 0, tzinfo=UTC)
    ends = {
        "tonight": datetime(2026, 3, 4, 4, 59, tzinfo=UTC),
        "tomorrow": datetime(2026, 3, 4, 5, 1, tzinfo=UTC),
    }
    made = {
        name: ApprovedPaymentFactory.create(order__store=store, capture_before=when)
        for name, when in ends.items()
    }

    plan = capture_runs.expiring(owner, now)

    assert plan.payments == [made["tonight"]]
    assert plan.totals == {store.currency: (1, made["tonight"].amount)}


def test_leaves_out_what_a_person_must_decide(db):
    payment = ApprovedPaymentFactory.create()
    owner = Principal.of_user(MembershipFactory.create(store=payment.store, role=Role.OWNER).user)
    Payment.objects.filter(pk=payment.pk).update(amount_capturable=payment.amount - 1)

    plan = capture_runs.plan([payment.pk], owner)

    assert plan.payments == []
    assert "decide about it on its own page" in plan.left_out[0][1]
