"""`manage.py register_webhook_endpoints --base-url https://shop.example`"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.gateway import AccountRefused, NoAnswer
from payments.services.endpoints import EndpointRefused, keep_cli_endpoint, register_endpoints


class Command(BaseCommand):
    help = "Make sure that Stripe delivers its events to us; safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--base-url", required=True, help="Where Stripe can reach the doors.")
        parser.add_argument(
            "--cli-secret",
            default="",
            help="The whsec_… of `stripe listen --print-secret`: make a door for the Stripe CLI"
            " instead of endpoints at Stripe.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["cli_secret"]:
                urls = [keep_cli_endpoint(options["base_url"], options["cli_secret"])]
            else:
                urls = register_endpoints(options["base_url"])
        except (EndpointRefused, AccountRefused, NoAnswer) as error:
            raise CommandError(f"Stripe did not take the webhook endpoints: {error}") from error
        for url in urls:
            self.stdout.write(url)
