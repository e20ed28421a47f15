"""Rules about money: what is at Stripe and what is in our books must tell one story."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from operator import itemgetter

from payments.models import Method
from payments.transitions import RANK
from retail.checker.facts import AtStripe, Books, Row, Violation, grouped
from retail.checker.refunds import given_back

FINAL = ("succeeded", "canceled")
CAPTURE = "payment_intents.capture"


def one_intent_per_payment(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S1: a payment has at most one PaymentIntent."""
    named = grouped(stripe.intents, lambda row: row["metadata"].get("payment"))
    for payment in books.payments:
        found = [row["id"] for row in named.get(str(payment["uuid"]), ())]
        if len(found) > 1:
            yield _about("S1", payment, f"has the PaymentIntents {', '.join(found)}")


def one_open_payment_per_order(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S1, S14: another payment of an order starts when Stripe can no longer charge the first."""
    intents = stripe.intents_by_id()
    for order, payments in books.payments_of_orders().items():
        open_ones = [
            row
            for row in _attached(payments)
            if (intent := intents.get(row["payment_intent_id"] or ""))
            and intent["status"] not in (*FINAL, "requires_capture")
        ]
        if len(open_ones) > 1:
            ids = ", ".join(str(row["id"]) for row in open_ones)
            yield Violation("S1", f"order {order}", f"can be charged by the payments {ids}")


def no_more_than_the_order(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S1: held, received and not given back never pass the order's total and its tips."""
    intents = stripe.intents_by_id()
    refunded = given_back(stripe)
    payments_of = books.payments_of_orders()
    for order in books.orders:
        payments = _attached(payments_of.get(order["id"], []))
        taken = sum(
            row["amount_received"] - row["amount_refunded"]
            if is_cash(row)
            else _taken(intents.get(row["payment_intent_id"] or ""), refunded)
            for row in payments
        )
        tips = sum(
            max(row["tip_amount"], reader_tip(intents.get(row["payment_intent_id"] or "")))
            for row in payments
        )
        # A hold that grew may be known to Stripe first; its lines join the order with our merge.
        promised = sum(row["promised"].get("increment", {}).get("added", 0) for row in payments)
        if taken > order["total_amount"] + promised + tips:
            sentence = f"is {order['total_amount']} and {tips} of tips, but {taken} was taken"
            yield Violation("S1", f"order {order['id']}", sentence)


def reader_tip(intent: Row | None) -> int:
    tip = ((intent or {}).get("amount_details") or {}).get("tip") or {}
    return int(tip.get("amount") or 0)


def _attached(payments: list[Row]) -> list[Row]:
    """Without those that a manager detached: they count for no order, and are watched."""
    return [row for row in payments if row["detached_at"] is None]


def is_cash(payment: Row) -> bool:
    return bool(payment["method"] == Method.CASH)


def _received(payment: Row, intents: dict[str, Row]) -> int:
    """What the payment brought in; of cash only our books know."""
    if is_cash(payment):
        return int(payment["amount_received"])
    intent = intents.get(payment["payment_intent_id"] or "")
    return int(intent["amount_received"]) if intent and intent["status"] == FINAL[0] else 0


def _taken(intent: Row | None, refunded: dict[str, int]) -> int:
    if intent is None:
        return 0
    given_back = refunded.get(intent["id"], 0)
    return int(intent["amount_capturable"] + intent["amount_received"] - given_back)


def one_tender_after_the_other(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S14: another payment of an order began when the one before was read as held, paid or
    canceled, was never at Stripe, or was detached.
    """
    told = grouped(books.log, lambda row: row["payment_id"])
    for payments in books.payments_of_orders().values():
        for before, after in pairwise(sorted(payments, key=itemgetter("id"))):
            began = after["created_at"]
            known = [
                row["data"].get("status")
                for row in told.get(before["id"], ())
                if row["at"] <= began and row["data"].get("status")
            ]
            settled = known and RANK.get(known[-1], 0) > 0
            ended = before["ended_at"] is not None and before["ended_at"] <= began
            detached = before["detached_at"] is not None and before["detached_at"] <= began
            if not settled and not ended and not detached:
                yield _about("S14", after, f"began while payment {before['id']} was open")


def detached_by_somebody(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S1, S14: who detaches a payment says why, and it is written in the log."""
    told = {row["payment_id"] for row in books.log if row["verb"] == "detached"}
    for payment in books.payments:
        if payment["detached_at"] is None:
            continue
        if not payment["detached_by_id"] or not payment["detach_reason"]:
            yield _about("S14", payment, "was detached by nobody, or without a reason")
        elif payment["id"] not in told:
            yield _about("S14", payment, "was detached without a row in the log")


def detached_money_is_told(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S1, once all is settled: nobody keeps what a detached payment took without being told."""
    told = {row["payment_id"] for row in books.incidents if row["kind"] == "paid_twice"}
    intents = stripe.intents_by_id()
    back = given_back(stripe)
    for payment in books.payments:
        intent = intents.get(payment["payment_intent_id"] or "")
        if payment["detached_at"] is None or intent is None or payment["id"] in told:
            continue
        if _taken(intent, back) > 0:
            yield _about("S1", payment, f"was detached and has {_taken(intent, back)}")


def orders_tell_what_is_paid(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S13: what an order shows as paid and held is the sum over its payments."""
    payments_of = books.payments_of_orders()
    for order in books.orders:
        payments = _attached(payments_of.get(order["id"], []))
        paid = sum(
            row["amount_received"] - row["tip_amount"]
            for row in payments
            if row["status"] == FINAL[0]
        )
        held = sum(row["amount"] for row in payments if row["status"] == "requires_capture")
        if (order["paid_amount"], order["held_amount"]) != (max(paid, 0), held):
            shown = f"{order['paid_amount']} paid and {order['held_amount']} held"
            sentence = f"shows {shown}, its payments {paid} and {held}"
            yield Violation("S13", f"order {order['id']}", sentence)


def captured_once(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S2: Stripe carried out at most one capture of each PaymentIntent."""
    captures = [
        row["path"]
        for row in stripe.exchanges or ()
        if row["operation"] == CAPTURE
        and row["status"] == 200
        and isinstance(row["response"], dict)
        and not row["replayed"]
    ]
    for path in sorted({path for path in captures if captures.count(path) > 1}):
        yield Violation("S2", path, "was captured more than once")


def one_charge_that_counts(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S2: of the charges of a PaymentIntent at most one holds or took money."""
    for intent, charges in stripe.charges_of_intents().items():
        good = [row["id"] for row in charges if row["status"] == "succeeded"]
        if len(good) > 1:
            yield Violation("S2", str(intent), f"has the charges {', '.join(good)}")


def paid_orders_are_covered(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S3: a paid order has its total and the tips, from PaymentIntents that succeeded and cash."""
    intents = stripe.intents_by_id()
    payments_of = books.payments_of_orders()
    for order in books.orders:
        if order["status"] != "paid":
            continue
        payments = _attached(payments_of.get(order["id"], []))
        received = sum(_received(row, intents) for row in payments)
        tips = sum(row["tip_amount"] for row in payments if row["status"] == FINAL[0])
        if received != order["total_amount"] + tips:
            sentence = (
                f"is paid with {received} of {order['total_amount']} and {tips} of tips received"
            )
            yield Violation("S3", f"order {order['id']}", sentence)


def covered_orders_are_paid(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S3, the other way round, once all is settled: nothing received is forgotten."""
    intents = stripe.intents_by_id()
    payments_of = books.payments_of_orders()
    for order in books.orders:
        payments = _attached(payments_of.get(order["id"], []))
        received = sum(_received(row, intents) for row in payments)
        tips = sum(row["tip_amount"] for row in payments)
        if order["status"] != "paid" and received - tips >= order["total_amount"] > 0:
            sentence = f"is {order['status']}, but {received} was received"
            yield Violation("S3", f"order {order['id']}", sentence)


def books_never_lead(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """X1, at every moment: our books may be late, but never ahead of Stripe."""
    intents = stripe.intents_by_id()
    for payment in books.payments:
        intent = intents.get(payment["payment_intent_id"] or "")
        if payment["payment_intent_id"] and intent is None:
            yield _about("X1", payment, f"names {payment['payment_intent_id']}, unknown to Stripe")
        elif intent and RANK.get(payment["status"], 0) > RANK.get(intent["status"], 0):
            sentence = f"is {payment['status']} here and {intent['status']} at Stripe"
            yield _about("X1", payment, sentence)
        elif intent and payment["amount_received"] > intent["amount_received"]:
            sentence = (
                f"received {payment['amount_received']} here, {intent['amount_received']} there"
            )
            yield _about("X1", payment, sentence)


_COPIED = ("status", "amount_capturable", "amount_received", "currency", "livemode")


def books_and_stripe_agree(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """X1, once all is settled: each of our PaymentIntents is in the books, field by field."""
    by_uuid = {str(row["uuid"]): row for row in books.payments}
    for intent in stripe.intents:
        payment = by_uuid.get(intent["metadata"].get("payment", ""))
        if payment is None:
            continue
        if payment["payment_intent_id"] != intent["id"]:
            yield _about("X1", payment, f"does not know its PaymentIntent {intent['id']}")
            continue
        wrong = [name for name in _COPIED if payment[name] != intent[name]]
        if payment["stripe_account"] != intent["account"]:
            wrong.append("stripe_account")
        if payment["latest_charge_id"] != (intent["latest_charge"] or ""):
            wrong.append("latest_charge")
        for name in wrong:
            there = intent.get(name, intent["account"])
            here = payment.get(name, payment["latest_charge_id"])
            yield _about("X1", payment, f"has {name} {here!r}, Stripe {there!r}")


def fees_are_ours(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S3: what was captured cost the application fee that we computed, or a person was told."""
    charges = {row["id"]: row for row in stripe.charges}
    told = {row["payment_id"] for row in books.incidents if row["kind"] == "fee_differs"}
    for payment in books.payments:
        charge = charges.get(payment["latest_charge_id"])
        if charge is None or not charge["captured"] or payment["id"] in told:
            continue
        fee = charge["application_fee_amount"] or 0
        if fee != payment["application_fee_amount"]:
            sentence = f"has the fee {payment['application_fee_amount']}, Stripe took {fee}"
            yield _about("S3", payment, sentence)


def fees_have_a_rule(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S3: a fee is what the plan makes that was in force for this store when the payment began."""
    plans = {row["id"]: row for row in books.fee_plans}
    stores = {row["id"]: row for row in books.stores}
    for payment in books.payments:
        plan = plans.get(payment["fee_plan_id"])
        if plan is None:
            if payment["application_fee_amount"] and payment["ended_at"] is None:
                yield _about("S3", payment, "has a fee without a plan")
            continue
        theirs = plan["account_id"] == stores[payment["store_id"]]["account_id"]
        if not theirs or plan["store_id"] not in (None, payment["store_id"]):
            yield _about("S3", payment, f"has the fee plan {plan['id']} of somebody else")
        if plan["effective_from"] > payment["created_at"]:
            yield _about("S3", payment, f"began before its fee plan {plan['id']} did")


def _about(rule: str, payment: Row, message: str) -> Violation:
    return Violation(rule, f"payment {payment['id']}", message)


ALWAYS = (
    one_intent_per_payment,
    one_open_payment_per_order,
    one_tender_after_the_other,
    detached_by_somebody,
    no_more_than_the_order,
    orders_tell_what_is_paid,
    captured_once,
    one_charge_that_counts,
    paid_orders_are_covered,
    books_never_lead,
    fees_have_a_rule,
)
SETTLED = (detached_money_is_told, covered_orders_are_paid, books_and_stripe_agree, fees_are_ours)
