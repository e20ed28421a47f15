"""dj-stripe's mirror of Stripe's objects: for looking and for reports, never for a decision.

Workers hand events to `Event.process`, which keeps the Event, fires dj-stripe's signals and
re-reads the object. What dj-stripe 2.11 gets wrong is put right here (docs/adr/).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db.models import Model
from djstripe.enums import APIKeyType
from djstripe.models import (
    Account,
    APIKey,
    BalanceTransaction,
    Charge,
    Dispute,
    Event,
    PaymentIntent,
    PaymentMethod,
    Payout,
    Refund,
    WebhookEndpoint,
)

JSON = dict[str, Any]

MIRRORED: tuple[type[Model], ...] = (
    Charge, PaymentIntent, PaymentMethod, BalanceTransaction, Refund, Dispute, Payout,
)  # fmt: skip


def is_on() -> bool:
    """Without a key of its own dj-stripe mirrors nothing; sales do not need it."""
    return bool(settings.STRIPE_MIRROR_KEY)


def process(body: str) -> None:
    """Let dj-stripe take the event in: once per event id, however often this is called."""
    data = json.loads(body)
    account = data.get("account")
    for name in (account, data["data"]["object"].get("on_behalf_of")):
        if name:
            know(name)
    Event.process(data, api_key=settings.STRIPE_MIRROR_KEY)  # type: ignore[no-untyped-call]
    if account:
        _own(data)


def forget_events(before: datetime) -> None:
    """Delete what Stripe told before then: with it, names, and what customers typed into forms."""
    Event.objects.filter(created__lt=before).delete()


def _own(data: JSON) -> None:
    """Give what was mirrored to the account the event is of.

    dj-stripe 2.11 makes the platform the owner of rows mirrored from a connected account.
    """
    thing = data["data"]["object"]
    linked = (thing.get("id"), thing.get("payment_intent"), thing.get("payment_method"),
              thing.get("balance_transaction"), thing.get("charge"))  # fmt: skip
    ids = [name for name in linked if isinstance(name, str)]
    for model in MIRRORED:
        model._default_manager.filter(id__in=ids).exclude(
            djstripe_owner_account_id=data["account"]
        ).update(djstripe_owner_account_id=data["account"])


def prepare(platform: JSON, connected: list[str]) -> None:
    """Make the Account and APIKey rows dj-stripe would else look up with its restricted key.

    `platform` is Stripe's answer to `GET /v1/account`, `connected` are `acct_` ids.
    """
    owner, _ = Account.objects.get_or_create(
        id=platform["id"], defaults={"stripe_data": platform, "livemode": settings.STRIPE_LIVE_MODE}
    )
    if settings.STRIPE_MIRROR_KEY:
        APIKey.objects.update_or_create(
            secret=settings.STRIPE_MIRROR_KEY,
            defaults={
                "type": APIKeyType.restricted,
                "livemode": settings.STRIPE_LIVE_MODE,
                "name": "Read-only, for the mirror",
                "djstripe_owner_account": owner,
            },
        )
    for account in connected:
        know(account)


def know(account: str) -> None:
    """Have a row of the account: without one dj-stripe asks Stripe, while a cashier waits."""
    if Account.objects.filter(id=account).exists():
        return
    key = APIKey.objects.filter(secret=settings.STRIPE_MIRROR_KEY).first()
    Account.objects.get_or_create(
        id=account,
        defaults={
            "stripe_data": {"id": account, "object": "account"},
            "livemode": settings.STRIPE_LIVE_MODE,
            "djstripe_owner_account": key.djstripe_owner_account if key else None,
        },
    )


@dataclass(frozen=True)
class Endpoint:
    """One of our webhook endpoints as dj-stripe's row has it, without its secret."""

    id: str
    uuid: UUID


def find_endpoint(door: str, connect: bool) -> Endpoint | None:
    """The newest endpoint of this door, for connected accounts or for the platform's own."""
    ours = WebhookEndpoint.objects.filter(metadata__door=door, metadata__connect=str(connect))
    row = ours.order_by("-djstripe_id").values_list("id", "djstripe_uuid").first()
    return Endpoint(*row) if row else None


def keep_endpoint(endpoint: JSON) -> None:
    """Write Stripe's answer to the creation down, with the secret that only it carries."""
    WebhookEndpoint.objects.create(
        id=endpoint["id"],
        djstripe_uuid=UUID(endpoint["metadata"]["djstripe_uuid"]),
        url=endpoint["url"],
        secret=endpoint["secret"],
        status=endpoint["status"],
        livemode=endpoint["livemode"],
        api_version=endpoint["api_version"] or "",
        enabled_events=endpoint["enabled_events"],
        metadata=endpoint["metadata"],
        stripe_data={k: v for k, v in endpoint.items() if k != "secret"},
    )


def keep_cli_endpoint(base_url: str, secret: str) -> str:
    """A door for `stripe listen`, which signs all it forwards with one secret; its URL."""
    name = uuid5(NAMESPACE_URL, f"stripe listen {base_url}")
    url = f"{base_url}/hooks/reader/{name}/"
    WebhookEndpoint.objects.update_or_create(
        id=f"we_cli_{name.hex}",
        defaults={
            "djstripe_uuid": name,
            "url": url,
            "secret": secret,
            "status": "enabled",
            "livemode": settings.STRIPE_LIVE_MODE,
            "api_version": settings.STRIPE_API_VERSION,
            "enabled_events": ["*"],
            "metadata": {"door": "stripe listen"},
            "stripe_data": {},
        },
    )
    return url


def move_endpoint(endpoint: JSON) -> None:
    WebhookEndpoint.objects.filter(id=endpoint["id"]).update(
        url=endpoint["url"],
        status=endpoint["status"],
        enabled_events=endpoint["enabled_events"],
    )
