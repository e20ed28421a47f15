"""Who works where, and as what: owners decide for their stores, the platform's owner for all.

Each change is written down, and whoever it is about is looked at anew wherever they watch.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext

from stores.errors import NotForYou
from stores.models import LogEntry, Membership, Store, SupportPerson
from stores.principals import OWNERS, Principal, Right, Role
from stores.services import second_factor
from stores.services.devices import ring_access
from stores.services.edits import UNCHANGED, Edit


def controls(by: Principal, user: User) -> bool:
    """Whether this login is theirs to change: all its stores are, and it is not the platform's.

    Who works for two companies is for the platform: neither may take over what the other trusts.
    """
    if by.is_platform_owner:
        return True
    if not by.may_act or user.is_superuser or SupportPerson.objects.filter(user=user).exists():
        return False
    works = Membership.objects.filter(user=user)
    return works.exists() and not works.exclude(by.stores("store_id", OWNERS)).exists()


def employ(user: User, store: Store, role: str, *, by: Principal) -> Membership:
    """Give the person a role in the store. Raises NotForYou."""
    _check(by, store.pk)
    with transaction.atomic():
        made = Membership.objects.create(user=user, store=store, role=Role(role))
        _tell(made, "employed", f"{user} is {made.role} now.", by, new=role)
    return made


def change_role(membership: Membership, role: str, *, by: Principal) -> None:
    """Raises NotForYou."""
    _check(by, membership.store_id)
    with transaction.atomic():
        locked = Membership.objects.select_for_update().get(pk=membership.pk)
        old, locked.role = locked.role, Role(role)
        locked.save(update_fields=["role"])
        message = f"{locked.user} is {locked.role} now."
        _tell(locked, "role_changed", message, by, old=old, new=role)


def dismiss(membership: Membership, *, by: Principal) -> None:
    """The person works there no more; what they have open there ends. Raises NotForYou."""
    _check(by, membership.store_id)
    with transaction.atomic():
        message = f"{membership.user} works here no more."
        _tell(membership, "dismissed", message, by, old=membership.role)
        membership.delete()


def note_login_change(user: User, what: str, *, by: Principal, edit: Edit = UNCHANGED) -> None:
    """After a login was made, changed, shut or given a new password; in its stores' logs."""
    works = Membership.objects.filter(user=user).values_list("store_id", flat=True)
    stores: list[int | None] = [*works]
    for store_id in stores or [None]:
        LogEntry.objects.write(
            store=store_id,
            subject="user",
            subject_id=user.pk,
            verb="login_changed",
            message=f"The login of {user}: {what}.",
            old=edit.old,
            new=edit.new,
            data=edit.data,
            by=by,
        )
    ring_access()


def reset_second_factor(user: User, *, by: Principal) -> None:
    """Raises NotForYou."""
    if not controls(by, user):
        raise NotForYou(gettext("This login is not yours to change."))
    second_factor.reset(user, by=by)
    note_login_change(user, "second factor reset", by=by)


def _check(by: Principal, store_id: int) -> None:
    if not by.may(Right.MANAGE_PEOPLE, store_id):
        raise NotForYou


def _tell(
    membership: Membership, verb: str, message: str, by: Principal, *, old: str = "", new: str = ""
) -> None:
    ring_access()
    LogEntry.objects.write(
        store=membership.store_id,
        subject="membership",
        subject_id=membership.pk,
        verb=verb,
        message=message,
        old=old,
        new=new,
        by=by,
        data={"user": membership.user_id},
    )
