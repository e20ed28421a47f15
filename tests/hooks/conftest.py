"""A webhook endpoint of ours, and a Stripe that signs what it delivers there."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
import stripe
from django.apps import apps
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from djstripe.models import WebhookEndpoint

from payments.webhooks import forget_doors
from tests.money.conftest import open_shop, running_simulator, shop, simulator

__all__ = ["open_shop", "running_simulator", "shop", "simulator"]

JSON = dict[str, Any]
numbers = itertools.count(1)


def make_event(
    type: str = "payment_intent.succeeded", thing: JSON | None = None, **more: Any
) -> JSON:
    """An event as Stripe sends it: about `thing`, of the platform unless `account` is given."""
    return {
        "id": f"evt_hook{next(numbers)}",
        "object": "event",
        "api_version": "2026-08-26.dahlia",
        "created": int(time.time()),
        "data": {"object": thing or {"id": "pi_unknown", "object": "payment_intent"}},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type,
        **more,
    }


def make_endpoint(secret: str = "whsec_right", **more: Any) -> WebhookEndpoint:
    values: JSON = {
        "id": f"we_hook{next(numbers)}",
        "djstripe_uuid": uuid4(),
        "url": "https://shop.example/hooks/",
        "secret": secret,
        "status": "enabled",
        "livemode": False,
        "enabled_events": ["*"],
        "stripe_data": {},
    }
    return WebhookEndpoint.objects.create(**values | more)


def sign(body: str, secret: str = "whsec_right", at: float | None = None) -> str:
    stamp = None if at is None else int(at)
    return str(stripe.WebhookSignature.generate_signature_header(body, secret, stamp))


VIEW, WSGI = "view", "wsgi"


@dataclass
class Door:
    """One of our endpoints; `deliver` is what Stripe does, `post` what anybody may try.

    `way` is how we are served: the view, as under ASGI, or the short cut of retail/wsgi.py.
    """

    client: Client
    endpoint: WebhookEndpoint
    way: str = VIEW

    @property
    def path(self) -> str:
        return f"/hooks/reader/{self.endpoint.djstripe_uuid}/"

    def deliver(self, event: JSON) -> HttpResponse:
        body = json.dumps(event, indent=2)
        return self.post(body, sign(body, self.endpoint.secret))

    def post(self, body: str | bytes, signature: str | None = None, **more: Any) -> HttpResponse:
        more.setdefault("content_type", "application/json")
        headers = dict(more.pop("headers", {}))
        if signature is not None:
            headers["Stripe-Signature"] = signature
        return self.send("POST", body, headers=headers, **more)

    def send(self, method: str, body: str | bytes, **more: Any) -> HttpResponse:
        path = more.pop("path", self.path)
        if self.way == WSGI:
            request = RequestFactory().generic(method, path, body, **more)
            return through_wsgi(request.environ)
        answer = self.client.generic(method, path, body, **more)
        assert isinstance(answer, HttpResponse)
        return answer


def through_wsgi(environ: JSON) -> HttpResponse:
    """What a WSGI server would be answered."""
    from retail.wsgi import application

    answer = HttpResponse()

    def start_response(status: str, headers: list[tuple[str, str]]) -> None:
        answer.status_code = int(status.partition(" ")[0])
        for name, value in headers:
            answer[name] = value

    answer.content = b"".join(application(environ, start_response))
    return answer


@pytest.fixture(autouse=True)
def fresh_doors() -> Iterator[None]:
    forget_doors()
    yield
    forget_doors()


@pytest.fixture
def door(db, client: Client) -> Door:
    return Door(client, make_endpoint())


@pytest.fixture(params=[VIEW, WSGI])
def either_door(request: pytest.FixtureRequest, door: Door) -> Door:
    return replace(door, way=request.param)


def rows() -> dict[str, int]:
    """How many rows every table of ours and of dj-stripe has."""
    tables = [
        model._meta.db_table
        for label in ("stores", "payments", "terminal", "djstripe")
        for model in apps.get_app_config(label).get_models()
    ]
    counts = [f"SELECT '{table}', count(*) FROM {table}" for table in tables]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(counts))
        return dict(cursor.fetchall())
