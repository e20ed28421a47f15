"""How webhooks reach their receivers."""

from simulator.control.routes import Row, Visit
from simulator.state.store import Json, Record
from simulator.state.webhook_policy import WebhookPolicy
from simulator.webhooks import endpoints, log, signatures

ORDERS = ("fifo", "lifo", "random")
LONGEST_OVERLAP = 24 * 3600
LISTED = 1_000


def policy(visit: Visit) -> Json:
    return visit.world.policy.to_json()


def set_policy(visit: Visit) -> Json:
    visit.world.policy = WebhookPolicy.from_json(visit.body)
    visit.world.note("policy")
    return policy(visit)


def release(visit: Visit) -> Json:
    order = visit.only("order").get("order", "fifo")
    if order not in ORDERS:
        raise ValueError(f"order is one of: {', '.join(ORDERS)}.")
    return {"released": visit.sandbox.deliverer.release(order)}


def deliveries(visit: Visit) -> Json:
    """Attempts with what was sent and answered, and what is still to come."""
    visit.asked("after", "limit")
    after, most = visit.number("after", 0), visit.number("limit", LISTED)
    pending = list(visit.world.pending.values())
    return {"deliveries": log.listing(visit.world, after, most), "pending": pending}


def resend(visit: Visit) -> Json:
    """As a person does in the Dashboard; retries that are planned stay planned."""
    body = visit.only("event", "endpoint")
    endpoint = _record(visit, "webhook_endpoints", body.get("endpoint"))
    event = _record(visit, "events", body.get("event"))
    visit.sandbox.deliverer.send(endpoint, event.id)
    return {"sent": event.id, "endpoint": endpoint.id}


def send(visit: Visit) -> Json:
    """Anything at all: `event` is an id or an object, `with` changes it. Properly signed, unless
    `forged` says otherwise."""
    body = visit.only("event", "endpoint", "with", "forged")
    endpoint = _record(visit, "webhook_endpoints", body.get("endpoint"))
    told, changes = body.get("event"), body.get("with") or {}
    if isinstance(told, str):
        told = _record(visit, "events", told).data
    if not isinstance(told, dict) or not isinstance(changes, dict):
        raise ValueError("event is the id of an event or an object, and with is an object.")
    payload = told | changes
    id = str(payload.get("id", ""))
    visit.sandbox.deliverer.send(endpoint, id, payload, _forgery(body.get("forged")))
    return {"sent": id, "endpoint": endpoint.id}


def _forgery(told: object) -> Json | None:
    if told is None:
        return None
    known = ("secret", "age_seconds", "scheme", "header")
    if not isinstance(told, dict) or not told or set(told) - set(known):
        raise ValueError(f"forged has any of: {', '.join(known)}.")
    header = told.get("header")
    if header is not None and not (isinstance(header, str) and header.isascii()):
        raise ValueError("forged.header is the Stripe-Signature as it stands, or null for none.")
    if not isinstance(told.get("secret", ""), str):
        raise ValueError("forged.secret is a text.")
    if type(told.get("age_seconds", 0)) is not int:
        raise ValueError("forged.age_seconds is a whole number, below 0 from the future.")
    if told.get("scheme", "v1") not in signatures.SCHEMES:
        raise ValueError(f"forged.scheme is one of: {', '.join(signatures.SCHEMES)}.")
    return told


def roll_secret(visit: Visit) -> Json:
    """The new secret. For the overlap, a day at most, both sign."""
    record = visit.record("webhook_endpoints", "webhook endpoint")
    overlap = visit.only("overlap_seconds").get("overlap_seconds", 0)
    if type(overlap) not in (int, float) or not 0 <= overlap <= LONGEST_OVERLAP:
        raise ValueError(f"overlap_seconds is a number from 0 to {LONGEST_OVERLAP}.")
    return {"id": record.id, "secret": endpoints.roll_secret(visit.world, record, overlap)}


def _record(visit: Visit, kind: str, id: object) -> Record:
    record = visit.world.store.by_id.get(str(id))
    if record is None or record.kind != kind:
        noun = kind.removesuffix("s").replace("_", " ")
        raise LookupError(f"No such {noun}: '{id or ''}'")
    return record


ROUTES: list[Row] = [
    ("GET", "/webhooks", policy),
    ("POST", "/webhooks", set_policy),
    ("POST", "/webhooks/release", release),
    ("POST", "/webhooks/send", send),
    ("GET", "/deliveries", deliveries),
    ("POST", "/deliveries/resend", resend),
    ("POST", "/webhook_endpoints/{id}/roll_secret", roll_secret),
]
