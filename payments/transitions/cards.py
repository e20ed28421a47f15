"""A card that was read and not charged yet: what is kept of it, and how it is called."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]

_KEPT = ("brand", "funding", "country", "last4", "read_method")
_FUNDINGS = ("credit", "debit", "prepaid")


def seen(payment_method: JSON) -> JSON:
    """What rules and screens need of a collected PaymentMethod, and its id; nothing more.

    The wallet is a hint until the bank was asked: not every bank lets a reader see it.
    """
    kind = str(payment_method.get("type") or "")
    card = payment_method.get(kind) or {}
    wallet = (card.get("wallet") or {}).get("type")
    kept = {key: card[key] for key in _KEPT if card.get(key)}
    return (
        {"payment_method": payment_method["id"], "type": kind}
        | kept
        | ({"wallet": wallet} if wallet else {})
    )


def card_words(card: JSON) -> str:
    """Visa debit •••• 4242 (US), as far as it is known."""
    brand = str(card.get("brand") or "card").replace("_", " ")
    funding = str(card.get("funding") or "")
    words = [brand[:1].upper() + brand[1:]]
    if funding in _FUNDINGS:
        words.append(funding)
    if card.get("last4"):
        words.append(f"•••• {card['last4']}")
    if card.get("country"):
        words.append(f"({card['country']})")
    if card.get("wallet"):
        words.append(f"in {str(card['wallet']).replace('_', ' ').title()}")
    return " ".join(words)
