"""Compare our books with Stripe's, and say every broken promise of the money path."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from payments import gateway
from retail.checker import violations
from retail.checker.facts import AtStripe
from retail.checker.reading import from_truth, read_books, read_stripe
from stores.models import Account


class Command(BaseCommand):
    help = "Check orders, payments and requests of the last days against what Stripe knows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=3, help="how far to look back (default 3)")
        parser.add_argument(
            "--settled",
            action="store_true",
            help="nothing is on its way: also check that books and Stripe are equal",
        )
        parser.add_argument(
            "--simulator",
            action="store_true",
            help="ask the simulator for everything it knows, the wire included",
        )

    def handle(self, *args: Any, days: int, settled: bool, simulator: bool, **options: Any) -> None:
        if days < 1:
            raise CommandError("--days is a number of days, 1 or more.")
        since = timezone.now() - timedelta(days=days)
        books = read_books(since)  # first, so that Stripe can only be ahead
        try:
            stripe = _simulated() if simulator else read_stripe(_accounts(), since)
        except (gateway.NoAnswer, gateway.AccountRefused, httpx.HTTPError) as error:
            raise CommandError(
                f"Stripe could not be asked, so nothing was checked: {error}"
            ) from error
        found = list(violations(books, stripe, settled=settled))
        for each in found:
            self.stderr.write(str(each))
        looked = f"{len(books.payments)} payments, {len(stripe.intents)} PaymentIntents"
        if found:
            raise CommandError(f"{len(found)} broken promises over {looked}.")
        self.stdout.write(f"All promises hold over {looked}.")


def _accounts() -> list[str]:
    """The platform, and every account that may still be asked."""
    connected = Account.objects.filter(deauthorized_at__isnull=True)
    return ["", *connected.values_list("stripe_id", flat=True)]


def _simulated() -> AtStripe:
    base = f"{settings.STRIPE_API_BASE}/_simulator"
    with httpx.Client(base_url=base, trust_env=False, timeout=30) as http:
        return from_truth(http.get("truth").raise_for_status().json())
