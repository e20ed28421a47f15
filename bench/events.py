"""Webhook deliveries as Stripe makes them: distinct, pretty-printed, signed. Standard library."""

import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

JSON = dict[str, Any]
SECRET = "whsec_" + "benchmark" * 3
MARK = "@NUMBER@"  # in a template: what makes each event another one

# Stripe's objects as they are after a sale, each with MARK in the ids it shares with the others
OBJECTS: dict[str, JSON] = json.loads(Path(__file__).with_name("objects.json").read_text())
SUBJECTS = {
    "terminal.reader.action_succeeded": "terminal.reader",
    "payment_intent.succeeded": "payment_intent",
    "charge.succeeded": "charge",
}


def template(type: str) -> str:
    """The text of an event of this type, with MARK where its number goes."""
    event = {
        "id": f"evt_{MARK}",
        "object": "event",
        "api_version": "2026-08-26.dahlia",
        "created": int(time.time()),
        "data": {"object": OBJECTS[SUBJECTS[type]]},
        "livemode": False,
        "pending_webhooks": 2,
        "request": {"id": f"req_{MARK}", "idempotency_key": None},
        "type": type,
    }
    return json.dumps(event, indent=2)


def requests(type: str, path: str, prefix: str) -> Iterator[bytes]:
    """One HTTP request after the other, no two alike; signed when it is asked for."""
    parts = template(type).split(MARK)
    stamp = str(int(time.time())).encode()
    key = SECRET.encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Stripe/1.0 (benchmark)\r\n"
        "Accept: */*\r\nContent-Type: application/json; charset=utf-8\r\n"
    )
    number = 0
    while True:
        number += 1
        body = f"{prefix}{number}".join(parts).encode()
        signature = hmac.digest(key, stamp + b"." + body, "sha256").hex()
        headers = f"Stripe-Signature: t={stamp.decode()},v1={signature}\r\n"
        yield f"{head}{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body
