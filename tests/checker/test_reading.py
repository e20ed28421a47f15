"""The books that the checker judges are those of one moment, whatever is written meanwhile."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from payments.models import FeePlan
from retail.checker.reading import read_books
from tests.factories import StoreFactory
from tests.factories_money import plan_fee

WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"


def read_and_hang_up():
    try:
        return read_books()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_reads_nothing_that_was_written_after_it_began():
    store = StoreFactory.create()
    table = FeePlan._meta.db_table
    with ThreadPoolExecutor(1) as reader:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table}")
            reading = reader.submit(read_and_hang_up)
            deadline = time.monotonic() + 10
            while not _waits(cursor, table):  # it has read the orders, and stands before the fees
                assert time.monotonic() < deadline, "nobody reads the fees"
            plan_fee(store, 250)
        books = reading.result(10)

    assert books.fee_plans == []
    assert [each["basis_points"] for each in read_books().fee_plans] == [250]


def _waits(cursor, table):
    cursor.execute(WAITS, [table])
    return cursor.fetchone()[0] > 0
