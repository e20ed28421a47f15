"""How readers are set up: one default per account, others for the locations that name them.

https://docs.stripe.com/api/terminal/configuration, /terminal/fleet/configurations-overview
"""

from typing import Any

from simulator.api import deleted
from simulator.api.lists import page
from simulator.api.objects import none_if_empty
from simulator.api.routes import LIST, Call, operation
from simulator.errors import bad_request, missing_object, missing_param
from simulator.state.store import Json, Record
from simulator.state.world import World

DEVICES = (
    "bbpos_wisepad3",
    "bbpos_wisepos_e",
    "stripe_s700",
    "stripe_s710",
    "verifone_m425",
    "verifone_p400",
    "verifone_p630",
    "verifone_ux700",
    "verifone_v660p",
)
SIMULATED = {
    "simulated_wisepos_e": "bbpos_wisepos_e",
    "simulated_stripe_s700": "stripe_s700",
    "simulated_stripe_s710": "stripe_s710",
}
SECRETS = ("password", "private_key_file_password")
HIDDEN_SECRET = "********"
MOST_PERCENTAGES = 3


def create(call: Call) -> Record:
    default_of(call.world, call.account)
    configuration = _blank(call.world, is_account_default=False)
    _apply(call, configuration)
    return call.world.new("configurations", call.account, configuration)


def default_of(world: World, account: str) -> Record:
    """The one that Stripe made for the account."""
    found = _find_default(world, account)
    if found is None:
        blank = _blank(world, is_account_default=True)
        found = world.new("configurations", account, blank)
    return found


def _find_default(world: World, account: str) -> Record | None:
    return world.store.shelf(account, "configurations").oldest()


def _blank(world: World, *, is_account_default: bool) -> Json:
    return {
        "id": world.ids.new("tmc_"),
        "object": "terminal.configuration",
        "is_account_default": is_account_default,
        "livemode": False,
        "name": None,
    }


def setting(world: World, reader: Record, name: str) -> Any:
    """What holds for a reader: its location's configuration, else the account's default."""
    location = world.store.by_id.get(reader.data["location"] or "")
    override = location and location.data["configuration_overrides"]
    for record in (override and world.get(override), _find_default(world, reader.account)):
        if record and name in record.data:
            return record.data[name]
    return None


def splashscreen(world: World, reader: Record) -> str | None:
    """The id of the image that an idle reader shows."""
    found = setting(world, reader, SIMULATED.get(reader.data["device_type"], "")) or {}
    image: str | None = found.get("splashscreen")
    return image


def retrieve(call: Call) -> Record:
    default_of(call.world, call.account)
    return call.find("configurations", "configuration", "configuration")


def retrieve_or_deleted(call: Call) -> Record:
    return deleted.deleted(call, "configurations") or retrieve(call)


def list_(call: Call) -> Json:
    default_of(call.world, call.account)
    wanted = call.params.get("is_account_default")
    return page(
        call, "configurations", lambda each: wanted in (None, each.data["is_account_default"])
    )


def update(call: Call) -> Record:
    record = retrieve(call)
    changed = dict(record.data)
    _apply(call, changed)
    record.data.clear()
    record.data.update(changed)
    call.world.save(record)
    return record


def delete(call: Call) -> Json:
    """Its locations go back to the account's default."""
    record, world = retrieve(call), call.world
    if record.data["is_account_default"]:
        raise bad_request("You cannot delete the default configuration of your account.")
    for location in world.store.shelf(call.account, "locations").records.values():
        if location.data["configuration_overrides"] == record.id:
            location.data["configuration_overrides"] = None
            world.save(location)
    return deleted.delete(world, record)


def _apply(call: Call, configuration: Json) -> None:
    """Write what was sent; a setting that is not set is not shown either."""
    params = call.params
    if "name" in params:
        configuration["name"] = none_if_empty(params["name"])
    for device in DEVICES:
        if device in params:
            _apply_device(call, configuration, device, params[device])
    for name in ("cellular", "offline", "reboot_window", "tipping", "wifi"):
        if name not in params:
            continue
        configuration.pop(name, None)
        if params[name]:
            configuration[name] = _checked(call, name, params[name])


def _apply_device(call: Call, configuration: Json, device: str, sent: Json) -> None:
    image = sent.get("splashscreen")
    if image == "":
        configuration.pop(device, None)
    elif image is not None:
        _require_file(call, image, f"{device}[splashscreen]")
        configuration[device] = {"splashscreen": image}


def _checked(call: Call, name: str, sent: Json) -> Json:
    if name == "reboot_window":
        _require_window(sent)
    if name == "tipping":
        _require_tipping(sent)
    return _without_secrets(call, sent) if name == "wifi" else sent


def _require_window(window: Json) -> None:
    for side in ("start_hour", "end_hour"):
        if not 0 <= window[side] <= 23:
            message = "The hours of a reboot window are from 0 to 23."
            raise bad_request(message, "parameter_invalid_integer", f"reboot_window[{side}]")
    if window["start_hour"] == window["end_hour"]:
        message = "end_hour must be different from start_hour."
        raise bad_request(message, None, "reboot_window[end_hour]")


def _require_tipping(tipping: Json) -> None:
    """Every currency offers the same kinds of choices."""
    if len({frozenset(offer) for offer in tipping.values()}) > 1:
        message = "All currencies must use the same tipping settings."
        raise bad_request(message, None, "tipping")
    for currency, offer in tipping.items():
        path = f"tipping[{currency}]"
        both = "percentages" in offer and "fixed_amounts" in offer
        if both != ("smart_tip_threshold" in offer):
            message = "smart_tip_threshold goes with both percentages and fixed_amounts."
            raise bad_request(message, None, f"{path}[smart_tip_threshold]")
        for name in ("percentages", "fixed_amounts"):
            values = offer.get(name, [])
            if name in offer and (len(values) != MOST_PERCENTAGES or min(values) < 0):
                message = f"{name} must have exactly {MOST_PERCENTAGES} values, none below 0."
                raise bad_request(message, None, f"{path}[{name}]")


def _without_secrets(call: Call, wifi: Json) -> Json:
    """The credentials are for the readers only; whoever reads the configuration sees stars."""
    kind = wifi["type"]
    if kind not in wifi:
        raise missing_param(f"wifi[{kind}]")
    path = f"wifi[{kind}]"
    sent = wifi[kind]
    for name, value in sent.items():
        if name.endswith("_file"):
            _require_file(call, value, f"{path}[{name}]")
    shown = {name: HIDDEN_SECRET if name in SECRETS else value for name, value in sent.items()}
    return {"type": kind, kind: shown}


def _require_file(call: Call, id: str, param: str) -> None:
    if call.world.store.find("files", call.account, id) is None:
        raise missing_object("file upload", id, param)


_PATH = "/v1/terminal/configurations"
_FIELDS = " ".join(DEVICES) + " name cellular offline reboot_window tipping wifi"
OPERATIONS = [
    operation(
        "POST",
        _PATH,
        "configurations.create",
        create,
        "terminal.ConfigurationCreateParams",
        "terminal.configuration",
        takes=_FIELDS,
    ),
    operation(
        "GET",
        _PATH,
        "configurations.list",
        list_,
        "terminal.ConfigurationListParams",
        "terminal.configuration",
        takes=f"{LIST} is_account_default",
    ),
    operation(
        "GET",
        f"{_PATH}/{{id}}",
        "configurations.retrieve",
        retrieve_or_deleted,
        "terminal.ConfigurationRetrieveParams",
        "terminal.configuration",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}",
        "configurations.update",
        update,
        "terminal.ConfigurationUpdateParams",
        "terminal.configuration",
        takes=_FIELDS,
    ),
    operation(
        "DELETE",
        f"{_PATH}/{{id}}",
        "configurations.delete",
        delete,
        "terminal.ConfigurationDeleteParams",
        "terminal.configuration",
    ),
]
