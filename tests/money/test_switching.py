"""A store charges in another account from now on: nothing is stranded, and old payments stay."""

import pytest

from payments.models import StripeRequest
from payments.services import captures, refunds
from stores.models import Account, ChargeModel
from stores.principals import SYSTEM, Principal
from terminal.models import DefaultReader, Reader
from terminal.services import fleet, sales, switching
from tests.factories import MembershipFactory
from tests.money.conftest import broken_promises, open_shop
from tests.money.test_fleet import register, work

OTHER = {"direct": "destination", "destination": "direct"}


@pytest.fixture(params=["direct", "destination"])
def shop(request, simulator, db):
    """A shop of either model; the promises hold at its end."""
    yield open_shop(simulator, request.param)
    assert not broken_promises(simulator)


def switch(shop):
    row = switching.switch(shop.store, OTHER[shop.store.charge_model], by=SYSTEM)
    work()
    shop.store.refresh_from_db()
    row.refresh_from_db()
    return row


def sold(shop, capture_method="automatic"):
    payment = shop.sell(capture_method=capture_method)
    shop.tap()
    return shop.ring(payment)


def test_moves_locations_and_wants_each_reader_registered_anew(shop):
    old, location = shop.store.stripe_account, shop.reader.location
    place = location.stripe_id
    DefaultReader.objects.create(device=shop.device, store=shop.store, reader=shop.reader)
    row = switch(shop)
    location.refresh_from_db()

    assert location.stripe_account == shop.store.stripe_account != old
    assert shop.simulator.stripe_get(f"terminal/locations/{place}", old)["deleted"]
    for reader in (shop.reader, shop.other_reader):
        assert shop.simulator.stripe_get(f"terminal/readers/{reader.stripe_id}", old)["deleted"]
    there = shop.simulator.stripe_get(
        f"terminal/locations/{location.stripe_id}", shop.store.stripe_account
    )
    assert there["display_name"] == location.display_name
    assert not switching.steps(row)[-1][2]

    first = register(shop, location, replaces=shop.reader).reader
    assert DefaultReader.objects.get(device=shop.device).reader == first
    register(shop, location, replaces=shop.other_reader)
    row.refresh_from_db()
    assert row.finished_at is not None
    assert all(done for _, _, done in switching.steps(row))


def test_new_payments_are_made_on_the_new_side_and_old_ones_stay_on_theirs(shop):
    old_account = shop.store.stripe_account
    held, paid = sold(shop, "manual"), sold(shop)
    switch(shop)
    shop.reader = register(shop, replaces=shop.reader).reader
    fresh = sold(shop)
    captures.capture(held, by=SYSTEM)
    shop.converse(held)
    refunds.refund(paid, amount=500, reason="requested_by_customer", by=SYSTEM)
    shop.converse(paid)

    assert (held.status, held.stripe_account) == ("succeeded", old_account)
    assert (paid.refunds.get().status, paid.stripe_account) == ("succeeded", old_account)
    assert fresh.status == "succeeded"
    assert fresh.stripe_account == shop.store.stripe_account != old_account
    assert {fresh.destination, paid.destination} == {"", shop.store.account.stripe_id}
    for payment in (held, paid, fresh):
        assert set(payment.requests.values_list("stripe_account", flat=True)) == {
            payment.stripe_account
        }


def test_is_refused_while_a_payment_is_open_and_says_which(shop):
    payment = shop.sell()
    with pytest.raises(switching.SwitchRefused) as refused:
        switch(shop)

    said = refused.value.message
    assert f"The payment of order {payment.order.number} is open" in said
    assert f"{shop.reader} is busy with order {payment.order.number}" in said
    assert Reader.objects.filter(is_active=True).count() == 2


def test_a_sale_on_a_reader_that_was_left_is_refused_in_plain_words(shop):
    switch(shop)
    with pytest.raises(Exception, match="no such reader in use"):
        sales.sell(shop.order(), shop.reader, by=shop.by)


def test_a_second_switch_waits_for_the_readers_of_the_first(shop):
    row = switch(shop)
    with pytest.raises(switching.SwitchRefused, match="not finished"):
        switch(shop)
    switching.finish(row, by=SYSTEM)
    switch(shop)  # and back, with no readers


def test_is_refused_while_stripe_is_being_told_of_a_reader(shop):
    fleet.register(
        location=shop.reader.location, registration_code="simulated-wpe", label="X", by=SYSTEM
    )
    with pytest.raises(switching.SwitchRefused, match="still being told"):
        switch(shop)
    work()


def test_is_for_the_platforms_owner(shop):
    owner = Principal.of_user(MembershipFactory.create(store=shop.store, role="owner").user)
    for nobody in (owner, shop.by):
        with pytest.raises(switching.SwitchNotAllowed):
            switching.switch(shop.store, ChargeModel.DIRECT, by=nobody)


def test_an_account_in_another_country_than_the_store_takes_no_cards(shop):
    before = StripeRequest.objects.count()
    Account.objects.filter(pk=shop.store.account_id).update(country="GB")
    with pytest.raises(Exception, match="its account in GB"):
        shop.sell()
    with pytest.raises(switching.SwitchRefused, match="its account in GB"):
        switch(shop)
    assert StripeRequest.objects.count() == before
