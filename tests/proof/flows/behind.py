"""What goes on behind the counter: listing, comparing, sweeping, readers and locations."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone
from djstripe.models import WebhookEndpoint

from payments import mirror
from payments.models import Circuit, EventCursor, Incident, Reconciliation
from payments.services import (
    account_links,
    backfill,
    circuits,
    connecting,
    disconnecting,
    endpoints,
    onboarding,
    receipt_emails,
    reconciliation,
    refunds,
    restoring,
)
from payments.services.circuits import SellingClosed
from payments.transitions.circuits import RESTORED
from stores.principals import SYSTEM, Principal
from terminal.dispatcher import HERE
from terminal.models import Part, Reader, ReaderConfiguration
from terminal.services import attending, configuring, fleet, locations, readers, sales, switching
from tests.aging import grow_older
from tests.factories import AccountFactory, LocationFactory, UserFactory
from tests.proof.flows.running import flow
from tests.proof.flows.selling import sell
from tests.proof.walks.processes import Sweeper


@flow()
def events_that_are_listed(run):
    payment = sell(run)
    run.shop.tap()
    backfill.keep_cursors()

    def fill():
        EventCursor.objects.update(next_at=timezone.now(), claimed_until=timezone.now())
        for pk in backfill.due(timezone.now()):
            backfill.fill(pk)

    run.does(fill)
    run.work()
    assert run.payment(payment).state == "paid"


@flow()
def what_a_sweep_takes_up(run):
    payment = sales.sell(run.shop.order(), run.shop.reader, by=run.shop.by)
    grow_older(5)
    backfill.keep_cursors()
    EventCursor.objects.update(next_at=timezone.now(), claimed_until=timezone.now())

    def sweep():
        for kind, pk in Sweeper().find():
            HERE[kind](pk)

    run.does(sweep)
    run.work()
    run.shop.tap()
    run.hear()
    assert run.payment(payment).state == "paid"


@flow(STRIPE_READS_PER_SECOND=1_000)
def a_comparison_with_stripe(run):
    payment = sell(run)
    run.shop.tap()
    reader = run.shop.other_reader
    path = f"terminal/readers/{reader.stripe_id}"
    run.shop.simulator.stripe_post(path, reader.stripe_account, label=f"Not {reader.label}")
    row = reconciliation.start(payment.stripe_account, timezone.now())

    def compare():
        Reconciliation.objects.update(claimed_until=timezone.now())
        reconciliation.carry_on(row.pk)

    run.does(compare)
    compare()
    row.refresh_from_db()
    assert row.finished_at is not None
    assert reader.differences.filter(kind="label", outcome="open").count() == 1
    assert run.payment(payment).state == "paid"


@flow()
def a_location_and_its_reader(run):
    """Created, changed, with a reader that gets another label, moves and is retired."""
    store = run.shop.store
    location = LocationFactory.build(store=store, country=store.country, stripe_id=None)
    locations.save(location, by=SYSTEM)
    run.work()
    location.refresh_from_db()
    location.line1 = "2 Main Street"
    locations.save(location, by=SYSTEM)
    first = registered(run, location, "New")
    readers.rename(first, "Newer", by=SYSTEM)
    run.work()
    reader = registered(run, location, "Newest", replaces=first)
    readers.retire(reader, by=SYSTEM)
    run.work()
    locations.retire(location, by=SYSTEM)
    run.work()
    assert not location.readers.filter(retired_at=None).exists()
    assert {each.status for each in locations.requests_of(location)} == {"succeeded"}


def registered(run, location, label, replaces=None):
    registration = fleet.register(
        location=location,
        registration_code="simulated-wpe",
        label=label,
        by=SYSTEM,
        replaces=replaces,
    )
    run.work()
    registration.refresh_from_db()
    return registration.reader


@flow()
def a_store_that_charges_in_another_account(run):
    """And each time the other way round: readers and locations go along, a paid sale stays."""
    shop = run.shop
    with run.spared():
        payment = sell(run)
        shop.tap()
        run.hear()
    location, old = shop.reader.location, run.payment(payment).stripe_account
    to = {"direct": "destination", "destination": "direct"}[shop.store.charge_model]
    row = switching.switch(shop.store, to, by=SYSTEM)
    run.work()
    shop.store.refresh_from_db()
    location.refresh_from_db()
    shop.reader = registered(run, location, "Till 1", replaces=shop.reader)
    shop.other_reader = registered(run, location, "Till 2", replaces=shop.other_reader)
    row.refresh_from_db()
    assert row.finished_at is not None
    assert location.stripe_account == shop.store.stripe_account != old
    assert Reader.objects.filter(store=shop.store, retired_at=None).count() == 2
    assert run.payment(payment).stripe_account == old
    refunds.refund(run.payment(payment), by=SYSTEM, amount=500)
    run.work()
    assert run.payment(payment).amount_refunded == 500


@flow(STRIPE_READS_PER_SECOND=1_000)
def selling_that_is_closed_after_a_restore(run):
    payment = sell(run)
    run.shop.tap()
    run.does(lambda: restoring.close(timezone.now(), 3))
    if not Circuit.objects.filter(name=RESTORED).exists():  # it died before it was written down
        restoring.close(timezone.now(), 3)
    try:
        with pytest.raises(SellingClosed):
            sales.sell(run.shop.order(), run.shop.reader, by=run.shop.by)

        def compare():
            Reconciliation.objects.update(claimed_until=timezone.now())
            for pk in reconciliation.due(timezone.now()):
                reconciliation.carry_on(pk)
            restoring.open_if_clean()

        run.does(compare)
        compare()
        run.work()
        compare()
        assert restoring.open_if_clean()
    finally:
        circuits.forget()
    run.shop.ring(run.payment(payment))  # what is newer than the comparison is read as ever
    assert run.payment(payment).state == "paid"


@flow()
def a_reader_that_is_read_anew(run):
    attending.ring(run.shop.reader.pk)
    run.work()
    run.shop.reader.refresh_from_db()
    assert run.shop.reader.rung_at is None


@flow()
def readers_that_are_set_up(run):
    ReaderConfiguration.objects.all().delete()  # of the run before
    row = ReaderConfiguration(store=run.shop.store, asks_for_tips=True, percentages=[10, 15, 20])
    configuring.change(row, by=SYSTEM)
    run.work()
    row.refresh_from_db()
    row.percentages = [15, 18, 20]
    picture = configuring.Picture("spring.gif", b"GIF89a" + bytes(100))
    configuring.change(row, by=SYSTEM, pictures={Part.S700: picture})
    run.work()
    assert {each.status for each in configuring.requests_of(row)} == {"succeeded"}


@flow()
def a_retailer_who_is_invited(run):
    name = uuid4()
    row = onboarding.invite(
        key=name,
        name="Corner Coffee",
        email="jenny@example.com",
        country="US",
        business_type="company",
        dashboard="full",
        by=Principal.of_user(UserFactory.create(is_superuser=True, username=str(name))),
    )
    link = account_links.ask_for_link(base_url="https://shop.example", onboarding=row)
    run.work()
    run.later(5)
    listed = run.shop.simulator.stripe_get("accounts", limit=100)["data"]
    [made] = [each for each in listed if each["metadata"].get("onboarding") == str(name)]
    row.refresh_from_db()
    assert row.account is not None
    assert row.account.stripe_id == made["id"]
    assert account_links.take(link.pk)


@flow()
def an_owner_who_connects_an_account(run):
    """Where the answer was lost with whoever was killed, its owner presses once more."""
    name, simulator = uuid4(), run.shop.simulator
    older = simulator.call("accounts", {"connected": False})["id"]
    owner = Principal.of_user(UserFactory.create(is_superuser=True, username=str(name)))
    row = connecting.invite(key=name, name="An older shop", email="", by=owner)
    for _ in range(2):
        grant, url = connecting.leave(redirect_uri="https://shop.example/connected/", row=row)
        connecting.come_back(simulator.agree(url, older), left_with=grant.pk)
        run.work()
        run.later(5)
        grant.refresh_from_db()
        assert grant.code == ""
        if grant.end != "lost":
            break
        assert Incident.objects.get(kind="grant_lost", resolved_at=None).data["accounts"] == [older]
    onboarding.look_up(row.pk)
    row.refresh_from_db()
    assert row.account is not None
    assert row.account.stripe_id == older
    assert not Incident.objects.filter(kind="grant_lost", resolved_at=None).exists()


@flow()
def an_account_that_is_let_go(run):
    """Where nobody knows whether Stripe was asked, it is read, and asked again if need be."""
    stripe_id = run.shop.simulator.call("accounts", {})["id"]
    account = AccountFactory.create(stripe_id=stripe_id, dashboard="full")
    owner = Principal.of_user(UserFactory.create(is_superuser=True, username=str(uuid4())))
    for _ in range(2):
        asked = disconnecting.disconnect(account, reason="Moves on.", by=owner)
        run.work()
        run.later(70)
        run.hear()
        account.refresh_from_db()
        if account.has_left:
            break
        asked.refresh_from_db()
        assert asked.error_code == "never_arrived"
    assert account.has_left
    assert not Incident.objects.filter(kind="account_not_disconnected", resolved_at=None).exists()


@flow()
def webhook_endpoints(run):
    run.shop.simulator.call("switches", {"webhook_endpoint_limit": 1_000})
    WebhookEndpoint.objects.exclude(pk=run.door.pk).delete()  # of the run before
    run.does(lambda: endpoints.register_endpoints(f"http://127.0.0.1:9/{uuid4()}"))
    run.does(lambda: endpoints.register_endpoints(f"http://127.0.0.1:9/{uuid4()}"))
    run.later()
    for door in endpoints.DOORS:
        for connect in (False, True):
            assert mirror.find_endpoint(door, connect) is not None


@flow()
def a_receipt_by_email(run):
    with run.spared():
        payment = sell(run)
        run.shop.tap()
        run.hear()
    row = receipt_emails.ask(run.payment(payment), by=run.shop.by, email="jenny@example.com")
    run.work()
    run.later(receipt_emails.CLAIM.total_seconds())
    row.refresh_from_db()
    assert row.status == "sent"
