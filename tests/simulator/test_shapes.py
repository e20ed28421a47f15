"""Every object has the fields of the official SDK's own types, and no others."""

import types
import typing

import pytest
import stripe
import typing_extensions

from .conftest import SHOP, on

# Left out by Stripe itself on an ordinary object, or on ours: previews, other products, deleted.
OPTIONAL = {
    "payment_intent": {
        *("allowed_payment_method_types", "hooks", "managed_payments", "payment_details"),
        "presentment_details",
    },
    "charge": {"level3", "refunds", "authorization_code", "transfer"},
    "account": {
        *("deleted", "company", "individual", "groups"),
    },
    "terminal.reader": {"deleted"},
    "terminal.location": {
        *("deleted", "address_kana", "address_kanji", "display_name_kana", "display_name_kanji"),
    },
    "webhook_endpoint": {"deleted", "secret"},
    "event": {"context"},
    "payment_method": None,  # one hash per type of method
}
UNIONS = (typing.Union, types.UnionType)


def fields(cls):
    hidden = {"OBJECT_NAME", "_inner_class_types", "_inner_class_dicts", "_field_remappings"}
    return {name: hint for name, hint in cls.__annotations__.items() if name not in hidden}


def nested(hint):
    """The class a field's hash has, if the SDK knows one."""
    if typing.get_origin(hint) in UNIONS:
        found = [nested(each) for each in typing.get_args(hint)]
        return next((each for each in found if each), None)
    if isinstance(hint, type) and issubclass(hint, stripe.StripeObject):
        return None if hint.__name__ in ("UntypedStripeObject", "ListObject") else hint
    return None


def check(value, cls, path):
    """No field the SDK does not know, all the way down; literals have one of their values."""
    known = fields(cls)
    assert set(value) <= set(known), f"{path}: {set(value) - set(known)}"
    for name, each in value.items():
        check_literal(each, known[name], f"{path}.{name}")
        inner = nested(known[name])
        if inner is not None and isinstance(each, dict) and "object" not in each:
            check(each, inner, f"{path}.{name}")


def check_literal(value, hint, path):
    options = typing.get_args(hint) if typing.get_origin(hint) in UNIONS else (hint,)
    literal = (typing.Literal, typing_extensions.Literal)
    words = [w for o in options if typing.get_origin(o) in literal for w in typing.get_args(o)]
    if words and isinstance(value, str):
        assert value in words, f"{path}: {value}"


@pytest.fixture
def objects(simulator):
    """One of each kind, in the states that fill most fields."""
    simulator.account()
    held = simulator.pay(4000, account=SHOP, capture_method="manual", application_fee_amount=9)
    simulator.v1.payment_intents.capture(held.id, {}, on(SHOP))
    simulator.pay(1000, "insufficient_funds", SHOP)
    simulator.pay(
        *(1000, "interac", SHOP),
        currency="cad",
        payment_method_types=["card_present", "interac_present"],
    )
    simulator.pay(2000, on_behalf_of=SHOP, transfer_data={"destination": SHOP})
    simulator.v1.webhook_endpoints.create(
        {"url": "http://127.0.0.1:9/", "enabled_events": ["charge.expired"]}
    )
    accounts = simulator.look("truth")["accounts"].values()
    found = [each for account in accounts for kind in account.values() for each in kind]
    found = [each for each in found if isinstance(each, dict)]
    found += [account["account"] for account in accounts]
    found += [simulator.v1.events.list({}, on(SHOP)).data[0].to_dict()]
    for each in found:
        if each["object"] == "webhook_endpoint":
            del each["connect"]
    return found


CLASSES = {
    "account": stripe.Account,
    "application_fee": stripe.ApplicationFee,
    "balance_transaction": stripe.BalanceTransaction,
    "charge": stripe.Charge,
    "event": stripe.Event,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "terminal.location": stripe.terminal.Location,
    "terminal.reader": stripe.terminal.Reader,
    "transfer": stripe.Transfer,
    "webhook_endpoint": stripe.WebhookEndpoint,
}


@pytest.mark.parametrize("name", CLASSES)
def test_an_object_has_the_fields_of_its_type(objects, name):
    cls = CLASSES[name]
    mine = [each for each in objects if each["object"] == name]
    assert mine
    for each in mine:
        check(each, cls, name)
        optional = OPTIONAL.get(name, set())
        if optional is not None:
            assert set(fields(cls)) - set(each) - optional == set()


@pytest.mark.parametrize("kind", ["CardPresent", "InteracPresent"])
def test_card_details_are_complete(objects, kind):
    name = {"CardPresent": "card_present", "InteracPresent": "interac_present"}[kind]
    cls = getattr(stripe.Charge.PaymentMethodDetails, kind)
    charges = [each for each in objects if each["object"] == "charge"]
    found = [each["payment_method_details"].get(name) for each in charges]
    for details in filter(None, found):
        assert set(details) == set(fields(cls))
        assert set(details["receipt"]) == set(fields(cls.Receipt))
    assert any(found)
