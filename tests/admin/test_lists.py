"""The lists and pages of money and readers: each sees their own, nobody edits. It …"""

import re
from typing import Any

import pytest
from django.contrib.admin import site
from django.utils import timezone
from unfold.templatetags import unfold_list

from payments.models import Customer, Dispute, Payment, SavedCard
from payments.services import circuits
from stores.admin_base import CountedSoFar
from stores.models import Device, Location, LogEntry
from terminal.models import (
    ChargeModelSwitch,
    CollectedInputs,
    DefaultReader,
    Reader,
    ReaderConfiguration,
)
from tests import factories
from tests.admin.pages import (
    MODELS,
    OF_ACCOUNTS,
    OF_MONEY,
    OF_OWNERS,
    OF_STORES,
    make,
    page,
    url,
)

every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
models_of_stores = pytest.mark.parametrize("model", OF_STORES, ids=lambda model: model.__name__)
models_of_money = pytest.mark.parametrize("model", OF_MONEY, ids=lambda model: model.__name__)


def test_has_a_page_for_every_model_of_ours():
    ours = {model for model in site._registry if model._meta.app_label in ("payments", "terminal")}
    assert ours == set(MODELS)


def test_has_no_page_of_dj_stripe():
    assert [model for model in site._registry if model._meta.app_label == "djstripe"] == []


def test_calls_columns_on_narrow_screens_as_on_wide_ones(sign_in, store):
    text = sign_in("superuser").get("/admin/auth/user/").content.decode()

    assert 'data-label="Last login"' in text
    assert 'data-label="last login"' not in text


def test_finds_out_how_columns_are_called_once_for_a_list(sign_in, store):
    changelist = sign_in("superuser").get("/admin/auth/user/").context["cl"]

    assert unfold_list.result_headers(changelist) is unfold_list.result_headers(changelist)
    another = sign_in("manager").get("/admin/stores/order/").context["cl"]
    assert unfold_list.result_headers(another) != unfold_list.result_headers(changelist)


def test_a_row_is_ticked_by_the_box_that_actions_look_for(sign_in, store):
    reader = make(Reader, store)
    text = sign_in("superuser").get("/admin/terminal/reader/").content.decode()

    [box] = re.findall(r'<input type="checkbox" name="_selected_action"[^>]*>', text)
    assert f'value="{reader.pk}"' in box
    assert "action-select" in box
    assert 'aria-label="Select record"' in box


@models_of_stores
def test_lists_and_shows_rows_of_the_users_stores_only(sign_in, store, other_store, model):
    mine, theirs = make(model, store), make(model, other_store)
    client = sign_in("cashier")

    listed = client.get(url(model, "changelist"))

    assert mine in listed.context["cl"].queryset
    assert theirs not in listed.context["cl"].queryset
    assert client.get(page(mine)).status_code == 200
    assert client.get(page(theirs)).status_code == 302
    assert client.get(page(theirs, "history")).status_code == 302


@models_of_stores
@pytest.mark.parametrize("name", ["cashier", "manager"])
def test_never_names_another_store(sign_in, store, other_store, model, name):
    mine = make(model, store)
    make(model, other_store)
    client = sign_in(name)

    for address in (url(model, "changelist"), page(mine), page(mine, "history")):
        assert "Canary" not in client.get(address).content.decode()


@models_of_stores
def test_finds_and_filters_no_row_of_another_store(sign_in, store, other_store, model):
    make(model, store)
    theirs = make(model, other_store)
    client = sign_in("manager")

    for query in ({"q": "Canary"}, {"store__id__exact": other_store.pk}, {"q": str(theirs.pk)}):
        answer = client.get(url(model, "changelist"), query, follow=True)
        assert theirs not in answer.context["cl"].queryset
        assert "Canary Store" not in answer.content.decode()


@every_model
def test_shows_everything_to_the_superuser(sign_in, store, other_store, model):
    rows = [make(model, store), make(model, other_store)]
    client = sign_in("superuser")

    listed = client.get(url(model, "changelist")).context["cl"].queryset

    assert set(rows) <= set(listed)
    assert all(client.get(page(row)).status_code == 200 for row in rows)


@pytest.mark.parametrize("model", OF_ACCOUNTS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("name", ["cashier", "manager", "stranger", "newcomer"])
def test_shows_rows_of_whole_accounts_to_the_superuser_only(sign_in, store, model, name):
    row = make(model, store)
    client = sign_in(name)

    assert client.get(url(model, "changelist")).status_code == 403
    assert client.get(page(row)).status_code in (302, 403)
    assert model._meta.model_name not in client.get("/admin/").content.decode()


@every_model
def test_shows_nothing_to_staff_of_no_store(sign_in, store, model):
    make(model, store)

    assert sign_in("newcomer").get(url(model, "changelist")).status_code == 403


@models_of_money
@pytest.mark.parametrize("view", ["add", "change", "delete"])
def test_lets_nobody_edit_add_or_delete(sign_in, store, model, view):
    row = make(model, store)
    args = [] if view == "add" else [row.pk]
    before = list(model.objects.order_by("pk").values())

    answer = sign_in("superuser").post(url(model, view, *args), {"status": "succeeded", "post": 1})

    assert answer.status_code == 403
    assert list(model.objects.order_by("pk").values()) == before


@models_of_money
def test_offers_no_deletion_in_the_list(sign_in, store, model):
    make(model, store)

    text = sign_in("superuser").get(url(model, "changelist")).content.decode()

    assert "delete_selected" not in text


@every_model
def test_lists_in_a_fixed_number_of_statements(
    sign_in, store, model, django_assert_max_num_queries
):
    client = sign_in("superuser" if model in (*OF_ACCOUNTS, *OF_OWNERS) else "manager")

    def statements():
        circuits.forget()  # else only the first page of a second asks about Stripe
        with django_assert_max_num_queries(100) as seen:
            assert client.get(url(model, "changelist")).status_code == 200
        return len(seen)

    make(model, store)
    few = statements()
    for _ in range(0 if model is ReaderConfiguration else 29):  # a store has one
        make(model, store)

    assert statements() == few <= 17


@every_model
def test_can_be_searched_for_anything(sign_in, store, model):
    make(model, store)
    client = sign_in("superuser")

    for word in ("1", "4242", "pi_test", "' OR 1=1", "é", "9" * 40, "²", "\0"):
        assert client.get(url(model, "changelist"), {"q": word}).status_code == 200


@every_model
def test_says_what_an_empty_list_is_waiting_for(sign_in, model):
    client = sign_in("superuser")

    empty = client.get(url(model, "changelist")).content.decode()
    unmatched = client.get(url(model, "changelist"), {"q": "nowhere"}).content.decode()

    own: Any = site._registry[model]
    assert str(own.empty_sentence) in empty
    assert "Nothing matches" in unmatched


@every_model
def test_shows_no_secret(sign_in, store, settings, model):
    settings.STRIPE_WORKER_KEY = settings.STRIPE_MIRROR_KEY = "sk_test_canary"
    row = make(model, store)
    client = sign_in("superuser")

    for address in ("/admin/", url(model, "changelist"), page(row)):
        assert "sk_test_canary" not in client.get(address).content.decode()


@pytest.mark.parametrize(
    ("word", "found"),
    [("77", True), ("4242", True), ("pi_find", True), ("ch_find", True), ("78", False)],
)
def test_finds_a_payment_by_order_card_or_id(sign_in, store, word, found):
    payment = make(Payment, store)
    payment.order.number = 77
    payment.order.save()
    payment.payment_intent_id, payment.latest_charge_id = "pi_find_me", "ch_find_me"
    payment.card = {"brand": "visa", "last4": "4242"}
    payment.save()

    listed = sign_in("cashier").get(url(Payment, "changelist"), {"q": word}).context["cl"]

    assert list(listed.queryset) == ([payment] if found else [])


@pytest.mark.parametrize("model", [Customer, SavedCard, CollectedInputs])
def test_shows_personal_data_to_those_of_its_store_only(sign_in, store, other_store, model):
    mine, theirs = make(model, store), make(model, other_store)

    def names_her(user, address):
        page = sign_in(user).get(address, follow=True).content.decode()
        return "jenny" in page.lower()

    assert names_her("cashier", page(mine))
    assert not names_her("cashier", page(theirs))
    assert not names_her("newcomer", page(mine))
    assert not names_her("newcomer", url(model, "changelist"))


def test_shows_what_a_customer_answered_and_says_when_that_is_deleted(sign_in, store):
    form, client = make(CollectedInputs, store), sign_in("cashier")

    text = client.get(page(form)).content.decode()
    assert "Your e-mail: <b>jenny@example.com</b>" in text
    assert "Your phone: <b>skipped</b>" in text
    assert "jenny" not in client.get(url(CollectedInputs, "changelist")).content.decode()

    CollectedInputs.objects.update(inputs=[], receipt_email="")
    assert "Deleted, as after 35 days" in client.get(page(form)).content.decode()


def test_says_times_in_the_zone_of_the_store(sign_in, store):
    payment = make(Payment, store)
    payment.created_at = payment.created_at.replace(month=1, day=15, hour=17, minute=30)
    payment.save()

    text = sign_in("cashier").get(url(Payment, "changelist")).content.decode()

    assert "12:30" in text
    assert "EST" in text


def test_says_the_year_of_what_was_in_another(sign_in, store):
    payment = make(Payment, store)
    payment.created_at = payment.created_at.replace(year=2020, month=1, day=15, hour=17)
    payment.save()

    assert "Jan 15, 2020" in sign_in("cashier").get(url(Payment, "changelist")).content.decode()


def test_offers_no_search_where_there_is_nothing_to_find(sign_in, store):
    client = sign_in("manager")
    assert 'id="searchbar"' not in client.get(url(Dispute, "changelist")).content.decode()

    make(Dispute, store)
    assert 'id="searchbar"' in client.get(url(Dispute, "changelist")).content.decode()


def test_calls_what_went_on_by_words_and_not_by_codes(sign_in, store):
    entry = factories.LogEntryFactory.create(
        store=store, verb="state", old="waiting_for_card", new="checking"
    )
    client = sign_in("manager")

    assert "Waiting for card → Checking" in client.get(url(LogEntry, "changelist")).content.decode()
    assert "waiting_for_card" not in client.get(page(entry)).content.decode()


def test_leaves_what_somebody_wrote_as_it_was_written(sign_in, store):
    entry = factories.LogEntryFactory.create(
        store=store, subject="reader", verb="difference_settled", old="bar_left", new="counter"
    )
    client = sign_in("manager")

    assert "bar_left → counter" in client.get(url(LogEntry, "changelist")).content.decode()
    assert '<span class="lines">counter</span>' in client.get(page(entry)).content.decode()


def test_completes_no_reader_of_another_store(sign_in, store, other_store):
    make(Reader, store)
    make(Reader, other_store)
    field = {"app_label": "terminal", "model_name": "defaultreader", "field_name": "reader"}

    answer = sign_in("manager").get("/admin/autocomplete/", field | {"term": "Till"})

    assert [one["text"] for one in answer.json()["results"]] == ["Till of Harbour Street"]


def test_lets_a_manager_choose_the_reader_of_a_tablet(sign_in, store, other_store):
    mine, theirs = make(DefaultReader, store), make(DefaultReader, other_store)
    reader, foreign = make(Reader, store), make(Reader, other_store)
    client = sign_in("manager")

    client.post(page(mine), {"reader": foreign.pk})
    client.post(page(theirs), {"reader": reader.pk})
    mine.refresh_from_db()
    assert mine.reader != foreign

    client.post(page(mine), {"reader": reader.pk})
    mine.refresh_from_db()
    assert mine.reader == reader
    assert sign_in("cashier").post(page(mine), {"reader": reader.pk}).status_code == 403


def test_gives_no_tablet_a_reader_of_the_managers_other_store(sign_in, staff, store):
    second = factories.MembershipFactory.create(user=staff["manager"], role="manager").store
    tablet, reader = factories.DeviceFactory.create(store=store), make(Reader, second)

    answer = sign_in("manager").post(
        url(DefaultReader, "add"), {"device": tablet.pk, "reader": reader.pk}
    )

    assert "of different stores" in answer.content.decode()
    assert not DefaultReader.objects.exists()


def test_counts_a_long_list_no_further_than_anybody_turns_pages(sign_in, store, monkeypatch):
    monkeypatch.setattr(CountedSoFar, "most", 3)
    client, model = sign_in("manager"), Payment
    for _ in range(3):
        make(model, store)
    exact = client.get(url(model, "changelist")).context["cl"]

    make(model, store)
    counted = client.get(url(model, "changelist")).context["cl"]

    assert (exact.result_count, exact.paginator.has_more) == (3, False)
    assert (counted.result_count, counted.paginator.has_more) == (3, True)


def test_says_that_a_list_goes_on(sign_in, store, monkeypatch):
    monkeypatch.setattr(CountedSoFar, "most", 1)
    client = sign_in("manager")
    make(Payment, store)
    assert "more than" not in client.get(url(Payment, "changelist")).content.decode()

    make(Payment, store)
    assert "more than 1" in client.get(url(Payment, "changelist")).content.decode()


@pytest.mark.parametrize(
    ("words", "found"), [("created", True), ("changed", False), ("77 created", True), ("", True)]
)
def test_finds_words_of_the_log_in_its_newest_rows(sign_in, store, words, found):
    order = factories.OrderFactory.create(store=store, number=77)
    row = factories.LogEntryFactory.create(store=store, order=order, message="It was created.")

    listed = sign_in("cashier").get(url(LogEntry, "changelist"), {"q": words}).context["cl"]

    assert list(listed.queryset) == ([row] if found else [])


def test_orders_a_table_of_millions_by_nothing_but_its_id(sign_in, store):
    make(Payment, store)

    listed = sign_in("manager").get(url(Payment, "changelist"), {"o": "3"}).context["cl"]

    assert listed.sortable_by == ["number", "started"]
    assert listed.queryset.query.order_by == ("-id",)


@pytest.mark.parametrize(
    ("model", "field", "asked"),
    [
        (Device, "revoked_at", "revoked"),
        (Location, "retired_at", "retired"),
        (Reader, "retired_at", "retired"),
        (ChargeModelSwitch, "finished_at", "finished"),
        (Dispute, "ended_at", "over"),
    ],
)
def test_narrows_by_whether_something_happened(sign_in, store, other_store, model, field, asked):
    own: dict[Any, Any] = {Device: factories.DeviceFactory, Location: factories.LocationFactory}
    not_yet, over = (
        own[model].create(store=each) if model in own else make(model, each)
        for each in (store, other_store)
    )
    out_of_use = {"is_active": False} if model is Reader else {}
    model.objects.filter(pk=over.pk).update(**{field: timezone.now()}, **out_of_use)
    model.objects.filter(pk=not_yet.pk).update(**{field: None})
    client = sign_in("superuser")

    def shown(answer):
        listed = client.get(url(model, "changelist"), {asked: answer} if answer else {})
        return {*listed.context["cl"].queryset}

    assert (shown("no"), shown("yes")) == ({not_yet}, {over})
    assert {not_yet, over} <= shown("")
