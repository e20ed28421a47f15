"""Rules about how we behave: readers, keys, states, events, and that nothing waits for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from operator import itemgetter

from payments.transitions import RANK
from retail.checker.facts import AtStripe, Books, Row, Violation, grouped
from retail.checker.money import reader_tip
from terminal.models import ACTIVE

OVERDUE = timedelta(seconds=30)
LONGEST_CHECK = timedelta(seconds=120)
NOTHING_TAKEN = ("declined", "canceled_by_customer", "stopped", "canceled")
PARKED = timedelta(seconds=30)
DECISIONS = ("reader.confirm_payment_intent", "reader.cancel_action")
COMMAND = "/v1/terminal/readers/"


def one_action_per_reader(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S5: a reader does one thing for us at a time, and a payment is on one reader."""
    active = [row for row in books.actions if row["status"] in ACTIVE]
    for name in ("reader_id", "payment_id"):
        for id, rows in grouped(active, itemgetter(name)).items():
            if id is not None and len(rows) > 1:
                yield Violation("S5", f"{name[:-3]} {id}", f"has {len(rows)} active actions")


def nobody_else_was_stopped(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S5: no cancel_action of ours ended what another payment had put on the reader."""
    ours = {row["idempotency_key"]: row for row in books.requests}
    intents = {row["id"]: row["payment_intent_id"] for row in books.payments}
    shown: dict[str, str] = {}
    for row in stripe.exchanges or ():
        if not row["path"].startswith(COMMAND) or row["status"] != 200 or row["replayed"]:
            continue
        reader = row["path"].removeprefix(COMMAND).partition("/")[0]
        request = ours.get(row["idempotency_key"] or "")
        if row["operation"] == "readers.cancel_action" and request:
            mine, there = intents.get(request["payment_id"], ""), shown.get(reader)
            if there and mine != there:
                sentence = f"stopped {there} while it meant {mine or 'no payment'}"
                yield Violation("S5", f"request {request['id']}", sentence)
        shown[reader] = _waiting_for(row["response"])


REPLACING = (
    "readers.set_reader_display",
    "readers.collect_inputs",
    "readers.process_setup_intent",
)


def no_payment_was_replaced(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S5: what a reader does without a payment never came while a payment was on it."""
    ours = {row["idempotency_key"]: row for row in books.requests}
    shown: dict[str, str] = {}
    for row in stripe.exchanges or ():
        if not row["path"].startswith(COMMAND) or row["status"] != 200 or row["replayed"]:
            continue
        reader = row["path"].removeprefix(COMMAND).partition("/")[0]
        request = ours.get(row["idempotency_key"] or "")
        there = shown.get(reader)
        if row["operation"] in REPLACING and request and there:
            sentence = f"{request['kind']} came while {there} was on the reader"
            yield Violation("S5", f"request {request['id']}", sentence)
        shown[reader] = _waiting_for(row["response"])


def _waiting_for(reader: Row | str) -> str:
    """The PaymentIntent whose action is in progress on the reader, if the answer is one."""
    action = (reader.get("action") if isinstance(reader, dict) else None) or {}
    if action.get("status") != "in_progress":
        return ""
    intent = (action.get(action["type"]) or {}).get("payment_intent") or ""
    return str(intent["id"] if isinstance(intent, dict) else intent)


def no_card_is_parked(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S7: 30 seconds after a card was read somebody asked to charge it or to let it go."""
    if abs(stripe.skew) > 1:
        return  # the clocks were moved, and it is Stripe's that counts the seconds
    decisions = [row for row in books.requests if row["kind"] in DECISIONS]
    of_payments = grouped(decisions, itemgetter("payment_id"))
    for row in books.actions:
        if row["status"] != "collected" or books.taken_at - row["collected_at"] <= PARKED:
            continue
        read_at, decided = row["collected_at"], of_payments.get(row["payment_id"], ())
        if not any(each["created_at"] >= read_at for each in decided):
            yield Violation("S7", f"action {row['id']}", f"has a card since {read_at}")


def states_move_forward(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S6: the status we wrote down for a payment never goes back, and a final one stays."""
    for payment, rows in grouped(books.log, lambda row: row["payment_id"]).items():
        before = ""
        for row in rows:
            status = row["data"].get("status")
            if status is None:
                continue
            back = RANK.get(status, 0) < RANK.get(before, 0)
            changed = before in ("succeeded", "canceled") and status != before
            if back or changed:
                sentence = f"went from {before} to {status}"
                yield Violation("S6", f"payment {payment}", sentence)
            before = status


def nothing_called_failed_while_charged(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """U1: no screen said that nothing was taken while Stripe held or had the money."""
    intents = {row["id"]: row for row in stripe.intents}
    ids = {row["id"]: row["payment_intent_id"] for row in books.payments}
    charges = stripe.charges_of_intents()
    if abs(stripe.skew) > 1:
        return  # the clocks were moved: moments cannot be compared
    for row in books.log:
        if row["verb"] != "state" or row["new"] not in NOTHING_TAKEN:
            continue
        intent = intents.get(ids.get(row["payment_id"]) or "")
        if intent is None or intent["status"] == "canceled":
            continue
        for charge in charges.get(intent["id"], ()):
            if charge["status"] == "succeeded" and row["at"].timestamp() > charge["created"] + 1:
                sentence = f"was shown as {row['new']} after {charge['id']} had succeeded"
                yield Violation("U1", f"payment {row['payment_id']}", sentence)


def keys_name_one_request(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S10, S4: what went out under one of our keys is what its row says, each time."""
    ours = {row["idempotency_key"]: row for row in books.requests}
    for row in stripe.exchanges or ():
        request = ours.get(row["idempotency_key"] or "")
        if request is None:
            continue
        sent = (row["path"], row["account"])
        if sent != (request["path"], request["stripe_account"]):
            sentence = f"went to {sent}, not to {request['path']} {request['stripe_account']}"
            yield Violation("S10", f"request {request['id']}", sentence)
        for name in ("amount", "amount_to_capture", "application_fee_amount", "currency"):
            if name in row["params"] and row["params"][name] != request["params"].get(name):
                sentence = f"sent {name} {row['params'][name]}, not {request['params'].get(name)}"
                yield Violation("S4", f"request {request['id']}", sentence)


AMOUNTS = ("payment_intent.create", "payment_intent.update")
ASKING = (
    "readers.process_payment_intent",
    "readers.collect_payment_method",
    "readers.confirm_payment_intent",
)


def _is_old(row: Row) -> bool:
    """Whether the answer told what was so before. An update told again was done all the same, and
    only another update makes its amount another.
    """
    told_again = row["replayed"] and row["operation"] != "payment_intents.update"
    return told_again or "stale_read" in (row.get("fault") or "")


def readers_ask_for_what_is_owed(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S4: when a command of ours reached a reader, its PaymentIntent was over the amount that we
    had promised last and know to be done.

    The answer to such a command names no amount: the PaymentIntent's is the one that Stripe told
    last before it. Of a promise whose outcome is open nothing is known, and nothing is said.
    """
    ours = {row["idempotency_key"]: row for row in books.requests}
    promised: dict[int, int | None] = {}
    there: dict[str, int] = {}
    for row in stripe.exchanges or ():
        request = ours.get(row["idempotency_key"] or "")
        told = row["response"] if row["status"] == 200 and not _is_old(row) else None
        if isinstance(told, dict) and told.get("object") == "payment_intent":
            there[told["id"]] = told["amount"] - reader_tip(told)
        if request is None:
            continue
        payment = request["payment_id"]
        if request["kind"] in AMOUNTS and request["status"] not in ("refused", "abandoned"):
            is_done = request["status"] == "succeeded"
            promised[payment] = request["params"]["amount"] if is_done else None
        if row["operation"] in ASKING and told is not None:
            owed, shown = promised.get(payment), there.get(row["params"]["payment_intent"])
            if None not in (owed, shown) and owed != shown:
                sentence = f"{request['kind']} asked for {shown} while {owed} was owed"
                yield Violation("S4", f"request {request['id']}", sentence)


def accounts_never_mix(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """T2: payment, requests and reader of one sale are in one Stripe account, the store's."""
    stores = {row["id"]: row for row in books.stores}
    payments = {row["id"]: row for row in books.payments}
    readers = {row["id"]: row for row in books.readers}
    for payment in books.payments:
        store = stores[payment["store_id"]]
        if payment["destination"] not in ("", store["account"]):
            yield Violation("T2", f"payment {payment['id']}", "pays another store's account")
    for request in books.requests:
        of = payments.get(request["payment_id"])
        if of is not None and request["stripe_account"] != of["stripe_account"]:
            yield Violation("T2", f"request {request['id']}", "is in another Stripe account")
    for action in books.actions:
        reader, of = readers[action["reader_id"]], payments.get(action["payment_id"])
        if of is not None and reader["stripe_account"] != of["stripe_account"]:
            yield Violation("T2", f"action {action['id']}", "is on a reader of another account")


def acknowledged_events_are_kept(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S9: what we answered 2xx to is in the inbox."""
    kept = {(row["stripe_account"], row["event_id"]) for row in books.events}
    for row in stripe.deliveries or ():
        ours = "/hooks/" in row["url"] and row["outcome"] == "delivered"
        if ours and (row["account"], row["event"]) not in kept:
            yield Violation("S9", row["event"], "was acknowledged and is not in the inbox")


def nothing_waits_for_ever(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """L6, L7, L8, once all is settled: every request, lease, event and check came to an end."""
    late = books.taken_at - OVERDUE
    for row in books.requests:
        if row["status"] in ("planned", "sent") and row["next_try_at"] < late:
            yield Violation("L6", f"request {row['id']}", f"{row['kind']} is still {row['status']}")
    for row in books.events:
        if row["status"] == "received" and row["next_try_at"] < late:
            yield Violation("L8", f"event {row['event_id']}", "is still not handled")
    for row in books.payments:
        if row["rung_at"] and row["rung_at"] < late:
            yield Violation("L6", f"payment {row['id']}", "was rung and is still not read")
        doubtful = row["state"] in ("checking", "sending", "authorizing")
        if doubtful and row["moved_at"] < books.taken_at - LONGEST_CHECK:
            yield Violation("L7", f"payment {row['id']}", f"is {row['state']} for too long")


def holds_are_captured_in_time(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """L4: no authorisation was left to expire."""
    for row in books.payments:
        before = row["capture_before"]
        now = books.taken_at + timedelta(seconds=stripe.skew)
        if row["status"] == "requires_capture" and before and before < now:
            yield Violation("L4", f"payment {row['id']}", f"had to be captured before {before}")


ALWAYS = (
    one_action_per_reader,
    nobody_else_was_stopped,
    no_card_is_parked,
    no_payment_was_replaced,
    states_move_forward,
    nothing_called_failed_while_charged,
    keys_name_one_request,
    readers_ask_for_what_is_owed,
    accounts_never_mix,
    acknowledged_events_are_kept,
)
SETTLED = (nothing_waits_for_ever, holds_are_captured_in_time)
