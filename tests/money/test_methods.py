"""What a PaymentIntent is created with: how it may be paid, and what of that is held."""

import pytest

from payments.services import captures
from payments.services.methods import types_for
from tests.money.conftest import open_shop


def created(shop):
    [exchange] = shop.simulator.exchanges("POST", "/v1/payment_intents")[:1]
    return exchange["params"]


@pytest.mark.parametrize("country", ["US", "CA"])
def test_a_store_that_chose_nothing_takes_what_is_usual(simulator, db, country):
    shop = open_shop(simulator, country=country)
    shop.sell()

    interac = ["interac_present"] if country == "CA" else []
    assert created(shop)["payment_method_types"] == ["card_present", *interac]


def test_a_canadian_store_may_leave_interac_out(simulator, db):
    shop = open_shop(simulator, country="CA")
    shop.store.payment_method_types = ["card_present"]
    shop.store.save()
    shop.sell(capture_method="manual")

    assert created(shop)["payment_method_types"] == ["card_present"]
    assert created(shop)["capture_method"] == "manual"


def test_interac_is_paid_at_once_where_other_cards_are_held(simulator, db):
    shop = open_shop(simulator, country="CA")
    shop.store.incremental_authorization = shop.store.extended_authorization = True
    shop.store.save()
    payment = shop.sell(capture_method="manual")
    shop.tap("interac")
    assert shop.ring(payment).state == "paid"
    held = shop.sell(capture_method="manual")
    shop.tap("visa")
    held = shop.ring(held)
    assert held.state == "approved"
    captures.capture(held, by=shop.by)
    assert shop.converse(held).state == "paid"


@pytest.mark.parametrize(("amount", "offered"), [(34_99, False), (35_00, True), (30_000_01, False)])
def test_affirm_is_offered_for_the_amounts_it_takes(shop, amount, offered):
    shop.store.payment_method_types = ["card_present", "affirm"]

    assert ("affirm" in types_for(shop.store, amount)) is offered
