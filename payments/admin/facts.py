"""The facts of a payment's page, in groups: a title, then names and values ready to be shown."""

from __future__ import annotations

from typing import Any

from payments.admin import words
from payments.models import FeeMovement, MovementKind, Payment
from stores.models import Order

Facts = list[tuple[str, Any]]


def fact_groups(payment: Payment) -> list[tuple[str, Facts]]:
    groups = [
        ("Sale", _sale(payment)),
        ("Amounts", _amounts(payment)),
        ("Card", _card(payment)),
        ("At Stripe", _at_stripe(payment)),
    ]
    return [(title, facts) for title, facts in groups if facts]


def _sale(payment: Payment) -> Facts:
    order = payment.order
    total = words.money(order.total_amount, order.currency)
    return [
        ("Order", words.admin_link(order)),
        ("Order total", total),
        ("Order is", order.get_status_display()),
        ("Store", payment.store),
        ("Started by", payment.device or payment.user or words.NOTHING),
        ("Started", words.local_time(payment.created_at, payment.store)),
        ("Last change", words.local_time(payment.updated_at, payment.store)),
        *_detached(payment),
    ]


def _detached(payment: Payment) -> Facts:
    if payment.detached_at is None:
        return []
    return [
        ("Detached", words.local_time(payment.detached_at, payment.store)),
        ("Detached by", payment.detached_by),
        ("Why", payment.detach_reason),
    ]


def _amounts(payment: Payment) -> Facts:
    amounts = [
        ("Held on the card", payment.amount_capturable),
        ("Received", payment.amount_received),
        ("Tip chosen on the reader", payment.reader_tip_amount),
        ("Tip", payment.tip_amount),
        ("Refunded", payment.amount_refunded),
        ("Disputed", payment.amount_disputed),
        ("Application fee", payment.application_fee_amount),
        ("Fee given back", -sum(each.amount for each in _returned(payment))),
    ]
    shown = [(name, words.money(value, payment.currency)) for name, value in amounts if value]
    plan = [("Fee plan", payment.fee_plan)] if payment.fee_plan else []
    return [
        ("Amount", words.money(payment.amount, payment.currency)),
        *shown,
        *plan,
        *_net(payment),
    ]


def _net(payment: Payment) -> Facts:
    """What the store has of it: Stripe's own fees are told by Stripe alone."""
    if payment.status != "succeeded":
        return []
    returned = -sum(each.amount for each in _returned(payment))
    kept = payment.amount_received - payment.amount_refunded - payment.amount_disputed
    net = kept - payment.application_fee_amount + returned
    return [("Net, before Stripe's fees", words.money(net, payment.currency))]


def lines(order: Order, paid: frozenset[int] = frozenset()) -> list[dict[str, Any]]:
    """The lines of an order, ready to be shown; those in `paid` are this payment's own."""
    return [
        {
            "quantity": line.quantity,
            "description": line.description,
            "price": words.money(line.unit_amount, order.currency),
            "tax": words.money(line.tax_amount, order.currency),
            "total": words.money(line.total_amount, order.currency),
            "is_own": line.pk in paid,
        }
        for line in order.lines.order_by("position")
    ]


def _returned(payment: Payment) -> list[FeeMovement]:
    if not payment.application_fee_amount or not payment.amount_refunded:
        return []
    return list(payment.fee_movements.filter(kind=MovementKind.RETURNED))


def _card(payment: Payment) -> Facts:
    card = payment.card
    if payment.is_cash:
        return [("Paid", "in cash")]
    if not card:
        return []
    expires = f"{card['exp_month']:02}/{card['exp_year']}" if card.get("exp_year") else ""
    receipt = card.get("receipt") or {}
    facts: Facts = [
        ("Card", words.card_words(payment)),
        ("Kind", str(card.get("funding") or "")),
        ("Expires", expires),
        ("Read by", str(card.get("read_method") or "").replace("_", " ")),
        ("Authorization code", receipt.get("authorization_code")),
    ]
    return [(name, value) for name, value in facts if value]


def _at_stripe(payment: Payment) -> Facts:
    if payment.is_cash:
        return []

    def link(stripe_id: str | None) -> Any:
        return words.stripe_link(stripe_id, payment.stripe_account, livemode=payment.livemode)

    direct = f"direct charge of {payment.store.account}"
    onward = f"by the platform, for {payment.store.account}"
    facts: Facts = [
        ("PaymentIntent", link(payment.payment_intent_id)),
        ("Charge", link(payment.latest_charge_id) if payment.latest_charge_id else ""),
        ("Status", payment.status or "not created yet"),
        ("Charged", direct if payment.stripe_account else onward),
        ("Account", payment.stripe_account or payment.destination),
        ("Capture", payment.capture_method),
        ("Mode", "live" if payment.livemode else "test"),
    ]
    if payment.status == "requires_capture":
        deadline = words.capture_deadline(payment)
        facts.append(("Capture before", words.local_time(deadline, payment.store)))
        facts.append(("Left for it", words.countdown(deadline)))
    return [(name, value) for name, value in facts if value]
