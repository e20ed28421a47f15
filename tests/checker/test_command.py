"""`manage.py check_books` against the simulator, asked as Stripe and as the simulator it is."""

from io import StringIO

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection

from payments.models import Payment
from retail.checker.reading import read_books
from tests.money.conftest import running_simulator, shop, simulator  # noqa: F401


def check(*options: str) -> str:
    out = StringIO()
    call_command("check_books", *options, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def paid(shop):  # noqa: F811
    payment = shop.sell()
    shop.tap()
    payment = shop.ring(payment)
    assert payment.state == "paid"
    return payment


@pytest.mark.parametrize("options", [[], ["--settled"], ["--settled", "--simulator"]])
def test_books_that_agree_are_said_to(paid, options):
    assert check(*options) == "All promises hold over 1 payments, 1 PaymentIntents.\n"


def test_a_difference_is_told_and_the_command_fails(paid):
    Payment.objects.filter(pk=paid.pk).update(amount_received=2_499, tip_amount=0)
    with pytest.raises(CommandError, match="2 broken promises over 1 payments"):
        check("--settled")
    Payment.objects.filter(pk=paid.pk).update(amount_received=2_500)


def test_without_stripe_nothing_is_said_to_hold(paid, shop):  # noqa: F811
    shop.simulator.fault("payment_intents.list", "before", "503")
    with pytest.raises(CommandError, match="nothing was checked"):
        check()


def test_no_days_is_refused():
    with pytest.raises(CommandError, match="1 or more"):
        check("--days", "0")


@pytest.mark.django_db(transaction=True)
def test_books_that_cannot_be_read_raise_what_django_raises():
    """Whoever looks every second waits for PostgreSQL to come back, and knows it by this."""
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    with psycopg.connect(**server()) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    try:
        with pytest.raises(OperationalError):
            read_books()
    finally:
        connection.close()


def server():
    """How another connection reaches the same database."""
    kept = ("dbname", "host", "port", "user", "password")
    known = connection.get_connection_params()
    return {name: known[name] for name in kept if known.get(name)}
