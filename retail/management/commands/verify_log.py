"""Prove that the log of everything that happened was not changed since it was sealed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from stores.services import sealing

EVERY = 100  # seals between two signs of life


class Command(BaseCommand):
    help = (
        "Check every seal of the log against its rows. Keep the last hash somewhere else: with"
        " --hash it proves that nothing up to it was changed, the seals included."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--hash", default="", help="a hash kept from an earlier run")

    def handle(self, *args: Any, hash: str, **options: Any) -> None:
        faults = rows = number = 0
        last, found = "", not hash
        for checked in sealing.verify():
            number, last = checked.seal.number, checked.seal.hash
            rows += checked.seal.rows
            found = found or last == hash
            if checked.fault:
                faults += 1
                self.stderr.write(f"{checked.seal}: {checked.fault}.")
            if number % EVERY == 0:
                self.stdout.write(f"{number} seals, {rows} rows …")
        if faults or not found:
            missing = "" if found else " The hash you kept is not in the chain."
            raise CommandError(f"{faults} of {number} seals do not hold.{missing}")
        waiting = sealing.unsealed()
        self.stdout.write(f"All {number} seals hold, over {rows} rows; {waiting} wait for theirs.")
        if last:
            self.stdout.write(f"Keep this hash elsewhere: {last}")
