"""`make sale` and the sale by curl, against real processes. It …"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from payments.models import Payment
from stores.services import pair_device
from tests import factories
from tests.factories_money import CardRuleFactory
from tests.money.conftest import Shop, open_shop
from tests.processes import Stack, eventually

pytestmark = [pytest.mark.processes, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "api.md"


@pytest.fixture
def shop(stack: Stack) -> Shop:
    shop = open_shop(stack.simulator)
    stack.register_webhooks()
    return shop


@pytest.fixture
def var(stack: Stack, shop: Shop, tmp_path: Path) -> Path:
    """A var directory with what `make run` tells scripts."""
    products = [
        factories.ProductFactory.create(store=shop.store, unit_amount=amount)
        for amount in (4_50, 12_50)  # a total ending in 75 would be declined
    ]
    shop.store.cashier_refund_limit = 50_00  # as the demo company's stores have it
    shop.store.cashier_discount_limit = 10_00
    shop.store.save()
    token = pair_device(shop.store, "Script")[1]
    readers = (shop.reader, shop.other_reader)
    store = {
        "id": shop.store.pk,
        "name": shop.store.name,
        "token": token,
        "readers": [
            {"id": one.pk, "stripe_id": one.stripe_id, "label": one.label} for one in readers
        ],
        "products": [{"id": one.pk, "name": one.name} for one in products],
    }
    demo = {
        "api": f"{stack.url}/api/v1/",
        "token": token,
        "stores": [store],
        "simulator": stack.simulator_url,
    }
    (tmp_path / "demo.json").write_text(json.dumps(demo))
    return tmp_path


def begin(var: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "retail.sale", *arguments],
        cwd=ROOT,
        env=os.environ | {"RETAIL_VAR_DIR": str(var)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts what is in its background with SIGINT ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def sale(var: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit status, output and errors of one `make sale`."""
    process = begin(var, *arguments)
    output, errors = process.communicate(timeout=60)
    return process.returncode, output, errors


def states(output: str) -> list[str]:
    """The states that were printed, each with its milliseconds."""
    words = re.findall(r"^ *\d+ ms  (\w+)", output, re.MULTILINE)
    return [word for word in words if word not in ("order", "card")]


def test_prints_every_state_and_the_paid_payment(var):
    status, output, errors = sale(var)

    assert (status, errors) == (0, "")
    assert states(output) == ["sending", "waiting_for_card", "paid"]
    payment = Payment.objects.get()
    assert f"Paid 17.00 USD with visa •••• 4242 (order 1, {payment.payment_intent_id})" in output


def test_captures_what_was_approved_with_a_tip(var):
    status, output, errors = sale(var, "--capture", "manual", "--tip", "300")

    assert (status, errors) == (0, "")
    assert states(output)[-2:] == ["approved", "paid"]
    assert "Paid 20.00 USD, tip 3.00 USD included" in output


def test_looks_at_the_card_first_and_charges_it_by_itself(var):
    status, output, errors = sale(var, "--flow", "collect")

    assert (status, errors) == (0, "")
    assert states(output)[-1] == "paid"
    types = Payment.objects.get().reader_actions.order_by("attempt").values_list("type", flat=True)
    assert list(types) == ["collect_payment_method", "confirm_payment_intent"]


def test_has_the_cashier_confirm_the_card(var):
    status, output, errors = sale(
        var, "--flow", "collect", "--confirm", "manual", "--card", "visa_debit"
    )

    assert (status, errors) == (0, "")
    assert states(output)[:3] == ["sending", "waiting_for_card", "collected"]
    assert states(output)[-1] == "paid"
    assert "Visa debit •••• 5556 (US). Confirm or ask for another card." in output


def test_says_why_a_rule_refused_the_card(var, shop):
    CardRuleFactory.create(store=shop.store, sentence="Prepaid cards are not taken.")

    status, output, errors = sale(var, "--flow", "collect", "--card", "mastercard_prepaid")

    assert status == 1
    assert errors.startswith("Declined. Prepaid cards are not taken. Ask for another card")
    assert states(output)[-1] == "canceled"


def test_sells_on_the_reader_that_is_named(var, shop):
    status, _, _ = sale(var, "--reader", str(shop.other_reader.pk))

    assert status == 0
    assert Payment.objects.get().reader_actions.get().reader == shop.other_reader


def test_says_that_the_card_was_declined_and_leaves_nothing_behind(var):
    status, output, errors = sale(var, "--card", "charge_declined")

    assert status == 1
    assert "declined" in states(output)
    assert states(output)[-1] == "canceled"
    assert errors == "Declined. The bank declined the card. Ask for another card, or cancel.\n"
    assert Payment.objects.get().state == "canceled"


def test_leaves_the_card_to_a_person_and_says_where(var, shop):
    process = begin(var, "--no-card")
    shop.simulator.wait_for_reader(shop.reader, "waiting_for_card")
    shop.tap()
    output, _ = process.communicate(timeout=30)

    assert process.returncode == 0
    assert f"/_simulator/readers/{shop.reader.stripe_id}/" in output
    assert states(output)[-1] == "paid"


def test_cancels_when_it_is_interrupted(var, shop):
    shop.simulator.reader(shop.reader, next={"outcome": "read_error"})
    process = begin(var)
    eventually(
        lambda: Payment.objects.filter(state="waiting_for_card").exists(), "the reader waits"
    )
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)

    assert process.returncode == 1
    assert errors.strip() == "Interrupted."
    assert states(output)[-1] == "canceled"
    assert Payment.objects.get().state == "canceled"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--card", "nonsense"], "The simulator refused the card: There is no test card"),
        (["--reader", "999999"], "There is no reader 999999 in the demo; there are: "),
        (["--store", "999999"], "There is no store 999999 in the demo; there are: "),
        (["--demo", "/nowhere/demo.json"], "There is no /nowhere/demo.json, so no demo is running"),
    ],
)
def test_says_in_one_line_what_is_wrong(var, arguments, sentence):
    status, _, errors = sale(var, *arguments)

    assert status == 1
    assert errors.startswith(sentence)
    assert errors.count("\n") == 1


def test_says_how_to_start_a_demo_that_does_not_run(var):
    demo = json.loads((var / "demo.json").read_text())
    (var / "demo.json").write_text(json.dumps(demo | {"api": "http://127.0.0.1:9/api/v1/"}))

    status, _, errors = sale(var)

    assert status == 1
    assert "`make run`" in errors


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_sells_by_curl_as_the_guide_tells_it(var):
    """Every `sh` block of the guide, one after the other; the customer's hand is in there too."""
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL)

    done = subprocess.run(
        ["bash", "-eu", "-c", "\n".join(blocks)],
        cwd=ROOT,
        env=os.environ | {"RETAIL_VAR_DIR": str(var)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert "paid: Paid." in done.stdout
    assert "collected: Visa debit •••• 5556 (US). Confirm or ask" in done.stdout
    assert [payment.state for payment in Payment.objects.all()] == ["paid", "paid"]
    assert "event: ready" in done.stdout
    assert "\n2\ncanceled\n" in done.stdout
    assert done.stdout.rstrip().endswith("}]\n0")  # a discount, taken back
