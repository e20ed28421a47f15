"""`/api/v1/live/` and `/api/v1/live/payments/{id}/`."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.asgi import ASGIRequest
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import get_language_from_request, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import (
    APIException,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
    ValidationError,
)

from retail.api.authentication import principal_of
from retail.api.problems import Problem, plain_response, problem_of
from retail.live.events import (
    STATUS,
    Event,
    account_event,
    payment_event,
    snapshot,
    stripe_event,
    visible_stores,
)
from retail.live.hub import hub
from retail.live.subscriptions import Subscription
from retail.live.threads import in_thread
from stores.api.base import refuse_unknown
from stores.errors import DomainError
from stores.principals import Principal
from stores.services import support

LONGEST_POLL = 30.0  # seconds
HEADERS = {"X-Accel-Buffering": "no"}
View = Callable[..., Coroutine[Any, Any, HttpResponseBase]]


class LiveNeedsAsgi(DomainError):
    """A WSGI server would read the endless stream to its end."""

    code = "live_needs_asgi"
    status = 501
    next_action = _("Send `/api/v1/live/` to the ASGI service; the operator's proxy does that.")
    default_message = _("This server has no live updates.")


class ReasonNeeded(DomainError):
    """An empty stream would look as if nothing happened in the shops."""

    code = "reason_needed"
    status = 403
    next_action = _("Say in the admin why you look, under Support. Then listen again.")
    default_message = _("The platform's support sees nothing without a reason.")


def answering(*parameters: str) -> Callable[[View], View]:
    """GET only, asynchronous only, with these parameters only, and errors as problem documents."""

    def decorate(view: View) -> View:
        @csrf_exempt  # nothing but GET: a POST is told so, not sent for a cookie
        @wraps(view)
        async def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            try:
                if request.method != "GET":
                    raise MethodNotAllowed(str(request.method))
                if not isinstance(request, ASGIRequest):
                    raise LiveNeedsAsgi
                refuse_unknown(request.GET, frozenset(parameters))
                return await view(request, **kwargs)
            except Exception as error:
                response = plain_response(error, request)
                if isinstance(error, MethodNotAllowed):
                    response["Allow"] = "GET"
                return response

        return wrapped

    return decorate


class Watcher:
    """Who looks, by a token or a session that is asked for again and again."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.language = get_language_from_request(request)

    async def identify(self) -> None:
        """Find out who this is and what they may see. Raises APIException when nobody any more."""
        self.principal, self.stores = await in_thread(self._look)

    def _look(self) -> tuple[Principal, frozenset[int] | None]:
        # Anew each time: the session may have ended since.
        self.request.session = type(self.request.session)(self.request.session.session_key)
        self.request.user = get_user(self.request)
        principal = principal_of(self.request)
        if principal is None:
            raise NotAuthenticated
        stores = visible_stores(principal)
        if stores == frozenset() and support.is_person(self.request.user):
            raise ReasonNeeded
        return principal, stores

    def wants(self, event: Event) -> bool:
        if event.kind == "account":
            return False
        return event.key == STATUS or self.stores is None or event.store_id in self.stores

    def everything(self) -> list[Event]:
        """What is now."""
        return [*snapshot(self.principal, self.language), stripe_event([self.language])]


class AccountWatcher(Watcher):
    """Who has an account's page open, and may see the account."""

    def __init__(self, request: HttpRequest, pk: int) -> None:
        super().__init__(request)
        self.pk = pk

    def _look(self) -> tuple[Principal, frozenset[int] | None]:
        principal, stores = super()._look()
        if account_event(principal, self.pk, self.language) is None:
            raise NotFound
        return principal, stores

    def wants(self, event: Event) -> bool:
        return event.key == ("account", self.pk)

    def everything(self) -> list[Event]:
        found = account_event(self.principal, self.pk, self.language)
        return [found] if found else []


@answering()
async def live(request: HttpRequest) -> HttpResponseBase:
    """Server-sent events: what is open now, then every change."""
    return await _streamed(Watcher(request))


@answering()
async def live_account(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Server-sent events: that there is news of an account, for its open pages."""
    return await _streamed(AccountWatcher(request, pk))


async def _streamed(watcher: Watcher) -> HttpResponseBase:
    await watcher.identify()
    return StreamingHttpResponse(
        stream(watcher), content_type="text/event-stream; charset=utf-8", headers=HEADERS
    )


async def stream(watcher: Watcher) -> AsyncIterator[bytes]:
    """Frames until the server stops or the watcher may not look any more."""
    yield b"retry: 1000\n\n"
    async with hub().subscribe(watcher.wants, watcher.language) as subscription:
        yield await _everything(watcher, subscription)
        look_again = time.monotonic() + settings.LIVE_HEARTBEAT
        while not subscription.is_over:
            events = await subscription.take(look_again - time.monotonic())
            if subscription.must_look():
                problem = await _still_allowed(watcher)
                if problem is not None:
                    yield _frame("end", json.dumps(problem.document()).encode())
                    return
            if subscription.must_resync():
                yield _frame("resync", b"{}") + await _everything(watcher, subscription)
            elif events:
                yield b"".join(event.frame(watcher.language) for event in events)
            if time.monotonic() >= look_again:
                problem = await _still_allowed(watcher)
                if problem is not None:
                    yield _frame("end", json.dumps(problem.document()).encode())
                    return
                yield b": heartbeat\n\n"
                look_again = time.monotonic() + settings.LIVE_HEARTBEAT


async def _everything(watcher: Watcher, subscription: Subscription) -> bytes:
    events = subscription.fresh(await in_thread(watcher.everything))
    frames = b"".join(event.frame(watcher.language) for event in events)
    return frames + _frame("ready", b"{}")


async def _still_allowed(watcher: Watcher) -> Problem | None:
    """None: yes, or the database is away and nobody can tell."""
    try:
        await watcher.identify()
    except (APIException, DomainError) as error:
        return problem_of(error)
    except (OperationalError, InterfaceError):
        return None
    return None


def _frame(event: str, data: bytes) -> bytes:
    return f"event: {event}\ndata: ".encode() + data + b"\n\n"


@answering("version", "timeout")
async def poll_payment(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The payment as soon as its version passes `version`, or as it is after `timeout` seconds."""
    version = int(_number(request, "version", default=0, most=2**31))
    until = time.monotonic() + _number(request, "timeout", default=25, most=LONGEST_POLL)
    watcher = Watcher(request)
    await watcher.identify()
    key = ("payment", pk)
    async with hub().subscribe(lambda event: event.key == key, watcher.language) as subscription:
        event = await _payment(watcher, pk)
        while event.version <= version and not subscription.is_over:
            news = await subscription.take(until - time.monotonic())
            if subscription.must_resync():
                event = await _payment(watcher, pk)
            elif news:
                event = news[-1]
            if time.monotonic() >= until:
                break
    return HttpResponse(
        event.data[watcher.language],
        content_type="application/json",
        headers={"ETag": f'"{event.version}"'},
    )


async def _payment(watcher: Watcher, pk: int) -> Event:
    event = await in_thread(payment_event, watcher.principal, pk, watcher.language)
    if event is None:
        raise Http404
    return event


def _number(request: HttpRequest, name: str, *, default: float, most: float) -> float:
    text = request.GET.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= most):
        raise ValidationError(
            {name: [gettext("A whole number from 0 to {most}.").format(most=f"{most:.0f}")]}
        )
    return float(text)
