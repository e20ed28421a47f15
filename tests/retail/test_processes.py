"""The processes that tests start beside themselves (tests/processes.py)."""

import signal
import subprocess
import sys

import pytest

from payments.models import Payment
from terminal.services import sales
from tests.money.conftest import Shop, open_shop
from tests.processes import Stack, eventually
from tests.services import ROOT, clean_environment

pytestmark = pytest.mark.processes


@pytest.fixture
def shop(stack: Stack) -> Shop:
    shop = open_shop(stack.simulator)
    stack.register_webhooks()
    return shop


def sell(shop: Shop) -> Payment:
    return sales.sell(shop.order(), shop.reader, by=shop.by)


def pays(shop: Shop, payment: Payment, seconds: float = 10) -> None:
    shop.simulator.wait_for_reader(shop.reader, "waiting_for_card", seconds)
    shop.tap()
    eventually(lambda: refreshed(payment).state == "paid", "the payment is paid", seconds)


def refreshed(payment: Payment) -> Payment:
    payment.refresh_from_db()
    return payment


def test_carry_a_sale_from_order_to_paid(stack: Stack, shop: Shop) -> None:
    pays(shop, sell(shop))


def test_can_be_killed_and_started_again(stack: Stack, shop: Shop) -> None:
    before = stack.pid("worker")

    stack.kill("worker", signal.SIGKILL)
    assert not stack.is_running("worker")
    stack.start("worker")

    assert stack.pid("worker") != before
    pays(shop, sell(shop))


def test_start_with_an_environment_of_their_own(stack: Stack) -> None:
    stack.start("worker-2", RETAIL_CRASH_POINT="nowhere")

    assert "worker-2" in stack.log("worker-2")


def test_come_back_as_usual_for_the_next_test(stack: Stack, shop: Shop) -> None:
    sell(shop)
    stack.start("worker", RETAIL_CRASH_POINT="nowhere")
    stack.kill("dispatcher")

    stack.reset()

    assert stack.is_running("dispatcher")
    assert stack.log("worker").count("ready.") == 1
    assert not Payment.objects.exists()
    assert stack.simulator.exchanges() == []


@pytest.mark.parametrize("loads", ["retail.celery, terminal.tasks", "terminal.dispatcher"])
def test_load_no_page_of_the_admin_where_none_is_served(loads: str) -> None:
    code = f"""
import sys, django
django.setup()
import {loads}
pages = ("stores.admin", "payments.admin", "terminal.admin", "unfold.admin", "djstripe.admin")
print([name for name in pages if name in sys.modules])
"""
    environment = clean_environment() | {
        "DJANGO_SETTINGS_MODULE": "retail.settings",
        "DATABASE_URL": "sqlite://:memory:",
    }
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)

    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
