"""People behind an account: https://docs.stripe.com/api/persons."""

from dataclasses import replace
from typing import Any

from simulator.api.lists import page
from simulator.api.objects import merge_metadata
from simulator.api.routes import LIST, Call, operation
from simulator.connect import access, shapes, standing
from simulator.errors import bad_request, missing_object
from simulator.state.store import Json, Record, clone
from simulator.state.world import World
from simulator.webhooks import events

# Told, but never shown: that something was told is.
PRIVATE = {
    "id_number": "id_number_provided",
    "id_number_secondary": "id_number_secondary_provided",
    "ssn_last_4": "ssn_last_4_provided",
}
LEFT_OUT = ("metadata", "expand", "documents", "person_token", *PRIVATE)


def of(world: World, account: Record) -> list[Record]:
    """In the order in which they were named."""
    return list(world.store.shelf(account.id, "persons").records.values())


def make(world: World, account: Record, sent: Json) -> Record:
    data = shapes.person(world.ids.new("person_", 16), account.id, world.clock.now())
    data["address"]["country"] = account.data["country"]
    record = Record("persons", data["id"], account.id, 0, data)
    write(record, sent)
    return world.new("persons", account.id, data, record.hidden)


def write(record: Record, sent: Json) -> None:
    """Take what was told about a person; numbers are kept, and shown as provided."""
    merge_metadata(record.data, sent)
    for name, provided in PRIVATE.items():
        if sent.get(name):
            record.hidden[name] = sent[name]
            record.data[provided] = True
    shapes.merge(record.data, {k: v for k, v in sent.items() if k not in LEFT_OUT})


def change(world: World, record: Record, sent: Json) -> None:
    """Take it and tell of it."""
    before = clone(record.data)
    write(record, sent)
    world.save(record)
    events.emit_changes(world, "person.updated", record, before)


def create(call: Call) -> Record:
    account = access.writable(call, "persons")
    record = make(call.world, account, call.params)
    events.emit(call.world, "person.created", record)
    standing.settle(call.world, account, call.params, f"{record.id}.")
    return record


def retrieve(call: Call) -> Record:
    return _named(call, access.account(call))


def list_(call: Call) -> Json:
    owner = access.account(call)
    wanted = call.params.get("relationship", {})

    def keep(record: Record) -> bool:
        related = record.data["relationship"]
        return all(related[name] == value for name, value in wanted.items())

    return page(replace(call, account=owner.id), "persons", keep)


def update(call: Call) -> Record:
    account = access.writable(call, "persons")
    record = _named(call, account)
    change(call.world, record, call.params)
    individual = account.hidden.get("individual") == record.id
    prefix = "individual." if individual else f"{record.id}."
    standing.settle(call.world, account, call.params, prefix)
    return record


def delete(call: Call) -> Json:
    account = access.writable(call, "persons")
    record = _named(call, account)
    if account.hidden.get("individual") == record.id:
        raise bad_request(
            f"You cannot delete the person {record.id}: this account's business type is individual."
        )
    events.emit(call.world, "person.deleted", record)
    call.world.remove(record)
    standing.settle(call.world, account)
    return {"id": record.id, "object": "person", "deleted": True}


def _named(call: Call, account: Record) -> Record:
    record = call.world.store.find("persons", account.id, call.sub_id)
    if record is None:
        raise missing_object("person", call.sub_id, "person", in_path=True)
    return record


def _operation(method: str, path: str, verb: str, handler: Any, takes: str = "") -> Any:
    params = f"AccountPerson{verb.title()}Params"
    return operation(method, path, f"persons.{verb}", handler, params, "person", takes)


_PATH = "/v1/accounts/{id}/persons"
_TAKES = (
    "additional_tos_acceptances address address_kana address_kanji dob email first_name "
    "first_name_kana first_name_kanji full_name_aliases gender id_number id_number_secondary "
    "last_name last_name_kana last_name_kanji maiden_name metadata nationality phone "
    "political_exposure registered_address relationship ssn_last_4 us_cfpb_data verification"
)
OPERATIONS = [
    _operation("POST", _PATH, "create", create, _TAKES),
    _operation("GET", _PATH, "list", list_, f"{LIST} relationship"),
    _operation("GET", f"{_PATH}/{{id}}", "retrieve", retrieve),
    _operation("POST", f"{_PATH}/{{id}}", "update", update, _TAKES),
    _operation("DELETE", f"{_PATH}/{{id}}", "delete", delete),
]
