"""What has to be in the database before anybody sells something, in one process.

Starting Django takes a second; three commands in a process each would take three.
"""

import os
import sys
from pathlib import Path

import django
from django.core.management import call_command


def main(ready: Path, schema: str, demo: Path, base_url: str) -> None:
    """Prepare the database. The file `ready` says `schema` from when its tables are up to date."""
    known = ready.is_file() and ready.read_text() == schema
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retail.settings")
    django.setup()
    call_command("setup_database", verbosity=1, quick=known)
    ready.write_text(schema)
    call_command("load_demo", output=str(demo))
    call_command("register_webhook_endpoints", base_url=base_url)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4])
