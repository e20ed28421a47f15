"""From an account's balance to its bank: https://docs.stripe.com/api/payouts, /payouts.

Automatic ones follow the account's `settings.payouts.schedule`, if the switch
`automatic_payouts` lets them.
"""

from datetime import UTC, datetime, timedelta

from simulator.api.currencies import require_currency
from simulator.api.lists import equal_to, page, within
from simulator.api.objects import merge_metadata, new_metadata
from simulator.api.routes import LIST, Call, operation
from simulator.balance import ledger
from simulator.errors import StripeError, bad_request, not_simulated
from simulator.state.store import Json, Record
from simulator.state.world import PLATFORM, World
from simulator.webhooks import events

DAYS_TO_ARRIVE = 2
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LAST_EVERY_MONTH_HAS = 28
# https://docs.stripe.com/api/payouts/failures
FAILURES = {
    "account_closed": "The bank account has been closed.",
    "account_frozen": "The bank account has been frozen.",
    "bank_account_restricted": "The bank account has restrictions on the type of payout.",
    "bank_ownership_changed": "The destination bank account's ownership changed.",
    "could_not_process": "The bank could not process this payout.",
    "declined": "The bank has declined this payout.",
    "insufficient_funds": "The Stripe account has insufficient funds to cover the payout.",
    "invalid_account_number": "The routing number seems correct, but the account number is not.",
    "no_account": "The bank account details are incorrect.",
}


def _send(
    world: World,
    account: str,
    amount: int,
    currency: str,
    *,
    automatic: bool,
    metadata: Json | None = None,
    **fields: str | None,
) -> Record:
    """Leaves the balance now and the bank's counter tomorrow; negative when it comes back."""
    now = world.clock.now()
    midnight = now - now % ledger.DAY
    instant = fields.get("method") == "instant"
    arrival = now + 1800 if instant else midnight + DAYS_TO_ARRIVE * ledger.DAY
    id = world.ids.new("po_")
    payout = world.new(
        "payouts",
        account,
        {
            "id": id,
            "object": "payout",
            "amount": amount,
            "application_fee": None,
            "application_fee_amount": None,
            "arrival_date": arrival,
            "automatic": automatic,
            "balance_transaction": ledger.book(world, account, "payout", id, -amount, currency).id,
            "created": now,
            "currency": currency,
            "description": fields.get("description"),
            "destination": fields.get("destination") or _bank_account(world, account, currency),
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "livemode": False,
            "metadata": metadata or {},
            "method": fields.get("method") or "standard",
            "original_payout": fields.get("original_payout"),
            "payout_method": None,
            "reconciliation_status": "in_progress" if automatic else "not_applicable",
            "reversed_by": None,
            "source_type": "card",
            "statement_descriptor": fields.get("statement_descriptor"),
            "status": "pending",
            "trace_id": {"status": "pending", "value": None},
            "type": "bank_account",
        },
    )
    leaves = now if instant else midnight + ledger.DAY
    for moment, job in ((leaves, "payout_leaves"), (arrival, "payout_arrives")):
        world.agenda.schedule(max(moment * 1000 - world.clock.now_ms(), 0), job, payout=id)
    return payout


def _bank_account(world: World, account: str, currency: str) -> str:
    """The default one for the currency; an account that has none gets paid all the same."""
    for each in world.get(account).data["external_accounts"]["data"]:
        if each["currency"] == currency and each.get("default_for_currency", True):
            return str(each["id"])
    return f"ba_{world.ids.text(f'bank account of {account} for {currency}', 24)}"


def leave(world: World, payout: str) -> None:
    record = world.get(payout)
    if record.data["status"] != "pending":
        return
    _move(world, record, {"status": "in_transit"})
    if record.data["reconciliation_status"] == "in_progress":
        record.data["reconciliation_status"] = "completed"
        world.save(record)
        events.emit(world, "payout.reconciliation_completed", record)


def arrive(world: World, payout: str) -> None:
    """Expected to have arrived, that is: it may still fail."""
    record = world.get(payout)
    if record.data["status"] != "in_transit":
        return
    trace = {"status": "supported", "value": world.ids.digits(f"trace {payout}", 15)}
    _move(world, record, {"status": "paid", "trace_id": trace}, "payout.paid")


def fail(world: World, record: Record, code: str) -> None:
    """The bank sends it back: https://docs.stripe.com/payouts#payout-failures."""
    if record.data["status"] not in ("pending", "in_transit", "paid"):
        message = f"Payout {record.id} cannot fail: its status is {record.data['status']}."
        raise bad_request(message)
    changes = {
        "failure_balance_transaction": _return(world, record, "payout_failure"),
        "failure_code": code,
        "failure_message": FAILURES[code],
        "status": "failed",
    }
    _move(world, record, changes, "payout.failed")


def _return(world: World, record: Record, type: str) -> str:
    of = record.data
    return ledger.book(world, record.account, type, record.id, of["amount"], of["currency"]).id


def _move(world: World, record: Record, changes: Json, told_by: str | None = None) -> None:
    previous = {name: record.data[name] for name in changes}
    record.data |= changes
    world.save(record)
    if told_by is not None:
        events.emit(world, told_by, record)
    events.emit(world, "payout.updated", record, previous)


def funds_available(world: World, account: str, at: str) -> None:
    """Money became available; the next day of the schedule takes it to the bank."""
    ledger.release(world, account, at)
    if world.switches["automatic_payouts"]:
        schedule = world.get(account).data["settings"]["payouts"]["schedule"]
        days = _days_until(schedule, datetime.fromtimestamp(world.clock.now(), UTC))
        if days is not None:
            delay = days * ledger.DAY * 1000
            world.agenda.schedule(delay, "automatic_payout", account=account)


def _days_until(schedule: Json, today: datetime) -> int | None:
    """How long until the schedule next pays out; None when a person has to."""
    interval = schedule["interval"]
    if interval == "manual":
        return None
    if interval == "weekly":
        wanted = WEEKDAYS.index(schedule.get("weekly_anchor") or WEEKDAYS[0])
        return (wanted - today.weekday()) % len(WEEKDAYS)
    if interval == "monthly":
        anchor = min(schedule.get("monthly_anchor") or 1, LAST_EVERY_MONTH_HAS)
        days = 0
        while (today + timedelta(days=days)).day != anchor:
            days += 1
        return days
    return 0


def pay_out(world: World, account: str) -> None:
    """All that is available, in each currency that has any; it is noted what that consists of."""
    found = world.get(account).data
    if not world.switches["automatic_payouts"] or not found["payouts_enabled"]:
        return
    for currency, amount in ledger.everything_available(world, account).items():
        if amount > 0:
            payout = _send(world, account, amount, currency, automatic=True)
            ledger.note_payout(world, payout)
            events.emit(world, "payout.created", payout)


def create(call: Call) -> Record:
    world, params = call.world, call.params
    currency, amount = params["currency"].lower(), params["amount"]
    require_currency(currency)
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise bad_request(message, "parameter_invalid_integer", "amount")
    if not world.get(call.account).data["payouts_enabled"]:
        message = "Payouts are not enabled on this account."
        raise bad_request(message, "payouts_not_allowed")
    if params.get("source_type", "card") != "card":
        raise not_simulated("payouts from other balances than those of cards")
    if ledger.available(world, call.account, currency) < amount:
        raise bad_request(
            "You have insufficient funds in your Stripe account for this transfer. Your card "
            "balance is too low. You can use the the /v1/balance endpoint to view your Stripe "
            "balance (for more details, see stripe.com/docs/api#balance).",
            "balance_insufficient",
        )
    names = ("description", "destination", "method", "statement_descriptor")
    fields = {name: params.get(name) for name in names}
    metadata = new_metadata(params)
    payout = _send(
        world, call.account, amount, currency, automatic=False, metadata=metadata, **fields
    )
    events.emit(world, "payout.created", payout)
    return payout


def retrieve(call: Call) -> Record:
    return call.find("payouts", "payout")


def list_(call: Call) -> Json:
    params = call.params
    same = equal_to(params, "destination", "status")
    return page(
        call,
        "payouts",
        lambda each: same(each) and within(each.data["arrival_date"], params.get("arrival_date")),
    )


def update(call: Call) -> Record:
    payout = retrieve(call)
    before = payout.data["metadata"]
    merge_metadata(payout.data, call.params)
    call.world.save(payout)
    events.emit(call.world, "payout.updated", payout, {"metadata": before})
    return payout


def cancel(call: Call) -> Record:
    payout = retrieve(call)
    if payout.data["status"] != "pending" or payout.data["automatic"]:
        raise _wrong_state(payout, "canceled", "manual payouts with a status of pending")
    changes: Json = {"status": "canceled"}
    changes["failure_balance_transaction"] = _return(call.world, payout, "payout_cancel")
    _move(call.world, payout, changes, "payout.canceled")
    return payout


def reverse(call: Call) -> Record:
    """The bank account of a connected account is debited again, by a payout of its own."""
    world, payout = call.world, retrieve(call)
    of = payout.data
    if call.account == PLATFORM:
        raise bad_request("You can only reverse payouts of connected accounts.")
    if of["status"] != "paid" or of["reversed_by"] or of["original_payout"]:
        raise _wrong_state(payout, "reversed", "paid payouts that were not reversed")
    back = _send(
        world,
        call.account,
        -of["amount"],
        of["currency"],
        automatic=False,
        metadata=new_metadata(call.params),
        destination=of["destination"],
        original_payout=payout.id,
    )
    _move(world, payout, {"reversed_by": back.id})
    events.emit(world, "payout.created", back)
    return back


def _wrong_state(payout: Record, verb: str, only: str) -> StripeError:
    return bad_request(
        f"Payout {payout.id} cannot be {verb}: its status is {payout.data['status']}. Only {only} "
        "can be."
    )


_PATH = "/v1/payouts"
OPERATIONS = [
    operation(
        "POST",
        _PATH,
        "payouts.create",
        create,
        "PayoutCreateParams",
        "payout",
        takes="amount currency description destination metadata method source_type "
        "statement_descriptor",
    ),
    operation(
        "GET", f"{_PATH}/{{id}}", "payouts.retrieve", retrieve, "PayoutRetrieveParams", "payout"
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}",
        "payouts.update",
        update,
        "PayoutUpdateParams",
        "payout",
        takes="metadata",
    ),
    operation(
        "GET",
        _PATH,
        "payouts.list",
        list_,
        "PayoutListParams",
        "payout",
        takes=f"{LIST} arrival_date created destination status",
    ),
    operation(
        "POST", f"{_PATH}/{{id}}/cancel", "payouts.cancel", cancel, "PayoutCancelParams", "payout"
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}/reverse",
        "payouts.reverse",
        reverse,
        "PayoutReverseParams",
        "payout",
        takes="metadata",
    ),
]
JOBS = {
    "automatic_payout": pay_out,
    "funds_available": funds_available,
    "payout_arrives": arrive,
    "payout_leaves": leave,
}
