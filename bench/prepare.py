"""Make the benchmark's database: `python -m bench.prepare UUID` (the endpoint's)."""

import os
import sys
from uuid import UUID

import django
from django.core.management import call_command

from bench.events import OBJECTS, SECRET


def main(name: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection
    from djstripe.models import Account, WebhookEndpoint

    from bench.floor import TABLE
    from payments import mirror

    platform = OBJECTS["account"]
    call_command("setup_database", verbosity=0)
    # With its rows there, stock dj-stripe need not ask whose its key is.
    mirror.prepare(platform, [])
    WebhookEndpoint.objects.create(
        id="we_bench",
        djstripe_uuid=UUID(name),
        djstripe_owner_account=Account.objects.get(id=platform["id"]),
        url="http://127.0.0.1/",
        secret=SECRET,
        status="enabled",
        livemode=False,
        api_version=settings.STRIPE_API_VERSION,
        enabled_events=["*"],
        stripe_data={},
    )
    with connection.cursor() as cursor:
        cursor.execute(TABLE)


if __name__ == "__main__":
    main(sys.argv[1])
