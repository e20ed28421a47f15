"""The platform's support is let in to look, for a reason and for an hour."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext

from stores.errors import NotForYou
from stores.models import LogEntry, SupportAccess, SupportPerson
from stores.principals import Principal

LASTS = timedelta(hours=1)


def is_person(user: object) -> bool:
    """Whether it is one of the platform's support, who see nothing without a reason."""
    return isinstance(user, User) and SupportPerson.objects.filter(user=user).exists()


def open_access(user: User, reason: str) -> SupportAccess:
    """From now everything is to be seen and nothing to be changed. Raises NotForYou."""
    if not SupportPerson.objects.filter(user=user).exists():
        raise NotForYou(gettext("Only the platform's support is let in like this."))
    with transaction.atomic():
        access = SupportAccess.objects.create(
            user=user, reason=" ".join(reason.split()), ends_at=now() + LASTS
        )
        _log(access, "opened", f"{user} looks as support: {access.reason}")
    return access


def close_access(access: SupportAccess) -> None:
    with transaction.atomic():
        closed = SupportAccess.objects.filter(pk=access.pk, closed_at=None).update(closed_at=now())
        if closed:
            _log(access, "closed", f"{access.user} looks as support no more.")


def add_person(user: User, *, by: Principal) -> None:
    """Raises NotForYou."""
    _check_platform(by)
    with transaction.atomic():
        _, added = SupportPerson.objects.get_or_create(user=user)
        if added:
            _log_person(user, "support_added", f"{user} is of the platform's support now.", by)


def remove_person(user: User, *, by: Principal) -> None:
    """What they have open ends at once. Raises NotForYou."""
    _check_platform(by)
    with transaction.atomic():
        for access in SupportAccess.objects.open().filter(user=user).select_related("user"):
            close_access(access)
        if SupportPerson.objects.filter(user=user).delete()[0]:
            _log_person(user, "support_removed", f"{user} is no longer of the support.", by)


def _check_platform(by: Principal) -> None:
    if not by.is_platform_owner:
        raise NotForYou(gettext("Who is of the platform, its owner says."))


def _log(access: SupportAccess, verb: str, message: str) -> None:
    LogEntry.objects.write(
        store=None,
        subject="support",
        subject_id=access.pk,
        verb=verb,
        message=message,
        by=Principal.of_user(access.user),
        data={"reason": access.reason, "ends_at": access.ends_at},
    )


def _log_person(user: User, verb: str, message: str, by: Principal) -> None:
    LogEntry.objects.write(
        store=None, subject="user", subject_id=user.pk, verb=verb, message=message, by=by
    )
