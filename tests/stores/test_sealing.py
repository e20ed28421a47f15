"""The chain over the log. It …"""

import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from stores.models import LogEntry, LogSeal
from stores.services import sealing
from tests.factories import OrderFactory, StoreFactory

pytestmark = pytest.mark.django_db


def write(store, message="Something happened."):
    return LogEntry.objects.write(
        store=store, subject="store", subject_id=store.pk, verb="told", message=message
    )


@pytest.fixture
def store():
    return StoreFactory.create()


@pytest.fixture
def sealed(store, monkeypatch):
    """Three seals over two rows each."""
    monkeypatch.setattr(sealing, "MOST_ROWS", 2)
    rows = [write(store, f"Row {number}.") for number in range(6)]
    assert len(sealing.seal()) == 3
    return rows


def tamper(sql, *values):
    """What somebody with the database's own password could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


def faults():
    return {checked.seal.number: checked.fault for checked in sealing.verify() if checked.fault}


def test_seals_what_is_new_and_nothing_twice(store, sealed):
    assert faults() == {}
    assert sealing.seal() == []
    write(store)
    assert sealing.unsealed() == 1
    [one] = sealing.seal()
    assert (one.number, one.rows, one.after_id) == (4, 1, sealed[-1].pk)


def test_seals_nothing_where_nothing_happened():
    assert sealing.seal() == []
    assert list(sealing.verify()) == []


@pytest.mark.parametrize(
    "column", ["message", "old", "new", "verb", "subject", "at", "payment_id", "data", "actor_kind"]
)
def test_finds_a_row_that_was_changed(sealed, column):
    other = {
        "at": "at + interval '1 microsecond'",
        "payment_id": "7",
        "data": """'{"amount": 1}'""",
        "actor_kind": "'stripe'",
    }.get(column, "'x'")
    tamper(f"UPDATE stores_logentry SET {column} = {other} WHERE id = %s", sealed[2].pk)

    assert list(faults()) == [2]


def test_finds_a_row_that_was_removed(sealed):
    tamper("DELETE FROM stores_logentry WHERE id = %s", sealed[3].pk)

    assert faults() == {2: "2 rows were sealed, and 1 are there"}


def test_finds_a_row_that_was_put_in(store, monkeypatch):
    early, late = write(store), write(store)
    LogEntry.objects.filter(pk=early.pk)
    tamper("UPDATE stores_logentry SET id = %s WHERE id = %s", late.pk + 10, late.pk)
    sealing.seal()
    tamper("UPDATE stores_logentry SET id = id + 100 WHERE id = %s", early.pk)
    tamper("UPDATE stores_logentry SET id = %s WHERE id = %s", late.pk + 3, early.pk + 100)

    assert faults() == {1: "a row or the seal before it was changed"}


def test_finds_a_seal_that_was_made_to_fit_by_the_one_after_it(sealed):
    tamper("UPDATE stores_logentry SET message = 'x' WHERE id = %s", sealed[2].pk)
    first, second, _ = LogSeal.objects.order_by("number")
    forged = sealing.chained(
        first.hash, list(LogEntry.objects.filter(pk__in=[r.pk for r in sealed[2:4]]).order_by("id"))
    )
    tamper("UPDATE stores_logseal SET hash = %s WHERE number = %s", forged, second.number)

    assert list(faults()) == [3]


def test_finds_a_seal_that_is_missing(sealed):
    tamper("DELETE FROM stores_logseal WHERE number = 2")

    assert faults() == {3: "seals 2 to 2 are missing"}


def test_finds_a_row_that_no_seal_is_over(store, sealed):
    left_out, last = write(store, "Left out."), write(store, "Sealed.")
    third = LogSeal.objects.latest("number")
    LogSeal.objects.create(
        number=4,
        after_id=left_out.pk,
        last_id=last.pk,
        rows=1,
        hash=sealing.chained(third.hash, [last]),
    )

    assert faults() == {4: "it does not begin where the seal before it ended"}


@pytest.mark.parametrize(
    "sql", ["UPDATE stores_logseal SET rows = 1", "DELETE FROM stores_logseal"]
)
def test_refuses_to_change_or_forget_a_seal(sealed, sql):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_takes_whatever_an_order_leaves_behind(store):
    order = OrderFactory.create(store=store)
    LogEntry.objects.write(
        store=store,
        order=order,
        subject="order",
        subject_id=order.pk,
        verb="told",
        message="Größe: 5 €\n",
        data={"at": order.created_at, "uuid": None, "amounts": [1, 2]},
    )
    sealing.seal()
    assert faults() == {}


class TestCommand:
    def test_says_that_all_holds_and_what_to_keep(self, sealed, capsys):
        call_command("verify_log")
        told = capsys.readouterr().out

        assert "All 3 seals hold, over 6 rows; 0 wait" in told
        last = LogSeal.objects.get(number=3).hash
        assert last in told
        call_command("verify_log", hash=last)

    def test_fails_where_a_row_was_changed(self, sealed, capsys):
        tamper("UPDATE stores_logentry SET message = 'x' WHERE id = %s", sealed[0].pk)
        with pytest.raises(CommandError, match="1 of 3 seals do not hold"):
            call_command("verify_log")
        assert "Seal 1" in capsys.readouterr().err

    def test_fails_where_everything_was_made_anew(self, sealed):
        kept = LogSeal.objects.get(number=3).hash
        tamper("DELETE FROM stores_logseal")
        tamper("UPDATE stores_logentry SET message = 'x' WHERE id = %s", sealed[0].pk)
        sealing.seal()

        call_command("verify_log")
        with pytest.raises(CommandError, match="not in the chain"):
            call_command("verify_log", hash=kept)


@pytest.mark.django_db(transaction=True)
def test_leaves_out_nothing_that_is_committed_late(store):
    """A row whose id was given out before another's, and that is committed after it."""
    begun, may_end = threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                write(store, "Begun first, committed last.")
                begun.set()
                may_end.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(10)
    write(store, "Begun last, committed first.")
    assert sealing.seal() == []  # somebody is writing: it waits half a second, and comes again
    may_end.set()
    thread.join()

    [seal] = sealing.seal()
    assert seal.rows == 2
    assert faults() == {}
