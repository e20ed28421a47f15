"""Tips on the readers: what managers offer, and how far Stripe knows. It …"""

import pytest

from payments.models import StripeRequest
from terminal.models import Tipping
from tests import factories, factories_money
from tests.admin.pages import page, url

OFFER = {
    "is_active": "on",
    "percentages": "15, 18, 20",
    "fixed_amounts": "",
    "smart_tip_threshold": "",
}


@pytest.fixture
def tipping(store):
    return factories_money.TippingFactory.create(store=store)


def test_promises_to_tell_stripe_and_follows(sign_in, store):
    client = sign_in("manager")

    client.post(url(Tipping, "add"), OFFER | {"store": store.pk})

    row = Tipping.objects.get(store=store)
    request = StripeRequest.objects.get()
    assert (request.kind, request.status) == ("configuration.create", "planned")
    assert request.params["tipping"] == {"usd": {"percentages": [15, 18, 20]}}
    assert "waiting for Stripe" in client.get(page(row)).content.decode()


def test_shows_stripes_own_words_when_it_refuses(sign_in, tipping):
    client = sign_in("manager")
    client.post(page(tipping), OFFER)
    StripeRequest.objects.update(
        status="refused", finished_at=tipping.store.created_at, error_message="Not in this country."
    )

    assert (
        "Not in this country. Save again to try again."
        in client.get(page(tipping)).content.decode()
    )
    client.post(page(tipping), OFFER)
    assert StripeRequest.objects.filter(status="planned").count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"percentages": ""}, "Give percentages, amounts or both."),
        ({"percentages": "15, 18"}, "Three different whole numbers from 1 to 100."),
        ({"percentages": "15, 18, 101"}, "Three different whole numbers from 1 to 100."),
        ({"percentages": "15, 18, x"}, "Write whole numbers with commas between"),
        ({"fixed_amounts": "100, 200, 300"}, "Needed with both"),
        ({"smart_tip_threshold": "1000"}, "Only with percentages and amounts."),
    ],
)
def test_refuses_what_readers_cannot_offer(sign_in, tipping, change, said):
    answer = sign_in("manager").post(page(tipping), OFFER | change)

    assert said in answer.content.decode()
    assert not StripeRequest.objects.exists()


def test_refuses_a_country_whose_readers_ask_for_no_tips(sign_in, tipping):
    tipping.store.country, tipping.store.currency = "TH", "thb"
    tipping.store.save()

    answer = sign_in("manager").post(page(tipping), OFFER)

    assert "ask for no tips in THB" in answer.content.decode()


def test_is_looked_at_and_not_changed_by_a_cashier(sign_in, tipping):
    client = sign_in("cashier")

    assert client.get(page(tipping)).status_code == 200
    assert client.post(page(tipping), OFFER).status_code == 403


def test_of_which_account_store_or_location_is_said_once(sign_in, store, tipping):
    client = sign_in("manager")
    place = factories.LocationFactory.create(store=store)
    both = client.post(url(Tipping, "add"), OFFER | {"store": store.pk, "location": place.pk})
    assert "Choose one account, one store or one location." in both.content.decode()
    again = client.post(url(Tipping, "add"), OFFER | {"store": store.pk})
    assert "This store has its offer already" in again.content.decode()

    client.post(url(Tipping, "add"), OFFER | {"location": place.pk})
    row = Tipping.objects.get(location=place)
    assert (row.store, row.account) == (store, store.account)
    client.post(page(row), OFFER | {"inherits": "on"})
    assert "as the store offers" in client.get(page(place)).content.decode()


def test_an_account_is_offered_to_those_who_manage_all_its_stores(sign_in, store):
    factories.StoreFactory.create(account=store.account)
    client = sign_in("manager")
    client.post(url(Tipping, "add"), OFFER | {"account": store.account_id})
    assert not Tipping.objects.exists()
