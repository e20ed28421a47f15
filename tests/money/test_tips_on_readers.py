"""Tips on the reader: what a store offers reaches Stripe, and what a customer gave is right."""

import pytest

from payments.errors import TipNotConfirmed, TipRefused
from payments.models import StripeRequest
from payments.services import captures, refunds
from stores.principals import SYSTEM
from stores.services import Line, create_order
from terminal.models import Tipping
from terminal.services import fleet, holds, sales, tipping
from tests.factories import LocationFactory, ProductFactory
from tests.factories_money import plan_fee
from tests.money.conftest import open_shop


def offer(shop, **changes):
    """The store offers tips, and Stripe has been told."""
    offered = {"percentages": [15, 18, 20]} | changes
    row = Tipping.objects.filter(store=shop.store).first() or Tipping(store=shop.store)
    for name, value in offered.items():
        setattr(row, name, value)
    row.full_clean()
    tipping.change(row, by=SYSTEM)
    tipping.tell_now(shop.store)
    row.refresh_from_db()
    return row


def configuration(shop, row):
    return shop.simulator.stripe_get(
        f"terminal/configurations/{row.configuration_id}", shop.store.stripe_account
    )


def attached(shop, location=None):
    location = location or shop.reader.location
    found = shop.simulator.stripe_get(
        f"terminal/locations/{location.stripe_id}", shop.store.stripe_account
    )
    return found["configuration_overrides"]


def sell(shop, *products, capture_method="automatic", **more):
    lines: list[Line] = [{"product": each.pk, "quantity": 1} for each in products]
    order = create_order(shop.store, lines, device=shop.device)
    payment = sales.sell(order, shop.reader, by=shop.by, capture_method=capture_method, **more)
    return shop.converse(payment)


def tip(shop, payment, amount, card="visa"):
    shop.simulator.call(f"readers/{shop.reader.stripe_id}/tip", {"amount": amount})
    shop.tap(card)
    return shop.ring(payment)


def asks(shop):
    """The amounts of the buttons on the reader; none when it asks for no tip."""
    screen = shop.simulator.call(f"readers/{shop.reader.stripe_id}")["screen"]
    return [each["amount"] for each in screen.get("tip_choices") or ()]


@pytest.fixture
def burger(shop):
    return ProductFactory.create(store=shop.store, unit_amount=20_00)


@pytest.mark.parametrize("charge_model", ["direct", "destination"])
def test_an_offer_reaches_stripe_and_the_stores_locations(simulator, db, charge_model):
    shop = open_shop(simulator, charge_model)
    row = offer(shop, fixed_amounts=[100, 200, 300], smart_tip_threshold=1_000)

    assert configuration(shop, row)["tipping"]["usd"] == {
        "percentages": [15, 18, 20],
        "fixed_amounts": [100, 200, 300],
        "smart_tip_threshold": 1_000,
    }
    assert attached(shop) == row.configuration_id
    assert not StripeRequest.objects.filter(status__in=("planned", "sent")).exists()


def test_another_offer_changes_the_same_configuration(shop):
    first = offer(shop)
    row = offer(shop, percentages=[5, 10, 15])

    assert row.configuration_id == first.configuration_id
    assert configuration(shop, row)["tipping"]["usd"]["percentages"] == [5, 10, 15]
    assert len(shop.simulator.exchanges("POST", "/locations/")) == 1  # attached once


def test_no_more_tips_are_taken_off_the_readers(shop, burger):
    offer(shop)
    row = offer(shop, is_active=False)

    assert "tipping" not in configuration(shop, row)
    sell(shop, burger)
    assert asks(shop) == []


def test_a_new_location_of_the_store_offers_them_too(shop):
    row = offer(shop)
    location = LocationFactory.create(store=shop.store, stripe_id=None)
    fleet.create_location(location)
    tipping.tell_now(shop.store)
    location.refresh_from_db()

    assert attached(shop, location) == row.configuration_id


def test_what_stripe_refuses_can_be_corrected_and_a_lost_answer_makes_one_configuration(shop):
    refusal = {"type": "invalid_request_error", "message": "No tips for you."}
    shop.simulator.fault("configurations.create", "before", "error", status=400, error=refusal)
    row = offer(shop)
    assert row.configuration_id == ""
    assert tipping.requests_of(row).get().status == "refused"
    shop.simulator.fault("configurations.create", "after", "reset")
    row = offer(shop)
    StripeRequest.objects.filter(status="planned").update(next_try_at=row.store.created_at)
    tipping.tell_now(shop.store)
    row.refresh_from_db()

    assert attached(shop) == row.configuration_id
    listed = shop.simulator.stripe_get(
        "terminal/configurations", shop.store.stripe_account, is_account_default="false"
    )
    assert [each["id"] for each in listed["data"]] == [row.configuration_id]


def test_an_offer_that_is_changed_while_the_first_is_on_its_way_arrives(shop):
    row = Tipping(store=shop.store, percentages=[15, 18, 20])
    tipping.change(row, by=SYSTEM)
    row.percentages = [1, 2, 3]
    tipping.change(row, by=SYSTEM)
    tipping.tell_now(shop.store)
    row.refresh_from_db()

    assert configuration(shop, row)["tipping"]["usd"]["percentages"] == [1, 2, 3]


def test_a_tip_is_kept_beside_the_sale(shop, burger):
    plan_fee(shop.store, 1_000)
    offer(shop)
    payment = sell(shop, burger)
    assert asks(shop) == [300, 360, 400]
    payment = tip(shop, payment, 300)

    assert (payment.state, payment.message) == ("paid", "Paid.")
    assert (payment.amount, payment.tip_amount, payment.reader_tip_amount) == (2_000, 300, 300)
    assert payment.amount_received == 2_300
    assert payment.application_fee_amount == 200
    assert (payment.order.status, payment.order.total_amount) == ("paid", 2_000)


def test_no_tip_is_not_the_same_as_not_asked(shop, burger):
    assert tip_of(shop, burger) is None
    offer(shop)
    assert tip_of(shop, burger) == 0


def tip_of(shop, product):
    payment = sell(shop, product)
    shop.tap()
    return shop.ring(payment).reader_tip_amount


def test_a_sale_may_ask_for_no_tip(shop, burger):
    offer(shop)
    sell(shop, burger, skip_tipping=True)

    assert asks(shop) == []


def test_percentages_are_of_what_may_be_tipped(shop, burger):
    offer(shop)
    mug = ProductFactory.create(store=shop.store, unit_amount=30_00, tip_eligible=False)
    payment = sell(shop, burger, mug)
    assert asks(shop) == [300, 360, 400]
    sales.cancel_payment(payment, by=shop.by)
    shop.converse(payment)

    sell(shop, mug)
    assert asks(shop) == []


def test_a_hold_with_a_tip_is_captured_with_it(shop, burger):
    offer(shop)
    payment = tip(shop, sell(shop, burger, capture_method="manual"), 300)
    assert (payment.state, payment.code, payment.tip_amount) == ("approved", "", 300)
    assert payment.amount_capturable == 2_300
    captures.capture(payment, by=shop.by)
    payment = shop.converse(payment)

    assert (payment.amount_received, payment.tip_amount) == (2_300, 300)
    assert payment.order.status == "paid"


def test_a_customer_who_was_asked_on_the_reader_is_not_asked_on_the_receipt(shop, burger):
    offer(shop)
    payment = tip(shop, sell(shop, burger, capture_method="manual"), 0)

    assert payment.overcapture_supported
    assert captures.highest_tip(payment) == 0
    with pytest.raises(TipRefused):
        captures.capture(payment, by=shop.by, tip_amount=100)


@pytest.mark.parametrize(("keep", "received"), [(True, 2_000 + 444_444), (False, 2_000)])
def test_an_absurd_tip_waits_for_somebodys_word(shop, burger, keep, received):
    offer(shop)
    payment = tip(shop, sell(shop, burger, capture_method="manual"), 444_444)

    assert (payment.state, payment.code) == ("approved", "high_tip")
    assert payment.message.startswith("Confirm the tip of 4444.44 USD on 20.00 USD")
    with pytest.raises(TipNotConfirmed):
        captures.capture(payment, by=shop.by)
    captures.capture(payment, by=shop.by, keep_tip=keep)
    payment = shop.converse(payment)

    assert (payment.state, payment.amount_received) == ("paid", received)
    assert payment.tip_amount == received - 2_000
    assert payment.order.status == "paid"
    assert not payment.incidents.exists()


@pytest.mark.parametrize(
    ("amount", "asked"), [(20_00, False), (21_00, True)], ids=["at the limit", "above"]
)
def test_the_stores_limit_says_which_tips_are_asked_about(shop, burger, amount, asked):
    offer(shop)
    payment = tip(shop, sell(shop, burger, capture_method="manual"), amount)

    assert (payment.code == "high_tip") is asked


def test_an_expiring_hold_is_captured_without_a_tip_nobody_confirmed(shop, burger):
    offer(shop)
    payment = tip(shop, sell(shop, burger, capture_method="manual"), 444_444)
    holds.settle(payment.pk, now=payment.capture_before - holds.SETTLE)
    payment = shop.converse(payment)

    assert (payment.state, payment.amount_received, payment.tip_amount) == ("paid", 2_000, 0)


def test_an_absurd_tip_that_was_taken_at_once_is_told_until_it_is_refunded(shop, burger):
    offer(shop)
    payment = tip(shop, sell(shop, burger), 444_444)

    assert (payment.state, payment.code) == ("paid", "high_tip")
    assert "refund the tip" in payment.message
    assert payment.order.status == "paid"
    assert payment.incidents.get(resolved_at=None).kind == "high_tip"
    refunds.refund(payment, by=SYSTEM, amount=444_444)
    payment = shop.converse(payment)
    assert payment.incidents.get().resolved_at is not None


def test_a_part_is_captured_with_the_readers_tip(shop, burger):
    offer(shop)
    pie = ProductFactory.create(store=shop.store, unit_amount=10_00)
    payment = tip(shop, sell(shop, burger, pie, capture_method="manual"), 540)
    line = payment.order.lines.get(product=burger)
    captures.capture(payment, by=shop.by, lines=[line.pk])
    payment = shop.converse(payment)

    assert (payment.amount, payment.tip_amount, payment.amount_received) == (2_000, 540, 2_540)
    assert (payment.order.status, payment.order.total_amount) == ("paid", 2_000)


def test_a_decline_after_a_tip_leaves_another_try(shop, burger):
    offer(shop)
    payment = tip(shop, sell(shop, burger), 360, card="charge_declined")
    assert (payment.state, payment.tip_amount) == ("declined", 0)
    payment = shop.converse(sales.try_again(payment, by=shop.by))
    payment = tip(shop, payment, 400)

    assert (payment.state, payment.tip_amount, payment.amount_received) == ("paid", 400, 2_400)
