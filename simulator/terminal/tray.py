"""The named test cards, as a person picks them: https://docs.stripe.com/terminal/references/testing."""

from simulator.payments import cards
from simulator.payments.cards import Card
from simulator.state.store import Json

_BRANDS = {
    "visa": "Visa",
    "mastercard": "Mastercard",
    "amex": "American Express",
    "discover": "Discover",
    "diners": "Diners Club",
    "jcb": "JCB",
    "unionpay": "UnionPay",
    "interac": "Interac",
    "eftpos_au": "eftpos",
    "cartes_bancaires": "Cartes Bancaires",
    "girocard": "girocard",
}
_LABELS = {
    "amex2": "American Express, another",
    "discover2": "Discover, another",
    "diners_14digits": "Diners Club, 14 digits",
    "interac": "Interac",
    "eftpos_au_visa_debit": "eftpos debit and Visa",
    "eftpos_au_debit_mastercard": "eftpos debit and Mastercard",
    "cartes_bancaires_visa": "Cartes Bancaires and Visa",
    "cartes_bancaires_mastercard": "Cartes Bancaires and Mastercard",
    "offline_pin_cvm": "Visa, PIN kept on the card",
    "online_pin_cvm": "Visa, PIN known to the bank",
    "offline_pin_sca_retry": "Visa, refuses the tap, then PIN on the card",
    "online_pin_sca_retry": "Visa, refuses the tap, then PIN at the bank",
    "charge_declined": "Visa, declined",
    "insufficient_funds": "Visa, not enough money",
    "lost_card": "Visa, reported lost",
    "stolen_card": "Visa, reported stolen",
    "expired_card": "Visa, expired",
    "processing_error": "Visa, error at the bank",
    "refund_fail": "Visa, whose refunds fail later",
}
_APPROVES, _PIN, _SCA, _DECLINES, _SPECIAL = "approves", "wants PIN", "SCA", "declines", "special"


def tray() -> list[Json]:
    """By group; the number is masked, and not needed: a card is presented by its name."""
    found = [_shown(each) for name in cards.names() if (each := cards.find(name)) is not None]
    order = (_APPROVES, _PIN, _SCA, _DECLINES, _SPECIAL)
    return sorted(found, key=lambda card: order.index(card["group"]))


def _shown(card: Card) -> Json:
    group, happens = _what_happens(card)
    return {
        "name": card.name,
        "label": _LABELS.get(card.name) or _label(card),
        "number": f"•••• {card.number[-4:]}",
        "brand": card.brand,
        "type": card.type,
        "happens": happens,
        "group": group,
    }


def _label(card: Card) -> str:
    funding = "" if card.funding == "credit" else f" {card.funding}"
    return f"{_BRANDS[card.brand]}{funding}"


def _what_happens(card: Card) -> tuple[str, str]:
    if card.code is not None:
        code = f"{card.code} ({card.decline_code})" if card.decline_code else card.code
        return _DECLINES, f"Declined: {code}."
    if card.sca_retry is not None:
        return _SCA, "A tap is refused; inserted with its PIN it is approved. Two charges."
    if card.name == "refund_fail":
        return _SPECIAL, "Approved; a refund succeeds at first and fails later."
    if card.cvm == "none":
        return _APPROVES, "Approved."
    return _PIN, "Approved with its PIN, 1234."
