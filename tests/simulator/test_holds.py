"""How long a hold lasts: https://docs.stripe.com/terminal/features/extended-authorizations"""

import pytest
import stripe

from .conftest import SHOP
from .test_capture import details

HOUR = 3600
DAY = 24 * HOUR
EXTENDED = {"card_present": {"request_extended_authorization": True}}


def window(simulator, card, mcc, **options):
    simulator.account(mcc=mcc)
    charge = simulator.pay(card=card, account=SHOP, capture_method="manual", **options)
    return details(charge.latest_charge).capture_before - charge.latest_charge.created


@pytest.mark.parametrize(
    ("card", "mcc", "seconds"),
    [
        ("mastercard", "5411", 30 * DAY),
        ("visa", "7011", 30 * DAY - 6 * HOUR),
        ("visa", "7512", 30 * DAY - 6 * HOUR),
        ("visa", "4411", 30 * DAY - 6 * HOUR),
        ("visa", "7394", 10 * DAY - 6 * HOUR),
        ("visa", "5411", 5 * DAY - 6 * HOUR),
        ("amex", "7011", 30 * DAY),
        ("amex", "4411", 2 * DAY),
        ("discover", "7512", 30 * DAY),
        ("discover", "5411", 2 * DAY),
        ("jcb", "7011", 2 * DAY),
    ],
)
def test_an_extended_hold_lasts_by_brand_and_category(simulator, card, mcc, seconds):
    assert window(simulator, card, mcc, payment_method_options=EXTENDED) == seconds


def test_nobody_gets_more_time_without_asking(simulator):
    assert window(simulator, "mastercard", "7011") == 2 * DAY


def test_an_extended_hold_expires_when_it_says(simulator):
    simulator.account(mcc="7011")
    options = {"capture_method": "manual", "payment_method_options": EXTENDED}
    held = simulator.pay(card="amex", account=SHOP, **options)
    simulator.tell("clock", advance=30 * DAY - 60)
    assert simulator.read(held, SHOP).status == "requires_capture"
    simulator.tell("clock", advance=120)
    after = simulator.read(held, SHOP)
    assert (after.status, after.amount_capturable) == ("canceled", 0)


def test_it_needs_manual_capture(simulator):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.intent(payment_method_options=EXTENDED)
    assert "request_extended_authorization" in str(refused.value.param)
