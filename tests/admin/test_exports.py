"""Exports leave while they are read, of one moment, and keep nothing open after them. It …"""

import asyncio
from contextlib import closing
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.handlers.asgi import ASGIHandler
from django.db import connection
from django.urls import reverse

from payments.models import Payment
from payments.services.reports import exporting, refunds
from tests import factories_money

EXPORTS = {
    **{name: reverse("admin:report_csv", args=[name]) for name in ("takings", "tips", "refunds")},
    "fees": reverse("admin:payments_feemovement_export"),
    "list of payments": reverse("admin:payments_payment_export_csv"),
    "list of refunds": reverse("admin:payments_refund_export_csv"),
}
TAKINGS = EXPORTS["takings"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def row_by_row(monkeypatch):
    monkeypatch.setattr(exporting, "ROWS_A_CHUNK", 1)
    monkeypatch.setattr(refunds, "CHUNK", 1)  # so many are looked up before the first leaves


@pytest.fixture
def sold(store):
    """Two tipped payments with their fees, each given back."""
    return [sell(store) for _ in range(2)]


def sell(store):
    payment = factories_money.PaidPaymentFactory.create(
        order__store=store, order__net_amount=10_00, tip_amount=1_00, amount_received=11_00
    )
    factories_money.RefundFactory.create(payment=payment)
    factories_money.take_fee(payment, 30)
    return payment


def asked(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()]


def in_transactions():
    """Sessions of this database, other than the one that asks, which have one open."""
    return asked(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
    )


@pytest.mark.parametrize("name", EXPORTS)
@pytest.mark.usefixtures("sold", "row_by_row")
def test_sends_the_first_line_before_the_last_is_read(sign_in, name):
    """A cursor that can be held has been read to its end before it gave anything."""
    with closing(sign_in("superuser").get(EXPORTS[name])) as answer:
        first = next(iter(answer.streaming_content))
        assert first.decode().count("\r\n") == 2  # the head, and one
        assert asked("SELECT is_holdable FROM pg_cursors") == [False]
    assert asked("SELECT name FROM pg_cursors") == []


@pytest.mark.usefixtures("sold", "row_by_row")
def test_tells_what_was_when_it_began(sign_in, store):
    answer = sign_in("superuser").get(TAKINGS)
    lines = iter(answer.streaming_content)
    parts = [next(lines)]

    assert asked("SHOW transaction_read_only") == ["on"]
    in_another_session(lambda: sell(store))
    parts += lines

    assert b"".join(parts).decode().count("Payment,") == 1 + 2
    assert Payment.objects.count() == 3
    assert not connection.in_atomic_block


def in_another_session(do):
    async_to_sync(asyncio.to_thread)(also_closed, do)


def also_closed(do):
    try:
        do()
    finally:
        connection.close()


@pytest.mark.usefixtures("sold", "row_by_row")
def test_ends_its_transaction_when_nobody_listens_any_more(sign_in):
    client = sign_in("superuser")
    cookies = "; ".join(f"{name}={each.value}" for name, each in client.cookies.items())
    seen = async_to_sync(hear_a_line_and_go)(TAKINGS, cookies)

    assert seen["status"] == 200
    assert seen["open"], "nothing was read while it was sent"
    assert in_transactions() == []


async def hear_a_line_and_go(path, cookies):
    """Ask over ASGI as a browser does whose tab is closed after the first line."""
    seen: dict[str, Any] = {}
    asking, gone = iter([{"type": "http.request"}]), asyncio.Event()

    async def receive():
        for message in asking:
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        seen.setdefault("status", message.get("status"))
        if message.get("body"):
            seen["open"] = await asyncio.to_thread(also_counted)
            gone.set()
            await asyncio.Event().wait()  # it takes no more

    headers = [(b"cookie", cookies.encode()), (b"host", b"testserver")]
    scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
    await ASGIHandler()(scope, receive, send)
    return seen


def also_counted():
    try:
        return in_transactions()
    finally:
        connection.close()
