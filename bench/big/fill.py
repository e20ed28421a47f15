"""Fill a database: `python -m bench.big.fill ORDERS READERS STORES`, told where by DATABASE_URL.

All in one transaction, so it is there whole or not at all. Foreign keys and plain indexes are
taken off first and put back at its end, which proves every row against them at once.
"""

import json
import logging
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from bench.big.place import Size

SCRIPTS = sorted((Path(__file__).parent / "sql").glob("*.sql"))
APPS = ("stores", "payments", "terminal")
DAYS, RECENT = 395, 60  # days of sales; days of which everything is kept
DONE = "bench_big"
OURS = "relnamespace = 'public'::regnamespace AND relname ~ '^(stores|payments|terminal)_'"

Connection = psycopg.Connection[Any]


def say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


@contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"  {what}: {time.monotonic() - began:.0f} s")


def articles() -> list[dict[str, Any]]:
    """What the demo's shops sell; the shops in Germany sell what those in London do."""
    from retail.demo.catalogue import COMPANIES

    found = [
        {"country": country, **asdict(article)}
        for company in COMPANIES
        for country in ((company.country, "DE") if company.country == "GB" else (company.country,))
        for shop in company.shops
        for article in shop.articles
    ]
    return list({(each["country"], each["sku"]): each for each in found}.values())


def fill(connection: Connection, size: Size) -> None:
    values = {
        **asdict(size),
        "days": DAYS,
        "recent": RECENT,
        "now": datetime.now(UTC),
        "articles": Jsonb(articles()),
    }
    with connection.transaction():
        connection.execute("SET LOCAL work_mem = '256MB'")
        connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
        with without_checks(connection), with_defaults(connection):
            for script in SCRIPTS:
                text = script.read_text()
                with timed(text.splitlines()[0].removeprefix("-- ")):
                    connection.execute(text.encode(), values)
            _set_sequences(connection)
        connection.execute(f"CREATE TABLE {DONE} AS SELECT now() AS filled_at".encode())


@contextmanager
def without_checks(connection: Connection) -> Iterator[None]:
    """Without foreign keys and plain indexes; CHECKs and uniqueness stay."""
    keys = connection.execute(
        f"""SELECT conrelid::regclass::text, conname, pg_get_constraintdef(c.oid)
            FROM pg_constraint c JOIN pg_class ON pg_class.oid = conrelid
            WHERE contype = 'f' AND {OURS}""".encode()
    ).fetchall()
    indexes = connection.execute(
        f"""SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
            FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
            WHERE NOT indisunique AND {OURS}""".encode()
    ).fetchall()
    for table, name, _ in keys:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}".encode())
    yield
    with timed("indexes"):
        for _, made_by in indexes:
            connection.execute(made_by.encode())
    with timed("foreign keys"):
        for table, name, definition in keys:
            connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}".encode())


@contextmanager
def with_defaults(connection: Connection) -> Iterator[None]:
    """Give the columns what Django's fields have as defaults, so that scripts name what matters."""
    from django.apps import apps

    given = []
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            for field in model._meta.local_concrete_fields:
                has_one = field.null or field.primary_key or field.has_db_default()
                value = None if has_one else _default(field)
                if value is not None:
                    table = sql.Identifier(model._meta.db_table)
                    column = sql.Identifier(str(field.column))
                    given.append((table, column, value))
    for table, column, value in given:
        statement = sql.SQL("ALTER TABLE {} ALTER {} SET DEFAULT {}")
        connection.execute(statement.format(table, column, value))
    yield
    for table, column, _ in given:
        statement = sql.SQL("ALTER TABLE {} ALTER {} DROP DEFAULT")
        connection.execute(statement.format(table, column))


def _default(field: Any) -> sql.Composable | None:
    from django.utils import timezone

    if field.has_db_default():
        return None  # the database has it
    if not field.has_default():
        is_text = field.empty_strings_allowed and not field.is_relation
        return sql.Literal("") if is_text else None
    if field.default is timezone.now:
        return sql.SQL("now()")
    if field.default is uuid.uuid4:
        return sql.SQL("gen_random_uuid()")
    value = field.get_default()
    return sql.Literal(json.dumps(value) if isinstance(value, dict | list) else value)


def _set_sequences(connection: Connection) -> None:
    counted = connection.execute(
        f"""SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
            WHERE relkind = 'r' AND attname = 'id' AND attidentity <> '' AND {OURS}""".encode()
    ).fetchall()
    for (table,) in [*counted, ("auth_user",)]:
        statement = sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), max(id)) FROM {}")
        connection.execute(statement.format(table, sql.Identifier(table)))


def seal() -> None:
    from stores.services import sealing

    logging.getLogger(sealing.__name__).setLevel(logging.WARNING)
    with timed("seals on the log"):
        sealing.seal()


def sum_fees() -> None:
    from django.utils import timezone

    from payments.services import fee_days

    with timed("fees of each day"):
        fee_days.sum_up(timezone.now())


def told(connection: Connection) -> str:
    connection.execute("ANALYZE")
    rows = connection.execute(
        """SELECT relname, reltuples::bigint FROM pg_class
           WHERE relname IN ('stores_order', 'payments_payment', 'stores_orderline',
                             'stores_logentry', 'terminal_reader', 'stores_store')
           ORDER BY 2 DESC"""
    ).fetchall()
    bytes_ = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    counted = ", ".join(f"{count:,} {name.partition('_')[2]}s" for name, count in rows)
    return f"{counted}: {bytes_[0] / 1e9:.1f} GB" if bytes_ else counted


def main(*sizes: str) -> None:
    django.setup()
    from django.core.management import call_command
    from django.db import connection as ours

    size = Size(*map(int, sizes))
    call_command("setup_database", verbosity=0)
    ours.ensure_connection()
    # Parameters are put into the text: a script has many statements.
    url = ours.get_connection_params()
    options = {key: url[key] for key in ("dbname", "user", "host") if key in url}
    with psycopg.connect(
        **options, autocommit=True, cursor_factory=psycopg.ClientCursor
    ) as connection:
        if connection.execute("SELECT to_regclass(%s)", [DONE]).fetchone() == (None,):
            say(f"Filling {size.database}")
            fill(connection, size)
            with timed("vacuum"):
                connection.execute("VACUUM ANALYZE")
        seal()
        sum_fees()
        say(f"There: {told(connection)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
