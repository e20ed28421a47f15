"""https://docs.stripe.com/api/terminal/locations"""

from simulator.api.lists import page
from simulator.api.objects import merge_metadata, set_plain
from simulator.api.routes import LIST, Call, operation
from simulator.errors import bad_request, missing_param
from simulator.state.store import Json, Record

ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
LONGEST_NAME = 1000


def create(call: Call) -> Record:
    """The country is always needed, the first line everywhere outside Japan."""
    params = call.params
    if "display_name" not in params:
        raise missing_param("display_name")
    if "address" not in params:
        raise missing_param("address")
    address = _address(params["address"], {})
    if not address["line1"] and address["country"] != "JP":
        raise missing_param("address[line1]")
    _require_name(params)
    location: Json = {
        "id": call.world.ids.new("tml_"),
        "object": "terminal.location",
        "address": address,
        "configuration_overrides": None,
        "display_name": params["display_name"],
        "livemode": False,
        "metadata": {},
        "phone": params.get("phone") or None,
    }
    merge_metadata(location, params)
    return call.world.new("locations", call.account, location)


def retrieve(call: Call) -> Record:
    return call.find("locations", "location", "location")


def list_(call: Call) -> Json:
    return page(call, "locations")


def update(call: Call) -> Record:
    """Everything may change but the country."""
    record = retrieve(call)
    params = call.params
    if "address" in params:
        sent = params["address"]
        country = record.data["address"]["country"]
        if sent and sent.get("country", country) != country:
            message = "You cannot change the country of a location."
            raise bad_request(message, None, "address[country]")
        record.data["address"] = _address(sent, record.data["address"])
    _require_name(params)
    set_plain(record.data, params, "display_name", "phone")
    merge_metadata(record.data, params)
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
    world.remove(record)
    return {"id": record.id, "object": "terminal.location", "deleted": True}


def _address(sent: Json, before: Json) -> Json:
    address = {name: sent.get(name, before.get(name)) or None for name in ADDRESS}
    address["country"] = (address["country"] or "").upper()
    return address


def _require_name(params: Json) -> None:
    name = params.get("display_name")
    if name is not None and not 0 < len(name) <= LONGEST_NAME:
        message = f"display_name must have 1 to {LONGEST_NAME} characters."
        raise bad_request(message, None, "display_name")


_PATH = "/v1/terminal/locations"
_FIELDS = " ".join(f"address[{name}]" for name in ADDRESS) + " display_name phone metadata"
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
        retrieve,
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
