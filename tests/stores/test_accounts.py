"""Our copy of a connected account: stores/services/accounts.py. It …"""

import pytest

from stores.models import Account
from stores.services import copy_account

pytestmark = pytest.mark.django_db

SHOWN = {
    "id": "acct_1",
    "country": "GB",
    "default_currency": "gbp",
    "charges_enabled": True,
    "payouts_enabled": False,
    "details_submitted": True,
    "capabilities": {"card_payments": "pending", "transfers": "active"},
    "business_profile": {"name": "Thistle & Rye"},
    "settings": {"dashboard": {"display_name": "T&R"}},
}


def test_copies_what_stripe_shows():
    account = copy_account(SHOWN)

    account.refresh_from_db()
    assert (account.stripe_id, account.name, account.country) == ("acct_1", "Thistle & Rye", "GB")
    assert (account.charges_enabled, account.payouts_enabled) == (True, False)
    assert (account.default_currency, account.card_payments) == ("gbp", "pending")


def test_keeps_the_fee_and_the_name_that_are_ours():
    ours = Account.objects.filter(pk=copy_account(SHOWN).pk)
    ours.update(name="Ours", refund_application_fee=False)

    account = copy_account(SHOWN | {"charges_enabled": False})

    assert (account.name, account.refund_application_fee) == ("Ours", False)
    assert account.charges_enabled is False
    assert Account.objects.count() == 1


@pytest.mark.parametrize(
    ("left_out", "name"),
    [
        ({"business_profile": {"name": None}}, "T&R"),
        ({"business_profile": None, "settings": None}, "acct_1"),
        ({"business_profile": None, "settings": {"dashboard": {}}, "capabilities": None}, "acct_1"),
    ],
)
def test_finds_a_name_for_an_account_that_has_said_little(left_out, name):
    assert copy_account(SHOWN | left_out).name == name
