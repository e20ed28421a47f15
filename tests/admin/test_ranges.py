"""Lists narrowed by what somebody writes: days and amounts. It …"""

import csv
from datetime import UTC, datetime

import pytest
from django.db.models import F
from django.urls import reverse
from django.utils.translation import override

from payments.models import Payment, Refund
from stores.currencies import NotAnAmount, read_amount
from stores.models import LogEntry, Order, Store
from tests import factories, factories_money

LIST = "admin:payments_payment_changelist"
LISTS = {
    Payment: "created_at",
    Order: "created_at",
    Refund: "created_at",
    LogEntry: "at",
}


def paid(store, amount=10_00, **more):
    order = factories.OrderFactory.create(
        store=store, currency=store.currency, total_amount=amount, net_amount=amount
    )
    return factories_money.PaidPaymentFactory.create(order=order, **more)


def listed(client, model=Payment, **query):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    answer = client.get(reverse(name), query)
    assert answer.status_code == 200
    return answer


def rows(client, model=Payment, **query):
    return set(listed(client, model, **query).context["cl"].queryset)


def mistakes(client, **query):
    answer = listed(client, **query)
    assert not answer.context["cl"].queryset
    (mistake,) = answer.context["cl"].mistakes
    text = answer.content.decode()
    assert text.count(mistake.replace("'", "&#x27;")) == 2  # beside the field, and in the list
    assert 'aria-invalid="true"' in text
    assert '<details class="filter" name="filter" open>' in text
    return mistake


def at(year, month, day, hour, minute=0):
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def new_york(store):
    Store.objects.filter(pk=store.pk).update(timezone="America/New_York")
    return store


def make(model, store, when):
    if model is LogEntry:
        return factories.LogEntryFactory.create(store=store, at=when)
    payment = paid(store)
    row = {
        Payment: lambda: payment,
        Order: lambda: payment.order,
        Refund: lambda: factories_money.RefundFactory.create(payment=payment),
    }[model]()
    model.objects.filter(pk=row.pk).update(created_at=when)
    return row


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model.__name__)
def test_includes_both_days_by_the_clock_of_the_store(sign_in, new_york, model):
    """Clocks changed on the 1st of November 2026: it began at 4:00 UTC, the next at 5:00."""
    before, first, last, after = (
        make(model, new_york, when)
        for when in (
            at(2026, 11, 1, 3, 59),
            at(2026, 11, 1, 4, 0),
            at(2026, 11, 4, 4, 59),
            at(2026, 11, 4, 5, 0),
        )
    )
    client = sign_in("manager")

    assert rows(client, model, days_from="2026-11-01", days_to="2026-11-03") == {first, last}
    assert rows(client, model, days_from="2026-11-02") == {last, after}
    assert rows(client, model, days_to="2026-10-31") == {before}
    text = listed(client, model, days_from="2026-11-01").content.decode()
    assert "Days of America/New_York, both included." in text
    assert "from 1 November 2026" in text


def test_counts_each_stores_days_by_its_own_clock(sign_in, staff, new_york):
    tokyo = factories.MembershipFactory.create(
        user=staff["manager"], role="manager", store__timezone="Asia/Tokyo"
    ).store
    mine, late = (make(Payment, new_york, at(2026, 11, 10, hour)) for hour in (3, 12))
    early, theirs = (make(Payment, tokyo, at(2026, 11, 9, hour)) for hour in (14, 16))
    client = sign_in("manager")
    of_the_tenth = {"days_from": "2026-11-10", "days_to": "2026-11-10"}

    assert rows(client, **of_the_tenth) == {late, theirs}
    assert rows(client, **of_the_tenth, store__id__exact=tokyo.pk) == {theirs}
    assert rows(client, days_to="2026-11-09") == {mine, early}
    text = listed(client, **of_the_tenth).content.decode()
    assert "own clock, both included: America/New_York, Asia/Tokyo" in text


def test_shows_the_platforms_own_rows_by_its_clock_to_its_owner(sign_in, store, other_store):
    platforms = factories.LogEntryFactory.create(store=None, at=at(2026, 11, 10, 0, 0))

    assert platforms in rows(sign_in("superuser"), LogEntry, days_from="2026-11-10")
    assert platforms not in rows(sign_in("superuser"), LogEntry, days_from="2026-11-11")
    assert platforms not in rows(sign_in("manager"), LogEntry, days_from="2026-11-10")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"days_from": "31/02/2026"}, "“31/02/2026” is not a day"),
        ({"days_from": "2026-02-31"}, "“2026-02-31” is not a day"),
        ({"days_to": "soon"}, "“soon” is not a day"),
        ({"days_to": "\0"}, "is not a day"),
        ({"days_to": "9999-12-31"}, "Write a year from 2000 to 2199."),
        ({"days_from": "0001-01-01"}, "Write a year from 2000 to 2199."),
        ({"days_from": "2026-11-02", "days_to": "2026-11-01"}, "The last day is before the first."),
        ({"amount_from": "ten"}, "“ten” is not an amount in USD. Write it like 12.34."),
        ({"amount_from": "-5"}, "“-5” is not an amount"),
        ({"amount_from": "12,345,6"}, "“12,345,6” is not an amount"),
        ({"amount_to": "1.005"}, "“1.005” is not an amount"),
        ({"amount_to": "9" * 13}, "is not an amount"),
        ({"amount_from": "20", "amount_to": "10"}, "The second amount is below the first."),
        ({"amount_from": "20", "currency": "xxx"}, "None of your stores sells in XXX."),
    ],
)
def test_says_beside_the_field_what_it_could_not_understand(sign_in, store, query, said):
    paid(store)

    assert said in mistakes(sign_in("manager"), **query)


def test_tells_every_mistake_at_once_and_forgets_no_other_filter(sign_in, store):
    answer = listed(
        sign_in("manager"), days_from="x", days_to="y", amount_to="z", state="paid", q="77"
    )

    assert len(answer.context["cl"].mistakes) == 3
    text = answer.content.decode()
    assert '<input type="hidden" name="state" value="paid">' in text
    assert '<input type="hidden" name="amount_to" value="z">' in text
    assert '<input type="hidden" name="days_from" value="x">' in text


@pytest.mark.parametrize("currency", ["usd", "jpy", "kwd"])
def test_reads_amounts_in_the_decimals_of_the_currency(sign_in, store, currency):
    Store.objects.filter(pk=store.pk).update(currency=currency)
    store.refresh_from_db()
    written = {"usd": "1 234.50", "jpy": "123450", "kwd": "123.450"}[currency]
    below, exact, above = (paid(store, 1_234_50 + by) for by in (-1, 0, 1))
    client = sign_in("manager")

    assert rows(client, amount_from=written) == {exact, above}
    assert rows(client, amount_to=written) == {below, exact}
    assert rows(client, amount_from=written, amount_to=written) == {exact}
    assert rows(client, Order, amount_from=written, amount_to=written) == {exact.order}
    assert f"In {currency.upper()}, both amounts included." in listed(client).content.decode()


def test_counts_the_tip_as_the_list_does(sign_in, store):
    tipped = paid(store, 10_00)
    Payment.objects.update(tip_amount=2_00, amount_received=F("amount") + 2_00)

    assert rows(sign_in("manager"), amount_from="12.00") == {tipped}
    assert rows(sign_in("manager"), amount_to="11.99") == set()


def test_asks_for_the_currency_where_stores_sell_in_several(sign_in, staff, store):
    yen = factories.MembershipFactory.create(
        user=staff["manager"], role="manager", store__currency="jpy"
    ).store
    dollars, sold_in_yen = paid(store, 1_000), paid(yen, 1_000)
    client = sign_in("manager")

    assert mistakes(client, amount_from="10") == "Choose the currency: your stores sell in several."
    assert rows(client, amount_from="10", currency="usd") == {dollars}
    assert rows(client, amount_from="10", currency="jpy") == {sold_in_yen}
    assert rows(client, amount_from="1001", currency="jpy") == set()
    assert rows(client, currency="jpy") == {sold_in_yen}
    assert rows(client, amount_from="1000", store__id__exact=yen.pk) == {sold_in_yen}
    assert mistakes(client, amount_to="10.50", currency="jpy").endswith("Write it like 1234.")


def test_asks_about_refunds_in_the_currency_of_their_payments(sign_in, store):
    small, large = (
        factories_money.RefundFactory.create(payment=paid(store), amount=amount)
        for amount in (1_00, 9_00)
    )
    client = sign_in("manager")

    assert rows(client, Refund, amount_from="1.01") == {large}
    assert rows(client, Refund, amount_to="5") == {small}


def test_tells_nothing_of_the_currencies_and_clocks_of_others(sign_in, store, other_store):
    Store.objects.filter(pk=other_store.pk).update(currency="kwd", timezone="Asia/Kuwait")
    other_store.refresh_from_db()
    theirs = paid(other_store, 10_000)
    client = sign_in("manager")

    for query in ({}, {"store__id__exact": other_store.pk}, {"amount_from": "1"}):
        text = listed(client, **query).content.decode()
        assert "KWD" not in text
        assert "Kuwait" not in text
    assert mistakes(client, currency="kwd") == "None of your stores sells in KWD."
    for query in ({"amount_from": "0"}, {"days_from": "2020-01-01"}, {"period": "today"}):
        assert theirs not in rows(client, **query)


def test_adds_up_what_is_selected_only(sign_in, store):
    paid(store, 10_00)
    paid(store, 30_00)

    html = listed(sign_in("manager"), amount_from="20").content.decode()

    assert "<td>1</td><td>30.00 USD</td>" in html
    assert "<strong>from 20.00 USD</strong>" in html


def test_asks_as_many_statements_with_ranges_as_without(
    sign_in, store, django_assert_max_num_queries
):
    paid(store)
    client = sign_in("manager")

    def statements(**query):
        with django_assert_max_num_queries(100) as seen:
            listed(client, **query)
        return len(seen)

    statements()
    assert statements(days_from="2020-01-01", amount_from="1") == statements()


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("12.34", "usd", 12_34),
        ("12,3", "eur", 12_30),
        (" 7 ", "usd", 7_00),
        ("1 234 567,89", "eur", 1_234_567_89),
        ("1\u202f234,50", "eur", 1_234_50),
        ("1,234", "usd", 1_234_00),
        ("1,234.50", "usd", 1_234_50),
        ("1,234,567", "usd", 1_234_567_00),
        ("1.234,50", "eur", 1_234_50),
        ("1,234", "jpy", 1_234),
        ("1234", "jpy", 1234),
        ("1.234", "kwd", 1_234),
        ("1234,567", "kwd", 1_234_567),
        ("1,234.567", "kwd", 1_234_567),
        ("1,234", "kwd", None),
        ("1.234", "usd", None),
        ("1.234", "jpy", None),
        ("0,123", "usd", None),
        ("1,23,456", "usd", None),
        ("1,234,56", "usd", None),
        ("12 34", "usd", None),
        ("12.", "usd", None),
        (".5", "usd", None),
        ("1e3", "usd", None),
        ("١٢", "usd", None),
        ("1.0", "jpy", None),
        ("", "usd", None),
    ],
)
def test_reads_what_people_write(text, currency, amount):
    if amount is None:
        with pytest.raises(NotAnAmount):
            read_amount(text, currency)
    else:
        assert read_amount(text, currency) == amount


@pytest.mark.parametrize(
    ("language", "text", "currency", "amount"),
    [
        ("es", "1,234", "usd", 1_234_00),
        ("fr", "1,234", "kwd", 1_234),
        ("fr", "1\u00a0234,500", "kwd", 1_234_500),
        ("fr", "12,34", "usd", 12_34),
        ("fr", "12.34", "usd", 12_34),
        ("fr", "1,234", "usd", None),
        ("fr", "1.234", "usd", None),
    ],
)
def test_takes_a_comma_for_what_it_is_in_ones_language(language, text, currency, amount):
    with override(language):
        test_reads_what_people_write(text, currency, amount)


def test_asks_which_of_two_amounts_is_meant():
    with pytest.raises(NotAnAmount, match=r"can be read in two ways\. Write 1234 or 1\.234\."):
        read_amount("1,234", "kwd")


@pytest.mark.parametrize("model", [Payment, Refund], ids=lambda model: model.__name__)
def test_exports_what_the_list_shows_to_managers(sign_in, store, other_store, model):
    sold = (paid(store, 50_00), paid(store, 1_00), paid(other_store))
    for each in sold:
        factories_money.RefundFactory.create(payment=each, amount=each.amount)
    client = sign_in("manager")
    base = reverse(f"admin:payments_{model._meta.model_name}_changelist")

    page = client.get(base, {"amount_from": "20"}).content.decode()
    assert f'href="{base}export.csv?amount_from=20"' in page
    answer = client.get(f"{base}export.csv", {"amount_from": "20"})
    rows = list(csv.reader(answer.getvalue().decode("utf-8-sig").splitlines()))
    assert len(rows) == 2
    assert "50.00" in rows[1]
    assert client.get(f"{base}export.xlsx", {"amount_from": "20"}).getvalue().startswith(b"PK")
    assert LogEntry.objects.filter(verb="exported", store=store).count() == 2

    for wrong in ({"amount_from": "x"}, {"nonsense": "1"}):
        assert client.get(f"{base}export.csv", wrong).status_code == 302
    cashier = sign_in("cashier")
    assert cashier.get(f"{base}export.csv").status_code == 403
    assert "export.csv" not in cashier.get(base).content.decode()


def test_exports_no_more_rows_than_a_spreadsheet_is_for(sign_in, store, monkeypatch):
    monkeypatch.setattr("payments.admin.exports.MOST", 1)
    paid(store)
    paid(store)
    client = sign_in("manager")

    answer = client.get(reverse("admin:payments_payment_export_csv"), follow=True)

    assert "More than 1 rows are too many to export" in answer.content.decode()
