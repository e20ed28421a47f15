"""Bring a database up to date; an empty one without waiting for dj-stripe's migrations.

dj-stripe 2.11's own migrations take over a minute on an empty database (77 s measured): they
build an old schema and take it apart again, field by field, over 59 models. An empty database gets
its tables made from the models as they are now, and its migrations recorded as applied. That the
two schemas are equal is proved by tests/retail/test_setup_database.py, which runs the slow ones.
"""

import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

SHORTCUT = "djstripe"
# Where our history of migrations ended when it was made one of each app, before 0.1.0.
ENDED = {
    ("stores", "0022_what_receipts_say"),
    ("payments", "0031_receipts_by_email"),
    ("terminal", "0018_configurations_that_differ"),
}
LOCK = 7_233_180_001  # any number of our own; two processes that set up at once take turns


class Command(BaseCommand):
    help = "Migrate the database; on an empty one, in seconds instead of minutes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-shortcut",
            action="store_true",
            help="run dj-stripe's own migrations even on an empty database (over a minute)",
        )

        parser.add_argument(
            "--quick",
            action="store_true",
            help="do nothing when every migration is applied (Django would look at permissions)",
        )

    def handle(
        self, *args: Any, no_shortcut: bool = False, quick: bool = False, **options: Any
    ) -> None:
        verbosity = options["verbosity"]
        with one_at_a_time():
            refuse_half_a_history()
            if quick and is_up_to_date():
                return
            if not no_shortcut and is_untouched():
                create_from_models(verbosity)
            call_command("migrate", interactive=False, verbosity=verbosity)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the database's advisory lock; the server drops it if we die.

    Who waits asks again and again: a statement that waits has a snapshot, for whose end an index
    that is made concurrently would wait in turn.
    """
    with connection.cursor() as cursor:
        while not _locked(cursor):
            time.sleep(0.2)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _locked(cursor: Any) -> bool:
    cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
    return bool(cursor.fetchone()[0])


def is_up_to_date() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def is_untouched() -> bool:
    """Whether nothing of dj-stripe is in the database yet: no table, no recorded migration.

    Asked of dj-stripe's part only, so that a set-up that was killed half-way goes on as quickly.
    """
    prefix = f"{SHORTCUT}_"
    tables = connection.introspection.table_names()
    applied = MigrationRecorder(connection).applied_migrations()
    return not any(name.startswith(prefix) for name in tables) and not any(
        app == SHORTCUT for app, _ in applied
    )


def refuse_half_a_history() -> None:
    """A database that stopped in the middle of the history before 0.1.0 lacks what 0001 holds now.

    One that came to its end has all of it, and its 0001 is recorded.
    """
    applied = set(MigrationRecorder(connection).applied_migrations())
    if ("payments", "0002_rows_never_mix_stores") in applied and not applied >= ENDED:
        raise CommandError(
            "This database is of a version before 0.1.0 that is too old to go on from. Bring it up"
            " to date with the last commit that has terminal/migrations/0018 first, or begin anew."
        )


def create_from_models(verbosity: int) -> None:
    """Make dj-stripe's tables from its models, and record its migrations as applied.

    The models are taken from the state its migrations end in, not from its code: the automatic
    key of a many-to-many table is a bigint in the one and an integer in the other.
    """
    migrate_all_others(verbosity)
    if verbosity > 0:
        sys.stdout.write(f"  Creating the tables of {SHORTCUT} from its models\n")
    loader = MigrationExecutor(connection).loader
    state = loader.project_state(loader.graph.leaf_nodes(SHORTCUT))
    with transaction.atomic(), connection.schema_editor() as editor:
        for model in state.apps.get_app_config(SHORTCUT).get_models():
            if model._meta.managed and not model._meta.proxy:
                editor.create_model(model)
        recorder = MigrationRecorder(connection)
        for app, name in loader.graph.nodes:
            if app == SHORTCUT:
                recorder.record_applied(app, name)


def migrate_all_others(verbosity: int) -> None:
    """None needs dj-stripe's models, and with them Django makes all 59 anew for each field of ours
    that points to a user, as one of theirs does.
    """
    if verbosity > 0:
        sys.stdout.write(f"  Migrating all apps but {SHORTCUT}\n")
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    executor.migrate([node for node in leaves if node[0] != SHORTCUT])
