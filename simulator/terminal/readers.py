"""Readers on the counter: https://docs.stripe.com/api/terminal/readers."""

from simulator.api import deleted
from simulator.api.lists import page
from simulator.api.objects import merge_metadata, set_plain
from simulator.api.routes import LIST, Call, operation
from simulator.api.views import view
from simulator.errors import bad_request, missing_object, missing_param
from simulator.state.store import Json, Record
from simulator.terminal.device import fresh

CODES = {
    "simulated-wpe": "simulated_wisepos_e",
    "simulated-s700": "simulated_stripe_s700",
    "simulated-s710": "simulated_stripe_s710",
}


def create(call: Call) -> Record:
    """A fresh simulated reader is online at once and shows nothing."""
    world, params = call.world, call.params
    if not params.get("location"):
        raise missing_param("location")
    code = params["registration_code"]
    if code not in CODES or (code == "simulated-s710" and not world.switches["simulated_s710"]):
        message = f"No reader was found with the registration code '{code}'."
        code_of = world.switches["bad_registration_code_code"]
        raise bad_request(message, None if code_of == "none" else code_of, "registration_code")
    location = call.named("locations", "location", "location")
    _require_sold_there(CODES[code], location)
    id = world.ids.new("tmr_")
    reader: Json = {
        "id": id,
        "object": "terminal.reader",
        "action": None,
        "device_sw_version": "",
        "device_type": CODES[code],
        "ip_address": "0.0.0.0",
        "label": params.get("label") or code,
        "last_seen_at": None,
        "livemode": False,
        "location": location.id,
        "metadata": {},
        "serial_number": f"{code}-{world.ids.hex(id, 12)}",
        "status": "online",
    }
    merge_metadata(reader, params)
    return world.new("readers", call.account, reader, fresh())


def _require_sold_there(device_type: str, location: Record) -> None:
    """https://docs.stripe.com/terminal/payments/regional: no WisePOS E in Japan."""
    if device_type == "simulated_wisepos_e" and location.data["address"]["country"] == "JP":
        message = "This reader cannot be activated in its location. Register it to another one."
        raise bad_request(message, "terminal_reader_invalid_location_for_activation", "location")


def retrieve(call: Call) -> Record:
    record = call.find("readers", "terminal.reader", "reader")
    if _has_moved(record):
        raise missing_object("terminal.reader", call.id, "reader", in_path=True)
    return record


def _has_moved(record: Record) -> bool:
    """Registered to another account meanwhile, and unknown to this one."""
    return bool(record.hidden["condition"] == "moved")


def retrieve_or_deleted(call: Call) -> Record:
    return deleted.deleted(call, "readers") or retrieve(call)


def list_(call: Call) -> Json:
    params = call.params
    names = ("device_type", "location", "serial_number", "status")
    wanted = {name: params[name] for name in names if name in params}

    def keep(record: Record) -> bool:
        shown = view(call.world, record)
        return not _has_moved(record) and all(
            shown[name] == value for name, value in wanted.items()
        )

    return page(call, "readers", keep)


def update(call: Call) -> Record:
    record = retrieve(call)
    merge_metadata(record.data, call.params)
    set_plain(record.data, call.params, "label")
    if not record.data["label"]:
        record.data["label"] = record.data["serial_number"]
    call.world.save(record)
    return record


def delete(call: Call) -> Json:
    record = retrieve(call)
    return deleted.delete(call.world, record, "device_type", "serial_number")


_PATH = "/v1/terminal/readers"
OPERATIONS = [
    operation(
        "POST",
        _PATH,
        "readers.create",
        create,
        "terminal.ReaderCreateParams",
        "terminal.reader",
        takes="registration_code label location metadata",
    ),
    operation(
        "GET",
        _PATH,
        "readers.list",
        list_,
        "terminal.ReaderListParams",
        "terminal.reader",
        takes=f"{LIST} device_type location serial_number status",
    ),
    operation(
        "GET",
        f"{_PATH}/{{id}}",
        "readers.retrieve",
        retrieve_or_deleted,
        "terminal.ReaderRetrieveParams",
        "terminal.reader",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}",
        "readers.update",
        update,
        "terminal.ReaderUpdateParams",
        "terminal.reader",
        takes="label metadata",
    ),
    operation(
        "DELETE",
        f"{_PATH}/{{id}}",
        "readers.delete",
        delete,
        "terminal.ReaderDeleteParams",
        "terminal.reader",
    ),
]
