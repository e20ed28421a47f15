"""Conditions that several tables share, and the validators that say the same to a person."""

import re
import zoneinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# The longest amount Stripe takes in any currency has 12 digits (IDR); currencies.py knows each.
LARGEST_AMOUNT = 999_999_999_999
LARGEST_QUANTITY = 9_999
PPM = 1_000_000
WHOLE = 10_000  # in basis points

validate_country = RegexValidator(r"\A[A-Z]{2}\Z", _("Two capital letters, like US."))
validate_currency = RegexValidator(r"\A[a-z]{3}\Z", _("Three small letters, like usd."))
validate_account_id = RegexValidator(r"\Aacct_[A-Za-z0-9_]+\Z", _("An account id, like acct_1Abc."))


def validate_timezone(value: str) -> None:
    """Accept names of the IANA time zone database only."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(
            gettext("{value} is not an IANA time zone, like Europe/London.").format(value=value)
        )


def matches(table: str, field: str, pattern: str) -> models.CheckConstraint:
    """The field holds exactly the pattern (POSIX, anchored here)."""
    re.compile(pattern)
    return models.CheckConstraint(
        condition=Q(**{f"{field}__regex": f"^{pattern}$"}), name=f"{table}_{field}_format"
    )


def one_of(table: str, field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    """The field holds one of our own words."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": choices.values}), name=f"{table}_{field}_known"
    )


def between(table: str, field: str, low: int, high: int) -> models.CheckConstraint:
    """low ≤ field ≤ high."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__gte": low, f"{field}__lte": high}),
        name=f"{table}_{field}_between",
    )


def amounts(table: str) -> list[Any]:
    """Net, tax and total are chargeable amounts, and net + tax = total."""
    return [
        between(table, "net_amount", 0, LARGEST_AMOUNT),
        between(table, "tax_amount", 0, LARGEST_AMOUNT),
        between(table, "total_amount", 0, LARGEST_AMOUNT),
        models.CheckConstraint(
            condition=Q(total_amount=F("net_amount") + F("tax_amount")),
            name=f"{table}_net_plus_tax_is_total",
        ),
    ]
