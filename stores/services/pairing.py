"""How a tablet comes into a store: a manager shows a code, the tablet turns it into a token."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils.timezone import now

from stores.errors import PairingRefused
from stores.models import Device, PairingCode, Store
from stores.principals import Principal, Right
from stores.services.devices import hash_token, log_device, new_token, pair_again, require

# What nobody confuses when it is read out or typed: no 0 and O, no 1 and I.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 8
LIFETIME = timedelta(minutes=10)


def add_device(store: Store, name: str, *, by: Principal) -> Device:
    """A device that nobody holds a token for yet, with a code to pair it. Raises NotForYou."""
    with transaction.atomic():
        device = Device.objects.create(store=store, name=name, token_hash=hash_token(new_token()))
        invite(device, by=by)
    return device


def invite(device: Device, *, by: Principal) -> PairingCode:
    """A fresh code for this device; an older one is worth nothing from now. The token that the
    device may have stays good until the code is used. Raises NotForYou.
    """
    require(by, Right.PAIR_DEVICES, device.store_id)
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    with transaction.atomic():
        made, _ = PairingCode.objects.update_or_create(
            device=device,
            defaults={
                "code": code,
                "created_by_id": by.user_id,
                "created_at": now(),
                "expires_at": now() + LIFETIME,
                "used_at": None,
            },
        )
        log_device(device, "pairing_offered", f"A code to pair {device} was shown.", by)
    return made


def redeem(code: str) -> tuple[Device, str]:
    """The device whose code this is, and its new token, which is never shown again.

    Written as it is read out: small letters, spaces and dashes do not matter. Raises
    PairingRefused, in the same words for a wrong, a used and an expired code.
    """
    typed = "".join(code.upper().replace("-", " ").split())
    with transaction.atomic():
        offers = PairingCode.objects.select_for_update(of=("self",)).select_related("device__store")
        offer = offers.filter(code=typed, expires_at__gt=now()).first()
        if offer is None:
            raise PairingRefused
        offer.code, offer.used_at = None, now()
        offer.save(update_fields=["code", "used_at"])
        return offer.device, pair_again(offer.device, by=Principal.of_device(offer.device))
