"""The pages of an account and of its payouts, while something happens at Stripe."""

import re
from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from payments.models import AccountMoney, Payout
from payments.services import accounts
from stores.models import Account
from tests.factories import AccountFactory, UserFactory

pytestmark = pytest.mark.processes


@pytest.fixture
def account(stack) -> Account:
    return AccountFactory.create()


def hear(account: Account, status: str) -> None:
    """What is written down when a payout's event came."""
    shown = {
        "id": "po_1",
        "amount": 12_34,
        "currency": "usd",
        "status": status,
        "arrival_date": 1_700_000_000,
        "failure_message": "",
    }
    with transaction.atomic():
        AccountMoney.objects.update_or_create(
            account=account, defaults={"read_at": timezone.now(), "payouts": [shown]}
        )
        Payout.objects.update_or_create(
            payout_id="po_1",
            defaults={
                "account": account,
                "amount": 12_34,
                "currency": "usd",
                "status": status,
                "is_automatic": True,
                "arrival_date": timezone.now().date(),
                "created_at": timezone.now() - timedelta(days=2),
                "read_at": timezone.now(),
            },
        )
        accounts.ring(account)


def test_an_accounts_page_follows_its_payouts_without_asking_again_and_again(people, account):
    page: Page = people.page(UserFactory.create(is_superuser=True))
    page.clock.install()
    asked: list[str] = []
    state = f"/account/{account.pk}/state/"
    page.on("request", lambda sent: asked.append(sent.url) if state in sent.url else None)
    with page.expect_response(re.compile(f"/live/accounts/{account.pk}/")):
        page.goto(f"/admin/stores/account/{account.pk}/change/")
    for _ in range(5):  # less than a minute, and far more than it waits where there is no bell
        with page.expect_response(re.compile(state)) if not asked else nullcontext():
            page.clock.fast_forward(10_000)
    assert len(asked) == 1

    hear(account, "in_transit")
    expect(page.locator("#live")).to_contain_text("In transit", ignore_case=True)
    hear(account, "paid")
    row = page.locator("tr", has_text="po_1")
    expect(row).to_contain_text("Paid", ignore_case=True)
    assert len(asked) == 3


def test_a_payouts_page_shows_what_became_of_it(people, account):
    hear(account, "in_transit")
    page: Page = people.page(UserFactory.create(is_superuser=True))
    with page.expect_response(re.compile(f"/live/accounts/{account.pk}/")):
        page.goto("/admin/reports/payouts/?payout=po_1")
    expect(page.locator("#content-main")).to_contain_text("In transit.")
    hear(account, "paid")
    expect(page.locator("#content-main")).to_contain_text("Paid.")
