"""The second factor: a code of an authenticator app, and recovery codes for when it is lost.

django-otp knows the codes; counting wrong ones is ours (tries.py).
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import b32encode
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext
from django_otp.plugins.otp_totp.models import TOTPDevice

from stores.errors import SecretRefused
from stores.models import LogEntry, Membership, RecoveryCode, SupportPerson
from stores.principals import MANAGERS, SYSTEM, Principal
from stores.services import tries

RECOVERY_CODES = 10
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def has_one(user: User) -> bool:
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def needs_one(user: User) -> bool:
    """Whether this person gets in with a second factor only: those who have one, and managers and
    up unless the setting spares them.
    """
    return has_one(user) or (settings.SECOND_FACTOR_REQUIRED and _is_above_cashier(user))


def _is_above_cashier(user: User) -> bool:
    return (
        user.is_superuser
        or Membership.objects.filter(user=user, role__in=sorted(MANAGERS)).exists()
        or SupportPerson.objects.filter(user=user).exists()
    )


def enrol(user: User) -> TOTPDevice:
    """The device that waits to be confirmed; the same until it is. Its secret is shown once more
    only to one who has none confirmed.
    """
    waiting: TOTPDevice
    waiting, _ = TOTPDevice.objects.get_or_create(
        user=user, confirmed=False, defaults={"name": "Authenticator app"}
    )
    return waiting


def confirm(user: User, code: str) -> list[str]:
    """Take the enrolled device into use; fresh recovery codes, told once. Raises SecretRefused,
    TooManyTries.
    """
    with tries.counted(_limit(user)) as attempt, transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        waiting = TOTPDevice.objects.filter(user=user, confirmed=False).first()
        if waiting is None or has_one(user) or not waiting.verify_token(_clean(code)):
            raise SecretRefused(gettext("This code is not right, or was used already."))
        waiting.confirmed = True
        waiting.save(update_fields=["confirmed"])
        attempt.succeeded()
        _log(user, "second_factor_added", f"{user} set up a second factor.", _self(user))
        return _new_recovery_codes(user)


def verify(user: User, code: str) -> None:
    """Each code works once. Raises SecretRefused, TooManyTries."""
    with tries.counted(_limit(user)) as attempt:
        with transaction.atomic():
            right = _is_right(user, _clean(code))
        if not right:
            raise SecretRefused(gettext("This code is not right, or was used already."))
        attempt.succeeded()


def _is_right(user: User, code: str) -> bool:
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True).first()
    if device is None:
        return False
    if code.isdigit() and len(code) == device.digits:
        return bool(device.verify_token(code))
    unused = RecoveryCode.objects.filter(user=user, code_hash=_hash(code), used_at=None)
    if not unused.update(used_at=now()):
        return False
    _log(user, "recovery_code_used", f"{user} used a recovery code.", _self(user))
    return True


def shown_secret(device: TOTPDevice) -> str:
    """What is typed into an app that cannot take the picture, in groups of four."""
    text = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def recovery_codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def renew_recovery_codes(user: User) -> list[str]:
    """Fresh codes in place of all older ones, told once."""
    with transaction.atomic():
        _log(user, "recovery_codes_renewed", f"{user} had new recovery codes made.", _self(user))
        return _new_recovery_codes(user)


def reset(user: User, *, by: Principal = SYSTEM) -> None:
    """Forget it: they set up another when they next sign in."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user).delete()
        _log(user, "second_factor_reset", f"The second factor of {user} was reset.", by)


def _new_recovery_codes(user: User) -> list[str]:
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        [RecoveryCode(user=user, code_hash=_hash(code)) for code in codes]
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _clean(code: str) -> str:
    return "".join(code.lower().replace("-", " ").split())


def _hash(code: str) -> str:
    """No salt and no slow hash: nobody guesses 49 random bits at the pace that we allow."""
    return hashlib.sha256(code.encode()).hexdigest()


def _limit(user: User) -> tries.Limit:
    return tries.Limit(f"second_factor:{user.pk}", 5, timedelta(minutes=5))


def _self(user: User) -> Principal:
    return Principal.of_user(user)


def _log(user: User, verb: str, message: str, by: Principal) -> None:
    LogEntry.objects.write(
        store=None, subject="user", subject_id=user.pk, verb=verb, message=message, by=by
    )
