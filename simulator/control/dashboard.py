"""What a person does in Stripe's Dashboard, and what only banks do.

The events of it name no request: https://docs.stripe.com/api/events/object#event_object-request
"""

from collections.abc import Callable
from typing import Any

from simulator.api.routes import Call
from simulator.api.views import view
from simulator.balance import payouts
from simulator.connect import accounts
from simulator.control.routes import Row, Visit, as_sent
from simulator.operations import ROUTES as STRIPE
from simulator.payments import disputes, refunds
from simulator.state.store import Json, Record
from simulator.state.world import PLATFORM

# Buttons that do what an operation of the API does, with the operation's own parameters.
BUTTONS = {
    "application_fee_refund": "application_fees.refunds.create",
    "cancel": "payment_intents.cancel",
    "capture": "payment_intents.capture",
    "dispute_accept": "disputes.close",
    "dispute_respond": "disputes.update",
    "payout": "payouts.create",
    "payout_cancel": "payouts.cancel",
    "payout_reverse": "payouts.reverse",
    "transfer": "transfers.create",
    "transfer_reverse": "transfers.reversals.create",
}
OUTCOMES = ("lost", "warning_closed", "won")
_OPERATIONS = {each.name: each for each in STRIPE.operations}


def _press(visit: Visit, name: str, params: Json, id: str = "") -> Json:
    operation = _OPERATIONS[name]
    parsed = operation.parse(as_sent(params))
    call = Call(visit.world, _account(visit), id, parsed, operation.path)
    result = operation.handler(call)
    assert isinstance(result, Record)  # every button answers the object it is about
    return view(visit.world, result)


def _account(visit: Visit) -> str:
    id = str(visit.body.get("account") or PLATFORM)
    if accounts.find(visit.world, id) is None:
        raise LookupError(f"No such account: '{id}'")
    return id


def _button(name: str) -> Callable[[Visit], Json]:
    def act(visit: Visit) -> Json:
        params = {key: each for key, each in visit.body.items() if key not in ("account", "id")}
        return _press(visit, name, params, str(visit.body.get("id", "")))

    return act


def refund(visit: Visit) -> Json:
    """`id` is a charge or a PaymentIntent."""
    params = {key: each for key, each in visit.body.items() if key not in ("account", "id")}
    id = str(visit.body.get("id", ""))
    named = "payment_intent" if id.startswith("pi_") else "charge"
    return _press(visit, "refunds.create", params | {named: id})


def refund_cancel(visit: Visit) -> Json:
    record = _find(visit, "refunds", "account", "id")
    refunds.withdraw(visit.world, record)
    return record.data


def refund_fail(visit: Visit) -> Json:
    record = _find(visit, "refunds", "account", "id", "failure_reason")
    reason = visit.body.get("failure_reason", "expired_or_canceled_card")
    _require_one_of("failure_reason", reason, refunds.FAILURE_REASONS)
    refunds.fail(visit.world, record.id, reason)
    return record.data


def payout_fail(visit: Visit) -> Json:
    record = _find(visit, "payouts", "account", "id", "failure_code")
    code = visit.body.get("failure_code", "could_not_process")
    _require_one_of("failure_code", code, payouts.FAILURES)
    payouts.fail(visit.world, record, code)
    return record.data


def dispute(visit: Visit) -> Json:
    """`id` is a charge or a PaymentIntent."""
    world = visit.world
    known = ("account", "id", "amount", "reason", "inquiry")
    id = str(visit.body.get("id", ""))
    if id.startswith("pi_"):
        intent = _find(visit, "payment_intents", *known)
        charge = world.get(intent.data["latest_charge"] or "")
    else:
        charge = _find(visit, "charges", *known)
    reason = visit.body.get("reason", "fraudulent")
    _require_one_of("reason", reason, disputes.REASONS)
    amount = visit.body.get("amount")
    if amount is not None and type(amount) is not int:
        raise ValueError("amount is an integer, in the currency's smallest unit.")
    inquiry = visit.flag("inquiry")
    return disputes.open_dispute(world, charge, amount=amount, reason=reason, inquiry=inquiry).data


def dispute_close(visit: Visit) -> Json:
    """The bank has decided."""
    record = _find(visit, "disputes", "account", "id", "outcome")
    inquiry = disputes.is_inquiry(record)
    outcome = visit.body.get("outcome", "warning_closed" if inquiry else "lost")
    _require_one_of("outcome", outcome, OUTCOMES)
    if inquiry is not (outcome == "warning_closed") or record.data["status"] in disputes.CLOSED:
        raise ValueError(f"{record.id} is {record.data['status']} and cannot become {outcome}.")
    disputes.decide(visit.world, record.id, outcome)
    return record.data


def _find(visit: Visit, kind: str, *known: str) -> Record:
    id = str(visit.only(*known).get("id", ""))
    record = visit.world.store.find(kind, _account(visit), id)
    if record is None:
        noun = kind.removesuffix("s").replace("_", " ")
        raise LookupError(f"No such {noun} in {_account(visit)}: '{id}'")
    return record


def _require_one_of(name: str, value: Any, words: Any) -> None:
    if not isinstance(value, str) or value not in words:
        raise ValueError(f"{name} is one of: {', '.join(words)}.")


ROUTES: list[Row] = [
    ("POST", "/dashboard/refund", refund),
    *(("POST", f"/dashboard/{act}", _button(name)) for act, name in BUTTONS.items()),
    ("POST", "/dashboard/dispute", dispute),
    ("POST", "/dashboard/dispute_close", dispute_close),
    ("POST", "/dashboard/payout_fail", payout_fail),
    ("POST", "/dashboard/refund_cancel", refund_cancel),
    ("POST", "/dashboard/refund_fail", refund_fail),
]
