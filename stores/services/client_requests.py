"""`Idempotency-Key`: a request that is sent again does nothing again.

The row is inserted first in the transaction of what is asked. Another request with the same key
waits at the unique index until that transaction ends, and then finds the row, or none if it was
rolled back: a refusal is not stored, so the key may be used again after one.
"""

from datetime import timedelta

from django.db import connection
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from stores.errors import DomainError
from stores.models import ClientRequest
from stores.principals import Kind, Principal

KEPT = timedelta(hours=24)


class KeyReused(DomainError):
    """The key was used for another request; it names one only."""

    code = "idempotency_key_reused"
    status = 422
    next_action = _("Use a new key for every new request, and the old one only to repeat it.")
    default_message = _("This Idempotency-Key was used for a different request.")


def claim(by: Principal, key: str, fingerprint: str) -> tuple[ClientRequest, bool]:
    """This principal's row for the key, and whether it is new: then do what is asked.

    Inside the caller's transaction; waits for another one that holds the key. Raises KeyReused.
    """
    pk = _insert(by, key, fingerprint)
    if pk is not None:
        return ClientRequest(pk=pk), True
    # FOR UPDATE: two who find an expired row must not both take it over.
    known = ClientRequest.objects.select_for_update().filter(_of(by), key=key).first()
    if known is None:  # forgotten since: it was old
        return claim(by, key, fingerprint)
    if known.created_at < now() - KEPT:
        known.fingerprint, known.created_at, known.resource_id = fingerprint, now(), None
        known.save(update_fields=["fingerprint", "created_at", "resource_id"])
        return known, True
    if known.fingerprint != fingerprint:
        raise KeyReused
    return known, False


def _insert(by: Principal, key: str, fingerprint: str) -> int | None:
    """ON CONFLICT waits for an unfinished rival, which a failed INSERT in a savepoint also does,
    in three statements more.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO stores_clientrequest"
            " (store_id, device_id, user_id, key, fingerprint, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id",
            [by.store_id, by.device_id, _user_of(by), key, fingerprint, now()],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _user_of(by: Principal) -> int | None:
    """A tablet's key is the tablet's, whoever works on it."""
    return None if by.kind == Kind.DEVICE else by.user_id


def _of(by: Principal) -> Q:
    return Q(device=by.device_id) if by.kind == Kind.DEVICE else Q(user=by.user_id)


def finish(request: ClientRequest, *, store_id: int | None, resource_id: int) -> None:
    """Write down what was made or changed, in the transaction of the claim."""
    ClientRequest.objects.filter(pk=request.pk).update(store_id=store_id, resource_id=resource_id)


def forget_old() -> int:
    """Delete the rows whose time is over; how many there were."""
    return ClientRequest.objects.filter(created_at__lt=now() - KEPT).delete()[0]
