"""The webhook endpoints at Stripe: two doors, each for the platform and for connected accounts.

dj-stripe's WebhookEndpoint rows are where endpoints and their secrets live.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import transaction

from payments import gateway, mirror
from payments.models import RequestStatus, StripeRequest
from payments.services import errands, requests
from stores.models import Account

JSON = dict[str, Any]
CREATE = "webhook_endpoint.create"
UPDATE = "webhook_endpoint.update"

# Stripe takes no wildcard for a group, and a few types must be named one by one.
DOORS: dict[str, list[str]] = {
    "reader": [
        "terminal.reader.action_succeeded",
        "terminal.reader.action_failed",
        "terminal.reader.action_updated",
        "payment_intent.created",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.amount_capturable_updated",
        "payment_intent.canceled",
        "payment_intent.requires_action",
        "payment_intent.processing",
    ],
    "general": [
        "charge.succeeded",
        "charge.captured",
        "charge.expired",
        "charge.refunded",
        "charge.refund.updated",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "payout.created",
        "payout.paid",
        "payout.failed",
        "account.updated",
        "account.application.authorized",
        "account.application.deauthorized",
        "capability.updated",
        "application_fee.created",
        "application_fee.refunded",
    ],
}


class EndpointRefused(Exception):
    """Stripe did not create or change the endpoint; the message is Stripe's."""


def register_endpoints(base_url: str) -> list[str]:
    """Make sure that four endpoints deliver to `base_url`; their URLs. Commands only: it waits.

    Raises EndpointRefused, payments.gateway.NoAnswer or AccountRefused.
    """
    mirror.prepare(gateway.get("/v1/account", ""), _connected())
    at_stripe = {e["id"]: e for e in gateway.each("/v1/webhook_endpoints", "")}
    return [
        _ensure(base_url.rstrip("/"), door, connect, at_stripe)
        for door in DOORS
        for connect in (False, True)
    ]


def keep_cli_endpoint(base_url: str, secret: str) -> str:
    """Take in what `stripe listen --forward-to URL` delivers; the URL. No endpoint at Stripe."""
    mirror.prepare(gateway.get("/v1/account", ""), _connected())
    return mirror.keep_cli_endpoint(base_url.rstrip("/"), secret)


def _connected() -> list[str]:
    return list(Account.objects.values_list("stripe_id", flat=True))


def _ensure(base_url: str, door: str, connect: bool, at_stripe: dict[str, JSON]) -> str:
    known = mirror.find_endpoint(door, connect)
    if known is None or known.id not in at_stripe:
        return _create(base_url, door, connect)
    url = _url(base_url, door, known.uuid)
    there = at_stripe[known.id]
    is_right = there["url"] == url and sorted(there["enabled_events"]) == sorted(DOORS[door])
    # Stripe disables an endpoint that has failed for days.
    if not is_right or there["status"] != "enabled":
        params = {"url": url, "enabled_events": DOORS[door], "disabled": False}
        _post(UPDATE, f"/v1/webhook_endpoints/{known.id}", params, known.uuid)
    return url


def _create(base_url: str, door: str, connect: bool) -> str:
    name = uuid.uuid4()
    url = _url(base_url, door, name)
    params: JSON = {
        "url": url,
        "enabled_events": DOORS[door],
        "connect": connect,
        "api_version": settings.STRIPE_API_VERSION,
        "description": f"Retail: {door}{' of connected accounts' if connect else ''}",
        "metadata": {"djstripe_uuid": str(name), "door": door, "connect": str(connect)},
    }
    _post(CREATE, "/v1/webhook_endpoints", params, name)
    return url


def _url(base_url: str, door: str, name: uuid.UUID) -> str:
    return f"{base_url}/hooks/{door}/{name}/"


def _post(kind: str, path: str, params: JSON, name: uuid.UUID) -> None:
    with transaction.atomic(durable=True):
        request = requests.plan_for_platform(
            kind=kind, path=path, params=params, key=f"{kind}:{name}:{uuid.uuid4()}"
        )
    done = errands.carry_out(request.pk)
    if done.status != RequestStatus.SUCCEEDED:
        raise EndpointRefused(done.error_message or done.error_code or "No answer from Stripe.")


def _created(request: StripeRequest, endpoint: JSON) -> None:
    """The signing secret is in this answer only: kept in dj-stripe's row, nowhere else."""
    mirror.keep_endpoint(endpoint)


def _updated(request: StripeRequest, endpoint: JSON) -> None:
    mirror.move_endpoint(endpoint)


def register() -> None:
    errands.DONE[CREATE] = _created
    errands.DONE[UPDATE] = _updated
