"""Small rules that all objects share: metadata, fields that are copied as they come."""

from typing import Any

from simulator.errors import bad_request
from simulator.state.store import Json

MOST_KEYS = 50
LONGEST_KEY = 40
LONGEST_VALUE = 500


def merge_metadata(data: Json, params: Json) -> None:
    """Given keys are set, empty values unset theirs: https://docs.stripe.com/api/metadata."""
    if "metadata" not in params:
        return
    sent = params["metadata"]
    merged = dict(data["metadata"]) if sent else {}
    data["metadata"] = _merged(merged, sent or {})


def _merged(before: Json, sent: Json) -> Json:
    for key, value in sent.items():
        _require_short(key, value)
        if value == "":
            before.pop(key, None)
        else:
            before[key] = value
    if len(before) > MOST_KEYS:
        raise bad_request(f"Metadata can have at most {MOST_KEYS} keys.", None, "metadata")
    return before


def new_metadata(params: Json) -> Json:
    """The metadata of an object, or of a hash within one, that is new."""
    return _merged({}, params.get("metadata") or {})


def _require_short(key: str, value: str) -> None:
    if len(key) > LONGEST_KEY:
        message = f"Metadata keys must be under {LONGEST_KEY} characters long. {key} is too long."
        raise bad_request(message, None, "metadata")
    if len(value) > LONGEST_VALUE:
        message = f"Metadata values can have up to {LONGEST_VALUE} characters, {key}'s is longer."
        raise bad_request(message, None, f"metadata[{key}]")


def set_plain(data: Json, params: Json, *names: str) -> None:
    """Copy what was sent; an empty string unsets."""
    for name in names:
        if name in params:
            data[name] = none_if_empty(params[name])


def none_if_empty(value: Any) -> Any:
    return None if value == "" else value


def empty_list(url: str) -> Json:
    return {"object": "list", "data": [], "has_more": False, "url": url}


def address(sent: Json, before: Json | None = None) -> Json:
    """A postal address with all its parts."""
    parts = ("city", "country", "line1", "line2", "postal_code", "state")
    return {part: none_if_empty(sent.get(part, (before or {}).get(part))) for part in parts}


def shipping(sent: Json | None) -> Json | None:
    """Where goods go: https://docs.stripe.com/api/payment_intents/object; empty unsets."""
    if not sent:
        return None
    whole = {name: sent.get(name) for name in ("carrier", "name", "phone", "tracking_number")}
    return whole | {"address": address(sent.get("address") or {})}
