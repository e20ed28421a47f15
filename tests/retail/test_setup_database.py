"""manage.py setup_database: an empty database gets dj-stripe's tables without its migrations.

The proof that this is harmless is here: dj-stripe's own migrations are run (for a minute, in a
database of their own) and the two databases are compared through PostgreSQL's catalog. Everything
must be equal, names included, but for the order of a table's columns: Django names its columns in
every statement.

That minute is a third of the suite, so what it found is written down, by dj-stripe's and Django's
version, in `schema_proof.json`. The proof is run again whenever these change, and always with
PROVE_SCHEMA=1, as CI does; every run compares the tables with what is written.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import psycopg
import pytest

from tests.services import ROOT, Services, clean_environment, current

# What a schema is made of. Nothing here is ordered by a column's number.
CATALOG = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, l.collname
          FROM pg_attribute a
          JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm')
          LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
          LEFT JOIN pg_collation l ON l.oid = a.attcollation
         WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype, pg_get_constraintdef(oid),
               condeferrable, condeferred, convalidated
          FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "indexes": """
        SELECT x.indrelid::regclass::text, pg_get_indexdef(x.indexrelid), x.indisvalid
          FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
         WHERE c.relnamespace = 'public'::regnamespace""",
    "sequences": """
        SELECT sequencename, data_type::text, start_value, increment_by, cycle
          FROM pg_sequences WHERE schemaname = 'public'""",
    "triggers": "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger"
    " WHERE NOT tgisinternal",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "migrations": "SELECT app, name FROM django_migrations",
    "content types": "SELECT app_label, model FROM django_content_type",
    "permissions": """
        SELECT app_label, model, codename, p.name FROM auth_permission p
          JOIN django_content_type t ON t.id = p.content_type_id""",
}


@pytest.fixture
def services() -> Services:
    return current()


@pytest.fixture
def database(services: Services) -> Iterator[str]:
    """A database with nothing in it."""
    name = f"empty_{services.worker}"
    services.create_database(name, template=None)
    yield name
    services.drop_database(name)


def start(services: Services, database: str, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "manage.py", "setup_database", *options],
        cwd=ROOT,
        env=clean_environment() | {"DATABASE_URL": services.database_url(database)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> str:
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output
    return output


def rows(services: Services, database: str, query: str) -> set[tuple[object, ...]]:
    with psycopg.connect(services.database_url(database)) as connection:
        return set(connection.execute(query.encode()).fetchall())


PROOF = Path(__file__).parent / "schema_proof.json"
VERSIONS = {name: version(name) for name in ("dj-stripe", "Django")}


def proven() -> dict[str, object]:
    """The versions the proof was run with, and the digest of dj-stripe's tables."""
    return dict(json.loads(PROOF.read_text())) if PROOF.exists() else {}


def is_proven() -> bool:
    return proven().get("versions") == VERSIONS and not os.environ.get("PROVE_SCHEMA")


def digest(services: Services, database: str) -> str:
    """Of dj-stripe's own tables, which nothing but a new version changes."""
    parts = ("columns", "constraints", "indexes")
    found = [(what, row) for what in parts for row in rows(services, database, CATALOG[what])]
    own = sorted(repr(entry) for entry in found if str(entry[1][0]).startswith("djstripe_"))
    return hashlib.sha256("\n".join(own).encode()).hexdigest()


def test_makes_the_tables_the_proof_was_run_with(services: Services, database: str) -> None:
    services.create_database(f"made_{services.worker}")
    made = digest(services, f"made_{services.worker}")
    services.drop_database(f"made_{services.worker}")

    assert made == proven()["digest"], "run with PROVE_SCHEMA=1 and look at what differs"
    assert made != digest(services, database)  # of no tables


@pytest.mark.slow
@pytest.mark.skipif(is_proven(), reason="proven for these versions; PROVE_SCHEMA=1 proves it again")
def test_makes_the_schema_that_dj_stripes_own_migrations_make(
    services: Services, database: str
) -> None:
    finish(start(services, database, "--no-shortcut"))

    services.create_database(f"quick_{services.worker}")  # the template was made by the shortcut
    for what, query in CATALOG.items():
        slow = rows(services, database, query)
        quick = rows(services, f"quick_{services.worker}", query)
        assert quick - slow == set(), f"{what}: only with the shortcut"
        assert slow - quick == set(), f"{what}: only with the migrations"
    assert len(rows(services, database, CATALOG["columns"])) > 500
    found = {"versions": VERSIONS, "digest": digest(services, database)}
    if proven() != found:
        PROOF.write_text(json.dumps(found, indent=2) + "\n")
        pytest.fail(f"The proof holds; commit what was written to {PROOF.name}.")
    services.drop_database(f"quick_{services.worker}")


def test_takes_turns_when_two_set_up_at_once(services: Services, database: str) -> None:
    outputs = [finish(process) for process in [start(services, database) for _ in range(2)]]

    made = [output for output in outputs if "Creating the tables of djstripe" in output]
    assert len(made) == 1
    assert any("No migrations to apply" in output for output in outputs)


def test_does_nothing_quickly_when_all_is_applied(services: Services) -> None:
    name = f"applied_{services.worker}"
    services.create_database(name)

    assert finish(start(services, name, "--quick")) == ""

    services.drop_database(name)


def test_goes_on_from_the_end_of_the_history_before_and_from_nowhere_else_in_it(
    services: Services,
) -> None:
    name = f"before_{services.worker}"
    services.create_database(name)
    record = "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())"
    with psycopg.connect(services.database_url(name), autocommit=True) as connection:
        connection.execute(record, ("payments", "0002_rows_never_mix_stores"))
        connection.execute(record, ("stores", "0022_what_receipts_say"))
        connection.execute(record, ("payments", "0031_receipts_by_email"))
        output, _ = (half := start(services, name)).communicate(timeout=600)
        assert half.returncode == 1
        assert "too old to go on from" in output
        connection.execute(record, ("terminal", "0018_configurations_that_differ"))

    assert "No migrations to apply" in finish(start(services, name))

    services.drop_database(name)


def test_migrates_normally_where_dj_stripe_has_tables(services: Services) -> None:
    name = f"behind_{services.worker}"
    services.create_database(name)
    with psycopg.connect(services.database_url(name)) as connection:
        forget = "DELETE FROM django_migrations WHERE app = 'sessions'"
        connection.execute(forget)
        connection.execute("DROP TABLE django_session")

    output = finish(start(services, name))

    assert "Applying sessions.0001_initial" in output
    assert "Creating the tables" not in output
    assert "Applying djstripe" not in output
    services.drop_database(name)
