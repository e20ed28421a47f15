"""Load the demo company. Every step looks first, so that a second run changes nothing.

What a person changed since stays: rows are made when they are missing, never put back. Steps that
talk to Stripe run outside any transaction.
"""

import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import requests
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from payments import gateway
from payments.services import fees
from retail.demo.catalogue import Company, Shop
from retail.demo.logins import Logins
from stores import services
from stores.models import Account, Device, Location, Membership, Product, Role, Store
from stores.principals import SYSTEM
from terminal.models import Reader, ReaderConfiguration
from terminal.services import configuring, fleet, readers

JSON = dict[str, Any]
ADMIN = "admin"
PATIENCE = 10.0  # seconds for a simulator that is still starting
BEGAN = timedelta(days=90)  # ago: since then the companies have had what they agreed


@dataclass(frozen=True)
class Person:
    username: str
    name: str
    role: Role
    store: Store


def ensure_simulated_account(base: str, company: Company) -> None:
    """Have the simulator open the company's account, onboarded."""
    body = {
        "id": company.stripe_id,
        "country": company.country,
        "business_name": company.name,
        "mcc": company.mcc,
    }
    deadline = time.monotonic() + PATIENCE
    with requests.Session() as session:
        session.trust_env = False
        while True:
            try:
                answer = session.post(f"{base}/_simulator/accounts", json=body, timeout=5)
                break
            except requests.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
    answer.raise_for_status()


def load_account(company: Company, stripe_id: str) -> Account:
    """Our row of the account; read from Stripe when we have none, kept by events from then on."""
    account = Account.objects.filter(stripe_id=stripe_id).first()
    if account is None:
        shown = gateway.get(f"/v1/accounts/{stripe_id}", "")
        if shown["country"] != company.country:
            raise WrongCountry(
                f"{stripe_id} is in {shown['country']}, and {company.name} of the demo needs an "
                f"account in {company.country}."
            )
        account = services.copy_account(shown)
        for currency in {shop.currency for shop in company.shops}:
            fees.add_plan(
                company.fee,
                account=account,
                currency=currency,
                effective_from=timezone.now() - BEGAN,
                by=SYSTEM,
            )
    return account


class WrongCountry(Exception):
    """The given account cannot be this company's."""


@transaction.atomic
def load_shop(account: Account, company: Company, shop: Shop, logins: Logins) -> Store:
    """The store with its location, products and tablet; nothing of it is at Stripe yet."""
    store, _ = Store.objects.get_or_create(
        account=account,
        name=shop.name,
        defaults={
            "country": company.country,
            "currency": shop.currency,
            "timezone": shop.timezone,
            "charge_model": company.charge_model,
            "capture_method": shop.capture_method,
            "prices_include_tax": shop.prices_include_tax,
            "cashier_refund_limit": shop.cashier_refund_limit,
            "cashier_discount_limit": shop.cashier_discount_limit,
        },
    )
    Location.objects.get_or_create(
        store=store,
        display_name=shop.name,
        defaults={**shop.address, "country": company.country},
    )
    Product.objects.bulk_create(
        [Product(store=store, **asdict(article)) for article in shop.articles],
        ignore_conflicts=True,
    )
    load_device(store, logins.token(shop.key))
    return store


def load_device(store: Store, token: str) -> Device:
    """The store's first tablet, known by the token that was given out."""
    device, _ = Device.objects.update_or_create(
        store=store, name="Tablet 1", defaults={"token_hash": services.hash_token(token)}
    )
    return device


def load_tips(store: Store, shop: Shop) -> None:
    """Have the store's readers offer tips, if nobody said anything about that."""
    if shop.tips and not ReaderConfiguration.objects.filter(store=store).exists():
        row = ReaderConfiguration(store=store, asks_for_tips=True, percentages=list(shop.tips))
        configuring.change(row, by=SYSTEM)
    for location in Location.objects.filter(store=store, stripe_id__isnull=False):
        with transaction.atomic():
            configuring.push_for(location)
    configuring.tell_now(store)


def load_readers(store: Store, shop: Shop) -> None:
    """Create the location and register its readers at Stripe, each if it is missing."""
    location = Location.objects.get(store=store, display_name=shop.name)
    forget_if_gone(location)
    location = fleet.create_location(location)
    there = Reader.objects.filter(location=location, is_active=True)
    present = set(there.values_list("label", flat=True))
    for label, code in shop.readers:
        if label not in present:
            fleet.register_reader(location=location, registration_code=code, label=label)


def forget_if_gone(location: Location) -> None:
    """A simulator that was emptied, or a cleared sandbox, knows location and readers no more."""
    if location.stripe_id is None:
        return
    try:
        gateway.get(f"/v1/terminal/locations/{location.stripe_id}", location.stripe_account)
    except gateway.NotFound:
        location.stripe_id = None
        location.save(update_fields=["stripe_id"])
        with transaction.atomic():
            for reader in Reader.objects.filter(location=location, retired_at=None):
                readers.give_up(reader, f"Stripe knows {reader} no more.")
        configuring.forget(location.store)


def people_of(store: Store, shop: Shop) -> list[Person]:
    roles = (Role.MANAGER, Role.CASHIER)
    return [
        Person(f"{role.value}.{shop.key}", name, role, store)
        for role, name in zip(roles, shop.people, strict=True)
    ]


def load_person(person: Person, logins: Logins) -> None:
    user = load_user(person.username, logins, name=person.name)
    Membership.objects.get_or_create(user=user, store=person.store, defaults={"role": person.role})


def load_admin(logins: Logins) -> None:
    load_user(ADMIN, logins, is_superuser=True)


def load_user(username: str, logins: Logins, *, is_superuser: bool = False, name: str = "") -> User:
    """The user; a password is set for a new one, and for one whose old password is lost."""
    password = logins.password(username)
    first, _, last = name.partition(" ")
    user, created = User.objects.get_or_create(
        username=username,
        defaults={
            "is_staff": True,
            "is_superuser": is_superuser,
            "first_name": first,
            "last_name": last,
        },
    )
    if created or username in logins.new:
        user.set_password(password)
        user.save(update_fields=["password"])
    return user


def summary(stores: list[tuple[Store, Shop]], logins: Logins) -> JSON:
    """What scripts and the launcher need to know; the shape is told in docs of `--output`."""
    shown = [shown_store(store, logins.token(shop.key)) for store, shop in stores]
    people = [person for store, shop in stores for person in people_of(store, shop)]
    return {
        "stores": shown,
        "token": shown[0]["token"] if shown else "",
        "admin": {"username": ADMIN, "password": logins.password(ADMIN)},
        "people": [
            {
                "username": person.username,
                "password": logins.password(person.username),
                "role": person.role.value,
                "store": person.store.name,
            }
            for person in people
        ],
    }


def shown_store(store: Store, token: str) -> JSON:
    readers = Reader.objects.filter(store=store, is_active=True).order_by("pk")
    products = Product.objects.filter(store=store, is_active=True).order_by("pk")
    return {
        "id": store.pk,
        "name": store.name,
        "country": store.country,
        "currency": store.currency,
        "charge_model": store.charge_model,
        "token": token,
        "readers": list(readers.values("id", "stripe_id", "label")),
        "products": list(products.values("id", "name")),
    }
