"""What a test has committed is deleted after it, in milliseconds.

Django would truncate all 150 tables, full or empty, and write its permissions anew: a second. Here
only tables with rows are emptied, and what migrating wrote stays.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase
from psycopg import sql

WRITTEN_BY_MIGRATING = {"auth_permission", "django_content_type", "django_migrations"}


def empty_tables(self: Any = None) -> None:
    tables = set(connection.introspection.table_names()) - WRITTEN_BY_MIGRATING
    with transaction.atomic(), connection.cursor() as cursor:
        # Neither foreign keys nor the rows that only grow stand in the way of this.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in _with_rows(cursor, sorted(tables)):
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


def _with_rows(cursor: Any, tables: Iterable[str]) -> list[str]:
    asked = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(table, sql.Identifier(table))
        for table in tables
    )
    cursor.execute(asked)
    return [name for (name,) in cursor.fetchall()]


def pytest_configure() -> None:
    TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[attr-defined]
