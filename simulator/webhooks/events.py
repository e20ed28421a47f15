"""Events: frozen when they happen, listed for 30 days, and handed to the webhook endpoints.

https://docs.stripe.com/api/events, /webhooks, /connect/webhooks
"""

import re

from simulator.api.lists import page
from simulator.api.routes import LIST, Call, operation
from simulator.api.views import view
from simulator.errors import bad_request, missing_object
from simulator.state.store import Json, Record, clone
from simulator.state.world import API_VERSION, PLATFORM, World

KEPT_SECONDS = 30 * 24 * 3600
MOST_TYPES = 20


def emit(world: World, type: str, subject: Record, previous: Json | None = None) -> None:
    """Record that this happened to the object, in its account, and tell who listens.

    `previous` are old values of its fields; of `metadata` only the keys that changed are told.
    """
    shown = view(world, subject)
    if previous is not None and "metadata" in previous:
        keys = previous_attributes(previous["metadata"], shown["metadata"])
        previous = previous | {"metadata": keys}
    _emit(world, type, subject, shown, previous)


def emit_changes(world: World, type: str, subject: Record, before: Json) -> None:
    """An `….updated` event with what the object was like before, unless nothing changed."""
    shown = view(world, subject)
    previous = previous_attributes(before, shown)
    if previous:
        _emit(world, type, subject, shown, previous)


def _emit(world: World, type: str, subject: Record, shown: Json, previous: Json | None) -> None:
    account = subject.id if subject.kind == "accounts" else subject.account
    announce(world, type, account, shown, previous)


def announce(
    world: World, type: str, account: str, about: Json, previous: Json | None = None
) -> None:
    """The same for what is no record: a capability, the application."""
    _announce(world, type, account, about, previous)
    if world.policy.twin and world.policy.applies_to(type):
        _announce(world, type, account, about, previous)


def previous_attributes(before: Json, after: Json) -> Json:
    """The old values of what changed; of hashes only the keys that did, of new keys null."""
    previous: Json = {}
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            inner = previous_attributes(old, new)
            if inner:
                previous[name] = inner
        elif old != new:
            previous[name] = old
    return previous


def _announce(world: World, type: str, account: str, about: Json, previous: Json | None) -> None:
    data: Json = {"object": clone(about)}
    if previous is not None:
        data["previous_attributes"] = clone(previous)
    endpoints = _listening(world, account, type)
    event: Json = {
        "id": world.ids.new("evt_"),
        "object": "event",
        "api_version": API_VERSION,
        "created": world.clock.now(),
        "data": data,
        "livemode": False,
        "pending_webhooks": len(endpoints),
        "request": dict(world.cause),
        "type": type,
    }
    if account != PLATFORM:
        event["account"] = account
    record = world.new("events", account, event, {"undelivered": [e.id for e in endpoints]})
    _forget_old(world, account)
    for endpoint in endpoints:
        world.deliver(record, endpoint)


def _listening(world: World, account: str, type: str) -> list[Record]:
    """The account's own endpoints, and while it is connected the platform's Connect ones."""
    own = world.store.shelf(account, "webhook_endpoints").records.values()
    found = [each for each in own if not each.hidden["connect"]]
    if account != PLATFORM and not world.get(account).hidden.get("deauthorized"):
        platform = world.store.shelf(PLATFORM, "webhook_endpoints").records.values()
        found += [each for each in platform if each.hidden["connect"]]
    return [
        each
        for each in found
        if each.data["status"] == "enabled"
        and ("*" in each.data["enabled_events"] or type in each.data["enabled_events"])
    ]


def delivered(world: World, event: Record, endpoint_id: str) -> None:
    """One endpoint has answered 2xx."""
    undelivered = event.hidden["undelivered"]
    if endpoint_id in undelivered:
        undelivered.remove(endpoint_id)
        event.data["pending_webhooks"] = len(undelivered)
        world.save(event)


def _forget_old(world: World, account: str) -> None:
    shelf = world.store.shelf(account, "events")
    while (oldest := shelf.oldest()) and oldest.data["created"] < _earliest(world):
        world.remove(oldest)


def _earliest(world: World) -> int:
    return world.clock.now() - KEPT_SECONDS


def retrieve(call: Call) -> Record:
    record = call.find("events", "event")
    if record.data["created"] < _earliest(call.world):
        raise missing_object("event", call.id, in_path=True)
    return record


def list_(call: Call) -> Json:
    """`type` takes `*` as a wildcard, `types` does not."""
    params = call.params
    if "type" in params and "types" in params:
        message = "You may only specify one of these parameters: type, types."
        raise bad_request(message, "parameters_exclusive", "types")
    types = frozenset(params.get("types", ()))
    if len(types) > MOST_TYPES:
        raise bad_request(f"You may pass at most {MOST_TYPES} types.", None, "types")
    earliest = _earliest(call.world)
    pattern = _wildcard(params["type"]) if "type" in params else None

    def keep(record: Record) -> bool:
        return (
            (not types or record.data["type"] in types)
            and (pattern is None or pattern.fullmatch(record.data["type"]) is not None)
            and record.data["created"] >= earliest
            and params.get("delivery_success") in (None, not record.hidden["undelivered"])
        )

    return page(call, "events", keep)


def _wildcard(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.split("*")))


OPERATIONS = [
    operation(
        "GET", "/v1/events/{id}", "events.retrieve", retrieve, "EventRetrieveParams", "event"
    ),
    operation(
        "GET",
        "/v1/events",
        "events.list",
        list_,
        "EventListParams",
        "event",
        takes=f"{LIST} created type types delivery_success",
    ),
]
