"""The life of a refund: https://docs.stripe.com/refunds, /terminal/features/refunds."""

from simulator.balance import application_fees, ledger, refunding, reversals, settlement
from simulator.errors import StripeError, bad_request
from simulator.payments import cards
from simulator.payments.refund_rules import connected_parts, refundable_amount
from simulator.state.store import Json, Record
from simulator.state.world import PLATFORM, World
from simulator.webhooks import events

FAILURE_REASONS = (
    "charge_for_pending_refund_disputed",
    "declined",
    "expired_or_canceled_card",
    "insufficient_funds",
    "lost_or_stolen_card",
    "merchant_request",
    "unknown",
)


def refund(
    world: World,
    charge: Record,
    *,
    amount: int | None,
    reason: str | None,
    metadata: Json,
    refund_application_fee: bool,
    reverse_transfer: bool,
    in_person: bool = False,
) -> Record:
    """Give back `amount` of a captured charge, or all that is left of it.

    `in_person` is a refund on a reader, the only one there is for Interac. Raises Stripe's error
    for what cannot be refunded, before anything has changed.
    """
    wanted = refundable_amount(world, charge, amount, in_person=in_person)
    settlement.settle_now(world, charge)
    with_it = {"fee": refund_application_fee, "transfer": reverse_transfer}
    last = charge.data["amount_refunded"] + wanted == charge.data["amount"]
    connected_parts(world, charge, wanted, last=last, **with_it)
    record = refunding.new_refund(world, charge, wanted, reason=reason, metadata=metadata)
    record.hidden |= with_it
    if _covered(world, record):
        _carry_out(world, record)
    else:
        record.data |= {"status": "pending", "pending_reason": "insufficient_funds"}
        _try_tomorrow(world, record)
    world.save(record)
    events.emit(world, "refund.created", record)
    events.emit(world, "charge.refunded", charge)
    return record


def release(world: World, charge: Record, reason: str | None = None) -> None:
    """A hold that will not be captured is let go; `reason` is `expired_uncaptured_charge` or none.

    No balance knows of it. A charge that was released before is left alone.
    """
    left = charge.data["amount"] - charge.data["amount_refunded"]
    if not left:
        return
    if not world.switches["released_hold_refund"]:
        refunding.count(world, charge, left)
        return
    record = refunding.new_refund(world, charge, left, reason=reason, reversal=True)
    events.emit(world, "refund.created", record)
    if reason is None:
        events.emit(world, "charge.refunded", charge)


def fail(world: World, refund: str, reason: str) -> None:
    """The bank sends it back, maybe days later: https://docs.stripe.com/refunds#failed-refunds."""
    record = world.get(refund)
    data = record.data
    if data["status"] not in ("pending", "succeeded"):
        return
    returned = None
    if data["balance_transaction"] is not None:
        returned = ledger.book(
            world,
            record.account,
            "refund_failure",
            record.id,
            data["amount"],
            data["currency"],
            available_on=ledger.available_with(world, data["balance_transaction"]),
        ).id
    changes = {
        "failure_balance_transaction": returned,
        "failure_reason": reason,
        "status": "failed",
    }
    previous = _undo(world, record, changes)
    events.emit(world, "refund.failed", record)
    events.emit(world, "refund.updated", record, previous)
    events.emit(world, "charge.refund.updated", record, previous)


def withdraw(world: World, record: Record) -> None:
    """A person cancels, in the Dashboard, a refund that waits for funds."""
    if record.data["status"] != "pending":
        raise not_cancelable(record, "pending")
    changes = {"failure_reason": "merchant_request", "status": "canceled"}
    previous = _undo(world, record, changes)
    events.emit(world, "refund.updated", record, previous)
    events.emit(world, "charge.refund.updated", record, previous)


def _undo(world: World, record: Record, changes: Json) -> Json:
    """The refund was none after all. Returns what is no longer so."""
    changes |= {"pending_reason": None}
    previous = {name: record.data[name] for name in changes if record.data[name] != changes[name]}
    record.data |= changes
    refunding.count(world, world.get(record.data["charge"]), -record.data["amount"])
    world.save(record)
    return previous


def _carry_out(world: World, record: Record) -> None:
    """The fee and the transfer go back, and the account pays."""
    charge, wishes = world.get(record.data["charge"]), record.hidden
    parts = connected_parts(
        world,
        charge,
        record.data["amount"],
        fee=wishes["fee"],
        transfer=wishes["transfer"],
        last=charge.data["refunded"],
    )
    if parts.fee:
        fee_refund = application_fees.give_back(world, parts.fee, parts.fee_amount)
        if charge.account == PLATFORM and not parts.transfer:
            application_fees.book_alone(world, parts.fee, fee_refund)
    if parts.transfer:
        record.data["transfer_reversal"] = reversals.reverse(
            world,
            parts.transfer,
            parts.transfer_amount,
            refund=record,
            fee_returned=parts.fee_amount,
        ).id
    direct = charge.account != PLATFORM
    refunding.book_refund(world, record, charge, fee_returned=parts.fee_amount if direct else 0)
    if record.data["payment_method"] and _fails_later(world, charge):
        delay = world.switches["refund_failure_delay_ms"]
        reason = "expired_or_canceled_card"
        world.agenda.schedule(delay, "fail_refund", refund=record.id, reason=reason)


def _fails_later(world: World, charge: Record) -> bool:
    """https://docs.stripe.com/terminal/references/testing: the card `refund_fail`."""
    card, details = cards.find("refund_fail"), charge.data["payment_method_details"]
    last4 = details[details["type"]].get("last4")  # a code that was scanned has none
    return card is not None and last4 == card.number[-4:]


def _covered(world: World, record: Record) -> bool:
    """Whether the balance allows it; a test account's may become negative."""
    if world.switches["refund_over_balance"] == "succeed":
        return True
    data = record.data
    return ledger.total(world, record.account, data["currency"]) >= int(data["amount"])


def _try_tomorrow(world: World, record: Record) -> None:
    day = ledger.DAY * 1000
    delay = day - world.clock.now_ms() % day
    world.agenda.schedule(delay, "retry_refund", refund=record.id)


def retry(world: World, refund: str) -> None:
    """A refund that waits for funds."""
    record = world.get(refund)
    if record.data["status"] != "pending":
        return
    if not _covered(world, record):
        _try_tomorrow(world, record)
        return
    record.data |= {"status": "succeeded", "pending_reason": None}
    _carry_out(world, record)
    world.save(record)
    previous = {
        "balance_transaction": None,
        "pending_reason": "insufficient_funds",
        "status": "pending",
    }
    events.emit(world, "refund.updated", record, previous)
    events.emit(world, "charge.refund.updated", record, previous)


def not_cancelable(record: Record, status: str) -> StripeError:
    return bad_request(
        f"Refund {record.id} cannot be canceled because it has a status of "
        f"{record.data['status']}. Only a refund with a status of {status} can."
    )


JOBS = {"fail_refund": fail, "retry_refund": retry}
