"""Filters of a list by what somebody writes: from one day to another, from one amount to another.

What cannot be understood is said beside its field, and the list shows nothing until it is mended:
other rows than those asked for would be taken for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from stores.admin_base import principal_of, scoped
from stores.currencies import (
    LONGEST,
    NotAnAmount,
    decimals,
    example,
    read_amount,
    spoken_amount,
)
from stores.models import Store
from stores.periods import DAY, PRESETS, begin, preset

if TYPE_CHECKING:
    from django.contrib.admin.views.main import ChangeList
    from django_stubs_ext import StrOrPromise

YEARS = range(2000, 2200)


@dataclass(frozen=True)
class Field:
    """One input of a filter's form, and what is wrong with what was written into it."""

    name: str
    label: str
    value: str
    mistake: str = ""
    kind: str = "text"
    inputmode: str = ""
    placeholder: str = ""
    choices: tuple[tuple[str, str], ...] = ()


class RangeFilter(admin.ListFilter):
    template = "admin/range_filter.html"
    parameters: ClassVar[tuple[str, ...]]

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        self.given = {
            name: str(params.pop(name)[-1]).strip() for name in self.parameters if name in params
        }
        self.mistakes: dict[str, str] = {}
        self.kept: list[tuple[str, str]] = []
        self.model = model

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [*self.parameters]

    def written(self, name: str) -> str:
        return self.given.get(name, "")

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Links, for what need not be written; the form keeps what else the list is asked for."""
        self.kept = [
            (name, value)
            for name, values in changelist.filter_params.items()
            for value in values
            if name not in self.parameters
        ]
        yield {
            "selected": not any(self.given.values()),
            "query_string": changelist.get_query_string(remove=[*self.parameters]),
            "display": gettext("All"),
        }


def _places(request: HttpRequest) -> list[tuple[str, str]]:
    """Time zones and currencies of the chosen store, or of all this person may see; asked once."""
    known: list[tuple[str, str]] | None = getattr(request, "_places", None)
    if known is None:
        stores, chosen = scoped(Store.objects.order_by(), request), _chosen(request)
        if chosen:
            stores = stores.filter(pk=chosen)
        known = sorted(stores.values_list("timezone", "currency").distinct())
        request._places = known  # type: ignore[attr-defined]
    return known


def _chosen(request: HttpRequest) -> str:
    chosen = request.GET.get("store__id__exact", "")
    return chosen if chosen.isdecimal() and len(chosen) < 10 else ""


class DaysFilter(RangeFilter):
    """Days by the clock of each row's own store, both included, as reports count them."""

    title: StrOrPromise = _("started")
    parameters = ("period", "days_from", "days_to")
    field = "created_at"

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        self.zones = sorted({zone for zone, _currency in _places(request)})
        self.is_of_one = bool(_chosen(request))
        self.sees_platforms = (
            model._meta.get_field("store").null and principal_of(request).sees_all()
        )
        self.first, self.last = self._read("days_from"), self._read("days_to")
        if self.written("period") in PRESETS and not (self.first or self.last):
            zone = ZoneInfo(self.zones[0] if self.zones else settings.TIME_ZONE)
            period = preset(self.written("period"), timezone.now().astimezone(zone).date())
            self.first, self.last = period.first, period.last
        if self.first and self.last and self.last < self.first:
            self.mistakes["days_to"] = gettext("The last day is before the first.")

    def _read(self, name: str) -> date | None:
        text = self.written(name)
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            self.mistakes[name] = gettext(
                "“{text}” is not a day. Write it like 2026-11-28: year, month, day."
            ).format(text=text[:LONGEST])
            return None
        if day.year in YEARS:
            return day
        self.mistakes[name] = gettext("Write a year from {first} to {last}.").format(
            first=YEARS[0], last=YEARS[-1]
        )
        return None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.mistakes:
            return queryset.none()
        if self.first is None and self.last is None:
            return queryset
        clocks = self._clocks()
        if len({zone for zone, _rows in clocks}) == 1:
            return queryset.filter(*self._within([clocks[0][0]]))
        own = Q(pk__in=())
        for zone, rows in clocks:
            own |= Q(rows, *self._within([zone]))
        # The days of all clocks together narrow it first: an index knows them.
        return queryset.filter(*self._within([zone for zone, _rows in clocks])).filter(own)

    @property
    def ordering(self) -> tuple[str, ...]:
        is_asked = self.first is not None or self.last is not None
        return (f"-{self.field}", "-pk") if is_asked else ()

    def _clocks(self) -> list[tuple[str, Q]]:
        """By time zone, which rows live in it; those of no store are the platform's own."""
        found = [(zone, Q(store__timezone=zone)) for zone in self.zones]
        if not found or (self.sees_platforms and not self.is_of_one):
            found.append((settings.TIME_ZONE, Q(store=None)))
        return found

    def _within(self, zones: list[str]) -> Iterator[Q]:
        if self.first is not None:
            first = self.first
            yield Q(**{f"{self.field}__gte": min(begin(first, zone) for zone in zones)})
        if self.last is not None:
            end = self.last + DAY
            yield Q(**{f"{self.field}__lt": max(begin(end, zone) for zone in zones)})

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        yield from super().choices(changelist)
        for name, words in PRESETS.items():
            yield {
                "selected": self.written("period") == name,
                "query_string": changelist.get_query_string(
                    {"period": name}, remove=["days_from", "days_to"]
                ),
                "display": words,
            }

    @property
    def said(self) -> str:
        """The days that are shown, in the line that opens the filter."""
        if self.written("period") in PRESETS:
            return str(PRESETS[self.written("period")])
        return _between(*(_day(each) for each in (self.first, self.last)))

    @property
    def help(self) -> str:
        """Whose days these are."""
        if len(self.zones) == 1:
            return gettext("Days of {zone}, both included.").format(zone=self.zones[0])
        zones = ", ".join(self.zones[:3]) + (" …" if len(self.zones) > 3 else "")
        return gettext("Days of each store's own clock, both included: {zones}").format(zones=zones)

    @property
    def fields(self) -> list[Field]:
        labels = {"days_from": pgettext("date", "From"), "days_to": pgettext("date", "To")}
        return [
            Field(name, label, self.written(name), self.mistakes.get(name, ""), kind="date")
            for name, label in labels.items()
        ]


class AmountFilter(RangeFilter):
    """Amounts as they are written in the currency of the rows, which it says or asks for."""

    title: StrOrPromise = _("amount")
    parameters = ("amount_from", "amount_to", "currency")
    amount: Combinable = F("amount")
    currency_of = "currency"

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        self.currencies = sorted({currency for _zone, currency in _places(request)})
        self.currency = self._currency()
        self.least, self.most = self._read("amount_from"), self._read("amount_to")
        if self.least is not None and self.most is not None and self.most < self.least:
            self.mistakes["amount_to"] = gettext("The second amount is below the first.")

    def _currency(self) -> str:
        """The one that is meant; empty when that is not known, or was not asked."""
        written = self.written("currency").lower()
        if written in self.currencies:
            return written
        if written:
            self.mistakes["currency"] = gettext("None of your stores sells in {currency}.").format(
                currency=written[:LONGEST].upper()
            )
        elif self.written("amount_from") or self.written("amount_to"):
            if len(self.currencies) == 1:
                return self.currencies[0]
            self.mistakes["currency"] = gettext("Choose the currency: your stores sell in several.")
        return ""

    def _read(self, name: str) -> int | None:
        text = self.written(name)
        if not text or not self.currency:
            return None
        try:
            return read_amount(text, self.currency)
        except NotAnAmount as wrong:
            self.mistakes[name] = str(wrong)
        return None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.mistakes:
            return queryset.none()
        if self.currency:
            queryset = queryset.filter(**{self.currency_of: self.currency})
        sought: QuerySet[Any] = queryset.alias(sought=self.amount)
        if self.least is not None:
            sought = sought.filter(sought__gte=self.least)
        if self.most is not None:
            sought = sought.filter(sought__lte=self.most)
        return sought

    @property
    def said(self) -> str:
        amounts = [
            None if each is None else spoken_amount(each, self.currency)
            for each in (self.least, self.most)
        ]
        if amounts == [None, None] and self.currency:
            return self.currency.upper()
        return _between(*amounts)

    @property
    def help(self) -> str:
        if len(self.currencies) == 1:
            return gettext("In {currency}, both amounts included.").format(
                currency=self.currencies[0].upper()
            )
        return gettext("Both amounts included.")

    @property
    def fields(self) -> list[Field]:
        known = self.currency or (self.currencies[0] if len(self.currencies) == 1 else "")
        labels = {"amount_from": pgettext("amount", "From"), "amount_to": pgettext("amount", "To")}
        amounts = [
            Field(
                name,
                label,
                self.written(name),
                self.mistakes.get(name, ""),
                inputmode="numeric" if known and not decimals(known) else "decimal",
                placeholder=example(known) if known else "",
            )
            for name, label in labels.items()
        ]
        return [*amounts, self._asked_currency()]

    def _asked_currency(self) -> Field:
        """Hidden where there is but one, so that the address says it to others, too."""
        mistake = self.mistakes.get("currency", "")
        is_one = len(self.currencies) == 1 and not mistake
        return Field(
            "currency",
            gettext("Currency"),
            self.currencies[0] if is_one else self.currency,
            mistake,
            kind="hidden" if is_one else "select",
            choices=(
                ("", gettext("Choose")),
                *((each, each.upper()) for each in self.currencies),
            ),
        )


def _day(day: date | None) -> str | None:
    return None if day is None else date_format(day, gettext("j F Y"))


def _between(first: str | None, last: str | None) -> str:
    if first and last:
        return (
            first if first == last else gettext("{first} to {last}").format(first=first, last=last)
        )
    if first:
        return gettext("from {first}").format(first=first)
    return gettext("up to {last}").format(last=last) if last else gettext("All")
