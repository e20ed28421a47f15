"""How a customer can pay on a reader, and where: Stripe's `payment_method_types`.

https://docs.stripe.com/terminal/payments/regional, /additional-payment-methods. All but cards are
shown as a code on the reader, which the customer scans.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class PaymentMethodType(models.TextChoices):
    CARD_PRESENT = "card_present", _("Cards")
    INTERAC_PRESENT = "interac_present", "Interac"
    WECHAT_PAY = "wechat_pay", "WeChat Pay"
    AFFIRM = "affirm", "Affirm"
    PAYNOW = "paynow", "PayNow"


T = PaymentMethodType


@dataclass(frozen=True)
class Offer:
    """Where Stripe takes a method: countries, currencies, and amounts in the smallest unit."""

    countries: frozenset[str]
    currencies: frozenset[str]
    least: int = 0
    most: int | None = None


# Not Japan, on readers.
_WECHAT_COUNTRIES = "AT AU BE CA CH DE DK ES FI FR GB HK IE IT LU NL NO PT SE SG US"
_WECHAT_CURRENCIES = "aud cad chf cny dkk eur gbp hkd nok sek sgd usd"
OFFERS: dict[str, Offer] = {
    T.INTERAC_PRESENT: Offer(frozenset({"CA"}), frozenset({"cad"})),
    T.WECHAT_PAY: Offer(
        frozenset(_WECHAT_COUNTRIES.split()),
        frozenset(_WECHAT_CURRENCIES.split()),
    ),
    T.AFFIRM: Offer(frozenset({"US", "CA"}), frozenset({"usd", "cad"}), 35_00, 30_000_00),
    T.PAYNOW: Offer(frozenset({"SG"}), frozenset({"sgd"})),
}
# Readers charge cards in the currency of their country only: /terminal/payments/regional. A country
# that is not here is left to Stripe.
_OWN = {
    "US": "usd",
    "CA": "cad",
    "GB": "gbp",
    "GI": "gbp",
    "AU": "aud",
    "NZ": "nzd",
    "SG": "sgd",
    "MY": "myr",
    "JP": "jpy",
    "CH": "chf",
    "LI": "chf",
    "CZ": "czk",
    "DK": "dkk",
    "HU": "huf",
    "NO": "nok",
    "PL": "pln",
    "RO": "ron",
    "SE": "sek",
    "HK": "hkd",
    "AE": "aed",
    "MX": "mxn",
}
_EURO = "AT BE CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK"
CARD_CURRENCIES = _OWN | dict.fromkeys(_EURO.split(), "eur")
BY_CODE = frozenset({T.WECHAT_PAY, T.AFFIRM, T.PAYNOW})
NEVER_HELD = frozenset({T.INTERAC_PRESENT, T.WECHAT_PAY, T.PAYNOW})


def usual_types(country: str) -> list[str]:
    """What a store takes that has chosen nothing: cards, and Interac in Canada."""
    return [T.CARD_PRESENT, T.INTERAC_PRESENT] if country == "CA" else [T.CARD_PRESENT]


def takes(method: str, country: str, currency: str) -> bool:
    offer = OFFERS.get(method)
    return offer is None or (country in offer.countries and currency in offer.currencies)


def takes_amount(method: str, amount: int) -> bool:
    offer = OFFERS.get(method, Offer(frozenset(), frozenset()))
    return offer.least <= amount and (offer.most is None or amount <= offer.most)


def refusal_of_currency(country: str, currency: str) -> str:
    """Why readers in this country charge no card in this currency; empty when they do."""
    taken = CARD_CURRENCIES.get(country, currency)
    if taken == currency:
        return ""
    return gettext("Readers in {country} charge cards in {taken} only, not in {currency}.").format(
        country=country, taken=taken.upper(), currency=currency.upper()
    )


def validate_types(types: object, country: str, currency: str) -> None:
    """Refuse, before Stripe does, what it does not take in this country and currency."""
    if not isinstance(types, list) or not all(isinstance(each, str) for each in types):
        raise ValidationError(gettext("A list of payment method types."))
    unknown = sorted(set(types) - set(T.values))
    if unknown:
        raise ValidationError(
            gettext("Readers do not take {methods}.").format(methods=_named(unknown))
        )
    if types and T.CARD_PRESENT not in types:
        raise ValidationError(gettext("Cards (card_present) are always among them."))
    if len(set(types)) < len(types):
        raise ValidationError(gettext("Name each once."))
    elsewhere = [each for each in types if not takes(each, country, currency)]
    if elsewhere:
        raise ValidationError(
            gettext("Stripe does not take {methods} in {country} in {currency}.").format(
                methods=_named(elsewhere), country=country, currency=currency.upper()
            )
        )


def _named(types: Iterable[str]) -> str:
    return ", ".join(str(dict(T.choices).get(each, each)) for each in types)
