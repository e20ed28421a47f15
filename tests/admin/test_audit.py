"""Whatever a form of the admin changes is in the log: what was there, what is, and who did it."""

from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.db.models import BigIntegerField

from payments.models import CardRule
from stores.admin.prices import StoreForm
from stores.currencies import AMOUNTS
from stores.models import Device, Location, LogEntry, Membership, Product, Role, Store
from terminal.models import DefaultReader, ReaderConfiguration
from tests import factories, factories_money
from tests.admin.pages import page, url

ROWS: dict[type, Any] = {
    Store: lambda store: store,
    Product: lambda store: factories.ProductFactory.create(store=store),
    Device: lambda store: factories.DeviceFactory.create(store=store),
    Location: lambda store: factories.LocationFactory.create(store=store),
    Membership: lambda store: factories.MembershipFactory.create(store=store, role=Role.CASHIER),
    User: lambda store: factories.MembershipFactory.create(store=store).user,
    CardRule: lambda store: factories_money.CardRuleFactory.create(store=store),
    DefaultReader: lambda store: default_reader(store),
    ReaderConfiguration: lambda store: factories_money.ReaderConfigurationFactory.create(
        store=store
    ),
}
# Where another value than the next best is wanted.
VALUES: dict[tuple[type, str], Any] = {
    (Store, "timezone"): "Europe/Paris",
    (Store, "payment_method_types"): ["card_present"],
    (Location, "state"): "CA",
    (Location, "postal_code"): "94104",
    (Product, "tax_rate_ppm"): "8.875",
    (Product, "unit_amount"): "7.50",
    **{(Store, name): "7.50" for name in StoreForm.amounts},
    (CardRule, "country"): "abroad",
    (ReaderConfiguration, "percentages"): "5, 10, 15",
    (ReaderConfiguration, "fixed_amounts"): "1.00; 2.00; 3.00",
}
# Where the form's fields hold only together, one is enough: they are saved by one service.
WALKED: dict[type, set[str]] = {ReaderConfiguration: {"percentages"}}


def default_reader(store: Store) -> DefaultReader:
    location = factories.LocationFactory.create(store=store)
    readers = factories_money.ReaderFactory.create_batch(2, location=location)
    return factories_money.DefaultReaderFactory.create(device__store=store, reader=readers[0])


@pytest.fixture
def owner(client, staff):
    client.force_login(staff["superuser"])
    session = client.session
    session["confirmed_at"] = 2**40  # that some forms ask again is shown elsewhere
    session.save()
    return client


def test_every_form_that_changes_something_is_walked(owner):
    request = owner.get("/admin/").wsgi_request
    found = {
        model for model, admin in site._registry.items() if admin.has_change_permission(request)
    }
    assert {model for model in found if model.__name__ not in ("SupportPerson", "Group")} == {*ROWS}


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_a_change_is_logged_with_what_was_and_who(owner, staff, store, model):
    row, unchanged, unlogged = ROWS[model](store), [], []
    columns = {field.name for field in model._meta.fields} - {"password"}
    names = [*form_of(owner, row).fields.keys() & WALKED.get(model, columns)]
    assert names
    for name in names:
        form = form_of(owner, row)
        before, data = value_of(row, name), posted(form)
        data[name] = VALUES.get((model, name), another(form, name))
        last = last_entry()
        response = owner.post(page(row), {key: v for key, v in data.items() if v is not None})
        row = model.objects.get(pk=row.pk)
        after = value_of(row, name)
        if after == before:
            errors = response.context and response.context["adminform"].form.errors
            unchanged.append((name, data[name], errors))
            continue
        entry = LogEntry.objects.filter(pk__gt=last).order_by("pk").first()
        if entry is None or not tells(entry, name, before, after, staff["superuser"]):
            unlogged.append((name, entry and (entry.message, entry.old, entry.new, entry.data)))
    assert (unchanged, unlogged) == ([], [])


def form_of(owner: Any, row: Any) -> Any:
    return owner.get(page(row)).context["adminform"].form


def value_of(row: Any, name: str) -> Any:
    return type(row)._meta.get_field(name).value_from_object(row)


def last_entry() -> int:
    return LogEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def posted(form: Any) -> dict[str, Any]:
    """What a browser sends when nothing is touched."""
    shown = {name: form[name].value() for name in form.fields}
    return {
        name: None if value is False else "" if value is None else value
        for name, value in shown.items()
    }


def another(form: Any, name: str) -> Any:
    field, value = form.fields[name], form[name].value()
    if isinstance(field, forms.BooleanField):
        return None if value else "on"
    if isinstance(field, forms.ChoiceField):
        offered: Any = field.choices
        choices = [str(getattr(key, "value", key)) for key, _ in offered]
        return next(key for key in choices if key and key != str(value))
    if isinstance(field, forms.IntegerField):
        return int(value or 0) + 1
    if isinstance(field, forms.EmailField):
        return "somebody@example.com"
    return f"{value or ''}x"


def tells(entry: LogEntry, name: str, before: Any, after: Any, user: User) -> bool:
    if entry.user_id != user.pk or entry.old == entry.new:
        return False
    if "before" not in entry.data:  # in words of its own
        return bool(entry.new)
    was, now = entry.data["before"], entry.data["after"]
    return bool((was[name], now[name]) == (before, after) and {*was} == {*now} == {name})


def test_the_form_of_a_store_forgets_no_field():
    admin: Any = site._registry[Store]
    shown = [name for _, part in admin.fieldsets for name in part["fields"]]
    assert len(shown) == len({*shown})
    assert {*shown} >= {field.name for field in Store._meta.fields} - {"id"}


def test_saving_a_form_untouched_logs_nothing(owner, store):
    last = last_entry()
    owner.post(
        page(store), {k: v for k, v in posted(form_of(owner, store)).items() if v is not None}
    )
    assert last_entry() == last


def test_what_is_added_and_deleted_is_logged_in_full(owner, staff, store):
    opened = owner.get(url(CardRule, "add")).context["adminform"].form
    words = "American Express is not taken here."
    wanted = {"store": store.pk, "effect": "refuse", "brand": "amex", "sentence": words}
    data = {key: v for key, v in (posted(opened) | wanted).items() if v is not None}
    answer = owner.post(url(CardRule, "add"), data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    rule = CardRule.objects.get()
    owner.post(url(CardRule, "delete", rule.pk), {"post": "yes"})
    assert not CardRule.objects.exists()
    added, deleted = LogEntry.objects.filter(subject="card_rule").order_by("pk")
    assert (added.verb, added.store, added.user) == ("added", store, staff["superuser"])
    assert added.data["after"]["brand"] == deleted.data["before"]["brand"] == "amex"
    assert (deleted.verb, deleted.old, deleted.new) == ("deleted", added.new, "")


def test_a_log_of_a_store_is_in_english_whoever_changes_it(owner, store):
    data = {**posted(form_of(owner, store)), "cashier_refund_limit": "50.00"}
    sent = {key: value for key, value in data.items() if value is not None}
    owner.post(page(store), sent, headers={"accept-language": "fr"})
    entry = LogEntry.objects.get(subject="store", verb="changed")
    assert entry.message == "Harbour Street was changed: cashier refund limit."
    assert (entry.old, entry.new) == (
        "Cashier refund limit: 0.00 USD",
        "Cashier refund limit: 50.00 USD",
    )


def test_the_page_of_an_entry_says_amounts_as_people_do(owner, store):
    product = factories.ProductFactory.create(
        store=store, unit_amount=4_75, tax_rate_ppm=88_750, tip_eligible=True
    )
    changed = {"unit_amount": "5.25", "tax_rate_ppm": "9", "tip_eligible": None}
    data = {**posted(form_of(owner, product)), **changed}
    owner.post(page(product), {key: value for key, value in data.items() if value is not None})

    entry = LogEntry.objects.get(subject="product", verb="changed")
    shown = owner.get(page(entry)).content.decode()

    assert "Unit amount: 4.75 USD\nTax rate: 8.875 %\nTip eligible: yes</span>" in shown
    assert "Unit amount: 5.25 USD\nTax rate: 9 %\nTip eligible: no</span>" in shown
    assert "&quot;unit_amount&quot;: &quot;5.25 USD&quot;" in shown
    assert f"Product {product.pk}" in shown


def test_every_whole_number_that_a_form_may_change_is_money_or_known_not_to_be():
    counted = {
        "fence",
        "after_id",
        "last_id",
        "payment_id",
        "reader_id",
        "resource_id",
        "subject_id",
    }
    numbers = {
        field.name
        for model in apps.get_models()
        if model._meta.app_label in ("stores", "payments", "terminal")
        for field in model._meta.concrete_fields
        if isinstance(field, BigIntegerField) and not field.primary_key
    }
    assert numbers - AMOUNTS == counted
