"""The platform and its connected accounts: https://docs.stripe.com/api/accounts."""

from typing import Any

from simulator.api.currencies import OF_COUNTRY
from simulator.api.lists import page
from simulator.api.routes import LIST, Call, operation
from simulator.connect import access, details, shapes, standing
from simulator.connect.access import find as find
from simulator.connect.controllers import controller, legacy_type
from simulator.errors import StripeError, bad_request, missing_object, missing_param
from simulator.state.store import Json, Record, clone
from simulator.state.world import PLATFORM, World

REJECTIONS = ("fraud", "terms_of_service", "other")


def open_platform(world: World) -> Record:
    """The account all keys belong to; it exists from the start."""
    data = shapes.account(PLATFORM, "US", "usd", world.clock.now())
    _name(data, "Simulated platform")
    data["controller"] = {"type": "account"}
    data["capabilities"] = {"card_payments": "active", "transfers": "active"}
    data["charges_enabled"] = data["payouts_enabled"] = data["details_submitted"] = True
    return world.new("accounts", "", data)


def require_capability(
    world: World, account: str, capability: str, param: str | None = None
) -> None:
    """Card payments need `card_payments` active on the account that takes them."""
    record = world.get(account)
    if record.data["capabilities"].get(capability) != "active":
        raise bad_request(
            f"Account {account} cannot take this payment: its {capability} capability is not "
            "active.",
            world.switches["inactive_capability_code"],
            param,
        )


def require_destination(world: World, id: str, param: str = "transfer_data[destination]") -> Record:
    """https://docs.stripe.com/connect/destination-charges"""
    record = find(world, id)
    if record is None or id == PLATFORM:
        raise missing_object("destination", id, param)
    if record.data["capabilities"].get("transfers") != "active":
        raise bad_request(
            "Your destination account needs to have at least one of the following capabilities "
            "enabled: transfers, crypto_transfers, legacy_payments",
            "insufficient_capabilities_for_transfer",
            param,
        )
    return record


def create(call: Call) -> Record:
    """A new account begins un-onboarded: nothing is enabled, everything is due."""
    world, params = call.world, call.params
    if call.account != PLATFORM:
        raise StripeError(403, "Only the platform can create accounts.")
    ruled = controller(params)
    theirs = ruled["requirement_collection"] == "stripe"
    if "tos_acceptance" in params and theirs:
        raise bad_request(access.TERMS, None, "tos_acceptance")
    if ruled["stripe_dashboard"]["type"] == "none" and "capabilities" not in params:
        raise missing_param("capabilities")
    details.require_sensible(params)
    record = _new(world, world.ids.new("acct_", 16), params.get("country", "US"), ruled)
    record.data["type"] = params.get("type") or legacy_type(ruled)
    details.write(world, record, params)
    standing.refresh(world, record, check=True)
    return record


def _new(world: World, id: str, country: str, ruled: Json) -> Record:
    country = country.upper()
    if len(country) != 2 or not country.isalpha():
        raise bad_request(f"Country '{country}' is unknown.", "country_unsupported", "country")
    currency = OF_COUNTRY.get(country, "eur")
    data = shapes.account(id, country, currency, world.clock.now())
    data["controller"] = {"is_controller": True, "type": "application"} | ruled
    data["type"] = legacy_type(ruled)
    return world.new("accounts", PLATFORM, data, {"asked": []})


def retrieve(call: Call) -> Record:
    return access.account(call)


def list_(call: Call) -> Json:
    return page(call, "accounts", lambda record: find(call.world, record.id) is not None)


def update(call: Call) -> Record:
    record = access.writable(call, *call.params)
    before = clone(record.data)
    details.write(call.world, record, call.params)
    standing.settle(call.world, record, call.params, before=before)
    return record


def delete(call: Call) -> Json:
    """Accounts of a test mode can be deleted at any time; their objects go out of reach."""
    record = access.connected(call)
    if call.account != PLATFORM:
        raise StripeError(403, "Only the platform can delete accounts.")
    record.data["deleted"] = True
    call.world.save(record)
    return {"id": record.id, "object": "account", "deleted": True}


def reject(call: Call) -> Record:
    """Nothing can be charged from now on, nor paid out unless `payouts_action` says so."""
    record = access.connected(call)
    reason = call.params["reason"]
    if reason not in REJECTIONS:
        message = f"Invalid reason: must be one of {', '.join(REJECTIONS)}"
        raise bad_request(message, None, "reason")
    if record.data["controller"]["losses"]["payments"] != "application":
        raise bad_request(
            "You can only reject accounts where your platform is liable for negative account "
            "balances, which includes Custom and Express accounts."
        )
    of_platform = "platform_" if call.world.switches["rejections_name_the_platform"] else ""
    record.hidden["rejected"] = f"rejected.{of_platform}{reason}"
    record.hidden["payouts_spared"] = call.params.get("payouts_action") == "none"
    standing.settle(call.world, record)
    return record


def unreject(call: Call) -> Record:
    record = access.connected(call)
    if not record.hidden.pop("rejected", None):
        raise bad_request(f"The account {record.id} is not rejected.")
    standing.settle(call.world, record)
    return record


def ensure(world: World, wanted: Json) -> Record:
    """An account that may take payments at once; by its id it is made or brought up to date."""
    id = wanted.get("id") or world.ids.new("acct_", 16)
    record = known = world.store.by_id.get(id)
    if record is None:
        record = _new(world, id, wanted.get("country", "US"), controller({}))
    elif record.kind != "accounts":
        raise ValueError(f"{id} is no account.")
    data, before = record.data, clone(record.data)
    if "country" in wanted and data["country"] != wanted["country"].upper():
        raise ValueError(f"{id} is in {data['country']}; a country cannot be changed.")
    profile = data["business_profile"]
    profile["mcc"] = str(wanted["mcc"]) if "mcc" in wanted else profile["mcc"]
    _name(data, wanted.get("business_name", profile["name"]))
    data["default_currency"] = str(wanted.get("default_currency", data["default_currency"])).lower()
    if id == PLATFORM:
        world.save(record)
        return record
    record.hidden["vouched"] = True
    if known is None:
        # Its owner has not let the platform in yet.
        record.hidden["deauthorized"] = not wanted.get("connected", True)
        standing.refresh(world, record, check=False)
    else:
        standing.settle(world, record, before=before)
    return record


def _name(data: Json, name: str | None) -> None:
    data["business_profile"]["name"] = name
    data["settings"]["dashboard"]["display_name"] = name
    descriptor = (name or "SIMULATED").upper()[:22]
    data["settings"]["payments"]["statement_descriptor"] = descriptor


def _operation(method: str, path: str, verb: str, handler: Any, takes: str = "") -> Any:
    params = f"Account{verb.title().replace('_', '')}Params"
    name = verb.removeprefix("retrieve_")
    return operation(method, path, f"accounts.{name}", handler, params, "account", takes)


_PATH = "/v1/accounts/{id}"
OPERATIONS = [
    _operation("GET", "/v1/account", "retrieve_current", retrieve),
    _operation("GET", "/v1/accounts", "list", list_, f"{LIST} created"),
    _operation(
        *("POST", "/v1/accounts", "create", create),
        f"{details.TAKES} controller country type",
    ),
    _operation("GET", _PATH, "retrieve", retrieve),
    _operation("POST", _PATH, "update", update, details.TAKES),
    _operation("DELETE", _PATH, "delete", delete),
    _operation("POST", f"{_PATH}/reject", "reject", reject, "reason payouts_action"),
    _operation("POST", f"{_PATH}/unreject", "unreject", unreject),
]
