"""Customers, as far as a till needs them: who a saved card belongs to.

https://docs.stripe.com/api/customers
"""

from simulator.api import deleted
from simulator.api.lists import equal_to, page
from simulator.api.objects import address, merge_metadata, none_if_empty, set_plain, shipping
from simulator.api.routes import LIST, Call, operation
from simulator.errors import missing_object
from simulator.payments import payment_methods
from simulator.state.store import Json, Record
from simulator.webhooks import events

_PLAIN = (
    "balance",
    "business_name",
    "description",
    "email",
    "individual_name",
    "invoice_prefix",
    "name",
    "next_invoice_sequence",
    "phone",
    "preferred_locales",
)


def create(call: Call) -> Record:
    id = call.world.ids.new("cus_", 14)
    data: Json = {
        "id": id,
        "object": "customer",
        "address": None,
        "balance": 0,
        "business_name": None,
        "created": call.world.clock.now(),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "individual_name": None,
        "invoice_prefix": call.world.ids.hex(f"invoices of {id}", 8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    _apply(call, data)
    method = payment_methods.chosen(call)
    if method is not None:
        payment_methods.require_attachable(method, id)
    record = call.world.new("customers", call.account, data)
    events.emit(call.world, "customer.created", record)
    if method is not None:
        payment_methods.attach_to(call.world, method, id)
    return record


def retrieve(call: Call) -> Record:
    """One that was deleted is still answered, as deleted."""
    return deleted.deleted(call, "customers") or _living(call)


def _living(call: Call) -> Record:
    return call.find("customers", "customer")


def list_(call: Call) -> Json:
    return page(call, "customers", equal_to(call.params, "email"))


def update(call: Call) -> Record:
    record = _living(call)
    before, after = record.data, dict(record.data)
    _apply(call, after)
    record.data = after
    changed = {k: v for k, v in before.items() if after[k] != v}
    call.world.save(record)
    if changed:
        events.emit(call.world, "customer.updated", record, changed)
    return record


def _apply(call: Call, data: Json) -> None:
    params = call.params
    set_plain(data, params, *_PLAIN)
    data["tax_exempt"] = params.get("tax_exempt", data["tax_exempt"]) or "none"
    if "address" in params:
        sent = none_if_empty(params["address"])
        data["address"] = sent and address(sent, data["address"])
    if "shipping" in params:
        data["shipping"] = shipping(none_if_empty(params["shipping"]))
    _choose_default(call, data)
    merge_metadata(data, params)


def _choose_default(call: Call, data: Json) -> None:
    """The PaymentMethod for invoices must be the customer's own."""
    sent: Json = call.params.get("invoice_settings") or {}
    if "default_payment_method" not in sent:
        return
    id = none_if_empty(sent["default_payment_method"])
    method = call.world.store.find("payment_methods", call.account, id or "")
    if id and (method is None or method.data["customer"] != data["id"]):
        param = "invoice_settings[default_payment_method]"
        raise missing_object("PaymentMethod", id, param)
    data["invoice_settings"] = data["invoice_settings"] | {"default_payment_method": id}


def delete(call: Call) -> Json:
    """Its cards are detached; what it paid stays."""
    world = call.world
    record = _living(call)
    for method in world.store.shelf(call.account, "payment_methods").records.values():
        if method.data["customer"] == record.id:
            payment_methods.detach_from(world, method)
    gone = deleted.delete(world, record)
    events.emit(world, "customer.deleted", record)
    return gone


_PATH = "/v1/customers"
_EDITABLE = (
    f"{' '.join(_PLAIN)} tax_exempt address shipping metadata "
    "invoice_settings[default_payment_method]"
)
OPERATIONS = [
    operation(
        "POST",
        _PATH,
        "customers.create",
        create,
        "CustomerCreateParams",
        "customer",
        f"{_EDITABLE} payment_method",
    ),
    operation(
        "GET",
        _PATH,
        "customers.list",
        list_,
        "CustomerListParams",
        "customer",
        f"{LIST} created email",
    ),
    operation(
        "GET",
        f"{_PATH}/{{id}}",
        "customers.retrieve",
        retrieve,
        "CustomerRetrieveParams",
        "customer",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}",
        "customers.update",
        update,
        "CustomerUpdateParams",
        "customer",
        _EDITABLE,
    ),
    operation(
        "DELETE", f"{_PATH}/{{id}}", "customers.delete", delete, "CustomerDeleteParams", "customer"
    ),
]
