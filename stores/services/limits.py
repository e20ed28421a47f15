"""What somebody is in a store, and whose day it is: what limits of a role and a day are made of."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from stores.models import Membership, Store
from stores.principals import Kind, Principal, Role


def role_in(store_id: int, by: Principal) -> Role | None:
    """What this one is in the store."""
    if by.is_platform_owner:
        return Role.OWNER
    if by.kind is Kind.DEVICE:
        return by.role if by.store_id == store_id else None
    if by.user_id is None or not by.may_act:
        return None
    own = Membership.objects.filter(user_id=by.user_id, store_id=store_id).first()
    return Role(own.role) if own else None


def counted_as(by: Principal) -> dict[str, int | None]:
    """Whose rows are summed: a person's, or those of a tablet that nobody entered a PIN on."""
    if by.user_id is not None:
        return {"user_id": by.user_id}
    return {"user_id": None, "device_id": by.device_id}


def midnight(store: Store) -> datetime:
    """When its day began."""
    here = timezone.now().astimezone(ZoneInfo(store.timezone))
    return here.replace(hour=0, minute=0, second=0, microsecond=0)


def one_at_a_time(store: Store, by: Principal) -> None:
    """For this person in this store, until the transaction ends. Always after the order and the
    payment, and nothing is locked after it.
    """
    who = f"limit:{store.pk}:{sorted(counted_as(by).items())}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [who])
