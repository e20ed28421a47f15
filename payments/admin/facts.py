"""The facts of a payment's page, in groups: a title, then names and values ready to be shown."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.admin import words
from payments.models import FeeMovement, MovementKind, Payment
from payments.models.rules import Funding
from payments.services import receipts
from payments.services.refund_lines import Returned, returned
from payments.transitions.codes import code_words
from stores.models import Order, OrderLine
from stores.names import who

Facts = list[tuple[str, Any]]
FUNDINGS = dict(Funding.choices)


def fact_groups(payment: Payment) -> list[tuple[str, Facts]]:
    groups = [
        (_("Sale"), _sale(payment)),
        (_("Amounts"), _amounts(payment)),
        (_("Card"), _card(payment)),
        (_("At Stripe"), _at_stripe(payment)),
    ]
    return [(title, facts) for title, facts in groups if facts]


def _sale(payment: Payment) -> Facts:
    order = payment.order
    total = words.money(order.total_amount, order.currency)
    return [
        (_("Order"), words.admin_link(order)),
        (_("Order total"), total),
        (_("Order is"), order.get_status_display()),
        (_("Store"), payment.store),
        (_("Started by"), who(payment.user, payment.device) or words.NOTHING),
        (_("Started"), words.local_time(payment.created_at, payment.store)),
        (_("Last change"), words.local_time(payment.updated_at, payment.store)),
        *_detached(payment),
    ]


def _detached(payment: Payment) -> Facts:
    if payment.detached_at is None:
        return []
    return [
        (_("Detached"), words.local_time(payment.detached_at, payment.store)),
        (_("Detached by"), payment.detached_by),
        (_("Why"), payment.detach_reason),
    ]


def _amounts(payment: Payment) -> Facts:
    amounts = [
        (_("Held on the card"), payment.amount_capturable),
        (_("Received"), payment.amount_received),
        (_("Tip chosen on the reader"), payment.reader_tip_amount),
        (_("Tip"), payment.tip_amount),
        (_("Refunded"), payment.amount_refunded),
        (_("Disputed"), payment.amount_disputed),
        (_("Application fee"), payment.application_fee_amount),
        (_("Fee given back"), -sum(each.amount for each in _returned(payment))),
    ]
    shown = [(name, words.money(value, payment.currency)) for name, value in amounts if value]
    plan = [(_("Fee plan"), payment.fee_plan)] if payment.fee_plan else []
    return [
        (_("Amount"), words.money(payment.amount, payment.currency)),
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
    return [(_("Net, before Stripe's fees"), words.money(net, payment.currency))]


def lines(order: Order, paid: frozenset[int] = frozenset()) -> list[dict[str, Any]]:
    """The lines of an order, ready to be shown; those in `paid` are this payment's own."""
    back = returned(order.pk)
    return [
        {
            "off": _off(line, order),
            "returned": _returned_words(line, back[line.pk]) if line.pk in back else [],
            "quantity": line.quantity,
            "description": line.description,
            "price": words.money(line.unit_amount, order.currency),
            "tax": words.money(line.tax_amount, order.currency),
            "total": words.money(line.total_amount, order.currency),
            "is_own": line.pk in paid,
        }
        for line in order.lines.order_by("position")
    ]


def _off(line: OrderLine, order: Order) -> SafeString | str:
    if not line.discount_amount:
        return ""
    return words.badge(words.QUIET, words.money(-line.discount_amount, order.currency))


def discounts(order: Order) -> list[dict[str, Any]]:
    """What came off the order, and off its lines, and who gave it."""
    rows = order.discounts.select_related("order", "line", "user", "device", "approved_by")
    return [
        {
            "size": row.size,
            "about": row.line or _("The order"),
            "amount": words.money(row.amount, order.currency),
            "why": row.why,
            "by": who(row.user, row.device),
            "approved_by": who(row.approved_by, None) or words.NOTHING,
            "at": words.local_time(row.given_at, order.store, words.SHORT),
        }
        for row in rows.order_by("pk")
    ]


def _returned_words(line: OrderLine, back: Returned) -> list[SafeString]:
    """Only what was refunded is back; a refund that waits may still fail."""
    found = []
    if back.refunded:
        words_ = _("{returned} of {quantity} returned")
        said = words_.format(returned=back.refunded, quantity=line.quantity)
        found.append(words.badge(words.QUIET, said))
    if back.on_its_way:
        found.append(words.badge(words.BUSY, on_its_way(back.on_its_way)))
    return found


def on_its_way(pieces: int) -> str:
    return ngettext("{number} on its way", "{number} on their way", pieces).format(number=pieces)


def _returned(payment: Payment) -> list[FeeMovement]:
    if not payment.application_fee_amount or not payment.amount_refunded:
        return []
    return list(payment.fee_movements.filter(kind=MovementKind.RETURNED))


def _card(payment: Payment) -> Facts:
    card = payment.card
    if payment.is_cash:
        return [(_("Paid"), _("In cash"))]
    if not card:
        return []
    expires = f"{card['exp_month']:02}/{card['exp_year']}" if card.get("exp_year") else ""
    receipt = card.get("receipt") or {}
    facts: Facts = [
        (_("Card"), words.card_words(payment)),
        (_("Kind"), FUNDINGS.get(card.get("funding") or "", "")),
        (_("Expires"), expires),
        (_("Read by"), receipts.METHODS.get(card.get("read_method") or "", "")),
        (_("Authorization code"), receipt.get("authorization_code")),
    ]
    return [(name, value) for name, value in facts if value]


def _at_stripe(payment: Payment) -> Facts:
    if payment.is_cash:
        return []

    def link(stripe_id: str | None) -> Any:
        return words.stripe_link(stripe_id, payment.stripe_account, livemode=payment.livemode)

    direct = _("Direct charge of {account}").format(account=payment.store.account)
    onward = _("By the platform, for {account}").format(account=payment.store.account)
    facts: Facts = [
        (_("PaymentIntent"), link(payment.payment_intent_id)),
        (_("Charge"), link(payment.latest_charge_id) if payment.latest_charge_id else ""),
        (_("Status"), capfirst(code_words(payment.status)) or _("Not created yet")),
        (_("Charged"), direct if payment.stripe_account else onward),
        (_("Account"), payment.stripe_account or payment.destination),
        (_("Capture"), _("Manual") if payment.capture_method == "manual" else _("Automatic")),
        (_("Mode"), _("Live") if payment.livemode else _("Test")),
    ]
    if payment.status == "requires_capture":
        deadline = words.capture_deadline(payment)
        facts.append((_("Capture before"), words.local_time(deadline, payment.store)))
        facts.append((_("Left for it"), words.countdown(deadline)))
    return [(name, value) for name, value in facts if value]
