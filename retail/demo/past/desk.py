"""What people did with these sales since, and what they left for somebody else: by the services
that do it, so that workers and Stripe carry it out.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.contrib.auth.models import User
from django.utils import timezone

from payments.models import BusinessType, CardRule, Dashboard, Effect, Method, Payment
from payments.services import (
    accounts,
    approvals,
    capture_runs,
    onboarding,
    receipt_emails,
    reconciliation,
    refunds,
)
from retail.demo.past.places import Place
from stores.models import Account, OrderLine
from stores.principals import Principal
from terminal.models import DefaultReader

SAME_DAY = timedelta(hours=6)


def leave(place: Place, payments: Sequence[Payment]) -> None:
    """Refunds, requests for a second person, captures in bulk, a receipt by e-mail."""
    manager, cashier = (Principal.of_user(person) for person in place.people)
    newest = [payment for payment in reversed(payments) if payment.status == "succeeded"]
    by_card = iter([payment for payment in newest if payment.method == Method.CARD])
    _give_back(by_card, manager)
    _ask_a_second_person(by_card, manager=manager, cashier=cashier)
    for payment in islice(by_card, 2):  # soon after midnight there are few
        receipt_emails.ask(payment, by=cashier, email="ada.lovelace@example.com")
    for payment in newest:
        if payment.method == Method.CASH and timezone.now() - payment.created_at < SAME_DAY:
            refunds.refund(payment, by=manager)  # of an older one, today's drawer would owe money
            break
    held = [payment.pk for payment in payments if payment.status == "requires_capture"]
    if held:
        capture_runs.start(held[-2:], by=manager, key=uuid.uuid4())
    CardRule.objects.create(
        store=place.store,
        funding="prepaid",
        effect=Effect.ASK,
        sentence="Is this a gift card of ours?",
        is_active=False,
    )
    DefaultReader.objects.get_or_create(
        device=place.device, defaults={"store": place.store, "reader": place.readers[0]}
    )


def _give_back(payments: Iterator[Payment], by: Principal) -> None:
    """A piece that came back, all of a sale, and a part of one."""
    payment = next(payments)
    line = OrderLine.objects.filter(order=payment.order_id).earliest("position")
    refunds.refund(payment, by=by, pieces={line.pk: 1})
    refunds.refund(next(payments), by=by, reason="duplicate")
    payment = next(payments)
    refunds.refund(payment, by=by, amount=payment.amount // 3)


def _ask_a_second_person(
    payments: Iterator[Payment], *, manager: Principal, cashier: Principal
) -> None:
    notes = ("Came back unopened.", "The wrong order was paid.", "Changed their mind.")
    asked = [
        approvals.ask(payment, by=cashier, note=note)
        for note, payment in zip(notes, payments, strict=False)  # of one day there may be fewer
    ]
    for agreed in asked[1:2]:
        approvals.approve(agreed, by=manager, answer="Seen, thank you.")
    for refused in asked[2:]:
        approvals.decline(refused, by=manager, answer="Not after it was eaten.")


def compare(now: datetime, days: int) -> None:
    """The first night's comparison, which lists fees and payouts, too; and an invitation."""
    for name in reconciliation.served_accounts():
        reconciliation.start(name, now, days)
    for account in Account.objects.all():
        accounts.ask(account)
    owner = User.objects.filter(is_superuser=True).earliest("pk")
    onboarding.invite(
        key=uuid.uuid4(),
        name="Alder & Oak Bakery",
        email="owner@alderandoak.example.com",
        country="US",
        business_type=BusinessType.COMPANY,
        dashboard=Dashboard.EXPRESS,
        by=Principal.of_user(owner),
    )
