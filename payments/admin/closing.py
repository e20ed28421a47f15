"""The page of a store's day, and the button that closes it."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from payments.admin import words
from payments.admin.amounts import AmountField
from payments.admin.reports import Asked, shown
from payments.services.reports import closing, day_close
from stores.admin_base import principal_of
from stores.errors import DomainError
from stores.models import Store
from stores.models.checks import LARGEST_AMOUNT
from stores.names import name_of
from stores.periods import DAY
from stores.principals import RIGHTS, Right


class Counted(AmountField):
    zero = ""


class CloseForm(forms.Form):
    def __init__(self, store: Store, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        label = gettext("Cash counted, less what was in the drawer before,")
        self.fields["counted"] = Counted(label, store.currency, LARGEST_AMOUNT)
        self.fields["counted"].widget.attrs.pop("autofocus")
        self.fields["note"] = forms.CharField(
            label=gettext("Note"),
            required=False,
            max_length=500,
            widget=forms.Textarea({"rows": 2}),
        )


def context(asked: Asked, page: dict[str, Any]) -> dict[str, Any]:
    """What the page of a day shows beside what every report does."""
    if asked.store is None:
        return page | {"day": None, "tables": []}
    store, found = asked.store, day_close.look(asked.scope)
    day = asked.scope.period.first
    close = found.close
    today = timezone.now().astimezone(asked.scope.zone_of(store.pk)).date()
    may_close = asked.scope.by.may(Right.CLOSE_DAYS, store.pk) and day <= today
    return page | {
        "day": day,
        "before": _of_day(store, day - DAY),
        "after": _of_day(store, day + DAY) if day < today else "",
        "tables": [shown(table, asked) for table in day_close.tables_of(found)],
        "sums": [
            (gettext("Taken"), words.money(found.received, store.currency)),
            (gettext("Refunded"), words.money(found.refunded, store.currency)),
            (
                gettext("Cash expected in the drawer"),
                words.money(found.expected_cash, store.currency),
            ),
        ],
        "matters": found.matters,
        "close": close,
        "close_words": closing.words(close) if close else "",
        "closed_at": words.local_time(close.closed_at, store) if close else "",
        "since": [
            (name, words.money(amount, store.currency)) for name, amount in found.since_close()
        ],
        "form": CloseForm(store) if may_close and close is None else None,
        "close_url": f"{reverse('admin:close_day')}?{urlencode({'store': store.pk, 'day': day})}",
    }


def _of_day(store: Store, day: date) -> str:
    return f"?{urlencode({'store': store.pk, 'from': day})}"


def close(request: HttpRequest) -> HttpResponse:
    """Close the day; a second press changes nothing, and says who was first."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    by = principal_of(request)
    own = Store.objects.for_principal(by, RIGHTS[Right.CLOSE_DAYS])
    store = own.filter(pk=_number(request.GET.get("store", ""))).first()
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        day = None
    if store is None or day is None:
        messages.warning(request, gettext("There is no such day to close."))
        return HttpResponseRedirect(reverse("admin:reports"))
    form = CloseForm(store, request.POST)
    if not form.is_valid():
        messages.warning(request, " ".join(str(each[0]) for each in form.errors.values()))
    else:
        _close(request, store, day, form.cleaned_data)
    return HttpResponseRedirect(
        f"{reverse('admin:report', args=['day-close'])}{_of_day(store, day)}"
    )


def _close(request: HttpRequest, store: Store, day: date, given: dict[str, Any]) -> None:
    try:
        row, is_new = closing.close_day(
            store, day, counted_cash=given["counted"], note=given["note"], by=principal_of(request)
        )
    except DomainError as refused:
        messages.warning(request, f"{refused.message} {refused.next_action}")
        return
    if is_new:
        messages.info(request, gettext("Closed. {words}").format(words=closing.words(row)))
    else:
        who = name_of(row.closed_by)
        messages.warning(
            request,
            gettext("{who} has closed this day already; that stays. {words}").format(
                who=who, words=closing.words(row)
            ),
        )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
