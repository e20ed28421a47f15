"""What Stripe wants of a location's address, country by country, in words for whoever types it.

https://docs.stripe.com/api/terminal/locations/create: the country always, and the first line
everywhere outside Japan. What else is needed Stripe does not list; this is what its samples send.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

FIELDS = ("line1", "line2", "city", "state", "postal_code", "country")
_USUAL = ("line1", "city", "postal_code")
_NEEDED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("US", "CA", "AU"), ("line1", "city", "state", "postal_code")),
    "SG": ("line1", "postal_code"),
    "HK": ("line1",),
    "AE": ("line1", "city"),
    "GI": ("line1",),
    "JP": ("postal_code", "state"),
}
_WORDS = {
    "line1": _("The street and the number"),
    "city": _("The city"),
    "state": _("The state"),
    "postal_code": _("The postal code"),
}
_STATE_WORDS = {"CA": _("The province"), "JP": _("The prefecture")}
_STATES = {
    "US": (r"[A-Z]{2}", _("Two capital letters, like NY.")),
    "CA": (r"[A-Z]{2}", _("Two capital letters, like ON.")),
    "AU": (r"[A-Z]{2,3}", _("Two or three capital letters, like NSW.")),
}
_POSTAL_CODES = {
    "US": (r"\d{5}(-\d{4})?", _("Five digits, like 10001.")),
    "CA": (r"[A-Z]\d[A-Z] ?\d[A-Z]\d", _("Like M5V 2T6.")),
    "GB": (r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", _("Like SW1A 1AA.")),
    "IE": (r"[A-Z]\d[\dW] ?[A-Z\d]{4}", _("An Eircode, like D02 X285.")),
    "AU": (r"\d{4}", _("Four digits, like 2000.")),
    "NZ": (r"\d{4}", _("Four digits, like 6011.")),
    "SG": (r"\d{6}", _("Six digits, like 049315.")),
    "JP": (r"\d{3}-?\d{4}", _("Seven digits, like 100-0001.")),
    **dict.fromkeys(("DE", "FR", "IT", "ES", "FI"), (r"\d{5}", _("Five digits, like 10115."))),
    **dict.fromkeys(("AT", "BE", "CH", "DK", "NO", "LU"), (r"\d{4}", _("Four digits, like 1010."))),
}


def problems(address: Mapping[str, str]) -> dict[str, str]:
    """What Stripe would refuse of this address: a sentence for each field."""
    country = address["country"]
    found = {
        name: gettext("{what} is needed in {country}.").format(
            what=_word(name, country), country=country
        )
        for name in _NEEDED.get(country, _USUAL)
        if not address.get(name)
    }
    for name, patterns in (("state", _STATES), ("postal_code", _POSTAL_CODES)):
        value = address.get(name)
        if value and country in patterns:
            pattern, sentence = patterns[country]
            if not re.fullmatch(pattern, value):
                found[name] = str(sentence)
    return found


def _word(name: str, country: str) -> StrOrPromise:
    return _STATE_WORDS.get(country, _WORDS[name]) if name == "state" else _WORDS[name]


# Where the postal code stands after the city; elsewhere it goes before.
_CITY_FIRST = frozenset({"US", "CA", "AU", "NZ", "GB", "IE", "SG", "HK", "AE", "GI"})


def printed(address: Mapping[str, str]) -> list[str]:
    """The address as on a letter, without the country, which whoever stands there knows."""
    line1, line2, city, state, postal_code = (address.get(name, "") for name in FIELDS[:-1])
    if address.get("country") in _CITY_FIRST:
        place = ", ".join(filter(None, (city, f"{state} {postal_code}".strip())))
    else:
        place = " ".join(filter(None, (postal_code, city, state)))
    return [line for line in (line1, line2, place) if line]
