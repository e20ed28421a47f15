"""https://docs.stripe.com/api/webhook_endpoints"""

from urllib.parse import urlsplit

from simulator.api.lists import page
from simulator.api.objects import merge_metadata, set_plain
from simulator.api.routes import LIST, Call, operation
from simulator.errors import bad_request, not_simulated
from simulator.state.store import Json, Record
from simulator.state.world import API_VERSION, APPLICATION, World

# Versions of one major name differ by additions only.
MAJOR = API_VERSION.partition(".")[2]


def create(call: Call) -> Json:
    """The only answer that carries the signing secret."""
    world, params = call.world, call.params
    _require_url(params["url"])
    _require_events(params["enabled_events"])
    version = params.get("api_version")
    if version is not None and not version.endswith(MAJOR):
        raise not_simulated(f"payloads of API version {version}; it has those of {API_VERSION}")
    _require_room(call)
    connect = params.get("connect", False)
    endpoint: Json = {
        "id": world.ids.new("we_"),
        "object": "webhook_endpoint",
        "api_version": version,
        "application": APPLICATION if connect else None,
        "created": world.clock.now(),
        "description": params.get("description") or None,
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": params["url"],
    }
    merge_metadata(endpoint, params)
    secret = world.ids.new("whsec_", 32)
    world.new("webhook_endpoints", call.account, endpoint, {"connect": connect, "secret": secret})
    return endpoint | {"secret": secret}


def roll_secret(world: World, record: Record, overlap_seconds: float) -> str:
    """A new secret; until the overlap ends deliveries are signed with the old one too."""
    hidden = record.hidden
    until = world.clock.now_ms() + int(overlap_seconds * 1000)
    hidden["old_secret"] = {"secret": hidden["secret"], "until": until}
    hidden["secret"] = world.ids.new("whsec_", 32)
    world.save(record)
    return str(hidden["secret"])


def secrets(world: World, record: Record) -> list[str]:
    """With which a delivery is signed now, the newest first."""
    found = [str(record.hidden["secret"])]
    old = record.hidden.get("old_secret")
    if old is not None and world.clock.now_ms() < old["until"]:
        found.append(old["secret"])
    return found


def retrieve(call: Call) -> Record:
    return call.find("webhook_endpoints", "webhook endpoint")


def list_(call: Call) -> Json:
    return page(call, "webhook_endpoints")


def update(call: Call) -> Record:
    record = retrieve(call)
    params = call.params
    if "url" in params:
        _require_url(params["url"])
    if "enabled_events" in params:
        _require_events(params["enabled_events"])
    merge_metadata(record.data, params)
    set_plain(record.data, params, "url", "enabled_events", "description")
    if "disabled" in params:
        record.data["status"] = "disabled" if params["disabled"] else "enabled"
    call.world.save(record)
    return record


def delete(call: Call) -> Json:
    record = retrieve(call)
    call.world.remove(record)
    return {"id": record.id, "object": "webhook_endpoint", "deleted": True}


def _require_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = "Invalid URL: An explicit scheme (such as https) must be provided."
        raise bad_request(message, "url_invalid", "url")


def _require_room(call: Call) -> None:
    most = call.world.switches["webhook_endpoint_limit"]
    if len(call.world.store.shelf(call.account, "webhook_endpoints").records) >= most:
        raise bad_request(f"You have reached the maximum of {most} test webhook endpoints.")


def _require_events(enabled: list[str]) -> None:
    if not enabled:
        raise bad_request("Invalid array: at least one event.", None, "enabled_events")


_PATH = "/v1/webhook_endpoints"
OPERATIONS = [
    operation(
        "POST",
        _PATH,
        "webhook_endpoints.create",
        create,
        "WebhookEndpointCreateParams",
        "webhook_endpoint",
        takes="url enabled_events connect api_version description metadata",
    ),
    operation(
        "GET",
        _PATH,
        "webhook_endpoints.list",
        list_,
        "WebhookEndpointListParams",
        "webhook_endpoint",
        takes=LIST,
    ),
    operation(
        "GET",
        f"{_PATH}/{{id}}",
        "webhook_endpoints.retrieve",
        retrieve,
        "WebhookEndpointRetrieveParams",
        "webhook_endpoint",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}",
        "webhook_endpoints.update",
        update,
        "WebhookEndpointUpdateParams",
        "webhook_endpoint",
        takes="url enabled_events description disabled metadata",
    ),
    operation(
        "DELETE",
        f"{_PATH}/{{id}}",
        "webhook_endpoints.delete",
        delete,
        "WebhookEndpointDeleteParams",
        "webhook_endpoint",
    ),
]
