"""Pair a tablet with a store, know it again, shut it out."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from stores.models import Device, LogEntry, PairingCode, Store
from stores.principals import SYSTEM, Principal

# So that a token that leaked into a log or a repository is found by a search.
TOKEN_PREFIX = "rtl_device_"
SEEN_EVERY = timedelta(minutes=1)


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
        device.save(update_fields=["token_hash", "revoked_at"])
        log_device(device, "paired", f"{device} was paired again.", by)
    return token


def revoke_device(device: Device, *, by: Principal = SYSTEM) -> bool:
    """Shut the device out; say whether it was still in."""
    with transaction.atomic():
        revoked = Device.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=now())
        PairingCode.objects.filter(device=device, used_at=None).delete()
        if revoked:
            log_device(device, "revoked", f"{device} was revoked.", by)
    device.refresh_from_db(fields=["revoked_at"])
    return bool(revoked)


def authenticate_device(token: str) -> Device | None:
    """The device that holds this token, with its store and account; None if there is none.

    One statement; a second one, once a minute, notes that the device was seen.
    """
    if not token.startswith(TOKEN_PREFIX):
        return None
    devices = Device.objects.select_related("store__account")
    device = devices.filter(token_hash=hash_token(token), revoked_at=None).first()
    if device is None:
        return None
    seen, stale = now(), now() - SEEN_EVERY
    if device.last_seen_at is None or device.last_seen_at < stale:
        not_since = Q(last_seen_at=None) | Q(last_seen_at__lt=stale)
        Device.objects.filter(not_since, pk=device.pk).update(last_seen_at=seen)
        device.last_seen_at = seen
    return device


def log_device(device: Device, verb: str, message: str, by: Principal) -> None:
    LogEntry.objects.write(
        store=device.store_id,
        subject="device",
        subject_id=device.pk,
        verb=verb,
        message=message,
        by=by,
    )
