"""Who works on a tablet: a cashier says so by their name and PIN."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now
from django.utils.translation import gettext

from stores.errors import NotForYou, PinRefused, PinTooWeak
from stores.models import CashierSession, Device, LogEntry, Membership
from stores.names import name_of
from stores.principals import Principal, Right, Role
from stores.services import tries
from stores.services.devices import log_device
from stores.services.tries import Limit

RANK = {Role.CASHIER: 0, Role.MANAGER: 1, Role.OWNER: 2}
RUNS = ("0123456789", "9876543210")


def of_store(store_id: int) -> QuerySet[Membership]:
    """Who may work on the store's tablets: active people with a PIN."""
    people = Membership.objects.filter(store_id=store_id, user__is_active=True)
    return people.exclude(pin_hash="").select_related("user").order_by("user__username")


def shown_name(membership: Membership) -> str:
    return name_of(membership.user)


def sign_in(device: Device, membership_id: int, pin: str) -> CashierSession:
    """This person works here from now. Raises PinRefused, TooManyTries."""
    person = prove(device.store_id, membership_id, pin, asked_by=Principal.of_device(device))
    with transaction.atomic():
        at = now()
        session, _ = CashierSession.objects.update_or_create(
            device=device,
            defaults={
                "store_id": device.store_id,
                "membership": person,
                "confirmed_at": at,
                "used_at": at,
            },
        )
        device.cashier = session
        message = f"{shown_name(person)} works on {device}."
        log_device(device, "cashier_in", message, Principal.of_device(device))
    return session


def prove(store_id: int, membership_id: int, pin: str, *, asked_by: Principal) -> Membership:
    """Whose PIN this is. Outside a transaction, which would take back that a wrong one was counted.

    Raises PinRefused, in the same words whatever was wrong, and TooManyTries.
    """
    asker = asked_by.device_id or f"user:{asked_by.user_id}"
    limits = (
        Limit(f"pin_on:{asker}", 5, timedelta(minutes=5)),
        Limit(f"pin_of:{store_id}:{membership_id}", 10, timedelta(hours=1)),
    )
    with tries.counted(*limits) as attempt:
        person = of_store(store_id).filter(pk=membership_id).first()
        # Somebody unknown takes as long as a wrong PIN.
        right = check_password(pin, person.pin_hash if person else make_password("none"))
        if person is None or not right:
            raise PinRefused
        attempt.succeeded()
    return person


def sign_out(device: Device) -> None:
    """Nobody works here any more. Once more changes nothing."""
    by = Principal.of_device(device)
    with transaction.atomic():
        if CashierSession.objects.filter(device=device).delete()[0]:
            log_device(device, "cashier_out", f"Nobody works on {device} any more.", by)
    device.cashier = None


def works_until(session: CashierSession) -> datetime:
    """When it is over if nothing is done before."""
    return session.used_at + timedelta(minutes=session.device.store.pin_minutes)


def set_pin(membership: Membership, pin: str, *, by: Principal) -> None:
    """Give the person this PIN; empty takes theirs away. What they have open on tablets ends.

    Raises PinTooWeak, NotForYou.
    """
    _check_may_set(membership, by)
    if pin and not _is_good(pin):
        raise PinTooWeak
    with transaction.atomic():
        membership.pin_hash = make_password(pin) if pin else ""
        membership.save(update_fields=["pin_hash"])
        CashierSession.objects.filter(membership=membership).delete()
        verb = "pin_set" if pin else "pin_removed"
        LogEntry.objects.write(
            store=membership.store_id,
            subject="membership",
            subject_id=membership.pk,
            verb=verb,
            message=f"The PIN of {shown_name(membership)} was {'set' if pin else 'taken away'}.",
            by=by,
        )


def _check_may_set(membership: Membership, by: Principal) -> None:
    """Nobody sets the PIN of one above them: with it they would be that one."""
    if not by.may(Right.SET_PINS, membership.store_id):
        raise NotForYou
    if by.is_platform_owner:
        return
    own = Membership.objects.filter(user_id=by.user_id or 0, store_id=membership.store_id).first()
    if own is None or RANK[Role(membership.role)] > RANK[Role(own.role)]:
        raise NotForYou(gettext("The PIN of someone above you is not yours to set."))


def _is_good(pin: str) -> bool:
    if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8):
        return False
    return len(set(pin)) > 1 and not any(pin in run for run in RUNS)
