"""Whether a store takes cards, before a customer taps. It …"""

import pytest

from payments.models import Payment
from stores.models import Account
from tests.api.conftest import post

HOWS = [
    ({}, "", ""),
    ({"charges_enabled": False, "details_submitted": False}, "account_cannot_charge", "onboarding"),
    (
        {"charges_enabled": False, "disabled_reason": "under_review"},
        "account_cannot_charge",
        "Wait",
    ),
    ({"deauthorized_at": "2026-01-01T00:00Z"}, "account_deauthorized", "connected it again"),
]


@pytest.mark.parametrize(("changes", "code", "then"), HOWS)
def test_says_what_a_sale_would_be_refused_with(tablet, store, order, reader, changes, code, then):
    Account.objects.filter(pk=store.account_id).update(**changes)

    shown = tablet.get(f"/api/v1/stores/{store.pk}/").json()["card_payments"]

    assert (shown["ready"], shown["code"]) == (not code, code)
    assert then in shown["next_action"]
    answer = post(tablet, f"orders/{order.pk}/payments/", {"reader": reader.pk})
    if not code:
        assert answer.status_code == 202
    else:
        assert answer.status_code == 409
        told = answer.json()
        assert (told["code"], told["next_action"]) == (code, shown["next_action"])
        assert told["detail"] == shown["message"]
        assert not Payment.objects.exists()
