"""A store takes only what Stripe takes where it is, and is told before Stripe is asked."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from stores.models.methods import refusal_of_currency, usual_types, validate_types
from stores.services import standing_of
from tests import factories


@pytest.mark.parametrize(
    ("types", "country", "currency"),
    [
        ([], "US", "usd"),
        (["card_present", "wechat_pay", "affirm"], "US", "usd"),
        (["card_present", "interac_present"], "CA", "cad"),
        (["card_present"], "CA", "cad"),
        (["card_present", "paynow", "wechat_pay"], "SG", "sgd"),
    ],
)
def test_takes_what_stripe_takes_there(types, country, currency):
    validate_types(types, country, currency)


@pytest.mark.parametrize(
    ("types", "country", "currency", "sentence"),
    [
        (["card_present", "interac_present"], "US", "usd", "does not take Interac in US in USD"),
        (["card_present", "paynow"], "US", "usd", "does not take PayNow"),
        (["card_present", "affirm"], "GB", "gbp", "does not take Affirm"),
        (["card_present", "wechat_pay"], "JP", "jpy", "does not take WeChat Pay"),
        (["wechat_pay"], "US", "usd", "always among them"),
        (["card_present", "alipay"], "US", "usd", "do not take alipay"),
        (["card_present", "card_present"], "US", "usd", "once"),
        ("card_present", "US", "usd", "A list"),
    ],
)
def test_refuses_in_words_what_it_does_not(types, country, currency, sentence):
    with pytest.raises(ValidationError, match=sentence):
        validate_types(types, country, currency)


def test_takes_interac_in_canada_without_being_told():
    assert usual_types("CA") == ["card_present", "interac_present"]
    assert usual_types("US") == ["card_present"]


def test_is_chosen_in_the_admin_and_refused_there(client, superuser, store):
    client.force_login(superuser)
    url = reverse("admin:stores_store_change", args=[store.pk])
    form = client.get(url).context["adminform"].form
    values = {
        name: "" if (value := form.get_initial_for_field(field, name)) is None else value
        for name, field in form.fields.items()
    }

    answer = client.post(url, values | {"payment_method_types": ["card_present", "paynow"]})
    assert "does not take PayNow" in answer.content.decode()
    client.post(url, values | {"payment_method_types": ["card_present", "affirm"]})

    store.refresh_from_db()
    assert store.payment_method_types == ["card_present", "affirm"]


def test_asks_for_cards_where_nothing_was_chosen():
    assert factories.StoreFactory.build().payment_method_types == []


@pytest.mark.parametrize(
    ("country", "currency", "said"),
    [
        ("US", "usd", ""),
        ("DE", "eur", ""),
        ("TH", "thb", ""),  # not ours to know
        ("US", "eur", "Readers in US charge cards in USD only, not in EUR."),
        ("CH", "eur", "Readers in CH charge cards in CHF only, not in EUR."),
        ("CA", "usd", "Readers in CA charge cards in CAD only, not in USD."),
    ],
)
def test_charges_cards_in_the_currency_of_its_country_only(db, country, currency, said):
    assert refusal_of_currency(country, currency) == said
    account = factories.AccountFactory.create(country=country)
    store = factories.StoreFactory.create(account=account, country=country, currency=currency)
    how = standing_of(store)
    assert (how.code, how.message.startswith(said)) == ("currency_not_taken" if said else "", True)
    if said:
        with pytest.raises(ValidationError, match="only, not in"):
            store.full_clean()
