"""Tips on the reader: what a store offers reaches Stripe, and what a customer gave is right."""

import pytest
from django.core.exceptions import ValidationError

from payments.errors import TipNotConfirmed, TipRefused
from payments.models import StripeRequest
from payments.services import captures, refunds
from stores.principals import MANAGERS, SYSTEM, Principal
from stores.services import Line, create_order
from terminal.models import ReaderConfiguration
from terminal.services import configurations, configuring, fleet, holds, sales
from terminal.services.fleet_settling import Move, settle
from terminal.services.readers import FleetNotAllowed
from tests.factories import LocationFactory, MembershipFactory, ProductFactory, StoreFactory
from tests.factories_money import plan_fee
from tests.money.conftest import open_shop
from tests.money.test_fleet_differences import compare


def offer(shop, **changes):
    """The store offers tips, and Stripe has been told."""
    offered = {"asks_for_tips": True, "percentages": [15, 18, 20]} | changes
    row = ReaderConfiguration.objects.filter(store=shop.store).first() or ReaderConfiguration(
        store=shop.store
    )
    for name, value in offered.items():
        setattr(row, name, value)
    row.full_clean()
    configuring.change(row, by=SYSTEM)
    configuring.tell_now(shop.store)
    row.refresh_from_db()
    return row


def id_of(row):
    """Of its Configuration in the account where its store's readers are."""
    side = row.store.stripe_account if row.store else row.account.stripe_id
    return row.configurations.get(side, "")


def configuration(shop, row):
    return shop.simulator.stripe_get(
        f"terminal/configurations/{id_of(row)}", shop.store.stripe_account
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
    assert attached(shop) == id_of(row)
    assert not StripeRequest.objects.filter(status__in=("planned", "sent")).exists()


def test_another_offer_changes_the_same_configuration(shop):
    first = offer(shop)
    row = offer(shop, percentages=[5, 10, 15])

    assert id_of(row) == id_of(first)
    assert configuration(shop, row)["tipping"]["usd"]["percentages"] == [5, 10, 15]
    assert len(shop.simulator.exchanges("POST", "/locations/")) == 1  # attached once


def test_no_more_tips_are_taken_off_the_readers(shop, burger):
    offer(shop)
    row = offer(shop, asks_for_tips=False)

    assert "tipping" not in configuration(shop, row)
    sell(shop, burger)
    assert asks(shop) == []


def test_a_window_for_restarts_reaches_stripe_without_tips_and_is_taken_off_again(shop):
    window = {"reboot_start_hour": 3, "reboot_end_hour": 5}
    row = offer(shop, percentages=[], asks_for_tips=False, **window)

    assert configuration(shop, row)["reboot_window"] == {"start_hour": 3, "end_hour": 5}
    assert attached(shop) == id_of(row)
    assert configurations.lines_for(shop.reader.location) == [
        ("Tips", "From the store: none."),
        ("Daily restart", "From the store: from 3:00 to 5:00."),
    ]
    row = offer(shop, asks_for_tips=False, reboot_start_hour=None, reboot_end_hour=None)
    assert "reboot_window" not in configuration(shop, row)


@pytest.mark.parametrize(("start", "end"), [(3, 3), (3, 24), (3, None), (None, 5)])
def test_a_window_is_between_two_hours_of_the_day(shop, start, end):
    with pytest.raises(ValidationError, match="two different hours"):
        offer(shop, reboot_start_hour=start, reboot_end_hour=end)


def test_a_new_location_of_the_store_offers_them_too(shop):
    row = offer(shop)
    location = LocationFactory.create(store=shop.store, stripe_id=None)
    fleet.create_location(location)
    configuring.tell_now(shop.store)
    location.refresh_from_db()

    assert attached(shop, location) == id_of(row)


def test_what_stripe_refuses_can_be_corrected_and_a_lost_answer_makes_one_configuration(shop):
    refusal = {"type": "invalid_request_error", "message": "No tips for you."}
    shop.simulator.fault("configurations.create", "before", "error", status=400, error=refusal)
    row = offer(shop)
    assert id_of(row) == ""
    assert configuring.requests_of(row).get().status == "refused"
    shop.simulator.fault("configurations.create", "after", "reset")
    row = offer(shop)
    StripeRequest.objects.filter(status="planned").update(next_try_at=row.store.created_at)
    configuring.tell_now(shop.store)
    row.refresh_from_db()

    assert attached(shop) == id_of(row)
    listed = shop.simulator.stripe_get(
        "terminal/configurations", shop.store.stripe_account, is_account_default="false"
    )
    assert [each["id"] for each in listed["data"]] == [id_of(row)]


def test_an_offer_that_is_changed_while_the_first_is_on_its_way_arrives(shop):
    row = ReaderConfiguration(store=shop.store, asks_for_tips=True, percentages=[15, 18, 20])
    configuring.change(row, by=SYSTEM)
    row.percentages = [1, 2, 3]
    configuring.change(row, by=SYSTEM)
    configuring.tell_now(shop.store)
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
    assert payment.message.startswith("Confirm the tip of 4,444.44 USD on 20.00 USD")
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


# Of an account, of a store, of a location: the nearest holds


def say(shop, percentages=(15, 18, 20), **where):
    row = ReaderConfiguration(**{"asks_for_tips": True, "percentages": list(percentages)} | where)
    row.full_clean()
    return tell(shop, row)


def tell(shop, row):
    configuring.change(row, by=SYSTEM)
    configuring.tell_now(shop.store)
    row.refresh_from_db()
    return row


def test_what_an_account_offers_holds_in_its_stores(shop, burger):
    row = say(shop, account=shop.store.account)
    assert attached(shop) == id_of(row) != ""
    assert configurations.lines_for(shop.reader.location) == [
        ("Tips", "From the account: 15 %, 18 %, 20 %.")
    ]
    sell(shop, burger)
    assert asks(shop) == [300, 360, 400]


def test_the_nearest_offer_holds(shop, burger):
    place = shop.reader.location
    say(shop, account=shop.store.account)
    store = say(shop, (1, 2, 3), store=shop.store)
    assert attached(shop) == id_of(store)
    own = say(shop, (5, 10, 15), location=place)
    assert attached(shop) == id_of(own)
    other = fleet.create_location(LocationFactory.create(store=shop.store, stripe_id=None))
    configuring.tell_now(shop.store)
    assert attached(shop, other) == id_of(store)
    # What changes farther away changes nothing here.
    store.percentages = [7, 8, 9]
    tell(shop, store)
    assert attached(shop) == id_of(own)
    sell(shop, burger)
    assert asks(shop) == [100, 200, 300]


def test_a_location_that_offers_nothing_of_its_own_any_more_offers_what_its_store_does(shop):
    store = say(shop, (1, 2, 3), store=shop.store)
    own = say(shop, (5, 10, 15), location=shop.reader.location)
    own.asks_for_tips, own.percentages = None, []
    own.full_clean()
    tell(shop, own)
    assert attached(shop) == id_of(store)
    store.asks_for_tips, store.percentages = None, []
    tell(shop, store)
    assert not attached(shop)


def test_a_location_may_ask_for_no_tips_where_its_store_does(shop, burger):
    say(shop, store=shop.store)
    say(shop, location=shop.reader.location, asks_for_tips=False)
    assert not attached(shop)
    shop_sale = sell(shop, burger)
    assert asks(shop) == []
    request = shop_sale.requests.get(kind="reader.process_payment_intent")
    assert "tipping" not in request.params["process_config"]


def test_an_accounts_offer_is_kept_on_both_sides(simulator, db):
    shop = open_shop(simulator)
    other = StoreFactory.create(account=shop.store.account, charge_model="destination")
    there = fleet.create_location(LocationFactory.create(store=other, stripe_id=None))
    row = say(shop, account=shop.store.account)
    configuring.tell_now(other)
    configuring.tell_now(shop.store)
    row.refresh_from_db()
    assert set(row.configurations) == {shop.store.stripe_account, ""}
    assert attached(shop) == row.configurations[shop.store.stripe_account]
    shown = simulator.stripe_get(f"terminal/locations/{there.stripe_id}")
    assert shown["configuration_overrides"] == row.configurations[""]


def test_amounts_are_refused_where_stores_have_several_currencies(db):
    store = StoreFactory.create(currency="usd")
    StoreFactory.create(account=store.account, country=store.country, currency="eur")
    row = ReaderConfiguration(
        account=store.account, asks_for_tips=True, fixed_amounts=[100, 200, 300]
    )
    with pytest.raises(ValidationError, match="do not share one currency"):
        row.full_clean()


def test_only_who_manages_all_stores_of_an_account_sets_what_it_offers(db):
    store = StoreFactory.create()
    sister = StoreFactory.create(account=store.account)
    user = MembershipFactory.create(store=store, role="manager").user
    by = Principal.of_user(user)
    row = ReaderConfiguration(account=store.account, asks_for_tips=True, percentages=[1, 2, 3])
    with pytest.raises(FleetNotAllowed):
        configuring.change(row, by=by)
    assert not configurations.accounts_of(by).exists()
    MembershipFactory.create(user=user, store=sister, role="manager")
    configuring.change(row, by=by)
    assert list(configurations.accounts_of(by)) == [store.account]
    assert ReaderConfiguration.objects.for_principal(by, MANAGERS).get() == row


def test_a_configuration_taken_off_in_the_dashboard_is_told_and_sent_anew(shop, settings):
    settings.STRIPE_READS_PER_SECOND = 1_000
    row = say(shop, store=shop.store)
    path = f"terminal/locations/{shop.reader.location.stripe_id}"
    shop.simulator.stripe_post(path, shop.store.stripe_account, configuration_overrides="")
    [found] = compare(shop)
    assert (found.kind, found.ours, found.theirs) == ("configuration", id_of(row), "")
    settle(found, Move.SEND, by=SYSTEM)
    configuring.tell_now(shop.store)
    assert attached(shop) == id_of(row)
    assert compare(shop) == []
