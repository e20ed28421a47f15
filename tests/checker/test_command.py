"""`manage.py check_books` against the simulator, asked as Stripe and as the simulator it is."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from payments.models import Payment
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
