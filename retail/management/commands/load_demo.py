"""Load the demo company: `manage.py load_demo --simulator-base http://127.0.0.1:12111`.

Against a real Stripe sandbox there is no simulator to open accounts, and an account must be
onboarded before it takes cards: name two connected accounts of the sandbox with `--accounts`, the
first in the US, then GB, then CA. With one, the first company is loaded; with none, only the
superuser, so that the admin is there and the companies can be added.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from payments.gateway import AccountRefused, NoAnswer, NotFound
from retail.demo import loading
from retail.demo.catalogue import COMPANIES, Company, Shop
from retail.demo.logins import Logins, write_private
from stores.errors import DomainError
from stores.models import Store


class Command(BaseCommand):
    help = "Load three companies with four stores, products, readers and people. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--simulator-base", metavar="URL", help="open the accounts there")
        source.add_argument(
            "--accounts", metavar="ID,ID", default="", help="connected accounts of the sandbox"
        )
        parser.add_argument(
            "--secrets", metavar="PATH", type=Path, help="keep passwords and tokens there"
        )
        parser.add_argument("--output", metavar="PATH", type=Path, help="write what was loaded")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.STRIPE_LIVE_MODE:
            raise CommandError("The demo company is for test mode, and STRIPE_LIVE_MODE is set.")
        companies = chosen(options["simulator_base"] or "", options["accounts"])
        logins = Logins(options["secrets"])
        try:
            stores = self.load(companies, options["simulator_base"] or "", logins)
        except (DomainError, NoAnswer, NotFound, AccountRefused, loading.WrongCountry) as error:
            raise CommandError(f"The demo company could not be loaded: {error}") from error
        if options["output"]:
            write_private(options["output"], loading.summary(stores, logins))
        if options["verbosity"]:
            self.stdout.write(f"Demo: {len(stores)} stores of {len(companies)} companies.")
            if not companies:
                self.stdout.write(
                    "No company: give connected accounts, US, GB and CA, with --accounts."
                )

    def load(
        self, companies: list[tuple[Company, str]], simulator: str, logins: Logins
    ) -> list[tuple[Store, Shop]]:
        loading.load_admin(logins)
        stores = []
        for company, stripe_id in companies:
            if simulator:
                loading.ensure_simulated_account(simulator, company)
            account = loading.load_account(company, stripe_id)
            for shop in company.shops:
                store = loading.load_shop(account, company, shop, logins)
                for person in loading.people_of(store, shop):
                    loading.load_person(person, logins)
                stores.append((store, shop))
        # Before Stripe is asked for readers: a login that was set is never lost again.
        logins.save()
        for store, shop in stores:
            loading.load_readers(store, shop)
            loading.load_tips(store, shop)
        return stores


def chosen(simulator: str, accounts: str) -> list[tuple[Company, str]]:
    """The companies to load, each with the id of its account."""
    if simulator:
        return [(company, company.stripe_id) for company in COMPANIES]
    ids = [id for id in accounts.split(",") if id]
    if len(ids) > len(COMPANIES):
        raise CommandError(f"The demo has {len(COMPANIES)} companies; give no more accounts.")
    return list(zip(COMPANIES, ids, strict=False))
