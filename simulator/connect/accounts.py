"""The platform and its connected accounts: https://docs.stripe.com/api/accounts."""

from simulator.api.currencies import OF_COUNTRY
from simulator.api.lists import page
from simulator.api.objects import empty_list, merge_metadata
from simulator.api.routes import LIST, Call, operation
from simulator.errors import StripeError, bad_request, missing_object
from simulator.state.store import Json, Record
from simulator.state.world import PLATFORM, World
from simulator.webhooks import events

DUE = ("business_profile.mcc", "external_account", "tos_acceptance.date")


def open_platform(world: World) -> Record:
    """The account all keys belong to; it exists from the start."""
    account = _account(PLATFORM, "US", "usd", "Simulated platform", world.clock.now())
    account["controller"] = {"type": "account"}
    record = world.new("accounts", "", account)
    _onboard(account)
    return record


def find(world: World, id: str) -> Record | None:
    record = world.store.by_id.get(id)
    return record if record is not None and record.kind == "accounts" else None


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


def create(call: Call) -> Record:
    """A new account begins un-onboarded: nothing is enabled, everything is due."""
    world, params = call.world, call.params
    if call.account != PLATFORM:
        raise StripeError(403, "Only the platform can create accounts.")
    country = params.get("country", "US").upper()
    data = _account(
        world.ids.new("acct_", 16),
        country,
        OF_COUNTRY.get(country, "eur"),
        *((params.get("business_profile") or {}).get("name"), world.clock.now()),
    )
    profile = params.get("business_profile") or {}
    data["business_profile"]["mcc"] = profile.get("mcc")
    data["email"] = params.get("email")
    data["controller"] |= _controller(params)
    data["type"] = _type_of(data["controller"])
    if "default_currency" in params:
        data["default_currency"] = params["default_currency"].lower()
    for name, wish in params.get("capabilities", {}).items():
        if wish and wish.get("requested"):
            data["capabilities"][name] = "inactive"
    merge_metadata(data, params)
    return world.new("accounts", PLATFORM, data)


def retrieve(call: Call) -> Record:
    record = find(call.world, call.id or call.account)
    if record is None or (call.account != PLATFORM and record.id != call.account):
        raise _no_access(call)
    return record


def _no_access(call: Call) -> StripeError:
    return StripeError(
        403,
        "The provided key does not have access to account "
        f"'{call.id}' (or that account does not exist). Application access may have been revoked.",
        code="account_invalid",
    )


def list_(call: Call) -> Json:
    return page(call, "accounts")


def ensure(world: World, wanted: Json) -> Record:
    """An account that may take payments at once; by its id it is made or brought up to date."""
    id = wanted.get("id") or world.ids.new("acct_", 16)
    country = wanted.get("country", "US").upper()
    record = find(world, id)
    before = record is None or record.data["charges_enabled"]
    if record is None:
        currency = OF_COUNTRY.get(country, "eur")
        data = _account(id, country, currency, None, world.clock.now())
        data["controller"] |= _controller({})
        data["type"] = _type_of(data["controller"])
        record = world.new("accounts", PLATFORM, data)
    data = record.data
    if data["country"] != country and "country" in wanted:
        raise ValueError(f"{id} is in {data['country']}; a country cannot be changed.")
    profile = data["business_profile"]
    profile["name"] = wanted.get("business_name", profile["name"])
    profile["mcc"] = str(wanted["mcc"]) if "mcc" in wanted else profile["mcc"]
    data["settings"] = _settings(profile["name"])
    data["default_currency"] = str(wanted.get("default_currency", data["default_currency"])).lower()
    _onboard(data)
    world.save(record)
    if not before:
        events.emit(world, "account.updated", record, {"charges_enabled": False})
    return record


def _onboard(data: Json) -> None:
    data["charges_enabled"] = data["payouts_enabled"] = data["details_submitted"] = True
    data["capabilities"] |= {"card_payments": "active", "transfers": "active"}
    data["requirements"] = _requirements([], None)


def _account(id: str, country: str, currency: str, name: str | None, created: int) -> Json:
    return {
        "id": id,
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": None,
            "name": name,
            "product_description": None,
            "support_address": None,
            "support_email": None,
            "support_phone": None,
            "support_url": None,
            "url": None,
        },
        "business_type": None,
        "capabilities": {},
        "charges_enabled": False,
        "controller": {"type": "application"},
        "country": country,
        "created": created,
        "default_currency": currency,
        "details_submitted": False,
        "email": None,
        "external_accounts": empty_list(f"/v1/accounts/{id}/external_accounts"),
        "future_requirements": _requirements([], None),
        "metadata": {},
        "payouts_enabled": False,
        "requirements": _requirements(list(DUE), "requirements.past_due"),
        "settings": _settings(name),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": "standard",
    }


def _requirements(due: list[str], disabled_reason: str | None) -> Json:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": due,
        "disabled_reason": disabled_reason,
        "errors": [],
        "eventually_due": due,
        "past_due": due,
        "pending_verification": [],
    }


def _settings(name: str | None) -> Json:
    return {
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": name, "timezone": "Etc/UTC"},
        "payments": {
            "statement_descriptor": (name or "SIMULATED").upper()[:22],
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
    }


def _controller(params: Json) -> Json:
    """https://docs.stripe.com/connect/migrate-to-controller-properties: the defaults."""
    sent = params.get("controller", {})
    return {
        "is_controller": True,
        "type": "application",
        "fees": {"payer": sent.get("fees", {}).get("payer", "account")},
        "losses": {"payments": sent.get("losses", {}).get("payments", "stripe")},
        "requirement_collection": sent.get("requirement_collection", "stripe"),
        "stripe_dashboard": {"type": sent.get("stripe_dashboard", {}).get("type", "full")},
    }


def _type_of(controller: Json) -> str:
    """The legacy type that has the same properties."""
    dashboard = controller["stripe_dashboard"]["type"]
    if dashboard == "none":
        return "custom" if controller["requirement_collection"] == "application" else "none"
    return "express" if dashboard == "express" else "standard"


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


OPERATIONS = [
    operation(
        "GET",
        "/v1/account",
        "accounts.current",
        retrieve,
        "AccountRetrieveCurrentParams",
        "account",
    ),
    operation(
        "GET",
        "/v1/accounts",
        "accounts.list",
        list_,
        "AccountListParams",
        "account",
        takes=f"{LIST} created",
    ),
    operation(
        "POST",
        "/v1/accounts",
        "accounts.create",
        create,
        "AccountCreateParams",
        "account",
        takes="country email controller capabilities[card_payments][requested] "
        "capabilities[transfers][requested] business_profile[name] business_profile[mcc] "
        "default_currency metadata",
    ),
    operation(
        "GET",
        "/v1/accounts/{id}",
        "accounts.retrieve",
        retrieve,
        "AccountRetrieveParams",
        "account",
    ),
]
