"""A day of a shop's manager, in a browser, with real processes behind it."""

from __future__ import annotations

import re
import time
import zipfile
from typing import Any

import httpx
import pytest
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import Page, expect

from payments.models import Payment
from payments.services.unresolved import LEFT_FOR
from stores.models import Role
from tests.factories import MembershipFactory, ProductFactory, UserFactory
from tests.money.conftest import Shop, open_shop
from tests.processes import eventually
from tests.proof.conftest import wait_for

pytestmark = pytest.mark.processes
PASSWORD = "correct horse battery"


@pytest.fixture
def shop(stack) -> Shop:
    stack.start("web", SECOND_FACTOR_REQUIRED="true")  # as where real people work
    stack.register_webhooks()
    return open_shop(stack.simulator)


@pytest.fixture
def manager(shop):
    user = UserFactory.create(username="jenny", first_name="Jenny", last_name="Rosen")
    user.set_password(PASSWORD)
    user.save()
    MembershipFactory.create(user=user, store=shop.store, role=Role.MANAGER)
    return user


def code(user, ahead=0) -> str:
    device = TOTPDevice.objects.get(user=user)
    totp = TOTP(device.bin_key)
    totp.time = time.time() + 30 * ahead
    return f"{totp.token():06}"


def sign_in(page: Page, user) -> None:
    """With the password; then an authenticator is set up, as at the first time."""
    page.goto("/admin/")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("img", name="Picture for the authenticator app")).to_be_visible()
    page.get_by_label("Code").fill(code(user))
    page.get_by_role("button", name="Finish").click()
    page.get_by_role("link", name="I keep them, go on").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


class Tablet:
    """What a tablet does, over the API, with the token it was paired for."""

    def __init__(self, url: str, shop: Shop, token: str) -> None:
        self._api, self._headers = f"{url}/api/v1/", {"Authorization": f"Bearer {token}"}
        self._shop = shop
        self._product = ProductFactory.create(store=shop.store, unit_amount=2_500)

    def sell(self, **how) -> Payment:
        """Begin a sale; its reader waits for a card."""
        order = self._post("orders/", {"lines": [{"product": self._product.pk, "quantity": 1}]})
        sale = {"reader": self._shop.reader.pk, **how}
        paid = self._post(f"orders/{order['id']}/payments/", sale)
        payment = Payment.objects.get(pk=paid["id"])
        return wait_for(payment, "waiting_for_card")

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = httpx.post(self._api + path, json=body, headers=self._headers)
        assert answer.is_success, answer.text
        return dict(answer.json())


def pair(page: Page, stack, shop: Shop) -> Tablet:
    """A new tablet: its code on the screen, typed into the tablet."""
    page.get_by_role("link", name="Devices", exact=True).click()
    page.get_by_role("link", name="Add device").click()
    page.get_by_label("Name").fill("Counter tablet")
    choose(page, "Store", shop.store.name)
    page.get_by_role("button", name="Save", exact=True).click()
    shown = page.get_by_label("Pairing code").inner_text()
    answer = httpx.post(f"{stack.url}/api/v1/pair/", json={"code": shown})
    assert answer.status_code == 201, answer.text
    expect(page.get_by_role("status")).to_contain_text("was paired")
    return Tablet(stack.url, shop, answer.json()["token"])


def choose(page: Page, label: str, choice: str) -> None:
    """In a field with a search of its own (Select2)."""
    page.locator(".select2-selection").click()
    page.locator(".select2-search__field").fill(choice)
    page.locator(".select2-results__option", has_text=choice).click()


def open_payment(page: Page, payment: Payment) -> None:
    page.goto("/admin/payments/payment/")
    page.get_by_role("link", name=f"#{payment.pk}", exact=True).click()


def badge(page: Page):
    return page.locator("#live .now .badge").first


def test_the_day_of_a_manager(stack, people, shop, manager):
    page = people.page()
    sign_in(page, manager)
    tablet = pair(page, stack, shop)

    # A reader is stuck: nobody presents a card, and the cashier is gone.
    stuck = tablet.sell()
    page.get_by_role("link", name="Readers", exact=True).click()
    page.get_by_role("link", name=shop.reader.label).first.click()
    expect(page.locator("#live")).to_contain_text(str(stuck.order))
    page.get_by_role("link", name="Free the reader").click()
    expect(page.locator(".asking")).to_contain_text("25.00 USD")
    page.get_by_role("button", name="Free the reader").click()
    expect(page.locator("#live .sum").first).to_have_text("Free")

    # A quarter of an hour later it is on the board, whose button says what it will do.
    Payment.objects.filter(pk=stuck.pk).update(moved_at=timezone.now() - LEFT_FOR)
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="Unresolved payments 1").click()
    case = page.locator(".case", has_text=str(stuck.order))
    expect(case).to_contain_text("Cancels it at Stripe, so that no card can be charged for it")
    case.get_by_role("link", name="Cancel the payment").click()
    expect(page.locator(".asking")).to_contain_text("25.00 USD")
    page.get_by_role("button", name="Cancel the payment").click()
    expect(page.locator("#live")).to_contain_text("Everything is resolved.")
    expect(page.get_by_role("heading", name="Unresolved")).to_be_visible()
    open_payment(page, stuck)
    expect(badge(page)).to_have_text("Canceled")
    told = page.locator(".timeline li", has_text="Jenny Rosen")
    expect(told.filter(has_text="cancel").first).to_be_visible()

    # A hold, and a tip on the receipt: first more than Stripe takes, then what was written.
    held = tablet.sell(capture_method="manual")
    shop.tap()
    wait_for(held, "approved")
    open_payment(page, held)
    page.get_by_role("link", name="Capture with a tip").click()
    page.get_by_label("Tip").fill("900")
    page.get_by_role("button", name="Capture with a tip").click()
    expect(page.locator(".wrong")).to_contain_text("is more than Stripe takes")
    page.get_by_label("Tip").fill("4,00")
    expect(page.locator("#sum")).to_contain_text("29.00")
    page.get_by_role("button", name="Capture with a tip").click()
    expect(badge(page)).to_have_text("Paid")
    expect(page.locator("#live .sum").first).to_have_text("29.00 USD")

    # A part of it goes back.
    page.get_by_role("link", name="Refund", exact=True).click()
    page.get_by_label("Amount").fill("10.00")
    page.get_by_role("button", name="Refund", exact=True).click()
    expect(page.locator("#live")).to_contain_text("10.00 USD")
    eventually(lambda: Payment.objects.get(pk=held.pk).amount_refunded == 10_00, "refunded")

    # Stripe's webhooks are lost: the page finds out, because the payment is read.
    stack.simulator.webhooks(drop=1.0)
    lost = tablet.sell()
    open_payment(page, lost)
    expect(badge(page)).to_have_text("Waiting for a card")
    shop.tap()
    page.get_by_role("button", name="Check with Stripe").click()
    expect(badge(page)).to_have_text("Paid")
    stack.simulator.webhooks()

    # The day is closed with what is in the drawer, and goes into a spreadsheet.
    page.get_by_role("link", name="All reports").click()
    page.get_by_role("link", name="Day close").first.click()
    expect(page.get_by_label("The day")).to_contain_text("54.00 USD")
    page.get_by_label("Cash counted").fill("0")
    page.get_by_role("button", name="Close the day").click()
    expect(page.get_by_label("The day")).to_contain_text("Closed by Jenny Rosen")
    with page.expect_download() as begun:
        page.get_by_role("link", name="Export as XLSX").click()
    assert zipfile.is_zipfile(begun.value.path())

    # Home again: today's takings are what was sold.
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("region", name=re.compile("Takings today"))).to_contain_text(
        "54.00 USD"
    )


def test_the_palette_finds_a_payment_by_its_card(stack, people, shop, manager):
    page = people.page()
    sign_in(page, manager)
    tablet = pair(page, stack, shop)
    payment = tablet.sell()
    shop.tap()
    wait_for(payment, "paid")

    page.keyboard.press("Control+k")
    page.get_by_role("searchbox", name="Search everything").type("4242")
    page.locator("#command-results a", has_text="payment").first.click()

    expect(page.get_by_role("heading", name=f"Payment {payment.pk}")).to_be_visible()


def test_a_theme_is_kept(stack, people, shop, manager):
    page = people.page(color_scheme="light")
    sign_in(page, manager)
    page.get_by_role("button", name="Jenny Rosen").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    page.reload()
    expect(page.locator("html")).to_have_class(re.compile("dark"))
