"""How accounts stand: read from Stripe, told to their stores; and those that left us."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from payments import gateway
from payments.models import AccountMoney, Incident, Payment, State
from payments.services import payout_listing
from payments.services.bells import LIVE, WORK, notify, wake
from payments.services.requests import raise_incident, resolve_incidents
from payments.services.stalling import DISCONNECTED
from payments.services.telling import log
from stores.models import Account, LogEntry, Store
from stores.principals import STRIPE
from stores.sentences import Said, said, together
from stores.services.accounts import copy_account, log_account
from stores.transitions import Standing, sentences, standing

logger = logging.getLogger(__name__)
JSON = dict[str, Any]

LEFT = "account_deauthorized"
STOPPED, DUE = "account_stopped", "account_due"
PAYOUT_FAILED, NOT_DISCONNECTED = "payout_failed", "account_not_disconnected"
EVERY, SOONER = timedelta(hours=12), timedelta(hours=1)  # where something is to change
PAYOUTS = 20
OF_A_PAYOUT = ("id", "amount", "currency", "status", "arrival_date", "created", "failure_message")


def look(account_id: int) -> None:
    """Ask Stripe what the account may do. Raises NoAnswer; events never say it themselves."""
    account, asked_at = Account.objects.get(pk=account_id), timezone.now()
    try:
        shown = gateway.get(f"/v1/accounts/{account.stripe_id}", "")
    except gateway.NotFound:
        _leave(account, asked_at)
        return
    except gateway.AccountRefused as refused:
        if not refused.no_such_account:  # our key is at fault, and every account would have left
            raise gateway.NoAnswer(f"{account.stripe_id}: {refused}") from refused
        _leave(account, asked_at)
        return
    with transaction.atomic():
        known = Account.objects.select_for_update(no_key=True).get(pk=account_id)
        if _was_overtaken(known, asked_at):
            return
        before = standing(known)
        account = copy_account(shown, read_at=asked_at)
        if account.has_left:
            _come_back(account)
            account.deauthorized_at = None
        _tell_standing(account, before)
        ring(account)
    look_at_money(account)


def _was_overtaken(known: Account | AccountMoney, asked_at: datetime) -> bool:
    """Whether somebody asked later and was faster. `read_at` is when Stripe was asked: what
    changed since then, the answer need not show.
    """
    return known.read_at is not None and known.read_at > asked_at


def version(account: Account) -> int:
    """Grows whenever it, its balance or its payouts were read; milliseconds."""
    money: AccountMoney | None = getattr(account, "money", None)
    read = [account.read_at, money.read_at if money else None]
    return max((round(at.timestamp() * 1000) for at in read if at), default=0)


def ring(account: Account) -> None:
    """Its open pages look again, when the transaction commits."""
    notify(LIVE, "account", account.pk, 0)


def ask(account: Account) -> None:
    """Have a worker look at it soon; whoever waits sees `read_at` pass."""
    with transaction.atomic():
        notify(WORK, "account", account.pk)


def due(now: datetime) -> list[int]:
    """Accounts that were not looked at for long: their events may have been lost."""
    read = Coalesce("read_at", "created_at")
    fine = Q(charges_enabled=True, deauthorized_at=None)
    old = Q(fine, at__lt=now - EVERY) | Q(~fine, at__lt=now - SOONER)
    return list(Account.objects.annotate(at=read).filter(old).values_list("pk", flat=True)[:50])


def _tell_standing(account: Account, before: Standing) -> None:
    """Its stores hear when cards stop, or go on, and when Stripe sets a deadline."""
    now = standing(account)
    for store in Store.objects.filter(account=account):
        tell = partial(_tell_store, account, store)
        if now.takes_cards != before.takes_cards:
            _log(store, account, now)
        if now.takes_cards:
            tell(STOPPED, None)
        elif before.takes_cards:  # not of one that has yet to be onboarded
            tell(STOPPED, together(now.message, now.next_action))
        asked = now.takes_cards and account.current_deadline and account.due("currently_due")
        tell(DUE, _asked(account) if asked else None)


def _tell_store(account: Account, store: Store, kind: str, message: Said | None) -> None:
    """An incident of this kind with these words; without any, it is over."""
    account_id, subject = account.stripe_id, f"store {store.pk}"
    if message is not None:
        raise_incident(kind, message, store=store, stripe_account=account_id, subject=subject)
    else:
        over = said("Stripe says that this is over.")
        resolve_incidents(kind, over, stripe_account=account_id, subject=subject)


def _log(store: Store, account: Account, now: Standing) -> None:
    verb, words = "cards_stopped", now.message
    if now.takes_cards:
        verb, words = "cards_started", said("{account} takes cards.", account=account.name)
    LogEntry.objects.write(
        store=store,
        subject="account",
        subject_id=account.pk,
        verb=verb,
        message=words,
        new=now.code,
        by=STRIPE,
    )


def _asked(account: Account) -> Said:
    assert account.current_deadline is not None
    return said(
        "Stripe asks {account} for: {wanted} Without it cards may stop on {day}. Its owner answers"
        " with “Continue onboarding” on the account's page.",
        account=account.name,
        wanted=together(*sentences(account.due("past_due", "currently_due"))),
        day=account.current_deadline.astimezone(UTC).date(),
    )


def look_at_money(account: Account) -> None:
    """Its balance and payouts, for looking only: that they could not be read holds nothing up."""
    asked_at = timezone.now()
    try:
        balance = gateway.get("/v1/balance", account.stripe_id)
        payouts = gateway.get("/v1/payouts", account.stripe_id, limit=PAYOUTS)["data"]
    except (gateway.NoAnswer, gateway.NotFound, gateway.AccountRefused) as error:
        logger.info("the balance of %s was not to be read: %s", account.stripe_id, error)
        return
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        payout_listing.take_over(account.stripe_id, payouts)
        money = AccountMoney.objects.filter(account=account).first()
        if money is not None and _was_overtaken(money, asked_at):
            return
        AccountMoney.objects.update_or_create(
            account=account,
            defaults={
                "available": {each["currency"]: each["amount"] for each in balance["available"]},
                "pending": {each["currency"]: each["amount"] for each in balance["pending"]},
                "payouts": [{name: payout.get(name) for name in OF_A_PAYOUT} for payout in payouts],
                "read_at": asked_at,
            },
        )
        _tell_payouts(account, payouts)
        ring(account)


def look_at_own_payouts() -> None:
    """The platform's: how they stand is in reports, and nobody sells for it."""
    try:
        payouts = gateway.get("/v1/payouts", "", limit=PAYOUTS)["data"]
    except (gateway.NoAnswer, gateway.AccountRefused) as error:
        logger.info("the platform's payouts were not to be read: %s", error)
        return
    payout_listing.take_over("", payouts)


def _tell_payouts(account: Account, payouts: list[JSON]) -> None:
    """Its stores hear that a payout came back, until a later one of that currency goes through.

    How much it was is for the account's page: not everybody in a store may know.
    """
    newest = {payout["currency"]: payout for payout in reversed(payouts)}
    failed = [payout for payout in newest.values() if payout["status"] == "failed"]
    message = _came_back(account, failed[0]) if failed else None
    told = Incident.objects.filter(
        kind=PAYOUT_FAILED, stripe_account=account.stripe_id, resolved_at=None
    )
    if message is not None and not told.exists():
        log_account(account, "payout_failed", message, by=STRIPE, new=failed[0]["id"])
    for store in Store.objects.filter(account=account):
        _tell_store(account, store, PAYOUT_FAILED, message)


def _came_back(account: Account, payout: JSON) -> Said:
    return said(
        "The bank sent a payout of {account} back ({payout}): {why} Its owner corrects the"
        " bank account at Stripe; until then what was sold stays in the balance there.",
        account=account.name,
        payout=payout["id"],
        why=payout.get("failure_message") or said("The bank did not say why."),
    )


def _leave(account: Account, asked_at: datetime) -> None:
    """It was disconnected: nothing can be read there any more, so people must know the ids."""
    with transaction.atomic():
        account = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        if _was_overtaken(account, asked_at):
            return
        if account.has_left:
            Account.objects.filter(pk=account.pk).update(read_at=asked_at)
            return
        account.deauthorized_at, account.read_at = timezone.now(), asked_at
        account.save(update_fields=["deauthorized_at", "read_at"])
        words = said(
            "{account} ({id}) was disconnected from the platform.",
            account=account.name,
            id=account.stripe_id,
        )
        log_account(account, "disconnected", words, by=STRIPE)
        resolve_incidents(NOT_DISCONNECTED, words, stripe_account=account.stripe_id)
        waiting = Payment.objects.filter(
            stripe_account=account.stripe_id, ended_at=None
        ).select_related("store")
        by_store: dict[Store, list[Payment]] = {}
        for payment in waiting.order_by("pk"):
            by_store.setdefault(payment.store, []).append(payment)
            _orphan(payment)
        for store in {*by_store, *Store.objects.filter(account=account)}:
            _tell(account, store, by_store.get(store, []))
        ring(account)
    logger.error("account %s was disconnected", account.stripe_id)


def _orphan(payment: Payment) -> None:
    """Tell it on its screen, without the lease: nobody can talk with Stripe about it now."""
    intent = payment.payment_intent_id or said("not known")
    words = together(DISCONNECTED, said("Its PaymentIntent is {intent}.", intent=intent))
    Payment.objects.filter(pk=payment.pk).update(
        attention=str(words),
        message=str(words),
        said=words.parts,
        code=LEFT,
        state=State.NEEDS_ATTENTION,
        version=payment.version + 1,
        updated_at=Now(),
        moved_at=Now(),
    )
    payment.spoken = words
    log(payment, "state", words, old=payment.state, new=State.NEEDS_ATTENTION, by=STRIPE)
    notify(LIVE, "payment", payment.pk, payment.store_id)


def _tell(account: Account, store: Store, payments: list[Payment]) -> None:
    ids = [payment.payment_intent_id or f"payment {payment.pk}" for payment in payments]
    names = said("Open were {ids}.", ids=", ".join(ids[:50])) if ids else said("Nothing was open.")
    raise_incident(
        LEFT,
        said(
            "The Stripe account of {account} ({id}) was disconnected: {store} takes no cards."
            " {open} Do not charge those again: its owner sees in Stripe's Dashboard what became"
            " of them. When it connects again they go on by themselves.",
            account=account.name,
            id=account.stripe_id,
            store=store.name,
            open=names,
        ),
        store=store,
        stripe_account=account.stripe_id,
        subject=f"store {store.pk}",
        payment_intents=ids,
        payments=[payment.pk for payment in payments],
    )


def _come_back(account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(deauthorized_at=None)
    words = said(
        "{account} ({id}) is connected to the platform again.",
        account=account.name,
        id=account.stripe_id,
    )
    log_account(account, "reconnected", words, by=STRIPE)
    waiting = Payment.objects.filter(
        stripe_account=account.stripe_id,
        ended_at=None,
        attention__startswith=DISCONNECTED,
    )
    for pk in list(waiting.values_list("pk", flat=True)):
        # The next read takes the words away, once it was possible
        Payment.objects.filter(pk=pk).update(rung_at=Now())
        wake(pk)
    Incident.objects.filter(kind=LEFT, stripe_account=account.stripe_id).end(
        said("The account is connected again.")
    )
