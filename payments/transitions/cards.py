"""A card that was read and not charged yet: what is kept of it, how it is called, and which of the
store's rules it fits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from payments.models import CardRule
from payments.models.rules import ABROAD, ANY_WALLET, NO_WALLET
from stores.sentences import Said, said, together

JSON = dict[str, Any]

_KEPT = ("brand", "funding", "country", "last4", "read_method")
_FUNDINGS = {"credit": said("credit"), "debit": said("debit"), "prepaid": said("prepaid")}


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


def card_words(card: JSON) -> Said:
    """Visa debit •••• 4242 (US), as far as it is known."""
    words = [brand_words(str(card.get("brand") or ""))]
    words.append(_FUNDINGS.get(str(card.get("funding") or ""), ""))
    if card.get("last4"):
        words.append(f"•••• {card['last4']}")
    if card.get("country"):
        words.append(f"({card['country']})")
    if card.get("wallet"):
        words.append(said("in {wallet}", wallet=str(card["wallet"]).replace("_", " ").title()))
    return together(*words)


def brand_words(brand: str) -> str:
    """Visa, Wechat pay; a card of which nothing more is known is a card."""
    words = (brand or "card").replace("_", " ")
    return words[:1].upper() + words[1:]


def first_match(rules: Iterable[CardRule], card: JSON, home: str) -> CardRule | None:
    """The first of the ordered rules that this card fits; `home` is the store's country."""
    return next((rule for rule in rules if _fits(rule, card, home)), None)


def _fits(rule: CardRule, card: JSON, home: str) -> bool:
    """What is not known of a card fits no condition about it."""
    return (
        rule.brand in ("", card.get("brand"))
        and rule.funding in ("", card.get("funding"))
        and _fits_country(rule.country, str(card.get("country") or ""), home)
        and _fits_wallet(rule.wallet, str(card.get("wallet") or ""))
    )


def _fits_country(wanted: str, country: str, home: str) -> bool:
    if wanted == ABROAD:
        return country not in ("", home)
    return wanted in ("", country)


def _fits_wallet(wanted: str, wallet: str) -> bool:
    if wanted == ANY_WALLET:
        return wallet != ""
    return wallet == "" if wanted == NO_WALLET else wanted in ("", wallet)
