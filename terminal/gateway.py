"""Readers and locations at Stripe: what is read, and where commands are sent."""

from __future__ import annotations

from typing import Any

from payments import gateway
from terminal.models import Reader

JSON = dict[str, Any]


def retrieve_reader(reader: Reader) -> JSON:
    return gateway.get(f"/v1/terminal/readers/{reader.stripe_id}", reader.stripe_account)


def retrieve_reader_and_payment_intent(reader: Reader, type: str) -> tuple[JSON, JSON | None]:
    """One read for both: the reader, and the PaymentIntent that its action names, if it is an
    action of this type.
    """
    shown = gateway.get(
        f"/v1/terminal/readers/{reader.stripe_id}",
        reader.stripe_account,
        expand=[f"action.{type}.payment_intent.latest_charge"],
    )
    action = shown.get("action") or {}
    intent = (action.get(type) or {}).get("payment_intent")
    if not isinstance(intent, dict):
        return shown, None
    action[type]["payment_intent"] = intent["id"]
    return shown, intent


def command_path(reader: Reader, verb: str) -> str:
    return f"/v1/terminal/readers/{reader.stripe_id}/{verb}"
