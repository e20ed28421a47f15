"""Every error as a problem document (RFC 9457): DomainErrors, DRF's and Django's, and our bugs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from stores.errors import DomainError

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

logger = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"
JSON = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """What went wrong, for a program (`code`, `retryable`) and for a person (the rest).

    `errors` names the fields of the request that were refused, like `lines.0.quantity`; `about`
    has what else a program can use, like the payment that has a reader.
    """

    status: int
    code: str
    detail: StrOrPromise
    next_action: StrOrPromise
    retryable: bool = False
    errors: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    about: dict[str, int] = field(default_factory=dict)

    def document(self) -> JSON:
        document: JSON = {
            "type": f"urn:retail:problem:{self.code}",
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "detail": str(self.detail),
            "code": self.code,
            "retryable": self.retryable,
            "next_action": str(self.next_action),
            **self.about,
        }
        return document | {"errors": self.errors} if self.errors else document


NOT_FOUND = Problem(
    404, "not_found", _("There is no such thing here."), _("Check the address and the id.")
)
UNAVAILABLE = Problem(
    503,
    "database_unavailable",
    _("Our database does not answer at the moment. Nothing was changed."),
    _("Send the same request again in a second, with the same Idempotency-Key."),
    retryable=True,
    headers={"Retry-After": "1"},
)
INTERNAL = Problem(
    500,
    "internal_error",
    _("An error of ours stopped this request."),
    _("Look at the present state before you try again; tell support if it happens twice."),
)
NEXT_ACTIONS = {
    400: _("Correct the request and send it again."),
    401: _("Send the device's token as `Authorization: Bearer …`; pair the tablet if it has none."),
    403: _("Sign in as somebody who may do this."),
    405: _("Use one of the methods that the Allow header names."),
    413: _("Send less at once."),
    415: _("Send JSON, with `Content-Type: application/json`."),
    429: _("Wait as long as Retry-After says, then send the same request again."),
}


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler."""
    request = context.get("request")
    problem = problem_of(error)
    if problem is INTERNAL:
        _report(error, getattr(request, "_request", request))
    return Response(
        problem.document(),
        status=problem.status,
        headers=problem.headers,
        content_type=CONTENT_TYPE,
    )


def plain_response(error: Exception, request: HttpRequest) -> JsonResponse:
    """The same for views that are not DRF's."""
    problem = problem_of(error)
    if problem is INTERNAL:
        _report(error, request)
    return JsonResponse(
        problem.document(),
        status=problem.status,
        headers=problem.headers,
        content_type=CONTENT_TYPE,
    )


def _report(error: Exception, request: HttpRequest | None) -> None:
    """Into the log, and to whoever waits for Django's signal: error trackers, the test client."""
    logger.error("%s failed", request.path if request else "A request", exc_info=error)
    got_request_exception.send(sender=None, request=request)


def problem_of(error: Exception) -> Problem:
    match error:
        case DomainError():
            return _of_domain(error)
        case exceptions.ValidationError():
            return _of_validation(error)
        case Http404() | exceptions.NotFound():
            return NOT_FOUND
        case DjangoPermissionDenied():
            return _of_api(exceptions.PermissionDenied())
        case exceptions.APIException():
            return _of_api(error)
        case OperationalError() | InterfaceError():
            logger.warning("the database does not answer: %s", error)
            return UNAVAILABLE
    return INTERNAL


def _of_domain(error: DomainError) -> Problem:
    return Problem(
        error.status,
        error.code,
        error.message,
        error.next_action,
        error.retryable,
        about=error.about,
    )


def _of_validation(error: exceptions.ValidationError) -> Problem:
    errors = flat(error.detail)
    names = ", ".join(list(errors)[:5])
    return Problem(
        400,
        "invalid_request",
        gettext("Not valid: {names}.").format(names=names),
        NEXT_ACTIONS[400],
        errors=errors,
    )


def flat(detail: Any, path: str = "") -> dict[str, list[str]]:
    """DRF's nested errors by the path of their field: `{"lines.0.quantity": ["…"]}`."""
    if isinstance(detail, Mapping):
        parts = [(str(name), inner) for name, inner in detail.items()]
    elif isinstance(detail, Sequence) and any(isinstance(one, Mapping | list) for one in detail):
        parts = [(str(number), inner) for number, inner in enumerate(detail)]
    else:
        sentences = [detail] if isinstance(detail, str) else list(detail)
        return {path or "request": [str(one) for one in sentences]}
    found: dict[str, list[str]] = {}
    for name, inner in parts:
        here = path if name == api_settings.NON_FIELD_ERRORS_KEY else f"{path}.{name}".strip(".")
        if inner:
            found |= flat(inner, here)
    return found


def _of_api(error: exceptions.APIException) -> Problem:
    code = error.get_codes()
    headers = {}
    if error.status_code == 401:
        headers["WWW-Authenticate"] = getattr(error, "auth_header", None) or "Bearer"
    wait = getattr(error, "wait", None)  # of Throttled, in seconds
    if wait is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    return Problem(
        error.status_code,
        "malformed_request" if code == "parse_error" else str(code),
        str(error.detail),
        NEXT_ACTIONS.get(error.status_code, INTERNAL.next_action),
        retryable=error.status_code == 429,
        headers=headers,
    )
