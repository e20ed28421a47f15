"""A shop with readers at a real simulator; conversations are carried out by the test itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F

from payments import gateway
from payments.models import Payment
from payments.services import conversation, reconciliation
from retail.checker import violations
from retail.checker.reading import from_truth, read_books
from stores.models import Device, Order, Store
from stores.principals import Principal
from terminal.models import Reader
from terminal.services import fleet, sales
from tests.factories import (
    AccountFactory,
    DeviceFactory,
    LocationFactory,
    OrderFactory,
    StoreFactory,
)
from tests.stripe_double import CLIENT_ID, KEY, MIRROR_KEY, Simulator


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[Simulator]:
    simulator = Simulator.start()
    # The first expansion imports the SDK, which takes a busy machine longer than a call may.
    simulator.stripe_get("charges", expand=["data.payment_intent"])
    yield simulator
    simulator.stop()


@pytest.fixture
def simulator(running_simulator: Simulator, settings) -> Iterator[Simulator]:
    """Stripe for this test: fresh, and the address of everything that talks to Stripe."""
    running_simulator.reset()
    settings.STRIPE_API_BASE = running_simulator.base
    settings.STRIPE_WORKER_KEY = KEY
    settings.STRIPE_MIRROR_KEY = MIRROR_KEY
    settings.STRIPE_CLIENT_ID = CLIENT_ID
    settings.STRIPE_CONNECT_TIMEOUT, settings.STRIPE_READ_TIMEOUT = 1.0, 1.0
    settings.STRIPE_LEASE_MARGIN = 1.0
    gateway.forget_client()
    yield running_simulator
    gateway.forget_client()


@dataclass
class Shop:
    """One store, its tablet, two readers, and the hands of a cashier."""

    store: Store
    device: Device
    reader: Reader
    other_reader: Reader
    simulator: Simulator

    @property
    def by(self) -> Principal:
        return Principal.of_device(self.device)

    def order(self, amount: int = 2_500) -> Order:
        return OrderFactory.create(store=self.store, device=self.device, net_amount=amount)

    def sell(self, amount: int = 2_500, capture_method: str = "automatic", **how) -> Payment:
        """Start a sale and carry out what it planned: the reader waits for a card."""
        payment = sales.sell(
            self.order(amount), self.reader, by=self.by, capture_method=capture_method, **how
        )
        return self.converse(payment)

    def tap(self, card: str = "visa", **more) -> None:
        self.simulator.present(self.reader, card, **more)

    def ring(self, payment: Payment) -> Payment:
        """A webhook came for this payment."""
        sales.check_status(payment)
        return self.converse(payment)

    def converse(self, payment: Payment) -> Payment:
        conversation.converse(payment.pk)
        payment.refresh_from_db()
        return payment

    def later(self, payment: Payment, seconds: float = 60) -> Payment:
        """Let so much time pass for what waits on the payment, and carry it out."""
        back = timedelta(seconds=seconds)
        for request in payment.requests.filter(status="planned"):
            request.next_try_at -= back
            if request.first_sent_at is not None:
                request.first_sent_at -= back
            request.save()
        payment.refresh_from_db()
        if payment.next_read_at:
            payment.next_read_at -= back
            payment.save()
        collected = payment.reader_actions.filter(confirm_before__isnull=False)
        collected.update(confirm_before=F("confirm_before") - back)
        payment.reader_actions.update(accepted_at=F("accepted_at") - back)
        return self.converse(payment)


def open_shop(simulator: Simulator, charge_model: str = "direct", country: str = "US") -> Shop:
    currency = {"US": "usd", "CA": "cad", "GB": "gbp", "SG": "sgd"}[country]
    account = AccountFactory.create(country=country, default_currency=currency)
    simulator.call("accounts", {"id": account.stripe_id, "country": country, "mcc": "5812"})
    store = StoreFactory.create(
        account=account, country=country, currency=currency, charge_model=charge_model
    )
    # At Stripe already: what our own registering of them does is told elsewhere.
    location = LocationFactory.create(store=store, country=country)
    location.stripe_id = simulator.make_location(location)
    location.save(update_fields=["stripe_id"])
    with transaction.atomic():
        readers = [
            fleet.take_over(
                location, location.stripe_account, simulator.make_reader(location, code, label)
            )
            for code, label in [("simulated-wpe", "Till 1"), ("simulated-s700", "Till 2")]
        ]
    device = DeviceFactory.create(store=store)
    return Shop(store, device, readers[0], readers[1], simulator)


@pytest.fixture
def shop(request, simulator: Simulator, db) -> Iterator[Shop]:
    """Whatever a test does with it, the promises of the money path must hold at its end.

    A test that breaks one on purpose says which: `@pytest.mark.breaks("S5")`.
    """
    yield open_shop(simulator)
    allowed = {rule for mark in request.node.iter_markers("breaks") for rule in mark.args}
    assert not [
        each for each in broken_promises(simulator) if each.partition(":")[0] not in allowed
    ]


@pytest.fixture
def compared_at_once(monkeypatch, settings):
    """Things are compared however young, and there are reads for all of them."""
    monkeypatch.setattr(reconciliation, "ON_ITS_WAY", timedelta(minutes=-30))
    settings.STRIPE_READS_PER_SECOND = 1000


@pytest.fixture
def meanwhile(monkeypatch):
    """Once an answer about this path is there, and before it is written down, this happens."""

    def plan(path, happens):
        waiting = [happens]

        def hear(exchange):
            if exchange.path == path and waiting:
                waiting.pop()()

        monkeypatch.setattr(gateway, "listeners", [*gateway.listeners, hear])

    return plan


def broken_promises(simulator: Simulator, *, settled: bool = False) -> list[str]:
    """What the checker finds wrong between the rows as they are and the simulator's truth."""
    books = read_books()  # first: Stripe may only be ahead
    found = violations(books, from_truth(simulator.truth()), settled=settled)
    return [str(each) for each in found]
