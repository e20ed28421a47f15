"""bench/big: rows that a large company might have, in a database that then obeys all its rules."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from tests.services import ROOT, clean_environment, current

SIZE = ("1500", "80", "20")  # orders, readers, stores
RULES = {
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'""",
    "indexes": "SELECT tablename, indexname FROM pg_indexes WHERE schemaname = 'public'",
    "defaults": """
        SELECT table_name, column_name, column_default FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'bench_big'""",
}


@pytest.fixture
def database() -> Iterator[str]:
    services, name = current(), f"big_{current().worker}"
    services.create_database(name)
    yield services.database_url(name)
    services.drop_database(name)


def run(url: str, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=clean_environment()
        | {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "retail.settings",
            "ENV_FILE": os.devnull,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_fills_a_database_that_keeps_its_rules_and_books(database: str) -> None:
    before = {what: set(rows(database, query)) for what, query in RULES.items()}

    run(database, "-m", "bench.big.fill", *SIZE)

    for what, query in RULES.items():
        assert set(rows(database, query)) == before[what], what
    assert rows(
        database,
        """SELECT (SELECT count(*) FROM stores_order), (SELECT count(*) FROM payments_payment),
                  (SELECT count(*) FROM terminal_reader), (SELECT count(*) FROM stores_store)""",
    ) == [(1500, 1500, 80, 20)]
    # What payments brought in is what orders say is paid, and refunds are what payments gave back.
    assert (
        rows(
            database,
            """SELECT o.id FROM stores_order o LEFT JOIN payments_payment p
           ON p.order_id = o.id AND p.status = 'succeeded'
           GROUP BY o.id HAVING o.paid_amount <> coalesce(sum(p.amount), 0)""",
        )
        == []
    )
    assert (
        rows(
            database,
            """SELECT p.id FROM payments_payment p LEFT JOIN payments_refund r
           ON r.payment_id = p.id AND r.status = 'succeeded'
           GROUP BY p.id HAVING p.amount_refunded <> coalesce(sum(r.amount), 0)""",
        )
        == []
    )
    assert "seals hold" in run(database, "manage.py", "verify_log")


def test_leaves_a_filled_database_as_it_is(database: str) -> None:
    run(database, "-m", "bench.big.fill", *SIZE)
    before = rows(database, "SELECT xmin::text, id FROM stores_order ORDER BY id")

    assert "Filling" not in run(database, "-m", "bench.big.fill", *SIZE)

    assert rows(database, "SELECT xmin::text, id FROM stores_order ORDER BY id") == before
