"""Compare what Stripe lists with our rows now, and say what differs."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from payments.models import Outcome, Reconciliation, Step
from payments.services import reconciliation, restoring


class Command(BaseCommand):
    help = "Compare payments, charges, refunds and disputes of the last days with Stripe's."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=reconciliation.DAYS)
        parser.add_argument(
            "--account", help="only this one (acct_…), or `platform`; without it: all"
        )

        parser.add_argument(
            "--after-restore",
            action="store_true",
            help="the database was restored from a backup: nothing is sold until it is compared",
        )

    def handle(self, *args: Any, days: int, account: str | None, **options: Any) -> None:
        if not 1 <= days <= 365:
            raise CommandError("--days is a number of days, 1 to 365.")
        if options["after_restore"]:
            if account is not None:
                raise CommandError(
                    "After a restore all accounts are compared: leave --account out."
                )
            restoring.close(timezone.now(), days)
            self.stdout.write("Selling is closed until nothing differs that nobody has resolved.")
        names = reconciliation.served_accounts()
        if account is not None:
            wanted = "" if account == "platform" else account
            if wanted not in names:
                raise CommandError(f"{account} is no account that we may ask.")
            names = [wanted]
        told = sum(self._compare(name, days) for name in names)
        if restoring.open_if_clean():
            self.stdout.write("Selling is open.")
        if told:
            raise CommandError(f"{told} differences remain; see Incidents in the admin.")

    def _compare(self, name: str, days: int) -> int:
        row = reconciliation.start(name, timezone.now(), days)
        self.stdout.write(f"{name or 'the platform'}: {row.since:%Y-%m-%d %H:%M} to {row.until}")
        while not reconciliation.carry_on(row.pk, self._report):
            row.refresh_from_db()
            if row.error:
                raise CommandError(f"{row} could not go on and is tried again later: {row.error}")
            time.sleep(max((row.claimed_until - timezone.now()).total_seconds(), 0.05))
        row.refresh_from_db()
        for line in row.lines.all():
            self.stdout.write(f"  {line.object_id}: {line.message} {line.resolution}")
        counted = ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in row.counted.items())
        mended = row.lines.filter(outcome=Outcome.MENDED).count()
        self.stdout.write(f"  {counted}: {mended} differences mended, {row.told} remain")
        return row.told

    def _report(self, row: Reconciliation) -> None:
        if row.step != Step.DONE:
            done = row.counted.get(row.step, 0)
            self.stdout.write(f"  {row.get_step_display().lower()}: {done}")
