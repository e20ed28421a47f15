"""How a person is signed in: since when, with what, until when.

All of it is kept in the session, so that asking costs no statement. A session ends when nobody
used it for a while, and in any case after a day's work; a new password ends all (Django's).
"""

from __future__ import annotations

import time
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.sessions.backends.base import SessionBase

from stores.models import SupportAccess
from stores.principals import Principal
from stores.services import second_factor, support, tries

SIGNED_IN, SEEN, FACTOR, CONFIRMED, SUPPORT = (
    "signed_in_at",
    "seen_at",
    "second_factor_at",
    "confirmed_at",
    "support_access",
)
NOTE_EVERY = 60.0  # seconds between two notes that somebody is still there


class Standing(Enum):
    """How far somebody is signed in."""

    OUT = auto()
    OVER = auto()  # was in, and too long ago
    HALF = auto()  # the second factor is still wanted
    IN = auto()


def begin(session: SessionBase) -> None:
    """A password was right just now."""
    at = time.time()
    session[SIGNED_IN] = session[SEEN] = session[CONFIRMED] = at
    for left in (FACTOR, SUPPORT):
        session.pop(left, None)


def standing(user: AbstractBaseUser | AnonymousUser | None, session: SessionBase) -> Standing:
    if not isinstance(user, User) or not user.is_active:
        return Standing.OUT
    at = time.time()
    if at - session.get(SEEN, 0) > settings.SESSION_IDLE_SECONDS:
        return Standing.OVER
    if at - session.get(SIGNED_IN, 0) > settings.SESSION_COOKIE_AGE:
        return Standing.OVER
    return Standing.HALF if FACTOR not in session and _wants_factor(user, session) else Standing.IN


def _wants_factor(user: User, session: SessionBase) -> bool:
    """Asked once per request, whose session object this is."""
    wanted: bool | None = getattr(session, "wants_factor", None)
    if wanted is None:
        wanted = second_factor.needs_one(user)
        session.wants_factor = wanted  # type: ignore[attr-defined]
    return wanted


def note_seen(session: SessionBase) -> None:
    """Somebody is still there."""
    if time.time() - session.get(SEEN, 0) > NOTE_EVERY:
        session[SEEN] = time.time()


def principal_of(user: AbstractBaseUser | AnonymousUser | None, session: SessionBase) -> Principal:
    """Who it is that is signed in here, as far as they are."""
    if user is None or standing(user, session) is not Standing.IN:
        return Principal.of_user(AnonymousUser())
    return Principal.of_user(user, is_support=open_access(user, session) is not None)


def open_access(user: Any, session: SessionBase) -> SupportAccess | None:
    """The look at everything that was opened in this session and is not over."""
    pk = session.get(SUPPORT)
    return SupportAccess.objects.open().filter(pk=pk, user=user).first() if pk else None


def look_as_support(user: User, session: SessionBase, reason: str) -> None:
    """Raises NotForYou."""
    session[SUPPORT] = support.open_access(user, reason).pk


def stop_looking(user: User, session: SessionBase) -> None:
    access = open_access(user, session)
    session.pop(SUPPORT, None)
    if access is not None:
        support.close_access(access)


# Again, before what is sensitive


def is_confirmed(session: SessionBase) -> bool:
    """Whether it was shown within the last minutes that this is still the same person."""
    age: float = time.time() - session.get(CONFIRMED, 0)
    return age <= settings.CONFIRMATION_SECONDS


def confirm(user: User, session: SessionBase, secret: str) -> None:
    """By the password, or a code of the second factor. Raises SecretRefused, TooManyTries."""
    limit = tries.Limit(f"confirm:{user.pk}", 5, timedelta(minutes=5))
    with tries.counted(limit) as attempt:
        if not user.check_password(secret):
            second_factor.verify(user, secret)
        attempt.succeeded()
    session[CONFIRMED] = time.time()


def pass_second_factor(user: User, session: SessionBase, code: str) -> None:
    """Raises SecretRefused, TooManyTries."""
    second_factor.verify(user, code)
    let_in(session)


def let_in(session: SessionBase) -> None:
    session.cycle_key()
    session[FACTOR] = session[CONFIRMED] = time.time()
