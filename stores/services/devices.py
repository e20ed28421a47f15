"""Pair a tablet with a store, know it again, shut it out."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils.timezone import now

from stores.errors import NotForYou
from stores.models import CashierSession, Device, LogEntry, PairingCode, Store
from stores.principals import SYSTEM, Kind, Principal, Right

# So that a token that leaked into a log or a repository is found by a search.
TOKEN_PREFIX = "rtl_device_"
SEEN_EVERY = timedelta(minutes=1)
OLD_TOKEN_LASTS = timedelta(minutes=10)


def new_token() -> str:
    """A fresh secret of 256 bits."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What we keep of a token. No salt and no slow hash: 256 random bits need neither."""
    return hashlib.sha256(token.encode()).hexdigest()


def pair_device(store: Store, name: str, *, by: Principal = SYSTEM) -> tuple[Device, str]:
    """A new device of this store, and its token, which can never be shown again."""
    token = new_token()
    with transaction.atomic():
        device = Device.objects.create(store=store, name=name, token_hash=hash_token(token))
        log_device(device, "paired", f"{device} was paired.", by)
    return device, token


def pair_again(device: Device, *, by: Principal = SYSTEM) -> str:
    """A new token for a known device, revoked or not; its old token is worth nothing from now."""
    token = new_token()
    with transaction.atomic():
        device.token_hash, device.revoked_at = hash_token(token), None
        device.old_token_hash = device.old_token_until = None
        device.save(update_fields=["token_hash", "revoked_at", "old_token_hash", "old_token_until"])
        CashierSession.objects.filter(device=device).delete()
        ring_access()
        log_device(device, "paired", f"{device} was paired again.", by)
    return token


def require(by: Principal, right: Right, store_id: int) -> None:
    """Raises NotForYou."""
    if by.kind is not Kind.SYSTEM and not by.may(right, store_id):
        raise NotForYou


def revoke_device(device: Device, *, by: Principal = SYSTEM) -> bool:
    """Shut the device out; say whether it was still in. Raises NotForYou."""
    require(by, Right.REVOKE_DEVICES, device.store_id)
    with transaction.atomic():
        revoked = Device.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=now())
        PairingCode.objects.filter(device=device, used_at=None).delete()
        CashierSession.objects.filter(device=device).delete()
        if revoked:
            ring_access()
            log_device(device, "revoked", f"{device} was revoked.", by)
    device.refresh_from_db(fields=["revoked_at"])
    return bool(revoked)


def rotate_token(device: Device, token: str) -> tuple[str, datetime]:
    """A new token for the one that asks with `token`, which is good until the time told.

    Whoever lost the answer asks again with the old one, and gets another new one.
    """
    fresh, asked_with = new_token(), hash_token(token)
    with transaction.atomic():
        locked = Device.objects.select_for_update(no_key=True).get(pk=device.pk)
        if asked_with != locked.old_token_hash:
            locked.old_token_hash, locked.old_token_until = asked_with, now() + OLD_TOKEN_LASTS
        locked.token_hash = hash_token(fresh)
        locked.save(update_fields=["token_hash", "old_token_hash", "old_token_until"])
        log_device(
            locked, "token_rotated", f"{device} got a new token.", Principal.of_device(device)
        )
        assert locked.old_token_until is not None
        return fresh, locked.old_token_until


def authenticate_device(token: str, *, acts: bool = False) -> Device | None:
    """The device that holds this token, with its store and account, and who works on it; None if
    there is none. `acts` when it asks for a change, which keeps its cashier signed in.

    One statement; a second one, once a minute, notes that the device was seen.
    """
    if not token.startswith(TOKEN_PREFIX):
        return None
    devices = Device.objects.select_related("store__account", "cashier_session__membership__user")
    hashed = hash_token(token)
    known = Q(token_hash=hashed) | Q(old_token_hash=hashed, old_token_until__gt=now())
    # Not first(): a token is one device's, and making an order by costs more than the rest.
    device = next(iter(devices.filter(known, revoked_at=None).order_by()[:1]), None)
    if device is None:
        return None
    device.cashier = _cashier(device, acts=acts)
    seen, stale = now(), now() - SEEN_EVERY
    if device.last_seen_at is None or device.last_seen_at < stale:
        not_since = Q(last_seen_at=None) | Q(last_seen_at__lt=stale)
        Device.objects.filter(not_since, pk=device.pk).update(last_seen_at=seen)
        device.last_seen_at = seen
    return device


def _cashier(device: Device, *, acts: bool) -> CashierSession | None:
    """Who entered their PIN here, if that is not over."""
    session: CashierSession | None = getattr(device, "cashier_session", None)
    if session is None or not session.membership.user.is_active:
        return None
    idle = timedelta(minutes=device.store.pin_minutes)
    if session.used_at < now() - idle:
        return None
    if acts and session.used_at < now() - min(SEEN_EVERY, idle / 4):
        session.used_at = now()
        session.save(update_fields=["used_at"])
    return session


def ring_access() -> None:
    """Have every open live stream look again whether it may go on, when this is committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('retail_live', 'access:0:0')")


def log_device(device: Device, verb: str, message: str, by: Principal) -> None:
    LogEntry.objects.write(
        store=device.store_id,
        subject="device",
        subject_id=device.pk,
        verb=verb,
        message=message,
        by=by,
    )
