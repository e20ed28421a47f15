import gc
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.utils import translation
from psycopg._preparing import PrepareManager
from pytest_django.plugin import DjangoDbBlocker

from payments.services import watching
from retail.admin_pages import gather
from retail.apps import spare_what_stays
from retail.embedded.family import Family
from tests import services

gather()  # tests are made of what the admin has, while they are collected

MADE_STEPS = "steps of random walks"
logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each call of the simulator


# psycopg forgets at each rollback what it prepared, for a table may have come or gone with it; and
# each test ends with one. No test's transaction makes a table.
PrepareManager.clear = lambda self: False  # type: ignore[method-assign]
PREPARED = 1_000  # that many are kept; savepoints, each with a name of its own, count as well


@receiver(connection_created)
def keep_what_is_prepared(connection: BaseDatabaseWrapper, **_: Any) -> None:
    connection.connection.prepared_max = PREPARED


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> None:
    """This process's database: a copy of the template, in place of pytest-django's migrating."""
    with django_db_blocker.unblock():
        own = services.current()
        own.create_database(own.database)


@pytest.fixture(autouse=True)
def nothing_known_of_stripe():
    """What a test saw of Stripe's troubles and clock is nothing to the next."""
    watching.forget()


@pytest.fixture(autouse=True)
def english():
    """A thread keeps the language of its last request, which here is the last test's."""
    translation.deactivate()


@pytest.hookimpl
def pytest_collection_finish() -> None:
    """What is imported by now stays: the garbage collector need not look through it again."""
    gc.collect()
    spare_what_stays()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many steps the walks of all test processes really made."""
    reports = [each for found in terminalreporter.stats.values() for each in found]
    made = [
        count
        for report in reports
        for name, count in getattr(report, "user_properties", ())
        if name == MADE_STEPS and report.when == "teardown"
    ]
    if made:
        terminalreporter.write_line(f"{sum(made)} {MADE_STEPS}")


@pytest.fixture(scope="session")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One uvicorn for all tests that look at the product from outside."""
    from tests.live.conftest import serve

    with Family() as family, serve(family, tmp_path_factory.mktemp("live")) as running:
        yield running
