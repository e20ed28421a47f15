"""A POST: done once per `Idempotency-Key`, answered with the resource as it is then."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Protocol, TypeVar

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.response import Response

from stores.api.base import ApiRequest, ResourceView
from stores.errors import DomainError
from stores.services import client_requests

V = TypeVar("V", bound=ResourceView[Any])
LONGEST_KEY = 255


class InStore(Protocol):
    """What every command returns: a row of a store, or of none, which is the platform's."""

    pk: Any
    store_id: Any


class KeyInvalid(DomainError):
    code = "idempotency_key_invalid"
    status = 400
    next_action = _("Send a fresh UUID as the key.")
    default_message = _("An Idempotency-Key has 1 to 255 printable ASCII characters.")


def command(
    code: int = status.HTTP_202_ACCEPTED, *, creates: bool = False
) -> Callable[
    [Callable[Concatenate[V, ApiRequest, ...], InStore]],
    Callable[Concatenate[V, ApiRequest, ...], Response],
]:
    """Make a view's `post` from a method that does what is asked and returns the row it is about.

    The answer is read anew after the commit, in the same way for a first request and a replay.
    """

    def decorate(
        do: Callable[Concatenate[V, ApiRequest, ...], InStore],
    ) -> Callable[Concatenate[V, ApiRequest, ...], Response]:
        @wraps(do)
        def post(view: V, request: ApiRequest, /, *args: Any, **kwargs: Any) -> Response:
            key = request.headers.get("Idempotency-Key")
            if key is None:
                return view.show(do(view, request, *args, **kwargs).pk, code, created=creates)
            if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
                raise KeyInvalid
            pk, replayed = once(request, key, lambda: do(view, request, *args, **kwargs))
            response = view.show(pk, code, created=creates)
            if replayed:
                response["Idempotent-Replayed"] = "true"
            return response

        return post

    return decorate


def once(request: ApiRequest, key: str, do: Callable[[], InStore]) -> tuple[int, bool]:
    """The id of the row that was made or changed under this key, and whether that was before."""
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        known, is_new = client_requests.claim(request.principal, key, fingerprint)
        if is_new:
            row = do()
            client_requests.finish(known, store_id=row.store_id, resource_id=row.pk)
            return row.pk, False
        assert known.resource_id is not None
        return known.resource_id, True


def _fingerprint(request: ApiRequest) -> str:
    """Equal for equal requests, however their JSON is written. Of a PIN nothing is kept."""
    body = json.dumps(_without_pin(request.data), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()


def _without_pin(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    return {name: _without_pin(value) for name, value in data.items() if name != "pin"}
