"""Rows in every stage that their models know: each has words of its own on its page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle
from typing import Any

from django.utils import timezone

from payments.admin.incidents import TITLES
from payments.models import (
    UNFINISHED,
    ApprovalStatus,
    Dispute,
    EmailStatus,
    EventStatus,
    Payment,
    RefundStatus,
    RequestStatus,
    State,
)
from payments.models.refunds import UNSETTLED
from payments.services.receipt_emails import REASONS
from payments.transitions.asking import KINDS
from stores.models import Store
from terminal.models import ActionStatus, FleetKind, FleetOutcome
from tests import factories, factories_money

ENDED = (State.CANCELED, State.DECLINED, State.CANCELED_BY_CUSTOMER, State.STOPPED)


def make(store: Store) -> list[Any]:
    """Those whose pages are worth a look; of the others, their lists tell enough."""
    for listed in (requests, incidents, events, actions, differences):
        listed(store)
    return [*payments(store), *approvals(store), *accounts(store)]


def payments(store: Store) -> Iterator[Payment]:
    for state in State:
        yield payment_in(state, store)
    paid = factories_money.PaidPaymentFactory.create(order__store=store)
    for status in RefundStatus:
        at_stripe = status not in (RefundStatus.REQUESTED, RefundStatus.REFUSED)
        factories_money.RefundFactory.create(
            payment=paid,
            status=status,
            amount=1_00,
            ended_at=None if status in UNSETTLED else timezone.now(),
            **({} if at_stripe else {"refund_id": None}),
        )
    for code in ("", *REASONS):
        factories_money.ReceiptEmailFactory.create(
            payment=paid,
            status=EmailStatus.FAILED if code else EmailStatus.SENT,
            failure_code=code,
            ended_at=timezone.now(),
        )
    for number, disputed in enumerate(("needs_response", "under_review", "won", "lost")):
        Dispute.objects.create(
            store=store,
            payment=paid,
            dispute_id=f"dp_test{number}",
            charge_id=paid.latest_charge_id,
            amount=1_00,
            reason="fraudulent",
            status=disputed,
            respond_before=timezone.now() + timedelta(days=3),
        )
    yield paid
    yield factories_money.CashPaymentFactory.create(order__store=store)


def payment_in(state: State, store: Store) -> Payment:
    if state == State.APPROVED:
        return factories_money.ApprovedPaymentFactory.create(order__store=store)
    if state in (State.PAID, State.REFUNDED):
        return factories_money.PaidPaymentFactory.create(
            order__store=store,
            state=state,
            amount_refunded=10_00 if state == State.REFUNDED else 0,
        )
    if state == State.CANCELED:
        ended = {"status": "canceled", "ended_at": timezone.now()}
        return factories_money.PaymentFactory.create(order__store=store, state=state, **ended)
    return factories_money.PaymentFactory.create(order__store=store, state=state)


def requests(store: Store) -> None:
    for kind, status in zip(KINDS, cycle(RequestStatus), strict=False):
        factories_money.StripeRequestFactory.create(
            payment__order__store=store,
            kind=kind,
            status=status,
            finished_at=None if status in UNFINISHED else timezone.now(),
        )


def incidents(store: Store) -> None:
    for kind in TITLES:
        factories_money.IncidentFactory.create(payment__order__store=store, kind=kind)


def events(store: Store) -> None:
    for status in EventStatus:
        factories_money.InboundEventFactory.create(status=status, handled_at=timezone.now())


def actions(store: Store) -> None:
    for status in ActionStatus:
        held = status in (ActionStatus.RESERVED, ActionStatus.REQUESTED, ActionStatus.IN_PROGRESS)
        if held or status in (ActionStatus.UNKNOWN, ActionStatus.COLLECTED):
            continue
        factories_money.ReaderActionFactory.create(
            payment__order__store=store,
            status=status,
            ended_at=timezone.now(),
            failure_code="idle" if status == ActionStatus.FAILED else "",
        )


def differences(store: Store) -> None:
    for kind in FleetKind:
        factories_money.FleetDifferenceFactory.create(reader__location__store=store, kind=kind)
    for outcome in FleetOutcome:
        factories_money.FleetDifferenceFactory.create(
            reader__location__store=store,
            outcome=outcome,
            settled_at=None if outcome == FleetOutcome.OPEN else timezone.now(),
        )


def approvals(store: Store) -> Iterator[Any]:
    for status in ApprovalStatus:
        paid = factories_money.PaidPaymentFactory.create(order__store=store)
        decided: dict[str, Any] = {}
        if status != ApprovalStatus.WAITING:
            person = factories.UserFactory.create()
            decided = {"decided_at": timezone.now(), "decided_by": person}
        if status == ApprovalStatus.APPROVED:
            decided["refund"] = factories_money.RefundFactory.create(payment=paid)
        yield factories_money.ApprovalFactory.create(payment=paid, status=status, **decided)


def accounts(store: Store) -> Iterator[Any]:
    account = store.account
    account.current_deadline = timezone.now() + timedelta(days=3)
    account.disabled_reason = "requirements.past_due"
    account.requirements = {
        "currently_due": ["individual.id_number", "external_account"],
        "past_due": ["business_profile.url"],
        "disabled_reason": "requirements.past_due",
        "errors": [],
    }
    account.save()
    yield account
    for status in ("online", "offline", ""):
        yield factories_money.ReaderFactory.create(location__store=store, status=status)
