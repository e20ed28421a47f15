"""Accounts that Stripe does not let us into: what waits there is told, and goes on by itself."""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from payments import gateway
from payments.gateway import Answer
from payments.models import Incident, Payment, State
from payments.services.bells import LIVE, WORK, notify, wake
from payments.services.requests import raise_incident
from payments.services.telling import log
from stores.models import Account, Store
from stores.principals import STRIPE
from stores.services.accounts import copy_account

logger = logging.getLogger(__name__)

REFUSED, LEFT = "account_refused", "account_deauthorized"
STALLED = "Stripe refuses our key for this account. Do not charge again; ask the platform's owner."
DISCONNECTED = "The store's account was disconnected from the platform. Do not charge again."


def is_stalled(payment: Payment) -> bool:
    """Whether it waits for nothing but access to its account."""
    return payment.attention.startswith((STALLED, DISCONNECTED))


def stall(payment: Payment, answer: Answer) -> None:
    """Stripe refused our key for it (401, 403). The locked payment's caller saves."""
    if payment.attention.startswith(DISCONNECTED):
        return
    payment.attention = STALLED
    payment.code = answer.code or REFUSED
    raise_incident(REFUSED, answer.message or payment.attention, payment=payment)
    account = Account.objects.filter(stripe_id=payment.stripe_account).first()
    if account is not None and account.deauthorized_at is None:
        notify(WORK, "account", account.pk)


def unstall(payment: Payment) -> None:
    """Stripe takes our key again: what the stall held up goes on by itself."""
    if is_stalled(payment):
        payment.attention = ""
        payment.incidents.filter(kind=REFUSED, resolved_at=None).update(
            resolved_at=timezone.now(), resolution="Stripe took our key again."
        )


def look(account_id: int) -> None:
    """Ask Stripe what the account may do. Raises NoAnswer; events never say it themselves."""
    account = Account.objects.get(pk=account_id)
    try:
        shown = gateway.get(f"/v1/accounts/{account.stripe_id}", "")
    except (gateway.AccountRefused, gateway.NotFound):
        _leave(account)
        return
    with transaction.atomic():
        copy_account(shown)
        if account.deauthorized_at is not None:
            _come_back(account)


def _leave(account: Account) -> None:
    """It was disconnected: nothing can be read there any more, so people must know the ids."""
    with transaction.atomic():
        account = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        if account.deauthorized_at is not None:
            return
        account.deauthorized_at = timezone.now()
        account.save(update_fields=["deauthorized_at"])
        waiting = Payment.objects.filter(
            stripe_account=account.stripe_id, ended_at=None
        ).select_related("store")
        by_store: dict[Store, list[Payment]] = {}
        for payment in waiting.order_by("pk"):
            by_store.setdefault(payment.store, []).append(payment)
            _orphan(payment)
        for store in {*by_store, *Store.objects.filter(account=account)}:
            _tell(account, store, by_store.get(store, []))
    logger.error("account %s was disconnected", account.stripe_id)


def _orphan(payment: Payment) -> None:
    """Tell it on its screen, without the lease: nobody can talk with Stripe about it now."""
    words = f"{DISCONNECTED} Its PaymentIntent is {payment.payment_intent_id or 'not known'}."
    Payment.objects.filter(pk=payment.pk).update(
        attention=words,
        message=words,
        code=LEFT,
        state=State.NEEDS_ATTENTION,
        version=payment.version + 1,
        updated_at=Now(),
        moved_at=Now(),
    )
    payment.message = words
    log(payment, "state", words, old=payment.state, new=State.NEEDS_ATTENTION, by=STRIPE)
    notify(LIVE, "payment", payment.pk, payment.store_id)


def _tell(account: Account, store: Store, payments: list[Payment]) -> None:
    ids = [payment.payment_intent_id or f"payment {payment.pk}" for payment in payments]
    names = f" Open were {', '.join(ids[:50])}." if ids else " Nothing was open."
    raise_incident(
        LEFT,
        f"{account.name} disconnected its Stripe account {account.stripe_id}: {store} takes no"
        f" cards.{names} Do not charge those again: its owner sees in Stripe's Dashboard what"
        " became of them. When it connects again they go on by themselves.",
        store=store,
        stripe_account=account.stripe_id,
        subject=f"store {store.pk}",
        payment_intents=ids,
        payments=[payment.pk for payment in payments],
    )


def _come_back(account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(deauthorized_at=None)
    waiting = Payment.objects.filter(
        stripe_account=account.stripe_id,
        ended_at=None,
        attention__startswith=DISCONNECTED,
    )
    for pk in list(waiting.values_list("pk", flat=True)):
        # The next read takes the words away, once it was possible
        Payment.objects.filter(pk=pk).update(rung_at=Now())
        wake(pk)
    Incident.objects.filter(kind=LEFT, stripe_account=account.stripe_id, resolved_at=None).update(
        resolved_at=timezone.now(), resolution="The account is connected again."
    )
