"""https://docs.stripe.com/api/terminal/locations"""

from simulator.api import deleted
from simulator.api.lists import page
from simulator.api.objects import merge_metadata, none_if_empty, set_plain
from simulator.api.routes import LIST, Call, operation
from simulator.errors import bad_request, missing_param
from simulator.state.store import Json, Record
from simulator.state.world import World

ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
JAPANESE = ("address_kana", "address_kanji", "display_name_kana", "display_name_kanji")
LONGEST_NAME = 1000
# What Stripe's own samples send; which of it is needed is not documented.
NEEDED = {
    **dict.fromkeys(("US", "CA", "AU"), ("line1", "city", "state", "postal_code")),
    **dict.fromkeys(("GB", "IE", "NZ"), ("line1", "city", "postal_code")),
    "SG": ("line1", "postal_code"),
    "JP": (),
}


def create(call: Call) -> Record:
    """The country is always needed, the first line everywhere outside Japan."""
    params = call.params
    _require_named(params)
    address = _address(params.get("address") or _japanese_address(params), {})
    _require_address(call.world, address)
    _require_names(params)
    location: Json = {
        "id": call.world.ids.new("tml_"),
        "object": "terminal.location",
        "address": address,
        "configuration_overrides": _configuration(call),
        "display_name": params.get("display_name") or params["display_name_kanji"],
        "livemode": False,
        "metadata": {},
        "phone": params.get("phone") or None,
    }
    _set_japanese(location, params)
    merge_metadata(location, params)
    return call.world.new("locations", call.account, location)


def _require_named(params: Json) -> None:
    """In Japan the kanji may stand for the name and the address."""
    for name in ("display_name", "address"):
        if name not in params and f"{name}_kanji" not in params:
            raise missing_param(name)


def _japanese_address(params: Json) -> Json:
    kanji = params["address_kanji"]
    return {name: kanji[name] for name in ADDRESS if name in kanji} | {"country": "JP"}


def _require_address(world: World, address: Json) -> None:
    country = address["country"]
    strict = world.switches["location_addresses"] == "by_country"
    needed = NEEDED.get(country, ("line1",)) if strict or country == "JP" else ("line1",)
    for name in needed:
        if not address[name]:
            raise missing_param(f"address[{name}]")


def _configuration(call: Call) -> str | None:
    """Of the same account, and not its default, which holds anyway."""
    id: str | None = none_if_empty(call.params.get("configuration_overrides"))
    if id is None:
        return None
    found = call.named("configurations", "configuration", "configuration_overrides")
    if found.data["is_account_default"]:
        message = "The default configuration of the account cannot be attached to a location."
        raise bad_request(message, None, "configuration_overrides")
    return id


def _set_japanese(location: Json, params: Json) -> None:
    """Shown when sent, and of locations in Japan only."""
    for name in JAPANESE:
        if name not in params:
            continue
        if location["address"]["country"] != "JP":
            raise bad_request(f"{name} is for locations in Japan only.", None, name)
        location[name] = none_if_empty(params[name])


def retrieve(call: Call) -> Record:
    return call.find("locations", "location", "location")


def retrieve_or_deleted(call: Call) -> Record:
    return deleted.deleted(call, "locations") or retrieve(call)


def list_(call: Call) -> Json:
    return page(call, "locations")


def update(call: Call) -> Record:
    """Everything may change but the country."""
    record = retrieve(call)
    params = call.params
    _require_names(params)
    changed = dict(record.data)
    if "configuration_overrides" in params:
        changed["configuration_overrides"] = _configuration(call)
    if "address" in params:
        sent = params["address"]
        country = changed["address"]["country"]
        if sent and sent.get("country", country) != country:
            message = "You cannot change the country of a location."
            raise bad_request(message, None, "address[country]")
        address = _address(sent, changed["address"])
        _require_address(call.world, address)
        changed["address"] = address
    _set_japanese(changed, params)
    set_plain(changed, params, "display_name", "phone")
    merge_metadata(changed, params)
    record.data = changed
    call.world.save(record)
    return record


def delete(call: Call) -> Json:
    record = retrieve(call)
    world = call.world
    readers = world.store.shelf(call.account, "readers").records.values()
    standing = [each for each in readers if each.data["location"] == record.id]
    if standing and not world.switches["deleting_a_location_detaches_readers"]:
        raise bad_request("This location still has readers.", None, "location")
    for reader in standing:
        reader.data["location"] = None
        world.save(reader)
    return deleted.delete(world, record)


def _address(sent: Json, before: Json) -> Json:
    address = {name: sent.get(name, before.get(name)) or None for name in ADDRESS}
    address["country"] = (address["country"] or "").upper()
    return address


def _require_names(params: Json) -> None:
    for name in ("display_name", "display_name_kana", "display_name_kanji"):
        if name in params and len(params[name]) > LONGEST_NAME:
            raise bad_request(f"{name} must have 1 to {LONGEST_NAME} characters.", None, name)
    if params.get("display_name") == "":
        raise bad_request("The display_name of a location cannot be unset.", None, "display_name")


_PATH = "/v1/terminal/locations"
_FIELDS = " ".join(f"address[{name}]" for name in ADDRESS) + (
    " display_name phone metadata configuration_overrides"
    " address_kana address_kanji display_name_kana display_name_kanji"
)
OPERATIONS = [
    operation(
        "POST",
        _PATH,
        "locations.create",
        create,
        "terminal.LocationCreateParams",
        "terminal.location",
        takes=_FIELDS,
    ),
    operation(
        "GET",
        _PATH,
        "locations.list",
        list_,
        "terminal.LocationListParams",
        "terminal.location",
        takes=LIST,
    ),
    operation(
        "GET",
        f"{_PATH}/{{id}}",
        "locations.retrieve",
        retrieve_or_deleted,
        "terminal.LocationRetrieveParams",
        "terminal.location",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}",
        "locations.update",
        update,
        "terminal.LocationUpdateParams",
        "terminal.location",
        takes=_FIELDS,
    ),
    operation(
        "DELETE",
        f"{_PATH}/{{id}}",
        "locations.delete",
        delete,
        "terminal.LocationDeleteParams",
        "terminal.location",
    ),
]
