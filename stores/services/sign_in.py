"""Signing in with a name and a password: how often, and that it is written down."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta

from django.contrib.auth.models import User

from stores.models import LogEntry
from stores.principals import Principal
from stores.services import tries
from stores.services.tries import Limit, subject


def counted(name: str, address: str) -> AbstractContextManager[tries.Try]:
    """One try to sign in. Raises TooManyTries.

    By name and address first: whoever guesses from elsewhere does not keep out the one who has
    the name, nor does one clerk's forgetting keep out the others of the shop. By name alone only
    far above that. The address alone is nobody's fault.
    """
    who = name.strip().lower()
    return tries.counted(
        Limit(subject("sign_in_from", who, address), 5, timedelta(minutes=10)),
        Limit(subject("sign_in", who), 50, timedelta(hours=1)),
    )


def tell(user: User, address: str) -> None:
    LogEntry.objects.write(
        store=None,
        subject="user",
        subject_id=user.pk,
        verb="signed_in",
        message=f"{user} signed in.",
        by=Principal.of_user(user),
        data={"address": address},
    )
