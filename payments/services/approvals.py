"""Four eyes: what is above one person's limit is asked for, and a second person decides."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from payments.errors import ApprovalNotPossible, ApprovalWaits
from payments.models import Approval, ApprovalStatus, Payment, Reason
from payments.services import intents, refund_lines, refunds
from payments.services.refund_lines import Pieces
from payments.services.telling import log
from stores.currencies import format_amount
from stores.errors import NotTheSecondPerson
from stores.principals import Kind, Principal, Right
from stores.sentences import said, together

LASTS = timedelta(hours=24)


def ask(
    payment: Payment,
    *,
    by: Principal,
    note: str,
    amount: int | None = None,
    pieces: Pieces | None = None,
    reason: str = Reason.REQUESTED_BY_CUSTOMER,
) -> Approval:
    """Write down that this refund waits for a second person. Raises what a refund would, and
    ApprovalWaits when another waits for the payment.
    """
    with transaction.atomic():
        payment = intents.lock(payment)
        lines = refund_lines.priced(payment, pieces) if pieces else []
        wanted = refunds.check_possible(payment, refund_lines.amount_of(lines) if lines else amount)
        if any(not each.is_over for each in _waiting(payment)):
            raise ApprovalWaits
        made = Approval.objects.create(
            store_id=payment.store_id,
            payment=payment,
            amount=wanted,
            lines=dict(pieces or {}),
            reason=reason,
            note=note,
            device_id=by.device_id,
            user_id=by.user_id,
            expires_at=timezone.now() + LASTS,
        )
        shown = format_amount(wanted, payment.currency)
        shown = f"{shown} ({refund_lines.said(lines)})" if lines else shown
        _log(
            made,
            "approval_asked",
            said("A refund of {amount} waits for a second person: {note}", amount=shown, note=note),
            by,
        )
    return made


def approve(approval: Approval, *, by: Principal, answer: str = "") -> Approval:
    """Give back what was asked for. Raises NotTheSecondPerson, ApprovalNotPossible, and what a
    refund does.
    """
    with transaction.atomic():
        approval = _locked(approval)
        _check_second(approval, by)
        asker = Principal(
            Kind.DEVICE if approval.device_id else Kind.USER,
            device_id=approval.device_id,
            user_id=approval.user_id,
            store_id=approval.store_id,
        )
        made = refunds.refund(
            approval.payment,
            by=asker,
            amount=approval.amount,
            pieces=approval.pieces,
            reason=approval.reason,
            is_approved=True,
        )
        approval.refund = made
        _decide(approval, ApprovalStatus.APPROVED, by, answer)
        shown = format_amount(approval.amount, approval.payment.currency)
        _log(
            approval,
            "approved",
            together(said("The refund of {amount} was approved.", amount=shown), answer),
            by,
        )
    return approval


def decline(approval: Approval, *, by: Principal, answer: str = "") -> Approval:
    """Nothing is given back. Who asked may take it back like this. Raises NotTheSecondPerson,
    ApprovalNotPossible.
    """
    with transaction.atomic():
        approval = _locked(approval)
        own = by.user_id is not None and by.user_id == approval.user_id
        if not own and not by.may(Right.APPROVE, approval.store_id):
            raise NotTheSecondPerson(gettext("Only a manager or an owner of the store decides."))
        _decide(approval, ApprovalStatus.DECLINED, by, answer)
        _log(approval, "declined", together(said("The refund was not approved."), answer), by)
    return approval


def _waiting(payment: Payment) -> list[Approval]:
    return list(Approval.objects.filter(payment=payment, status=ApprovalStatus.WAITING))


def _locked(approval: Approval) -> Approval:
    """Order and payment first, as everywhere, then the request."""
    intents.lock(approval.payment)
    rows = Approval.objects.select_for_update(of=("self",), no_key=True)
    found = rows.select_related("payment__store__account", "payment__order").get(pk=approval.pk)
    if found.status != ApprovalStatus.WAITING:
        raise ApprovalNotPossible(
            gettext("This request was approved already.")
            if found.status == ApprovalStatus.APPROVED
            else gettext("This request was declined already.")
        )
    if found.is_over:
        raise ApprovalNotPossible(gettext("Nobody decided this request in time."))
    return found


def _check_second(approval: Approval, by: Principal) -> None:
    if not by.may(Right.APPROVE, approval.store_id):
        raise NotTheSecondPerson(gettext("Only a manager or an owner of the store approves."))
    if by.user_id == approval.user_id:
        raise NotTheSecondPerson(gettext("Who asked does not approve: it takes a second person."))


def _decide(approval: Approval, status: ApprovalStatus, by: Principal, answer: str) -> None:
    approval.status, approval.answer = status, answer
    approval.decided_by_id, approval.decided_at = by.user_id, timezone.now()
    approval.save(update_fields=["status", "answer", "decided_by", "decided_at", "refund"])


def _log(approval: Approval, verb: str, message: str, by: Principal) -> None:
    log(approval.payment, verb, message, by=by, data={"approval": approval.pk})
