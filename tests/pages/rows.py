"""A row of everything, and one on which each button is offered, so that every page can be seen."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from payments.models import EventStatus, State
from payments.services.requests import raise_incident
from stores.models import Account, Store, SupportAccess, SupportPerson
from stores.sentences import together
from terminal.models import FleetKind, Reader
from terminal.services.screens import UNKNOWN_TO_STRIPE
from tests import factories
from tests import factories_money as money
from tests.isolation.table import ROWS

IN_AN_HOUR = timedelta(hours=1)


def fill(store: Store) -> None:
    for make in ROWS.values():
        make(store)
    _holds(store)
    _a_card_that_waits(store)
    a_minute_ago = timezone.now() - timedelta(minutes=1)  # only then it may be detached
    doubtful = money.PaymentFactory.create(
        order__store=store, state=State.CHECKING, cancel_requested_at=a_minute_ago
    )
    money.ReaderActionFactory.create(payment=doubtful)
    money.InboundEventFactory.create(
        stripe_account=store.account.stripe_id,
        status=EventStatus.HANDLED,
        handled_at=timezone.now(),
    )
    _readers(store)
    _retailers(store)
    money.ChargeModelSwitchFactory.create(store=store, finished_at=None)
    person = factories.UserFactory.create()
    SupportPerson.objects.create(user=person)
    ends_at = timezone.now() + IN_AN_HOUR
    SupportAccess.objects.create(user=person, reason="Ticket 7: a receipt", ends_at=ends_at)


def _holds(store: Store) -> None:
    """One whose order has two lines, one with a tip to be asked about."""
    order = factories.OrderFactory.create(store=store, net_amount=2000, total_amount=2000)
    for position in (1, 2):
        factories.OrderLineFactory.create(order=order, store=store, position=position)
    money.ApprovedPaymentFactory.create(order=order, amount=2000)
    tipped = factories.OrderFactory.create(store=store)
    money.ApprovedPaymentFactory.create(order=tipped, reader_tip_amount=90_000)


def _a_card_that_waits(store: Store) -> None:
    """To be charged by a person, for longer than a page needs to be looked at."""
    action = money.CollectedCardFactory.create(
        payment__order__store=store, reader__location__store=store
    )
    type(action).objects.filter(pk=action.pk).update(confirm_before=timezone.now() + IN_AN_HOUR)


def _readers(store: Store) -> None:
    """One that was moved at Stripe, one that Stripe lost, one that is not known here."""
    moved = money.ReaderFactory.create(
        location__store=store,
        is_active=False,
        **Reader.spoken_read_error.of(UNKNOWN_TO_STRIPE),
    )
    raise_incident(
        "reader_moved", together("A reader is elsewhere."), store=store, subject=moved.stripe_id
    )
    money.FleetDifferenceFactory.create(
        reader__location__store=store, kind=FleetKind.MISSING, ours="", theirs=""
    )
    money.FleetDifferenceFactory.create(
        reader=None,
        store=store,
        location=factories.LocationFactory.create(store=store),
        stripe_account=store.stripe_account,
        object_id="tmr_stranger",
        kind=FleetKind.UNKNOWN,
        ours="",
        theirs="Back room",
    )


def _retailers(store: Store) -> None:
    """One who can be let go, one who can be invited, one with whom Stripe had a problem."""
    Account.objects.filter(pk=store.account_id).update(dashboard="full")
    account = Account.objects.get(pk=store.account_id)
    account.pk, account.stripe_id, account.details_submitted = None, "acct_invited", False
    account.save()
    money.OnboardingFactory.create(account=account)
    money.OnboardingFactory.create(problem="Stripe does not take this country.")
