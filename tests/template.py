"""Build the database that every test process gets a copy of (started by tests/services.py)."""

import os
import traceback
from pathlib import Path

import django
import psycopg

from tests.services import FOLDER, TEMPLATE, UNFINISHED, current


def build() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retail.settings")
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("setup_database", verbosity=0)
    connections.close_all()
    # A rename is seen whole or not at all: who finds the template finds it finished.
    with psycopg.connect(current().database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {UNFINISHED} RENAME TO {TEMPLATE}".encode())


if __name__ == "__main__":
    try:
        build()
    except BaseException:
        Path(os.environ[FOLDER], "template.failed").write_text(traceback.format_exc())
        raise
