"""The buttons, all the way to a simulated Stripe and back, for both ways to charge. It …"""

import pytest

from stores.models import ChargeModel, Role
from stores.services import Line, orders
from terminal.services import attending, displays, forms
from tests import factories
from tests.admin.pages import page
from tests.admin.test_buttons import press
from tests.money.conftest import open_shop, running_simulator, simulator  # noqa: F401


@pytest.fixture(params=[ChargeModel.DIRECT, ChargeModel.DESTINATION])
def shop(request, simulator, db):  # noqa: F811
    return open_shop(simulator, charge_model=request.param)


@pytest.fixture
def manager(shop, client):
    client.force_login(factories.MembershipFactory.create(store=shop.store, role=Role.MANAGER).user)
    return client


def approve(shop):
    payment = shop.sell(4_000, capture_method="manual")
    shop.tap()
    return shop.ring(payment)


def state(client, row):
    return client.get(page(row, "state")).json()


def test_captures(shop, manager):
    payment = approve(shop)

    press(manager, payment, "capture")
    payment = shop.converse(payment)

    assert payment.state == "paid"
    shown = state(manager, payment)
    assert shown["headline"].startswith("Paid")
    assert shown["seconds"] is None


def test_captures_with_a_tip(shop, manager):
    payment = approve(shop)

    press(manager, payment, "capture-with-tip", tip="12.34")
    payment = shop.converse(payment)

    assert (payment.state, payment.amount_received) == ("paid", 52_34)
    assert "12.34 USD" in state(manager, payment)["html"]


def test_never_asks_stripe_for_a_tip_over_the_limit(shop, manager):
    payment = approve(shop)

    press(manager, payment, "capture-with-tip", tip="50.01")
    payment = shop.converse(payment)

    assert payment.state == "approved"
    assert shop.simulator.exchanges("POST", "/capture") == []


def test_releases(shop, manager):
    payment = approve(shop)

    press(manager, payment, "release")

    assert shop.converse(payment).state == "canceled"


def test_frees_a_reader_and_leaves_the_payment_open(shop, manager):
    payment = shop.sell()
    assert f"Order {payment.order.number}" in state(manager, shop.reader)["html"]

    press(manager, shop.reader, "free")
    payment = shop.converse(payment)

    assert payment.state == "stopped"
    shop.simulator.wait_for_reader(shop.reader, "idle")
    assert "Nothing of ours is on it." in state(manager, shop.reader)["html"]


def test_stops_nothing_when_the_card_was_faster(shop, manager):
    payment = shop.sell()
    shop.tap()

    press(manager, shop.reader, "free")
    payment = shop.converse(payment)

    assert payment.state == "paid"
    assert shop.simulator.exchanges("POST", "/cancel_action") == []


def test_cancels_a_payment_that_waits_for_a_card(shop, manager):
    payment = shop.sell()

    press(manager, payment, "cancel")
    payment = shop.converse(payment)

    assert payment.state == "canceled"
    shop.simulator.wait_for_reader(shop.reader, "idle")


def test_reads_a_reader_anew(shop, manager):
    shop.simulator.reader(shop.reader, condition="offline")
    shop.simulator.call("clock", {"advance": 600})
    assert "Online" in state(manager, shop.reader)["html"]

    press(manager, shop.reader, "refresh")
    assert state(manager, shop.reader)["seconds"] == 1
    attending.attend(shop.reader.pk)

    assert "Offline" in state(manager, shop.reader)["html"]


def test_says_that_the_hold_ended_before_it_was_captured(shop, manager):
    payment = approve(shop)
    shop.simulator.call("clock", {"advance": 8 * 24 * 3600})

    press(manager, payment, "capture")
    payment = shop.converse(payment)

    assert payment.state == "canceled"
    assert "Canceled. Nothing was charged." in state(manager, payment)["html"]


def test_waits_openly_while_stripe_gives_no_clear_answer(shop, manager):
    payment = approve(shop)
    shop.simulator.fault("payment_intents.capture", "before", "503", retry_after=30)

    press(manager, payment, "capture")
    payment = shop.converse(payment)

    shown = state(manager, payment)
    assert "Capture: no clear answer yet. Try 2 comes by itself." in shown["html"]
    assert shown["seconds"] == 1
    assert "Paid" in state(manager, shop.later(payment))["html"]


def test_leads_to_the_incident_when_stripe_refuses_our_key(shop, manager):
    payment = approve(shop)
    shop.simulator.fault("payment_intents.capture", "before", "403")

    press(manager, payment, "capture")
    payment = shop.converse(payment)

    html = state(manager, payment)["html"]
    assert page(payment.incidents.get()) in html


def test_stops_a_form_on_a_reader(shop, manager):
    asked = {"type": "email", "custom_text": {"title": "Your e-mail"}}
    order = shop.order()
    action = forms.collect(order, shop.reader, [asked], by=shop.by)
    attending.attend(shop.reader.pk)
    shown = state(manager, shop.reader)["html"]
    assert f"A form of order {order.number}" in shown
    assert f"{shop.reader} asks the customer." in shown

    press(manager, shop.reader, "free")
    attending.attend(shop.reader.pk)

    action.refresh_from_db()
    assert action.status == "canceled"
    shop.simulator.wait_for_reader(shop.reader, "idle")
    assert "Nothing of ours is on it." in state(manager, shop.reader)["html"]


def test_clears_a_cart_from_a_reader(shop, manager):
    line: Line = {"description": "Tea", "unit_amount": 450, "quantity": 2}
    order = orders.create_order(shop.store, [line], device=shop.device)
    displays.show(order, shop.reader, by=shop.by)
    attending.attend(shop.reader.pk)
    assert "It shows the cart of" in state(manager, shop.reader)["html"]

    press(manager, shop.reader, "free")
    attending.attend(shop.reader.pk)

    assert "Nothing of ours is on it." in state(manager, shop.reader)["html"]
    assert len(shop.simulator.exchanges("POST", "/cancel_action")) == 1
