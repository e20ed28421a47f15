"""Where an account is paid out to: https://docs.stripe.com/api/external_account_bank_accounts."""

from dataclasses import replace
from typing import Any

from simulator.api.currencies import OF_COUNTRY
from simulator.api.lists import equal_to, page
from simulator.api.objects import merge_metadata, new_metadata, set_plain
from simulator.api.routes import LIST, Call, operation
from simulator.connect import access, standing
from simulator.errors import bad_request, missing_object, missing_param, not_simulated
from simulator.state.store import Json, Record, clone
from simulator.state.world import World
from simulator.webhooks import events

TEST_BANK = "STRIPE TEST BANK"
# https://docs.stripe.com/connect/testing#account-numbers, by the token for each.
TOKENS = {
    "btok_us": "000123456789",
    "btok_us_verified": "000123456789",
    "btok_us_noAccount": "000111111116",
    "btok_us_accountClosed": "000111111113",
    "btok_us_insufficientFunds": "000222222227",
    "btok_us_debitNotAuthorized": "000333333335",
    "btok_us_invalidCurrency": "000444444440",
}
LONGEST = 34


def of(world: World, account: Record, currency: str) -> list[Record]:
    """Those in a currency, in the order in which they were added."""
    shelf = world.store.shelf(account.id, "external_accounts").records.values()
    return [each for each in shelf if each.data["currency"] == currency]


def add(
    world: World, account: Record, sent: Any, *, default: bool | None, metadata: Json | None = None
) -> Record:
    """A new bank account. The first in its currency is the default whatever was asked."""
    told = understood(sent)
    country = told["country"].upper()
    currency = (told.get("currency") or OF_COUNTRY.get(country, "eur")).lower()
    others = of(world, account, currency)
    id = world.ids.new("ba_")
    data: Json = {
        "id": id,
        "object": "bank_account",
        "account": account.id,
        "account_holder_name": told.get("account_holder_name"),
        "account_holder_type": told.get("account_holder_type"),
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": TEST_BANK,
        "country": country,
        "currency": currency,
        "default_for_currency": not others,
        "fingerprint": world.ids.text(f"bank {country} {told['account_number']}", 16),
        "future_requirements": _nothing_due(),
        "last4": told["account_number"][-4:],
        "metadata": metadata or {},
        "requirements": _nothing_due(),
        "routing_number": told.get("routing_number"),
        "status": "new",
    }
    number = {"account_number": told["account_number"]}
    record = world.new("external_accounts", account.id, data, number)
    if default and others:
        _make_default(world, record)
    return record


def replace_default(world: World, account: Record, sent: Any) -> None:
    """Given with the account itself it takes the place of the default of its currency."""
    record = add(world, account, sent, default=True)
    for other in of(world, account, record.data["currency"]):
        if other is not record and other.hidden.pop("was_default", False):
            _forget(world, other)
    events.emit(world, "account.external_account.created", record)


def understood(sent: Any) -> Json:
    """What a token or a hash tells of a bank account, or why there can be none."""
    if isinstance(sent, str):
        if sent not in TOKENS:
            raise bad_request(f"No such token: '{sent}'", "resource_missing", "external_account")
        return {"country": "US", "routing_number": "110000000", "account_number": TOKENS[sent]}
    if sent.get("object") == "card":
        raise not_simulated("a debit card as external account")
    _require_numbers(sent)
    return dict(sent)


def _require_numbers(told: Json) -> None:
    number = told["account_number"].replace(" ", "")
    if not number.isalnum() or not 4 <= len(number) <= LONGEST:
        message = "Invalid account number: it must contain only digits and letters."
        raise bad_request(message, "account_number_invalid", "external_account[account_number]")
    if told["country"].upper() != "US":
        return
    routing = told.get("routing_number")
    if not routing:
        raise missing_param("external_account[routing_number]")
    if not routing.isdigit() or len(routing) != 9:
        message = "Invalid routing number for US. The number must contain 9 digits."
        raise bad_request(message, "routing_number_invalid", "external_account[routing_number]")


def _nothing_due() -> Json:
    names = ("currently_due", "errors", "past_due", "pending_verification")
    return {name: [] for name in names}


def _make_default(world: World, record: Record) -> None:
    """There is one default per currency."""
    shelf = world.store.shelf(record.account, "external_accounts").records.values()
    for each in shelf:
        if each.data["currency"] == record.data["currency"]:
            if each is not record and each.data["default_for_currency"]:
                each.hidden["was_default"] = True
            each.data["default_for_currency"] = each is record
            world.save(each)


def _forget(world: World, record: Record) -> None:
    events.emit(world, "account.external_account.deleted", record)
    world.remove(record)


def create(call: Call) -> Record:
    account = access.writable(call, "external_account")
    params = call.params
    default = params.get("default_for_currency")
    sent, metadata = params["external_account"], new_metadata(params)
    record = add(call.world, account, sent, default=default, metadata=metadata)
    events.emit(call.world, "account.external_account.created", record)
    standing.settle(call.world, account, {"external_account": "…"})
    return record


def retrieve(call: Call) -> Record:
    return _named(call, access.account(call))


def list_(call: Call) -> Json:
    owner = access.account(call)
    keep = equal_to(call.params, "object")
    return page(replace(call, account=owner.id), "external_accounts", keep)


def update(call: Call) -> Record:
    """Metadata and the default are anybody's to change; the rest is the holder's."""
    params = call.params
    theirs = set(params) - {"metadata", "default_for_currency", "expand"}
    account = access.writable(call, *(["external_account"] if theirs else []))
    record = _named(call, account)
    before = clone(record.data)
    merge_metadata(record.data, params)
    set_plain(record.data, params, "account_holder_name", "account_holder_type", "account_type")
    if params.get("default_for_currency"):
        _make_default(call.world, record)
    call.world.save(record)
    events.emit_changes(call.world, "account.external_account.updated", record, before)
    standing.settle(call.world, account)
    return record


def delete(call: Call) -> Json:
    account = access.writable(call, "external_account")
    record = _named(call, account)
    currency = record.data["currency"]
    if record.data["default_for_currency"] and currency == account.data["default_currency"]:
        raise bad_request(
            "You cannot delete the default external account for your default currency. Please "
            "make another external account the default using the `default_for_currency` param, "
            "and then delete this one."
        )
    _forget(call.world, record)
    standing.settle(call.world, account)
    return {"id": record.id, "object": "bank_account", "deleted": True}


def _named(call: Call, account: Record) -> Record:
    record = call.world.store.find("external_accounts", account.id, call.sub_id)
    if record is None:
        raise missing_object("external account", call.sub_id, in_path=True)
    return record


def _operation(method: str, path: str, verb: str, handler: Any, takes: str = "") -> Any:
    params, name = f"AccountExternalAccount{verb.title()}Params", f"external_accounts.{verb}"
    return operation(method, path, name, handler, params, "bank_account", takes)


_PATH = "/v1/accounts/{id}/external_accounts"
OPERATIONS = [
    _operation("POST", _PATH, "create", create, "external_account default_for_currency metadata"),
    _operation("GET", _PATH, "list", list_, f"{LIST} object"),
    _operation("GET", f"{_PATH}/{{id}}", "retrieve", retrieve),
    _operation(
        *("POST", f"{_PATH}/{{id}}", "update", update),
        "account_holder_name account_holder_type account_type default_for_currency metadata",
    ),
    _operation("DELETE", f"{_PATH}/{{id}}", "delete", delete),
]
