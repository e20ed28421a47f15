"""What a customer's receipt says: the order, what was paid with it, and what card networks want.

docs.stripe.com/terminal/features/receipts: of a card that was read by its chip a receipt names the
application, its id and what was verified; Stripe tells them on the charge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, override, pgettext
from django.utils.translation import gettext_lazy as _

from payments.errors import ReceiptNotDue
from payments.models import GIVEN, Payment, RefundLine
from payments.transitions.codes import code_words
from stores.currencies import spoken_amount
from stores.models import OrderLine

EMV = {
    "application_preferred_name": _("Application"),
    "dedicated_file_name": _("AID"),
    "authorization_code": _("Approval code"),
    "authorization_response_code": _("Response"),
    "application_cryptogram": _("Cryptogram"),
    "terminal_verification_results": _("TVR"),
    "transaction_status_information": _("TSI"),
    "account_type": _("Account type"),
}
CVM, ACCOUNT = "cardholder_verification_method", "account_type"
METHODS = {
    "contact_emv": _("Chip"),
    "contactless_emv": _("Contactless"),
    "contactless_magstripe_mode": _("Contactless"),
    "magnetic_stripe_fallback": _("Magnetic stripe"),
    "magnetic_stripe_track2": _("Magnetic stripe"),
}
VERIFIED = {
    "signature": _("Signature verified"),
    "offline_pin": _("PIN verified"),
    "offline_pin_and_signature": _("PIN and signature verified"),
    "online_pin": _("PIN verified"),
    "failure": _("Cardholder not verified"),
}


@dataclass(frozen=True)
class Receipt:
    """Said in one language, whoever shows it."""

    language: str
    store: str
    account: str
    order: str
    lines: list[tuple[str, str]]
    sums: list[tuple[str, str]]
    paid: list[tuple[str, str]]
    note: str = ""
    at: str = ""
    address: list[str] = field(default_factory=list)
    footer: str = ""


def language_of(payment: Payment) -> str:
    """The store's choice; else that of whoever asks now, if we speak it."""
    asked = payment.store.receipt_language or get_language() or ""
    return asked if asked in dict(settings.LANGUAGES) else "en"


def is_due(payment: Payment) -> bool:
    return payment.is_authorized and payment.detached_at is None


def require_due(payment: Payment) -> None:
    if not is_due(payment):
        raise ReceiptNotDue(gettext("There is no receipt: nothing was paid, and nothing is held."))


def is_held(payment: Payment) -> bool:
    return payment.status == "requires_capture"


def total(payment: Payment) -> int:
    return payment.amount_capturable if is_held(payment) else payment.amount_received


def card_facts(payment: Payment) -> dict[str, str]:
    """What card networks want of a card that was present, under Stripe's names; "": not told."""
    card: dict[str, Any] = payment.card
    told = card.get("receipt") or {}
    read = {key: str(card.get(key) or "") for key in ("brand", "last4", "read_method")}
    return read | {key: str(told.get(key) or "") for key in (*EMV, CVM)}


def given_back(payment: Payment) -> Iterable[RefundLine]:
    """The pieces that refunds were made for."""
    if not payment.amount_refunded:
        return ()
    made = RefundLine.objects.filter(payment=payment, refund__status__in=GIVEN)
    return made.select_related("line").order_by("pk")


def receipt(payment: Payment, language: str = "") -> Receipt:
    """Of a payment that `is_due` one, from our own rows: Stripe is not asked."""
    with override(language or language_of(payment)):
        return _receipt(payment)


def _receipt(payment: Payment) -> Receipt:
    store, order, held = payment.store, payment.order, is_held(payment)
    lines = [
        (_line(line, payment.currency), spoken_amount(line.total_amount, payment.currency))
        for line in order.lines.order_by("position")
    ]
    there = payment.created_at.astimezone(ZoneInfo(store.timezone))
    not_charged = gettext("Not a charge yet: the amount is held, and may change until it is taken.")
    return Receipt(
        language=get_language() or "en",
        store=str(store),
        account=str(store.account),
        order=gettext("Order {number}").format(number=order.number),
        lines=lines,
        sums=_said(_sums(payment)),
        paid=_said(_paid(payment)),
        note=not_charged if held else "",
        at=date_format(there, gettext("N j, Y, P")),
        address=store.printed_address,
        footer=store.receipt_footer.strip(),
    )


def _line(line: OrderLine, currency: str) -> str:
    """What it is, and what came off it already."""
    shown = f"{line.quantity} × {line.description}"  # noqa: RUF001
    if not line.discount_amount:
        return shown
    less = spoken_amount(line.discount_amount, currency)
    return gettext("{line}, less {amount}").format(line=shown, amount=less)


def _said(facts: list[tuple[Any, Any]]) -> list[tuple[str, str]]:
    """In the language of this moment, for good."""
    return [(str(name), str(value)) for name, value in facts]


def _sums(payment: Payment) -> list[tuple[str, str]]:
    order = payment.order

    def money(amount: int) -> str:
        return spoken_amount(amount, payment.currency)

    paid = gettext("Held on the card") if is_held(payment) else pgettext("receipt", "Paid")
    off = order.discount_amount
    return [
        *([(gettext("Discounts, taken off above"), money(off))] if off else []),
        (pgettext("receipt", "Net"), money(order.net_amount)),
        (gettext("Tax"), money(order.tax_amount)),
        (gettext("Order"), money(order.total_amount)),
        *([(gettext("Tip"), money(payment.tip_amount))] if payment.tip_amount else []),
        (paid, money(total(payment))),
        *(
            [(gettext("Refunded"), money(payment.amount_refunded))]
            if payment.amount_refunded
            else []
        ),
        *(
            (gettext("Returned: {line}").format(line=line), money(line.amount))
            for line in given_back(payment)
        ),
    ]


def _paid(payment: Payment) -> list[tuple[str, str]]:
    if payment.is_cash:
        return [(pgettext("receipt", "Paid"), gettext("In cash"))]
    card = card_facts(payment)
    brand = card["brand"].replace("_", " ").title() or gettext("Card")
    facts = [
        (gettext("Card"), f"{brand} •••• {card['last4']}" if card["last4"] else brand),
        (gettext("Read by"), METHODS.get(card["read_method"], "")),
        (gettext("Cardholder"), VERIFIED.get(card[CVM], "")),
        *((name, card[key]) for key, name in EMV.items() if key != ACCOUNT),
        (EMV[ACCOUNT], code_words(card[ACCOUNT])),
    ]
    return [(str(name), str(value)) for name, value in facts if value]
