"""How readers are set up: what managers say, what holds, and how far Stripe knows. It …"""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from payments.models import StripeRequest
from terminal.models import ReaderConfiguration
from tests import factories, factories_money
from tests.admin.pages import page, url
from tests.money.test_reader_configurations import png

OFFER = {
    "asks_for_tips": "True",
    "percentages": "15, 18, 20",
    "fixed_amounts": "",
    "smart_tip_threshold": "",
}


@pytest.fixture
def row(store):
    return factories_money.ReaderConfigurationFactory.create(store=store)


def test_promises_to_tell_stripe_and_follows(sign_in, store):
    client = sign_in("manager")

    client.post(url(ReaderConfiguration, "add"), OFFER | {"store": store.pk})

    row = ReaderConfiguration.objects.get(store=store)
    request = StripeRequest.objects.get()
    assert (request.kind, request.status) == ("configuration.create", "planned")
    assert request.params["tipping"] == {"usd": {"percentages": [15, 18, 20]}}
    assert "waiting for Stripe" in client.get(page(row)).content.decode()


def test_shows_stripes_own_words_when_it_refuses(sign_in, row):
    client = sign_in("manager")
    client.post(page(row), OFFER)
    StripeRequest.objects.update(
        status="refused", finished_at=row.store.created_at, error_message="Not in this country."
    )

    assert "Not in this country. Save again to try again." in client.get(page(row)).content.decode()
    client.post(page(row), OFFER)
    assert StripeRequest.objects.filter(status="planned").count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"percentages": ""}, "Give percentages, amounts or both."),
        ({"percentages": "15, 18"}, "Three different whole numbers from 1 to 100."),
        ({"percentages": "15, 18, 101"}, "Three different whole numbers from 1 to 100."),
        ({"percentages": "15, 18, x"}, "Write whole numbers with commas between"),
        ({"fixed_amounts": "1.00; 2.00; 3.00"}, "Needed with both"),
        ({"fixed_amounts": "1.00, 1.00, 3.00"}, "Three different amounts, none of them nothing."),
        ({"fixed_amounts": "1, 2, three"}, "“three” is not an amount in USD."),
        ({"smart_tip_threshold": "10.00"}, "Only with percentages and amounts."),
    ],
)
def test_refuses_what_readers_cannot_offer(sign_in, row, change, said):
    answer = sign_in("manager").post(page(row), OFFER | change)

    assert said in answer.content.decode()
    assert not StripeRequest.objects.exists()


def test_refuses_a_country_whose_readers_ask_for_no_tips(sign_in, row):
    row.store.country, row.store.currency = "TH", "thb"
    row.store.save()

    answer = sign_in("manager").post(page(row), OFFER)

    assert "ask for no tips in THB" in answer.content.decode()


def test_is_looked_at_and_not_changed_by_a_cashier(sign_in, row):
    client = sign_in("cashier")

    assert client.get(page(row)).status_code == 200
    assert client.post(page(row), OFFER).status_code == 403


def test_of_which_account_store_or_location_is_said_once(sign_in, store, row):
    client = sign_in("manager")
    place = factories.LocationFactory.create(store=store)
    both = client.post(
        url(ReaderConfiguration, "add"), OFFER | {"store": store.pk, "location": place.pk}
    )
    assert "Choose one account, one store or one location." in both.content.decode()
    again = client.post(url(ReaderConfiguration, "add"), OFFER | {"store": store.pk})
    assert "This store has its configuration already" in again.content.decode()

    client.post(url(ReaderConfiguration, "add"), OFFER | {"location": place.pk})
    row = ReaderConfiguration.objects.get(location=place)
    assert (row.store, row.account) == (store, store.account)
    client.post(page(row), OFFER | {"asks_for_tips": "", "percentages": ""})
    assert "From the store: 15 %, 18 %, 20 %." in client.get(page(place)).content.decode()


def test_an_account_is_offered_to_those_who_manage_all_its_stores(sign_in, store):
    factories.StoreFactory.create(account=store.account)
    client = sign_in("manager")
    client.post(url(ReaderConfiguration, "add"), OFFER | {"account": store.account_id})
    assert not ReaderConfiguration.objects.exists()


def test_says_of_each_part_whose_value_holds_and_what_the_reader_will_show(sign_in, store):
    client = sign_in("superuser")
    account = {"account": store.account_id, "reboot_start_hour": 3, "reboot_end_hour": 5}
    client.post(
        url(ReaderConfiguration, "add"), OFFER | {"asks_for_tips": "", "percentages": ""} | account
    )
    smart = {"fixed_amounts": "1.00; 2.00; 3.00", "smart_tip_threshold": "10.00"}
    client.post(url(ReaderConfiguration, "add"), OFFER | smart | {"store": store.pk})

    shown = client.get(page(ReaderConfiguration.objects.get(store=store))).content.decode()
    assert (
        "Set here: 15 %, 18 %, 20 %; below 10.00 USD, amounts of 1.00 USD, 2.00 USD, 3.00 USD."
        in shown
    )
    assert "From the account: from 3:00 to 5:00." in shown
    assert "Set nowhere: as Stripe has it." in shown
    buttons = " ".join(re.sub("<[^>]*>", " ", shown).split())
    assert "On 9.99 USD: 1.00 USD 2.00 USD 3.00 USD" in buttons
    assert "On 10.00 USD: 1.50 USD 1.80 USD 2.00 USD" in buttons


def test_refuses_percentages_where_nobody_said_that_readers_ask(sign_in, row):
    answer = sign_in("manager").post(page(row), OFFER | {"asks_for_tips": ""})

    assert "Say that readers ask for tips" in answer.content.decode()


def test_takes_a_picture_of_the_screens_size_only(sign_in, row):
    client = sign_in("manager")
    wide, tall = (
        SimpleUploadedFile("spring.png", png(*size), "image/png")
        for size in ((1920, 1080), (1080, 1920))
    )
    refused = client.post(page(row), OFFER | {"stripe_s700_picture": wide}).content.decode()
    assert "It must be 1080 by 1920 pixels; this is 1920 by 1080." in refused
    assert not StripeRequest.objects.exists()

    client.post(page(row), OFFER | {"stripe_s700_picture": tall})
    request = StripeRequest.objects.get()
    assert (request.kind, request.params) == (
        "splash_screen.create",
        {"purpose": "terminal_reader_splashscreen"},
    )
    assert "Set here: spring.png." in client.get(page(row)).content.decode()
    client.post(page(row), OFFER | {"stripe_s700_as_above": "on"})
    assert "spring.png" not in client.get(page(row)).content.decode()


def test_takes_amounts_as_a_person_writes_them_in_the_stores_currency(sign_in, staff, store):
    client = sign_in("manager")
    written = {"percentages": "", "fixed_amounts": "1, 2,50, 4", "store": store.pk}
    client.post(url(ReaderConfiguration, "add"), OFFER | written)

    row = ReaderConfiguration.objects.get(store=store)
    assert row.fixed_amounts == [1_00, 2_50, 4_00]
    assert StripeRequest.objects.get().params["tipping"] == {
        "usd": {"fixed_amounts": [1_00, 2_50, 4_00]}
    }
    form = client.get(page(row)).context["adminform"].form
    assert form["fixed_amounts"].label == "Fixed amounts in USD"
    assert form["fixed_amounts"].value() == "1.00; 2.50; 4.00"
    client.force_login(staff["cashier"])
    assert "1.00 USD, 2.50 USD, 4.00 USD" in client.get(page(row)).content.decode()


def test_takes_no_amounts_for_stores_of_several_currencies(sign_in, store):
    factories.StoreFactory.create(account=store.account, currency="cad")
    written = {"fixed_amounts": "1.00; 2.00; 3.00", "percentages": "", "account": store.account_id}

    answer = sign_in("superuser").post(url(ReaderConfiguration, "add"), OFFER | written)

    assert "Its stores do not share one currency" in answer.content.decode()
    assert not ReaderConfiguration.objects.exists()
