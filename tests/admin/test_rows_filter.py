"""A filter by a store, a reader, a person …, of which somebody may have more than it offers."""

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils.html import escape

from stores.admin_row_filters import OwnRowsFilter, RowsFilter
from stores.models import Role
from tests import factories, factories_money

pytestmark = pytest.mark.django_db
ORDERS = "/admin/stores/order/"
PAYMENTS = "/admin/payments/payment/"


def offers_rows(spec):
    """The name of a filter that does, as its address has it; or nothing."""
    if isinstance(spec, tuple):
        return spec[0] if spec[1] is OwnRowsFilter else ""
    is_one = isinstance(spec, type) and issubclass(spec, RowsFilter)
    return spec.parameter_name if is_one else ""


OFFERING = [
    (model, offers_rows(spec))
    for model, page in admin.site._registry.items()
    for spec in page.list_filter
    if offers_rows(spec)
]


@pytest.fixture(autouse=True)
def two_are_offered(monkeypatch):
    for each in (OwnRowsFilter, RowsFilter):
        monkeypatch.setattr(each, "limit", 2)


@pytest.fixture
def stores(store, staff):
    """Four of the manager's, the oldest first."""
    names = ("Quay", "Old Market", "Quay & Sons")
    found = [factories.StoreFactory.create(name=name, account=store.account) for name in names]
    for each in found:
        factories.MembershipFactory.create(user=staff["manager"], store=each, role=Role.MANAGER)
    return [store, *found]


def asked(client, page=ORDERS, by="store", **query):
    answer = client.get(page, query)
    assert answer.status_code == 200
    [spec] = [each for each in answer.context["cl"].filter_specs if each.title == by]
    return answer, spec


def offered(spec):
    return [name for _, name in spec.lookup_choices]


def test_offers_a_field_to_find_the_others_when_there_are_more(sign_in, stores):
    factories.OrderFactory.create(store=stores[0])
    answer, spec = asked(sign_in("manager"))

    assert offered(spec) == ["Harbour Street", "Quay"]
    assert 'name="store__find"' in answer.content.decode()


def test_offers_no_field_where_all_are_offered(sign_in, store, monkeypatch):
    monkeypatch.setattr(OwnRowsFilter, "limit", 100)
    answer, _ = asked(sign_in("superuser"))

    assert 'name="store__find"' not in answer.content.decode()


def test_finds_stores_by_their_name_and_lists_as_before(sign_in, stores):
    order = factories.OrderFactory.create(store=stores[0])
    answer, spec = asked(sign_in("manager"), store__find=" quay ")

    assert offered(spec) == ["Quay", "Quay & Sons"]
    assert list(answer.context["cl"].result_list) == [order]


def test_finds_no_store_of_others(sign_in, stores, other_store):
    answer, spec = asked(sign_in("manager"), store__find="Canary")

    assert offered(spec) == []
    assert "Nothing is called so." in answer.content.decode()


def test_names_the_chosen_one_though_it_is_not_among_the_first(sign_in, stores):
    factories.OrderFactory.create(store=stores[0])
    answer, spec = asked(sign_in("manager"), store__id__exact=stores[3].pk)

    assert offered(spec) == ["Quay & Sons", "Harbour Street", "Quay"]
    assert f"<strong>{escape('Quay & Sons')}</strong>" in answer.content.decode()
    assert not answer.context["cl"].result_list


@pytest.mark.parametrize("junk", ["", "x", "9" * 30, str(2**63 - 1), "²", "\0"])
def test_takes_junk_for_nothing(sign_in, stores, junk):
    client = sign_in("manager")
    answer = client.get(ORDERS, {"store__find": junk, "store__id__exact": junk})
    assert answer.status_code in (200, 302)

    for by in ("cashier", "reader"):
        answer = client.get(PAYMENTS, {f"{by}__find": junk, by: junk})
        assert answer.status_code == 200


def test_finds_a_cashier_by_name_among_those_one_works_with(sign_in, stores, staff):
    for name in ("Ada", "Zoe", "Zora"):
        person = factories.UserFactory.create(username=name.lower(), first_name=name)
        factories.MembershipFactory.create(user=person, store=stores[1], role=Role.CASHIER)
    stranger = factories.UserFactory.create(first_name="Zoltan")
    _, spec = asked(sign_in("manager"), PAYMENTS, "cashier", cashier__find="zo")

    assert [name.split()[0] for name in offered(spec)] == ["Zoe", "Zora"]
    _, spec = asked(sign_in("manager"), PAYMENTS, "cashier", cashier=stranger.pk)
    assert len(offered(spec)) == 2
    assert not [name for name in offered(spec) if "Zoltan" in name]


def test_names_the_chosen_reader_and_lists_what_was_on_it(sign_in, store):
    readers = [
        factories_money.ReaderFactory.create(location__store=store, label=label)
        for label in ("C", "B", "A")
    ]
    payment = factories_money.PaymentFactory.create(order__store=store)
    factories_money.PaymentFactory.create(order__store=store)
    factories_money.ReaderActionFactory.create(reader=readers[2], payment=payment)
    answer, spec = asked(sign_in("manager"), PAYMENTS, "reader", reader=readers[2].pk)

    assert [name[0] for name in offered(spec)] == ["A", "B", "C"]
    assert list(answer.context["cl"].result_list) == [payment]
    answer, spec = asked(sign_in("manager"), PAYMENTS, "reader", reader__find="B")
    assert [name[0] for name in offered(spec)] == ["B"]
    assert len(answer.context["cl"].result_list) == 2


def test_forgets_what_was_looked_for_once_something_is_chosen(sign_in, stores):
    answer, spec = asked(sign_in("manager"), store__find="quay", status="open")

    links = [each["query_string"] for each in spec.choices(answer.context["cl"])]
    assert links
    assert all("store__find" not in link and "status=open" in link for link in links)
    assert spec.kept == [("status", "open")]


@pytest.mark.parametrize(
    ("model", "field"), OFFERING, ids=lambda it: it if isinstance(it, str) else it._meta.label_lower
)
def test_every_list_that_offers_rows_finds_others(sign_in, stores, model, field):
    options = model._meta
    address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    answer = sign_in("superuser").get(address, {f"{field}__find": "quay"})

    assert answer.status_code == 200
    specs = answer.context["cl"].filter_specs
    assert [each.find for each in specs if getattr(each, "find_kwarg", "") == f"{field}__find"] == [
        "quay"
    ]
