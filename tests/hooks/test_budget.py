"""The reads nobody waits for: a bucket per account, over all processes."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from payments import gateway
from payments.models import ReadBudget
from payments.services import budget
from tests.hooks.test_sweep import seconds_pass

A, B = "acct_a", "acct_b"


@pytest.fixture(autouse=True)
def ten_a_second(settings, db):
    settings.STRIPE_READS_PER_SECOND = 10


def test_no_more_than_a_second_of_reads_at_once_and_then_as_time_passes():
    assert budget.take(A, 25) == 10
    assert budget.take(A) == 0
    seconds_pass(0.5)
    assert budget.take(A, 25) == 5
    seconds_pass(60)
    assert budget.take(A, 25) == 10


def test_accounts_have_budgets_of_their_own_and_one_statement(django_assert_num_queries):
    assert budget.take(B, 25) == 10
    with django_assert_num_queries(1):
        assert budget.take_all({A: 4, B: 4}) == {A: 4, B: 0}


def test_after_too_many_requests_it_shrinks_and_recovers_within_a_minute():
    budget.take(A)
    for _ in range(10):
        budget.slow_down(_answered(429))
    assert ReadBudget.objects.get(pk=A).rate == budget.SLOWEST
    assert budget.take(A) == 0
    seconds_pass(2)
    assert budget.take(A, 25) == 1
    seconds_pass(60)
    budget.take(A)
    assert ReadBudget.objects.get(pk=A).rate == 10


@pytest.mark.parametrize(("status", "code"), [(200, ""), (500, ""), (429, "lock_timeout")])
def test_no_other_answer_slows_it(status, code):
    budget.take(A)
    budget.slow_down(_answered(status, code))
    assert ReadBudget.objects.get(pk=A).rate == 10


def _answered(status, code=""):
    return gateway.Exchange("get", "/v1/charges", A, status, code, 0.1, "", 0.0)


@pytest.mark.django_db(transaction=True)
def test_sixteen_processes_share_one_bucket():
    def take(_):
        try:
            return budget.take(A, 2)
        finally:
            connection.close()

    budget.take(A, 0)
    ReadBudget.objects.update(tokens=10, rate=0.001)
    with ThreadPoolExecutor(16) as pool:
        granted = list(pool.map(take, range(16)))
    assert sum(granted) <= 1  # a rate so low holds one token at most


def test_a_sale_asks_the_budget_for_nothing(shop):
    payment = shop.sell()
    shop.tap()
    assert shop.ring(payment).state == "paid"
    assert not ReadBudget.objects.exists()


def test_stripes_own_too_many_is_heard_by_the_budget(shop):
    account = shop.store.stripe_account
    budget.take(account)
    shop.simulator.fault("payment_intents.create", "before", "429", count=1)
    shop.sell()
    assert ReadBudget.objects.get(pk=account).rate == 5
