"""What is sent: a resource as the API shows it, loaded once however many clients get it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import Serializer

from payments.api.views import stripe_status
from payments.models import Payment
from payments.services import accounts, circuits
from stores.api.base import shown
from stores.models import Account, Store
from stores.principals import Principal
from terminal.api.resources import PAYMENTS, READERS, PaymentSerializer, ReaderSerializer
from terminal.models import Reader

RECENT = timedelta(minutes=10)
Key = tuple[str, int]  # ("payment", 7)
STATUS: Key = ("status", 0)


@dataclass(frozen=True)
class Event:
    """One resource at one moment. `data` is its JSON in the languages of those who listen, the same
    bytes for all clients of a language.
    """

    kind: str
    pk: int
    store_id: int
    version: int
    data: dict[str, bytes]

    @property
    def key(self) -> Key:
        return self.kind, self.pk

    def frame(self, language: str) -> bytes:
        """The event as the stream carries it."""
        head = f"id: {self.kind}:{self.pk}:{self.version}\nevent: {self.kind}\ndata: "
        return head.encode() + self.data[language] + b"\n\n"


def load_payments(
    keys: Collection[Key], languages: Collection[str]
) -> tuple[list[Event], set[Key]]:
    """Those of these resources that are payments, as they are now, and the readers they are on:
    those change with them.
    """
    wanted = _of_kind("payment", keys)
    payments = list(PAYMENTS.filter(pk__in=wanted)) if wanted else []
    readers: set[Key] = set()
    for payment in payments:
        newest: list[Any] = payment.newest_actions  # type: ignore[attr-defined]
        readers |= {("reader", action.reader_id) for action in newest}
    return _of_payments(payments, languages), readers


def load_others(keys: Collection[Key], languages: Collection[str]) -> list[Event]:
    """Those of these resources that are no payments, as they are now."""
    readers, companies = _of_kind("reader", keys), _of_kind("account", keys)
    return [
        *([stripe_event(languages)] if STATUS in keys else []),
        *(_of_readers(READERS.filter(pk__in=readers), languages) if readers else []),
        *(_of_accounts(Account.objects.filter(pk__in=companies), languages) if companies else []),
    ]


def _of_kind(kind: str, keys: Collection[Key]) -> set[int]:
    return {pk for each, pk in keys if each == kind}


def stripe_event(languages: Collection[str]) -> Event:
    """Whether Stripe answers; everybody is told."""
    circuits.forget()
    now = round(timezone.now().timestamp() * 1000)
    return Event(*STATUS, 0, now, _said(stripe_status, languages))


def snapshot(principal: Principal, language: str) -> list[Event]:
    """Every open or recently changed payment and every reader this principal may see."""
    since = timezone.now() - RECENT
    payments = PAYMENTS.for_principal(principal).filter(
        Q(ended_at__isnull=True) | Q(updated_at__gte=since)
    )
    readers = READERS.for_principal(principal)
    return [
        *_of_payments(payments.order_by("pk"), [language]),
        *_of_readers(readers.order_by("pk"), [language]),
    ]


def payment_event(principal: Principal, pk: int, language: str) -> Event | None:
    """One payment, if this principal may see it."""
    rows = PAYMENTS.for_principal(principal).filter(pk=pk)
    return next(iter(_of_payments(rows, [language])), None)


def account_event(principal: Principal, pk: int, language: str) -> Event | None:
    """One account, if this principal may see it."""
    rows = Account.objects.for_principal(principal).filter(pk=pk)
    return next(iter(_of_accounts(rows, [language])), None)


def visible_stores(principal: Principal) -> frozenset[int] | None:
    """The ids of the stores whose changes this principal gets; None means all."""
    if principal.sees_all():
        return None
    stores = Store.objects.for_principal(principal)
    return frozenset(stores.values_list("pk", flat=True))


def _of_payments(rows: Iterable[Payment], languages: Collection[str]) -> list[Event]:
    return [_event("payment", row, PaymentSerializer, languages) for row in rows]


def _of_readers(rows: Iterable[Reader], languages: Collection[str]) -> list[Event]:
    return [_event("reader", row, ReaderSerializer, languages) for row in rows]


def _of_accounts(rows: QuerySet[Account], languages: Collection[str]) -> list[Event]:
    """That there is news, and no more: what of it somebody may see, their page knows."""
    found = []
    for row in rows.select_related("money"):
        news = {"id": row.pk, "version": accounts.version(row)}
        said = dict.fromkeys(languages, JSONRenderer().render(news))
        found.append(Event("account", row.pk, 0, news["version"], said))
    return found


def _event(
    kind: str,
    row: Payment | Reader,
    serializer: type[Serializer[Any]],
    languages: Collection[str],
) -> Event:
    data = _said(lambda: shown(serializer, row), languages)
    return Event(kind, row.pk, row.store_id, row.version, data)


def _said(told: Callable[[], Any], languages: Collection[str]) -> dict[str, bytes]:
    said = {}
    for language in languages:
        with translation.override(language):
            said[language] = JSONRenderer().render(told())
    return said
