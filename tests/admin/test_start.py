"""The first page: takings by the hour of the store beside last week's, and what needs a hand."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from payments.models import Dispute, Payment
from payments.services import circuits
from payments.services.requests import raise_incident
from payments.services.today import WEEK, takings
from retail.dashboard import change
from stores.principals import Principal
from stores.sentences import together
from tests import factories, factories_money

NOON = datetime(2026, 6, 10, 16, 10, tzinfo=UTC)  # a Wednesday, 12:10 in New York


def sell(store, amount, ended_at, **more):
    order = factories.OrderFactory.create(store=store, currency=store.currency)
    return factories_money.PaymentFactory.create(
        order=order,
        amount=amount,
        amount_received=amount,
        status="succeeded",
        state="paid",
        ended_at=ended_at,
        **more,
    )


@pytest.fixture
def everyone():
    return Principal.of_user(User(is_superuser=True, is_active=True, is_staff=True))


def day_of(store, principal, now=NOON):
    return next(day for day in takings(principal, now) if day.store == store)


def test_sums_today_by_the_hour_of_the_store(store, everyone):
    sell(store, 1000, NOON - timedelta(minutes=20))  # 11:50 there
    sell(store, 500, NOON - timedelta(minutes=5), tip_amount=100)  # 12:05
    sell(store, 250, NOON)

    day = day_of(store, everyone)

    assert (day.taken, day.payments, day.tips) == (1750, 3, 100)
    assert dict(day.by_hour) == {11: 1000, 12: 750}


def test_counts_no_yesterday_whatever_day_it_is_elsewhere(store, everyone):
    midnight = datetime(2026, 6, 10, 4, 0, tzinfo=UTC)  # in New York
    sell(store, 1000, midnight - timedelta(seconds=1))
    sell(store, 300, midnight)

    assert day_of(store, everyone).taken == 300


def test_takes_the_hour_where_clocks_are_half_an_hour_off(everyone, db):
    adelaide = factories.StoreFactory.create(
        country="AU", currency="aud", timezone="Australia/Adelaide"
    )
    sell(adelaide, 700, datetime(2026, 6, 10, 2, 40, tzinfo=UTC))  # 12:10 there
    sell(adelaide, 300, datetime(2026, 6, 10, 2, 20, tzinfo=UTC))  # 11:50

    now = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
    assert dict(day_of(adelaide, everyone, now).by_hour) == {11: 300, 12: 700}


def test_compares_with_the_same_time_a_week_ago(store, everyone):
    sell(store, 1000, NOON - WEEK - timedelta(minutes=1))
    sell(store, 4000, NOON - WEEK + timedelta(minutes=1))  # later that day
    sell(store, 9000, NOON - WEEK - timedelta(days=1))

    day = day_of(store, everyone)

    assert day.before == 1000
    assert dict(day.by_hour_before) == {12: 5000}


def test_counts_what_was_taken_and_nothing_else(store, everyone):
    sell(store, 1000, NOON)
    hold = sell(store, 2000, NOON)
    Payment.objects.filter(pk=hold.pk).update(status="requires_capture", ended_at=None)

    assert day_of(store, everyone).taken == 1000


def test_shows_one_store_to_who_works_in_one(sign_in, store, other_store, staff):
    assert [day.store for day in takings(Principal.of_user(staff["manager"]), NOON)] == [store]

    page = sign_in("manager").get("/admin/").content.decode()
    assert "Harbour Street" in page
    assert "Canary" not in page


def test_never_adds_two_currencies(sign_in, store):
    pounds = factories.StoreFactory.create(
        account=store.account, country="GB", currency="gbp", timezone="Europe/London"
    )
    now = datetime.now(UTC)
    sell(store, 1234, now)
    sell(pounds, 4321, now)

    page = sign_in("superuser").get("/admin/").content.decode()

    assert "12.34 USD" in page
    assert "43.21 GBP" in page
    assert "55.55" not in page


def test_names_holds_that_expire_within_a_day(sign_in, store):
    order = factories.OrderFactory.create(store=store)
    soon = datetime.now(UTC) + timedelta(hours=3)
    factories_money.ApprovedPaymentFactory.create(order=order, capture_before=soon)
    later = factories.OrderFactory.create(store=store)
    factories_money.ApprovedPaymentFactory.create(
        order=later, capture_before=soon + timedelta(days=2)
    )

    page = sign_in("cashier").get("/admin/").content.decode()

    assert "To be captured within a day" in page
    assert str(order) in page
    assert str(later) not in page


def test_tells_a_newcomer_that_there_is_no_store_yet(sign_in):
    assert "No store yet." in sign_in("newcomer").get("/admin/").content.decode()


def test_asks_the_same_number_of_statements_of_one_store_as_of_many(
    sign_in, store, django_assert_max_num_queries
):
    client = sign_in("superuser")

    def statements():
        circuits.forget()  # else only the first page of a second asks about Stripe
        with django_assert_max_num_queries(40) as seen:
            client.get("/admin/")
        return len(seen)

    sell(store, 100, datetime.now(UTC))
    few = statements()
    for _ in range(5):
        sell(factories.StoreFactory.create(), 100, datetime.now(UTC))

    assert statements() == few


@pytest.mark.parametrize(
    ("taken", "before", "said"), [(150, 100, "+50 %"), (50, 100, "\N{MINUS SIGN}50 %"), (50, 0, "")]
)
def test_says_how_much_more_or_less(taken, before, said):
    assert change(taken, before) == said


def state(client, stamp=""):
    return client.get("/admin/state/", {"stamp": stamp}).json()


def test_follows_while_it_is_open(sign_in, store):
    client = sign_in("manager")
    seen = state(client)

    assert "html" not in state(client, seen["stamp"])

    sell(store, 12_34, timezone.now())
    news = state(client, seen["stamp"])
    assert "12.34 USD" in news["html"]
    assert news["stamp"] != seen["stamp"]


def test_tells_no_more_by_itself_than_on_the_page(sign_in, store, other_store):
    sell(other_store, 12_34, timezone.now())

    assert "12.34" not in state(sign_in("manager"))["html"]


def test_names_disputes_to_be_answered_and_payouts_that_failed(sign_in, store):
    payment = factories_money.PaidPaymentFactory.create(order__store=store)
    Dispute.objects.create(
        store=store,
        payment=payment,
        dispute_id="dp_1",
        charge_id="ch_1",
        amount=7_77,
        status="needs_response",
        respond_before=NOON,
    )
    factories_money.PayoutFactory.create(
        account=store.account, status="failed", failure_message="No such account."
    )

    owner = sign_in("superuser").get("/admin/").content.decode()
    assert "7.77 USD: answer in Stripe's Dashboard before Jun 10, 12:10 EDT." in owner
    assert "No such account." in owner

    cashier = sign_in("cashier").get("/admin/").content.decode()
    assert "7.77 USD" not in cashier
    assert "No such account." not in cashier


def disputed(store, **more):
    """With the incident that comes with it."""
    payment = factories_money.PaidPaymentFactory.create(order__store=store)
    factories_money.DisputeFactory.create(payment=payment, **more)
    raise_incident("disputed", together("The bank took it back."), payment=payment)
    return payment


def named(client, payment):
    return client.get("/admin/").content.decode().count(f">{payment.order}</a>")


def test_names_a_dispute_once_with_what_answers_it(sign_in, store, settings):
    settings.STRIPE_API_BASE = "https://api.stripe.com"
    payment = disputed(store, dispute_id="du_1", respond_before=NOON)
    manager = sign_in("manager")

    page = manager.get("/admin/").content.decode()
    assert "Needs a hand" not in page
    assert "before Jun 10, 12:10 EDT" in page
    account = f"{payment.stripe_account}/" if payment.stripe_account else ""
    assert f'href="https://dashboard.stripe.com/{account}test/disputes/du_1"' in page
    assert named(manager, payment) == 1
    assert named(sign_in("cashier"), payment) == 1  # who sees no disputes


def test_asks_nobody_to_answer_what_the_bank_decides_about(sign_in, store):
    disputed(store, status="under_review", respond_before=NOON)

    page = sign_in("manager").get("/admin/").content.decode()

    assert "10.00 USD: nothing to answer, the bank decides." in page
    assert "Answer the dispute" not in page


def test_names_a_disputed_payment_twice_where_two_things_need_a_hand(sign_in, store):
    payment = disputed(store)
    raise_incident("refund_failed", together("The bank sent it back."), payment=payment)

    assert named(sign_in("manager"), payment) == 2
