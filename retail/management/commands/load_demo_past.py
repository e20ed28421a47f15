"""Give the demo company its last days: `manage.py load_demo_past --simulator-base URL`.

Where somebody sold something already, nothing is done: a store's orders are never older than its
numbers say. `make run` puts the numbers aside before anybody can sell, and names that with
`--reserved`.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from retail.demo.past import loading, reserving


class Command(BaseCommand):
    help = "Write sales of the last days into the demo's books and into the simulator. Once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--simulator-base", metavar="URL", required=True)
        parser.add_argument("--days", type=int, default=9)
        parser.add_argument("--reserved", metavar="PATH", type=Path, help="what was put aside")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.STRIPE_LIVE_MODE:
            raise CommandError("The demo company is for test mode, and STRIPE_LIVE_MODE is set.")
        if options["days"] < 1:
            raise CommandError("--days: at least 1.")
        path: Path | None = options["reserved"]
        reserved = (
            reserving.read(path) if path else reserving.reserve(options["days"], timezone.now())
        )
        count = loading.load(options["simulator_base"], reserved)
        if options["verbosity"]:
            self.stdout.write(f"Demo: {count} sales of the last days.")
