"""The pages of reports and their exports: who sees what, in which form. It …"""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from xml.etree import ElementTree

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import AsyncClient
from django.urls import reverse
from django.utils import timezone

from payments.admin import reports as pages
from payments.models import DayClose, Payment
from payments.services.reports import exporting
from payments.services.reports.registry import REPORTS
from payments.services.reports.tables import Lines, Money
from stores.models import LogEntry, Role
from tests import factories, factories_money

NAMES = sorted(REPORTS)
INDEX = reverse("admin:reports")
CLOSE = reverse("admin:close_day")


def page(name):
    return reverse("admin:report", args=[name])


def export(name, form):
    return reverse(f"admin:report_{form}", args=[name])


def content(answer):
    return b"".join(answer.streaming_content)


def paid(store, amount=1_000, **more):
    order = factories.OrderFactory.create(store=store, net_amount=amount)
    return factories_money.PaidPaymentFactory.create(order=order, **more)


def sheet(data, number=1):
    """The rows of a sheet, as a spreadsheet would read them: texts and numbers."""
    book = zipfile.ZipFile(io.BytesIO(data))
    space = {"s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    rows = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
    found = []
    for row in rows.iterfind(".//s:row", space):
        cells: dict[int, Any] = {}
        for cell in row.iterfind("s:c", space):
            assert cell.find("s:f", space) is None, "a formula"
            text, value = cell.find("s:is/s:t", space), cell.find("s:v", space)
            place = place_of(cell.get("r", ""))
            if text is not None:
                cells[place] = text.text
            elif value is not None:
                assert cell.get("t") != "s", "constant memory writes its texts in the cells"
                cells[place] = float(value.text or "")
        found.append([cells.get(place) for place in range(max(cells) + 1)])
    return found


def place_of(reference):
    """Of a cell like C7 in its row, from 0."""
    letters = reference.rstrip("0123456789")
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


@pytest.mark.parametrize("name", NAMES)
def test_shows_an_empty_report(sign_in, store, name):
    answer = sign_in("superuser").get(page(name))
    assert answer.status_code == 200
    assert "in these days" in answer.content.decode() or "on this day" in answer.content.decode()


@pytest.mark.parametrize("name", NAMES)
def test_sends_a_head_and_nothing_else_of_no_rows(sign_in, store, name):
    client = sign_in("superuser")
    as_csv = content(client.get(export(name, "csv"))).decode("utf-8-sig")
    as_xlsx = sheet(content(client.get(export(name, "xlsx"))))
    [head] = csv.reader(io.StringIO(as_csv))
    assert [each for each in as_xlsx[0] if not each.endswith(", from UTC")] == head


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("cashier", {"tips"}),
        ("manager", {"day-close", "takings", "tips", "refunds", "declines"}),
        ("stranger", set(NAMES)),
        ("newcomer", set()),
        ("superuser", set(NAMES)),
    ],
)
def test_lets_each_see_their_reports(sign_in, store, name, seen):
    client = sign_in(name)
    listed = client.get(INDEX).content.decode()
    assert {each for each in NAMES if page(each) in listed} == seen
    for each in NAMES:
        for address in (page(each), export(each, "csv"), export(each, "xlsx")):
            answer = client.get(address)
            if answer.streaming:
                content(answer)
            assert answer.status_code == (200 if each in seen else 403), address


@pytest.mark.parametrize("name", NAMES)
def test_answers_for_a_store_that_is_not_ones_own_as_for_none(sign_in, store, other_store, name):
    client = sign_in("stranger")
    for pk in (store.pk, 10**8, "x"):
        for address in (page(name), export(name, "csv"), export(name, "xlsx")):
            assert client.get(address, {"store": pk}).status_code == 404


def test_knows_no_report_of_another_name(sign_in, store):
    assert sign_in("superuser").get(page("secrets")).status_code == 404


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"from": "28.11.2026"}, "written like"),
        ({"from": "2026-02-02", "to": "2026-02-01"}, "after the last"),
        ({"from": "2020-01-01", "to": "2026-01-01"}, "366 days at most"),
    ],
)
def test_says_what_is_wrong_with_the_days_and_shows_today(sign_in, store, days, said):
    answer = sign_in("manager").get(page("takings"), days)
    assert said in answer.content.decode()
    assert answer.context["period"].days == 1


def test_writes_amounts_as_numbers_and_times_with_their_offset(sign_in, store):
    payment = paid(store, 1_234, ended_at=datetime(2026, 7, 1, 16, 30, tzinfo=UTC))
    days = {"from": "2026-07-01", "to": "2026-07-01"}
    client = sign_in("manager")

    [_, line] = csv.reader(
        io.StringIO(content(client.get(export("takings", "csv"), days)).decode("utf-8-sig"))
    )
    [head, row] = sheet(content(client.get(export("takings", "xlsx"), days)))

    assert line[0] == "2026-07-01T12:30:00-04:00"
    assert (line[4], line[11], line[12]) == (str(payment.pk), "12.34", "USD")
    assert row[head.index("Total")] == 12.34
    assert row[head.index("At, from UTC")] == "-04:00"
    days_since_1899 = (date(2026, 7, 1) - date(1899, 12, 30)).days + 12.5 / 24
    assert row[head.index("At")] == pytest.approx(days_since_1899)


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [(1_234, "usd", "12.34"), (1_234, "jpy", "1234"), (-1_234, "kwd", "-1.234")],
)
def test_has_the_decimals_of_each_currency(amount, currency, shown):
    lines = Lines(("Amount",), iter([(Money(amount, currency),)]))
    assert shown.encode() in b"".join(exporting.csv_chunks(lines))
    file = io.BytesIO()
    exporting.write_xlsx(file, "Amounts", Lines(("Amount",), iter([(Money(amount, currency),)])))
    assert sheet(file.getvalue())[1] == [float(shown)]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1"])
def test_has_no_text_taken_for_a_formula(text):
    chunks = b"".join(exporting.csv_chunks(Lines(("Name",), iter([(text,)]))))
    [_, [cell]] = csv.reader(io.StringIO(chunks.decode("utf-8-sig"), newline=""))
    assert cell == f"'{text}"
    file = io.BytesIO()
    exporting.write_xlsx(file, "Names", Lines(("Name",), iter([(text,)])))
    # A text cell: `sheet` refuses formulas. XML has no carriage returns.
    assert sheet(file.getvalue())[1] == [text.replace("\r", "_x000D_")]


def test_keeps_a_date_a_date():
    file = io.BytesIO()
    exporting.write_xlsx(file, "Days", Lines(("Day",), iter([(date(2026, 7, 1),)])))
    assert sheet(file.getvalue())[1] == [(date(2026, 7, 1) - date(1899, 12, 30)).days]


def test_goes_on_in_another_sheet_when_one_is_full(monkeypatch):
    monkeypatch.setattr(exporting, "ROWS_A_SHEET", 2)
    file = io.BytesIO()
    exporting.write_xlsx(file, "Numbers", Lines(("Number",), iter([(n,) for n in range(3)])))
    assert sheet(file.getvalue(), 1) == [["Number"], [0], [1]]
    assert sheet(file.getvalue(), 2) == [["Number"], [2]]


def test_takes_rows_only_as_they_leave():
    taken = count()
    chunks = exporting.csv_chunks(Lines(("Number",), ((next(taken),) for _ in range(10**9))))
    next(chunks)
    next(chunks)
    assert next(taken) == 2 * exporting.ROWS_A_CHUNK


@pytest.mark.django_db(transaction=True)
def test_reads_payments_with_a_cursor_of_the_server(sign_in, store, monkeypatch):
    """Not all at once: a second read of the same result follows the first chunk."""
    from payments.services.reports import takings

    monkeypatch.setattr(takings, "CHUNK", 2)
    for _ in range(5):
        paid(store)
    text = content(sign_in("manager").get(export("takings", "csv"))).decode()
    assert text.count("Payment,") == 1 + 5 or text.count(",Payment,") == 6


@pytest.mark.django_db(transaction=True)
def test_streams_under_asgi_too(store, staff):
    async_to_sync(stream_both)(store, staff["manager"])


async def stream_both(store, manager):
    client = AsyncClient()
    await client.aforce_login(manager)
    await sync_to_async(paid)(store)
    for form in ("csv", "xlsx"):
        answer: Any = await client.get(export("takings", form))
        assert answer.is_async
        parts = [part async for part in answer.streaming_content]
        assert parts
        if form == "csv":
            assert b"".join(parts).decode().count("\r\n") == 2


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_says_in_the_store_s_log_who_exported_what(sign_in, staff, store, form):
    content(sign_in("manager").get(export("takings", form), {"from": "2026-07-01"}))
    entry = LogEntry.objects.get(verb="exported")
    assert (entry.store, entry.user) == (store, staff["manager"])
    assert entry.message == f"Exported: Takings, 1 July 2026, as {form.upper()}."


def test_shows_each_currency_s_sum_of_several_stores(client, store, other_store):
    other_store.currency = "jpy"
    other_store.save()
    member = factories.UserFactory.create()
    for each in (store, other_store):
        factories.MembershipFactory.create(user=member, store=each, role=Role.MANAGER)
        order = factories.OrderFactory.create(store=each, net_amount=1_000, currency=each.currency)
        factories_money.PaidPaymentFactory.create(order=order)
    client.force_login(member)
    text = client.get(page("takings")).content.decode()
    assert "10.00 USD" in text
    assert "1,000 JPY" in text
    one = client.get(page("takings"), {"store": store.pk}).content.decode()
    assert "JPY" not in one


def post_close(client, store, counted="12.34", day=None, **more):
    day = day or timezone.now().astimezone(timezone.get_fixed_timezone(-300)).date()
    address = f"{CLOSE}?store={store.pk}&day={day}"
    return client.post(address, {"counted": counted, "note": "", **more}, follow=True)


def test_says_by_which_clock_a_day_is_meant(sign_in, client, store, other_store):
    report = reverse("admin:report", args=["takings"])
    assert "By the clock of New York." in sign_in("manager").get(report).content.decode()

    other_store.timezone = "Europe/Paris"
    other_store.save()
    client.force_login(factories.UserFactory.create(is_superuser=True))
    assert "By the clock of each store." in client.get(report).content.decode()


def test_closes_a_day_once(sign_in, store):
    client = sign_in("manager")
    first = post_close(client, store).content.decode()
    assert "Closed. 12.34 USD counted, 0.00 USD expected, 12.34 USD too much." in first
    again = post_close(client, store, "1.00").content.decode()
    assert "has closed this day already" in again
    assert DayClose.objects.get().counted_cash == 1_234


@pytest.mark.parametrize("counted", ["", "-1", "1.234", "a lot"])
def test_closes_nothing_with_an_amount_that_is_none(sign_in, store, counted):
    post_close(sign_in("manager"), store, counted)
    assert not DayClose.objects.exists()


def test_closes_with_an_empty_drawer(sign_in, store):
    post_close(sign_in("manager"), store, "0")
    assert DayClose.objects.get().counted_cash == 0


@pytest.mark.parametrize("name", ["cashier", "stranger", "newcomer"])
def test_lets_nobody_else_close_a_day(sign_in, store, name):
    post_close(sign_in(name), store)
    assert not DayClose.objects.exists()


@pytest.mark.parametrize("day", ["2999-01-01", "x", ""])
def test_closes_no_day_that_has_not_begun_or_is_none(sign_in, store, day):
    client = sign_in("manager")
    answer = client.post(f"{CLOSE}?store={store.pk}&day={day}", {"counted": "1"}, follow=True)
    assert answer.status_code == 200
    assert not DayClose.objects.exists()


def test_asks_the_database_as_often_for_many_payments_as_for_few(
    sign_in, store, django_assert_max_num_queries
):
    client = sign_in("manager")
    paid(store, tip_amount=0)
    for name in ("day-close", "takings", "tips", "refunds", "declines"):
        client.get(page(name))
        with django_assert_max_num_queries(30) as few:
            client.get(page(name))
        for _ in range(3):
            factories_money.RefundFactory.create(payment=paid(store))
        with django_assert_max_num_queries(30) as many:
            client.get(page(name))
        assert len(many) <= len(few) + 2, name
    assert Payment.objects.count() > 10
    assert pages.BLOCK
