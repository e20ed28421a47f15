"""A cardholder's bank takes money back: https://docs.stripe.com/api/disputes, /disputes.

Nobody but the bank can open or decide one, so that is for the control API, for time, and for
Stripe's magic words of https://docs.stripe.com/testing#disputes.
"""

from typing import Any

from simulator.api.lists import equal_to, page
from simulator.api.objects import merge_metadata
from simulator.api.routes import LIST, Call, operation
from simulator.balance import ledger, settlement
from simulator.balance.pricing import DISPUTE_FEE, fee_detail
from simulator.errors import StripeError, bad_request, missing_object, not_simulated
from simulator.payments import refunds
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.webhooks import events

DAYS_TO_RESPOND = 9
DECISION_MS = 1000
MAGIC = {"winning_evidence": "won", "losing_evidence": "lost"}
# Visa's own names of the reasons: https://docs.stripe.com/disputes/categories
REASONS = {
    "credit_not_processed": "13.7",
    "duplicate": "12.6.1",
    "fraudulent": "10.3",
    "general": None,
    "product_not_received": "13.1",
    "product_unacceptable": "13.3",
    "subscription_canceled": "13.2",
    "unrecognized": None,
}
SUBMITTED = {"needs_response": "under_review", "warning_needs_response": "warning_under_review"}
OVER = ("prevented", "warning_closed", "won")
CLOSED = ("lost", "prevented", "warning_closed", "won")
FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
WORDS = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
)


def open_dispute(
    world: World, charge: Record, *, amount: int | None, reason: str, inquiry: bool
) -> Record:
    """The bank asks (an inquiry), or takes the money at once and asks then."""
    settlement.settle_now(world, charge)
    wanted = charge.data["amount_captured"] if amount is None else amount
    _require_disputable(world, charge, wanted)
    record = world.new("disputes", charge.account, _dispute(world, charge, wanted, reason, inquiry))
    charge.data["disputed"] = True
    charge.hidden.setdefault("disputes", []).append(record.id)
    world.save(charge)
    for each in charge.hidden.get("refunds", ()):
        if world.get(each).data["status"] == "pending":
            refunds.fail(world, each, "charge_for_pending_refund_disputed")
    events.emit(world, "charge.dispute.created", record)
    if not inquiry:
        _book(world, record, -1)
        events.emit(world, "charge.dispute.funds_withdrawn", record)
    due = record.data["evidence_details"]["due_by"]
    delay = due * 1000 - world.clock.now_ms()
    world.agenda.schedule(delay, "dispute_deadline", dispute=record.id)
    return record


def _require_disputable(world: World, charge: Record, amount: int) -> None:
    most = charge.data["amount_captured"]
    if charge.data["payment_method_details"]["type"] != "card_present":
        raise ValueError(f"{charge.id} cannot be disputed: that is for cards, and not for Interac.")
    if not charge.data["captured"] or not 0 < amount <= most:
        raise ValueError(f"What can be disputed of {charge.id} is 1 to {most}.")
    if any(world.get(id).data["status"] not in OVER for id in charge.hidden.get("disputes", ())):
        raise ValueError(f"{charge.id} is disputed already.")


def decide(world: World, dispute: str, status: str) -> None:
    """`won`, `lost`, or `warning_closed` for an inquiry."""
    record = world.get(dispute)
    before = record.data["status"]
    if before in CLOSED:
        return
    record.data["status"] = status
    if status == "won":
        _book(world, record, 1)
    world.save(record)
    events.emit(world, "charge.dispute.closed", record)
    if status == "won":
        events.emit(world, "charge.dispute.funds_reinstated", record)


def is_inquiry(record: Record) -> bool:
    return str(record.data["status"]).startswith("warning_")


def miss_deadline(world: World, dispute: str) -> None:
    """Who says nothing has lost; an inquiry nobody answered just ends here."""
    record = world.get(dispute)
    if record.data["status"] in SUBMITTED:
        record.data["evidence_details"]["past_due"] = True
        decide(world, dispute, "warning_closed" if is_inquiry(record) else "lost")


def _book(world: World, record: Record, sign: int) -> None:
    """The money and Stripe's fee, taken (-1) or given back (1)."""
    data = record.data
    taken = sign < 0
    words = "withdrawal" if taken else "reversal"
    transaction = ledger.book(
        world,
        record.account,
        "adjustment",
        record.id,
        sign * data["amount"],
        data["currency"],
        fees=[fee_detail(-sign * DISPUTE_FEE, data["currency"], "stripe_fee")],
        category="dispute" if taken else "dispute_reversal",
        description=f"Chargeback {words} for {data['charge']}",
    )
    # Whole objects, not ids; available from the start, so they need no second look.
    data["balance_transactions"].append(transaction.data | {"status": "available"})
    world.save(record)


def _dispute(world: World, charge: Record, amount: int, reason: str, inquiry: bool) -> Json:
    of, now = charge.data, world.clock.now()
    card = of["payment_method_details"]["card_present"]
    code = REASONS[reason] if card["brand"] == "visa" else None
    last_day = now - now % ledger.DAY + DAYS_TO_RESPOND * ledger.DAY
    return {
        "id": world.ids.new("dp_"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge.id,
        "created": now,
        "currency": of["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys((*FILES, *WORDS)) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": last_day + ledger.DAY - 1,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "network_reason_code": code,
        "payment_intent": of["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": card["brand"],
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": card["network"],
                "network_reason_code": code,
            },
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }


def retrieve(call: Call) -> Record:
    return call.find("disputes", "dispute")


def list_(call: Call) -> Json:
    return page(call, "disputes", equal_to(call.params, "charge", "payment_intent"))


def update(call: Call) -> Record:
    """Evidence is sent to the bank at once, unless `submit` says it is only staged."""
    world, params, record = call.world, call.params, retrieve(call)
    data = record.data
    _require_open(record)
    submit = params.get("submit", "evidence" in params)
    if ("evidence" in params or submit) and data["status"] not in SUBMITTED:
        raise bad_request(f"The evidence of dispute {record.id} has already been submitted.")
    before = {"status": data["status"], "metadata": data["metadata"]}
    evidence = _evidence(call)
    merge_metadata(data, params)
    data["evidence"] = data["evidence"] | evidence
    details = data["evidence_details"]
    details["has_evidence"] = any(data["evidence"].values())
    if submit:
        details["submission_count"] += 1
        data["status"] = SUBMITTED[data["status"]]
        _weigh(world, record)
    world.save(record)
    previous = {name: value for name, value in before.items() if data[name] != value}
    events.emit(world, "charge.dispute.updated", record, previous)
    return record


def _evidence(call: Call) -> Json:
    """What was sent; an empty string takes back."""
    sent: dict[str, Any] = call.params.get("evidence") or {}
    if sent.get("enhanced_evidence"):
        raise not_simulated("enhanced evidence")
    for name in FILES:
        if sent.get(name) and call.world.store.find("files", call.account, sent[name]) is None:
            raise missing_object("file upload", sent[name], f"evidence[{name}]")
    return {name: value or None for name, value in sent.items() if name != "enhanced_evidence"}


def _weigh(world: World, record: Record) -> None:
    status = MAGIC.get(record.data["evidence"]["uncategorized_text"] or "")
    if status is not None and not is_inquiry(record):
        world.agenda.schedule(DECISION_MS, "decide_dispute", dispute=record.id, status=status)


def close(call: Call) -> Record:
    """Accepting it: there is nothing to say, so it is lost."""
    record = retrieve(call)
    _require_open(record)
    decide(call.world, record.id, "warning_closed" if is_inquiry(record) else "lost")
    return record


def _require_open(record: Record) -> None:
    if record.data["status"] in CLOSED:
        raise _already_closed(record)


def _already_closed(record: Record) -> StripeError:
    return bad_request(f"Dispute {record.id} is already closed; it is {record.data['status']}.")


_PATH = "/v1/disputes"
OPERATIONS = [
    operation(
        "GET", f"{_PATH}/{{id}}", "disputes.retrieve", retrieve, "DisputeRetrieveParams", "dispute"
    ),
    operation(
        "GET",
        _PATH,
        "disputes.list",
        list_,
        "DisputeListParams",
        "dispute",
        takes=f"{LIST} charge created payment_intent",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}",
        "disputes.update",
        update,
        "DisputeUpdateParams",
        "dispute",
        takes="evidence metadata submit",
    ),
    operation(
        "POST", f"{_PATH}/{{id}}/close", "disputes.close", close, "DisputeCloseParams", "dispute"
    ),
]
JOBS = {"decide_dispute": decide, "dispute_deadline": miss_deadline}
