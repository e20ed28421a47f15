"""What a test has committed is deleted after it, in milliseconds.

Django would truncate all 150 tables, full or empty, and write its permissions anew: a second, and
locks that collide with processes that run beside the test. Here only tables with rows are emptied,
and what migrating wrote stays.
"""

import pytest
from django.db import OperationalError, connection, transaction
from django.test import TransactionTestCase
from psycopg import sql
from psycopg.errors import DeadlockDetected

WRITTEN_BY_MIGRATING = {"auth_permission", "django_content_type", "django_migrations"}


@pytest.hookimpl
def pytest_configure() -> None:
    TransactionTestCase._fixture_teardown = lambda case: empty_tables()  # type: ignore[attr-defined]


TRIES = 5


def empty_tables() -> None:
    """Delete every row that a test left.

    A process that still works on some of them may lock them in another order: PostgreSQL then
    ends one of the two, and if that was this one, it is done again.
    """
    for left in reversed(range(TRIES)):
        try:
            _empty_tables()
        except OperationalError as error:
            if not left or not isinstance(error.__cause__, DeadlockDetected):
                raise
        else:
            break


def _empty_tables() -> None:
    tables = set(connection.introspection.table_names()) - WRITTEN_BY_MIGRATING
    questions = [
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(name, sql.Identifier(name))
        for name in tables
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(questions))
        filled = [name for (name,) in cursor.fetchall()]
        # Neither foreign keys nor rows that only grow stand in the way of this.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name in filled:
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
