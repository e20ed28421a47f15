"""What has to be in the database before anybody sells something, in one process.

Starting Django takes a second; three commands in a process each would take three.
"""

import os
import sys
from pathlib import Path

import django
from django.core.management import call_command
from django.utils import timezone


def main(var: Path, schema: str, base_url: str, simulator: str, days: str) -> None:
    """Prepare the database; the file `database.ready` says `schema` from when its tables are new.

    `base_url` is where Stripe reaches us, `simulator` where the local Stripe is; either may be ''.
    For the last `days` that the demo company is to get later, `past.json` says what was put aside.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retail.settings")
    django.setup()
    from django.conf import settings

    ready = var / "database.ready"
    known = ready.is_file() and ready.read_text() == schema
    call_command("setup_database", verbosity=1, quick=known)
    ready.write_text(schema)
    if not settings.STRIPE_LIVE_MODE:
        source = {"simulator_base": simulator} if simulator else {"accounts": accounts()}
        files = {"secrets": var / "demo-secrets.json", "output": var / "demo-details.json"}
        call_command("load_demo", **source, **files)
        if int(days) and not (var / "past.json").exists():
            from retail.demo.past import reserving

            reserving.write(reserving.reserve(int(days), timezone.now()), var / "past.json")
    if base_url:
        call_command("register_webhook_endpoints", base_url=base_url)


def accounts() -> str:
    """The connected accounts of a real sandbox that the demo may use."""
    return os.environ.get("STRIPE_DEMO_ACCOUNTS", "")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
