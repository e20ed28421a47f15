"""What a comparison finds different between Stripe and our rows, and what becomes of it.

Pages of Stripe's lists name what may differ. It is read anew, as a bell would have it read, and
then a full read decides: mended, or a person is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from payments import gateway
from payments.models import (
    UNFINISHED,
    Difference,
    Dispute,
    Incident,
    Outcome,
    Payment,
    Reconciliation,
    Refund,
    RequestStatus,
)
from payments.services import fee_listing, payout_listing
from payments.services.bells import is_uuid
from payments.services.conversation import converse
from payments.services.refund_merging import refunds_of
from payments.services.requests import raise_incident
from payments.transitions import comparing
from payments.transitions.codes import said_code
from payments.transitions.comparing import Differs
from stores.models import Store
from stores.sentences import Said, parts_of, said, together

JSON = dict[str, Any]
KIND = "differs_from_stripe"
READS = 3  # one or two of the conversation, and the one that decides
MOST_LOOKS = 3
EDGE = timedelta(minutes=10)  # ours are created a little before Stripe's

READ_ANEW = said("Read it anew: the machine does that by itself.")
UNKNOWN_HERE = said(
    "Do not charge this sale again. Look it up in Stripe's Dashboard, then enter it by hand or"
    " refund it there."
)


class Busy(Exception):
    """Somebody else talks with Stripe about the payment."""


def _write(row: Reconciliation, id: str, differs: Differs, payment: Payment | None = None) -> None:
    """Once per thing of Stripe and comparison."""
    row.lines.get_or_create(
        object_id=id,
        defaults={
            "store_id": payment.store_id if payment else None,
            "payment": payment,
            "kind": differs.kind,
            **Difference.spoken.of(differs.message),
            **Difference.spoken_resolution.of(READ_ANEW),
        },
    )


def compare_intents(row: Reconciliation, intents: list[JSON]) -> None:
    uuids = {_uuid(each) for each in intents if comparing.is_ours(each)} - {""}
    ids = [each["id"] for each in intents]
    found = Payment.objects.filter(Q(payment_intent_id__in=ids) | Q(uuid__in=uuids))
    payments = list(found.prefetch_related("requests"))
    by_id = {each.payment_intent_id: each for each in payments}
    by_uuid = {str(each.uuid): each for each in payments}
    for intent in intents:
        payment = by_id.get(intent["id"])
        if payment is not None:
            if differs := comparing.intent_differs(payment, intent, asked=_asked(payment)):
                _write(row, intent["id"], differs, payment)
        elif (named := by_uuid.get(_uuid(intent))) is not None:
            if not _is_being_created(named):
                _write(row, intent["id"], _second(named, intent), named)
        elif _uuid(intent) and comparing.is_ours(intent):
            _write_unknown(row, intent["id"], intent)
    Payment.objects.filter(payment_intent_id__in=ids).update(compared_at=Now())


def _uuid(thing: JSON) -> str:
    uuid = str((thing.get("metadata") or {}).get("payment") or "").lower()
    return uuid if is_uuid(uuid) else ""


def _asked(payment: Payment) -> set[str]:
    """The kinds of what we asked of Stripe and what was not refused."""
    done = (*UNFINISHED, RequestStatus.SUCCEEDED)
    return {each.kind for each in payment.requests.all() if each.status in done}


def _is_being_created(payment: Payment) -> bool:
    return payment.payment_intent_id is None and any(
        each.status in UNFINISHED for each in payment.requests.all()
    )


def _second(payment: Payment, intent: JSON) -> Differs:
    words = said(
        "Stripe has {intent} ({status}) for a payment that has {known} here.",
        intent=intent["id"],
        status=said_code(intent["status"]),
        known=payment.payment_intent_id or said("no PaymentIntent"),
    )
    return Differs("second_payment_intent", words)


def _write_unknown(row: Reconciliation, id: str, thing: JSON) -> None:
    differs = comparing.unknown_here(thing)
    Difference.objects.get_or_create(
        reconciliation=row,
        object_id=id,
        defaults={
            "store": store_of(row, thing),
            "kind": differs.kind,
            **Difference.spoken.of(differs.message),
            "outcome": Outcome.TOLD,
            **Difference.spoken_resolution.of(UNKNOWN_HERE),
            "settled_at": timezone.now(),
        },
    )


def store_of(row: Reconciliation, thing: JSON) -> Store | None:
    """The store its metadata name, if that one's charges are made in this account."""
    name = str(thing["metadata"]["store"])
    if not (name.isascii() and name.isdigit() and len(name) < 19):
        return None
    store = Store.objects.select_related("account").filter(pk=int(name)).first()
    is_there = store is not None and store.stripe_account == row.stripe_account
    return store if is_there else None


def _payments(things: Iterable[JSON]) -> dict[str | None, Payment]:
    ids = {each["payment_intent"] for each in things if each.get("payment_intent")}
    found = Payment.objects.filter(payment_intent_id__in=ids).prefetch_related("disputes")
    return {each.payment_intent_id: each for each in found}


def compare_charges(row: Reconciliation, charges: list[JSON]) -> None:
    payments = _payments(charges)
    for charge in charges:
        intent = charge.get("payment_intent")
        payment = payments.get(intent)
        if payment is not None:
            if differs := comparing.charge_differs(payment, charge):
                _write(row, charge["id"], differs, payment)
        elif intent and charge["status"] == "succeeded" and _is_unknown(charge):
            _write_unknown(row, intent, charge)


def _is_unknown(charge: JSON) -> bool:
    uuid = _uuid(charge) if comparing.is_ours(charge) else ""
    return uuid != "" and not Payment.objects.filter(uuid=uuid).exists()


def compare_refunds(row: Reconciliation, refunds: list[JSON]) -> None:
    payments = _payments(refunds)
    ids = [each["id"] for each in refunds]
    rows = {each.refund_id: each for each in Refund.objects.filter(refund_id__in=ids)}
    for refund in refunds:
        payment = payments.get(refund.get("payment_intent"))
        if payment is None:
            continue
        if differs := comparing.refund_differs(payment, rows.get(refund["id"]), refund):
            _write(row, refund["id"], differs, payment)


def compare_disputes(row: Reconciliation, disputes: list[JSON]) -> None:
    payments = _payments(disputes)
    ids = [each["id"] for each in disputes]
    rows = {each.dispute_id: each for each in Dispute.objects.filter(dispute_id__in=ids)}
    for dispute in disputes:
        payment = payments.get(dispute.get("payment_intent"))
        if payment is None:
            continue
        if differs := comparing.dispute_differs(payment, rows.get(dispute["id"]), dispute):
            _write(row, dispute["id"], differs, payment)


COMPARE: dict[str, Callable[[Reconciliation, list[JSON]], None]] = {
    "payment_intents": compare_intents,
    "charges": compare_charges,
    "refunds": compare_refunds,
    "disputes": compare_disputes,
    "payouts": payout_listing.compare,
    "fees": fee_listing.take_over,
    "fees_returned": fee_listing.take_over,
}


def compare_ours(row: Reconciliation) -> None:
    """What we have of these days and Stripe did not list."""
    unseen = Payment.objects.filter(
        Q(compared_at=None) | Q(compared_at__lt=row.started_at),
        stripe_account=row.stripe_account,
        payment_intent_id__isnull=False,
        created_at__gte=row.since + EDGE,
        created_at__lte=row.until - EDGE,
    )
    for payment in unseen:
        id = payment.payment_intent_id
        status = said_code(payment.status)
        words = said("Stripe does not list {id}, here it is {status}.", id=str(id), status=status)
        _write(row, str(id), Differs("missing_at_stripe", words), payment)


def look_again(line: Difference) -> None:
    """Have the payment read as by a bell, then decide by a full read. No transaction is open."""
    payment = line.payment
    assert payment is not None
    with transaction.atomic():
        Payment.objects.filter(pk=payment.pk, rung_at=None).update(rung_at=Now())
    converse(payment.pk)
    payment.refresh_from_db()
    patient = line.looks + 1 < MOST_LOOKS
    if patient and (payment.rung_at or payment.requests.filter(status__in=UNFINISHED).exists()):
        _later(line)
        return
    remaining = _remaining(payment, line)
    if not remaining:
        status = said_code(payment.status)
        words = said("Read anew: now it is {status} here as at Stripe.", status=status)
        _settle(line, Outcome.MENDED, words)
    elif patient and payment.ended_at is None:
        _later(line)  # it may have moved between the two reads
    else:
        _tell(line, payment, remaining)


def _later(line: Difference) -> None:
    line.looks += 1
    line.save(update_fields=["looks"])


def _remaining(payment: Payment, line: Difference) -> list[Differs]:
    if line.kind == "second_payment_intent" and line.object_id != payment.payment_intent_id:
        return [Differs(line.kind, Said(line.said or parts_of(line.message)))]
    return differences_now(payment)


def differences_now(payment: Payment) -> list[Differs]:
    """What differs between our rows and a full read. Raises NoAnswer, AccountRefused."""
    assert payment.payment_intent_id is not None
    try:
        intent = gateway.retrieve_payment_intent(payment.payment_intent_id, payment.stripe_account)
    except gateway.NotFound:
        words = said(
            "Stripe has no {intent}, here it is {status}.",
            intent=payment.payment_intent_id,
            status=said_code(payment.status),
        )
        return [Differs("missing_at_stripe", words)]
    return comparing.all_differences(payment, intent, refunds_of(intent))


def _settle(line: Difference, outcome: Outcome, resolution: Said) -> None:
    line.outcome, line.spoken_resolution = outcome, resolution
    line.looks += 1
    line.settled_at = timezone.now()
    fields = Difference.spoken_resolution.fields
    line.save(update_fields=["outcome", *fields, "looks", "settled_at"])


def _tell(line: Difference, payment: Payment, remaining: list[Differs]) -> None:
    words = together(*dict.fromkeys(each.message for each in remaining))
    with transaction.atomic():
        raise_incident(
            KIND,
            said(
                "Stripe and our books differ, and reading it anew did not help. {words} Compare"
                " both in Stripe's Dashboard; do not charge or refund again before.",
                words=words,
            ),
            payment=payment,
            reconciliation=line.reconciliation_id,
            object=line.object_id,
        )
        _settle(line, Outcome.TOLD, said("A person was told. {words}", words=words))


def close_answered(row: Reconciliation) -> None:
    """What an earlier comparison told and this one saw equal is over."""
    told = Incident.objects.filter(kind=KIND, payment__compared_at__gte=row.started_at)
    told.exclude(payment__in=row.lines.values("payment")).filter(
        stripe_account=row.stripe_account
    ).end(said("Stripe and our books agree again."))
