"""Rows for tests. Whatever hangs on a store takes its store, currency and country from it.

`StoreFactory.create(name="…")`: `create` tells the type checker what it makes.
"""

import hashlib

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from factory.declarations import LazyAttribute, LazyFunction, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from stores import models


class UserFactory(DjangoModelFactory[User]):
    """A member of staff, of no store yet; without a password, so `client.force_login`."""

    class Meta:
        model = User

    username = Sequence(lambda n: f"person{n}")
    is_staff = True
    password = LazyFunction(lambda: make_password(None))


class AccountFactory(DjangoModelFactory[models.Account]):
    class Meta:
        model = models.Account

    stripe_id = Sequence(lambda n: f"acct_test{n}")
    name = Sequence(lambda n: f"Company {n}")
    country = "US"
    default_currency = "usd"
    charges_enabled = True
    payouts_enabled = True
    details_submitted = True
    card_payments = "active"


class StoreFactory(DjangoModelFactory[models.Store]):
    """A US store with direct charges, automatic capture and prices without tax."""

    class Meta:
        model = models.Store

    account = SubFactory(AccountFactory)
    name = Sequence(lambda n: f"Store {n}")
    country = "US"
    currency = "usd"
    timezone = "America/New_York"
    charge_model = models.ChargeModel.DIRECT


class LocationFactory(DjangoModelFactory[models.Location]):
    """An address that Stripe knows, in the account that makes the store's charges."""

    class Meta:
        model = models.Location

    store = SubFactory(StoreFactory)
    display_name = Sequence(lambda n: f"Counter {n}")
    line1 = "1 Main Street"
    city = "New York"
    state = "NY"
    postal_code = "10001"
    country = SelfAttribute("store.country")
    stripe_id = Sequence(lambda n: f"tml_test{n}")
    stripe_account = SelfAttribute("store.stripe_account")


class MembershipFactory(DjangoModelFactory[models.Membership]):
    class Meta:
        model = models.Membership

    user = SubFactory(UserFactory)
    store = SubFactory(StoreFactory)
    role = models.Role.CASHIER


class DeviceFactory(DjangoModelFactory[models.Device]):
    """A paired tablet; where a test needs its token, use `stores.services.pair_device`."""

    class Meta:
        model = models.Device

    store = SubFactory(StoreFactory)
    name = Sequence(lambda n: f"Tablet {n}")
    token_hash = Sequence(lambda n: hashlib.sha256(b"%d" % n).hexdigest())


class ProductFactory(DjangoModelFactory[models.Product]):
    class Meta:
        model = models.Product

    store = SubFactory(StoreFactory)
    sku = Sequence(lambda n: f"SKU-{n}")
    name = Sequence(lambda n: f"Product {n}")
    unit_amount = 10_00


class OrderFactory(DjangoModelFactory[models.Order]):
    """An open order of 10.00, without lines; `stores.services.create_order` makes whole ones."""

    class Meta:
        model = models.Order

    store = SubFactory(StoreFactory)
    number = Sequence(lambda n: n + 1)
    currency = SelfAttribute("store.currency")
    net_amount = 10_00
    tax_amount = 0
    total_amount = LazyAttribute(lambda order: order.net_amount + order.tax_amount)


class OrderLineFactory(DjangoModelFactory[models.OrderLine]):
    """A free line; it does not change its order's amounts."""

    class Meta:
        model = models.OrderLine

    order = SubFactory(OrderFactory)
    store = SelfAttribute("order.store")
    position = Sequence(lambda n: n + 1)
    description = "Something"
    unit_amount = 10_00
    quantity = 1
    net_amount = LazyAttribute(lambda line: line.unit_amount * line.quantity)
    tax_amount = 0
    total_amount = LazyAttribute(lambda line: line.net_amount + line.tax_amount)


class LogEntryFactory(DjangoModelFactory[models.LogEntry]):
    class Meta:
        model = models.LogEntry

    store = SubFactory(StoreFactory)
    subject = "order"
    subject_id = 1
    verb = "created"
    message = "Something happened."
    actor_kind = models.ActorKind.SYSTEM


class ClientRequestFactory(DjangoModelFactory[models.ClientRequest]):
    """What a tablet asked once."""

    class Meta:
        model = models.ClientRequest

    device = SubFactory(DeviceFactory, store=SelfAttribute("..store"))
    store = SubFactory(StoreFactory)
    key = Sequence(lambda n: f"key-{n}")
    fingerprint = "0" * 64
