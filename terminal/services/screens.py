"""What a reader's JSON says about one of our payments, and copying it into the Reader row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from payments.services.bells import LIVE, notify
from payments.services.refund_merging import names_refund
from payments.transitions import EXPIRED
from stores.sentences import said
from terminal.models import Reader
from terminal.services import moved

JSON = dict[str, Any]
UNKNOWN_TO_STRIPE = said("Stripe no longer knows this reader.")


def shown_status(reader: JSON | None, payment_intent_id: str | None, type: str = "") -> str:
    """The status of the reader's action when it is about this PaymentIntent; '' when it is not.

    With a `type`, only when it is this command: one PaymentIntent may see several, and the slot
    has the latest.
    """
    action = (reader or {}).get("action") or {}
    sub = action.get(action.get("type") or "") or {}
    if payment_intent_id is None or sub.get("payment_intent") != payment_intent_id:
        return ""
    return str(action.get("status") or "") if type in ("", action.get("type")) else ""


def shown_card(reader: JSON | None, payment_intent_id: str | None) -> JSON:
    """The PaymentMethod that was collected for this PaymentIntent and that the reader still has.

    Whether the action goes on or has succeeded then, Stripe does not say.
    """
    status = shown_status(reader, payment_intent_id, "collect_payment_method")
    if reader is None or status not in ("in_progress", "succeeded"):
        return {}
    found = reader["action"]["collect_payment_method"].get("payment_method")
    return found if isinstance(found, dict) else {}


def stands(reader: JSON | None, payment_intent_id: str | None) -> bool:
    """Whether the reader waits for us: for a card, or to hear what becomes of one."""
    waits = shown_status(reader, payment_intent_id) == "in_progress"
    return waits or bool(shown_card(reader, payment_intent_id))


def waits_for(reader: JSON | None) -> str:
    """The type of what is in progress on the reader; '' when that is nothing but a cart."""
    action = (reader or {}).get("action") or {}
    type = str(action.get("type") or "")
    busy = action.get("status") == "in_progress" and type != "set_reader_display"
    return type if busy else ""


def shown_refund(reader: JSON | None, uuid: UUID) -> str:
    """The status of the reader's action when it is about this refund of ours; '' when it is not."""
    action = (reader or {}).get("action") or {}
    if not names_refund(action.get("refund_payment") or {}, uuid):
        return ""
    return str(action.get("status") or "")


def failure(reader: JSON) -> dict[str, str]:
    """Why the action failed, in the words of our row. `api_error` is null before software 2.42."""
    action = reader.get("action") or {}
    api_error = action.get("api_error") or {}
    code = str(action.get("failure_code") or "failed")
    if (action.get("collect_payment_method") or {}).get("payment_method"):
        # A card that was read and then forgotten; how Stripe calls that is not documented.
        code = code if code in ("customer_canceled", "connection_error") else EXPIRED
    return {
        "failure_code": code,
        "failure_message": str(action.get("failure_message") or ""),
        "decline_code": str(api_error.get("decline_code") or ""),
        "charge_id": str(api_error.get("charge") or ""),
    }


def tell_readers_screens(reader: Reader, *, is_over: bool = False) -> None:
    """What the reader does for us changed, though Stripe was not asked about the reader.

    When that is over, what Stripe said of it before is old, and forgotten.
    """
    old: dict[str, JSON] = {"action": {}} if is_over else {}
    Reader.objects.filter(pk=reader.pk).update(version=F("version") + 1, **old)
    notify(LIVE, "reader", reader.pk, reader.store_id)


def copy_reader(reader: Reader, shown: JSON) -> None:
    """Write down what Stripe says of the reader, and tell the screens if it is news."""
    if shown.get("deleted"):
        moved.hold(reader, UNKNOWN_TO_STRIPE)
        tell_readers_screens(reader)
        return
    action = shown.get("action") or {}
    kept = {key: action[key] for key in ("type", "status", "failure_code") if action.get(key)}
    sub = action.get(action.get("type") or "") or {}
    if sub.get("payment_intent"):
        kept["payment_intent"] = sub["payment_intent"]
    news = (reader.action, reader.status) != (kept, shown.get("status") or "")
    reader.action = kept
    reader.read_at = timezone.now()
    if reader.is_active:
        reader.spoken_read_error = ""
    fields = ["action", "read_at", *Reader.spoken_read_error.fields, *copy_facts(reader, shown)]
    if news:
        reader.version += 1
        fields.append("version")
        notify(LIVE, "reader", reader.pk, reader.store_id)
    reader.save(update_fields=fields)
    compare_location(reader, shown)


def copy_facts(reader: Reader, shown: JSON) -> list[str]:
    """Take over what only Stripe knows; the names of the fields, which are not saved yet.

    The label is none of these: it is ours, and a difference is told (`fleet_differences`).
    """
    for name in FACTS:
        setattr(reader, name, shown.get(name) or "")
    seen = shown.get("last_seen_at")  # milliseconds, unlike every other time of Stripe
    reader.last_seen_at = datetime.fromtimestamp(seen / 1000, UTC) if seen else None
    return [*FACTS, "last_seen_at"]


FACTS = ("status", "device_type", "serial_number", "device_sw_version", "ip_address")


def location_id(shown: JSON) -> str:
    location = shown.get("location")
    return str(location["id"] if isinstance(location, dict) else location or "")


def compare_location(reader: Reader, shown: JSON) -> None:
    there = location_id(shown)
    if there != (reader.location.stripe_id or ""):
        words = said(
            "Stripe says that it stands at {there}, not where it did.",
            there=there or said("no location"),
        )
        moved.hold(reader, words, there)
