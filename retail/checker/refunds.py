"""Rules about what is given back: our rows and Stripe's refunds are the same, one to one.

A hold that is let go, in whole or for the part that was not captured, is a refund at Stripe and
none here: no money that was received goes back with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from retail.checker.facts import AtStripe, Books, Row, Violation, grouped

LONGEST = timedelta(seconds=120)
UNDONE = ("failed", "canceled")
NOT_AT_STRIPE = ("requested", "refused")


def given_back(stripe: AtStripe) -> dict[str, int]:
    """What was given back of what was received, by PaymentIntent."""
    totals: dict[str, int] = {}
    for row in real_refunds(stripe):
        if row["status"] not in UNDONE:
            id = row["payment_intent"]
            totals[id] = totals.get(id, 0) + row["amount"]
    return totals


def real_refunds(stripe: AtStripe) -> Iterator[Row]:
    """Stripe's refunds without the releases, oldest first for each PaymentIntent."""
    charges = {row["id"]: row for row in stripe.charges}
    for refunds in grouped(stripe.refunds, lambda row: row["charge"]).values():
        charge = charges.get(refunds[0]["charge"])
        if charge is None:
            yield from refunds
            continue
        released = charge["amount"] - charge["amount_captured"]
        oldest_first = sorted(refunds, key=lambda row: row["created"])
        for place, row in enumerate(oldest_first):
            is_release = place == 0 and row["amount"] == released and not row["metadata"]
            if not is_release:
                yield row


def refunds_within_what_was_received(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S8: never more is given back than was taken."""
    intents = stripe.intents_by_id()
    for id, refunded in given_back(stripe).items():
        intent = intents.get(id)
        if intent is not None and refunded > intent["amount_received"]:
            sentence = f"received {intent['amount_received']} and refunded {refunded}"
            yield Violation("S8", id, sentence)


def one_refund_per_row(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S8: what was asked for once was given back at most once."""
    named = grouped(stripe.refunds, lambda row: row["metadata"].get("refund"))
    for row in books.refunds:
        found = [each["id"] for each in named.get(str(row["uuid"]), ())]
        if len(found) > 1:
            yield _about("S8", row, f"is the refunds {', '.join(found)} of Stripe")


def refunds_never_lead(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """X2, at every moment: what our rows call given back, undone or refused is so at Stripe."""
    there = {row["id"]: row for row in stripe.refunds}
    made = {row["metadata"].get("refund") for row in stripe.refunds}
    for row in books.refunds:
        if row["status"] == "refused" and str(row["uuid"]) in made:
            yield _about("X2", row, "is called refused, and was made")
        if row["refund_id"] is None:
            continue
        found = there.get(row["refund_id"])
        if found is None:
            yield _about("X2", row, f"names {row['refund_id']}, unknown to Stripe")
        elif found["amount"] != row["amount"]:
            yield _about("X2", row, f"is {row['amount']} here and {found['amount']} there")
        elif row["status"] in UNDONE and found["status"] not in UNDONE:
            yield _about("X2", row, f"is {row['status']} here and {found['status']} there")


def refunds_agree(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """X2, once all is settled: each refund of our payments is in the books, and adds up there."""
    ours = {row["payment_intent_id"]: row for row in books.payments if row["payment_intent_id"]}
    rows = {row["refund_id"]: row for row in books.refunds if row["refund_id"]}
    for refund in real_refunds(stripe):
        payment = ours.get(refund["payment_intent"])
        if payment is None or payment["status"] == "canceled":
            continue
        row = rows.get(refund["id"])
        if row is None or row["payment_id"] != payment["id"]:
            yield Violation("X2", f"payment {payment['id']}", f"does not know {refund['id']}")
        elif row["status"] != refund["status"]:
            yield _about("X2", row, f"is {row['status']} here and {refund['status']} there")
    back = given_back(stripe)
    for id, payment in ours.items():
        if payment["amount_refunded"] != back.get(id, 0):
            sentence = f"has {payment['amount_refunded']} refunded, Stripe {back.get(id, 0)}"
            yield Violation("X2", f"payment {payment['id']}", sentence)


def orders_add_up(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S13: what an order shows as refunded is the sum over its payments, and theirs of the rows."""
    payments_of = books.payments_of_orders()
    refunds_of = grouped(books.refunds, lambda row: row["payment_id"])
    for order in books.orders:
        payments = payments_of.get(order["id"], [])
        refunded = sum(row["amount_refunded"] for row in payments)
        if order["refunded_amount"] != refunded:
            sentence = f"shows {order['refunded_amount']} refunded, its payments {refunded}"
            yield Violation("S13", f"order {order['id']}", sentence)
    for payment in books.payments:
        counted = [
            row["amount"]
            for row in refunds_of.get(payment["id"], ())
            if row["status"] not in (*UNDONE, *NOT_AT_STRIPE)
        ]
        if payment["amount_refunded"] != sum(counted):
            sentence = f"shows {payment['amount_refunded']} refunded, its rows {sum(counted)}"
            yield Violation("S13", f"payment {payment['id']}", sentence)


def lines_add_up(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """S13: a refund of lines gives back what they come to; no more pieces come back than were sold,
    or somebody was told.
    """
    refunds = {row["id"]: row for row in books.refunds}
    for id, rows in grouped(books.refund_lines, lambda row: row["refund_id"]).items():
        come_to = sum(row["amount"] for row in rows)
        if refunds[id]["amount"] != come_to:
            sentence = f"gives {refunds[id]['amount']} back, its lines come to {come_to}"
            yield _about("S13", refunds[id], sentence)
    sold = {row["id"]: row["quantity"] for row in books.order_lines}
    told = {row["payment_id"] for row in books.incidents if row["kind"] == "returned_twice"}
    for id, rows in grouped(books.refund_lines, lambda row: row["line_id"]).items():
        gone = [row for row in rows if _keeps_pieces(refunds[row["refund_id"]])]
        back = sum(row["quantity"] for row in gone)
        if back > sold[id] and told.isdisjoint(row["payment_id"] for row in gone):
            yield Violation("S13", f"order line {id}", f"sold {sold[id]}, {back} came back")


def _keeps_pieces(refund: Row) -> bool:
    return refund["status"] not in (*UNDONE, "refused")


def disputes_agree(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """X2, once all is settled: what banks dispute of our payments is in the books as it stands."""
    ours = {row["payment_intent_id"]: row for row in books.payments if row["payment_intent_id"]}
    rows = {row["dispute_id"]: row for row in books.disputes}
    for dispute in stripe.disputes:
        payment, row = ours.get(dispute["payment_intent"]), rows.get(dispute["id"])
        if payment is None:
            continue
        here = (row["status"], row["amount"]) if row else ("unknown", 0)
        if here != (dispute["status"], dispute["amount"]):
            sentence = f"is {here} here and {dispute['status']} of {dispute['amount']} there"
            yield Violation("X2", dispute["id"], sentence)


def refunds_end(books: Books, stripe: AtStripe) -> Iterator[Violation]:
    """L6, once all is settled: no refund is on its way for ever, but one that a card makes."""
    for row in books.refunds:
        asked = row["status"] == "requested" and not row["in_person"]
        if asked and row["updated_at"] < books.taken_at - LONGEST:
            yield _about("L6", row, "is still on its way")


def _about(rule: str, row: Row, message: str) -> Violation:
    return Violation(rule, f"refund {row['id']}", message)


ALWAYS = (
    refunds_within_what_was_received,
    one_refund_per_row,
    refunds_never_lead,
    orders_add_up,
    lines_add_up,
)
SETTLED = (refunds_agree, disputes_agree, refunds_end)
