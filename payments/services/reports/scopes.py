"""What a report is asked about: whose rows, of which stores, in which days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores import names
from stores.models import Device, Store
from stores.periods import Period
from stores.principals import Principal, Role, StoreScopedQuerySet

M = TypeVar("M", bound=models.Model)
NOBODY = _("Nobody signed in")


def stores_of(by: Principal, roles: frozenset[Role]) -> list[Store]:
    """The stores this one may see such a report of; the platform and its support see all."""
    found = Store.objects.all() if by.sees_all() else Store.objects.for_principal(by, roles)
    return list(found.order_by("name", "pk"))


@dataclass(frozen=True)
class Scope:
    """`stores` are those that `by` may see the report of, all or the one that was chosen."""

    by: Principal
    stores: tuple[Store, ...]
    period: Period

    def of(self, rows: StoreScopedQuerySet[M], field: str) -> StoreScopedQuerySet[M]:
        """Those of the rows whose instant `field` is in these days of their own store."""
        return rows.for_principal(self.by).filter(self.within(field))

    def within(self, field: str) -> Q:
        by_zone: dict[str, list[int]] = {}
        for store in self.stores:
            by_zone.setdefault(store.timezone, []).append(store.pk)
        found = Q()
        for zone, ids in by_zone.items():
            start, end = self.period.bounds(zone)
            found |= Q(
                **{"store_id__in": ids, f"{field}__gte": start, f"{field}__lt": end},
            )
        return found or Q(pk__in=())

    @cached_property
    def _zones(self) -> dict[int, ZoneInfo]:
        return {store.pk: ZoneInfo(store.timezone) for store in self.stores}

    @cached_property
    def names(self) -> dict[int, str]:
        return {store.pk: store.name for store in self.stores}

    def zone_of(self, store_id: int) -> ZoneInfo:
        return self._zones[store_id]

    def local(self, when: datetime, store_id: int) -> datetime:
        return when.astimezone(self._zones[store_id])


class People:
    """What those are called who sold or gave back: a person, or the tablet they used."""

    def __init__(self, pairs: Iterable[tuple[int | None, int | None]]) -> None:
        pairs = list(pairs)
        self._users = User.objects.in_bulk({user for user, _ in pairs if user})
        self._devices = Device.objects.in_bulk({device for _, device in pairs if device})

    def name(self, user_id: int | None, device_id: int | None) -> str:
        if user_id is not None:
            user = self._users[user_id]
            return names.name_of(user)
        if device_id is not None:
            return _without_person(self._devices[device_id])
        return str(NOBODY)


# What `name_of` asks of a row, for `only`: a long export reads nothing that it does not say.
PEOPLE = ("user__username", "user__first_name", "user__last_name", "device__name")


def name_of(user: User | None, device: Device | None) -> str:
    """The same of one row, whose user and device are at hand."""
    if user is not None:
        return names.name_of(user)
    return _without_person(device) if device is not None else str(NOBODY)


def _without_person(device: Device) -> str:
    return gettext("{device} (nobody signed in)").format(device=device)
