"""What an amount is made of: line items, tax, shipping, discount, and the tip of a reader.

https://docs.stripe.com/payments/payment-line-items
"""

from typing import Any

from simulator.api.expansion import INCLUDED
from simulator.api.lists import embedded, page
from simulator.api.objects import none_if_empty
from simulator.api.routes import LIST, Call, operation
from simulator.errors import StripeError, bad_request, exclusive
from simulator.state.store import Json, Record
from simulator.state.world import World

MOST_ITEMS = 200
KIND = "amount_details_line_items"
MISMATCH = "amount_details_amount_mismatch"
TOO_MUCH = "amount_details_tax_shipping_discount_greater_than_amount"


def apply(intent: Json, params: Json, before: list[Json], amount: int | None = None) -> list[Json]:
    """Write what was sent; each part replaces its former self, and an empty string unsets it.

    Returns the line items that hold from now on, given those from `before`. All of it has to add
    up to `amount`, which is the PaymentIntent's unless another is given.
    """
    if "amount_details" not in params:
        return before
    sent: Json = none_if_empty(params["amount_details"]) or {}
    details = {"tip": intent["amount_details"]["tip"]}
    if params["amount_details"] != "":
        details = {k: v for k, v in intent["amount_details"].items() if k != "error"}
    _set(details, "discount_amount", sent)
    _set(details, "tax", sent)
    if "shipping" in sent:
        _set(details, "shipping", {"shipping": _shipping(none_if_empty(sent["shipping"]))})
    items = before
    if "line_items" in sent or params["amount_details"] == "":
        items = _checked(none_if_empty(sent.get("line_items")) or [])
    _require_exclusive(details, items)
    wrong = _arithmetic(details, items, intent["amount"] if amount is None else amount)
    if wrong is not None and sent.get("enforce_arithmetic_validation", True):
        raise StripeError(400, wrong["message"], code=wrong["code"], param="amount_details")
    if wrong is not None:
        details["error"] = wrong
    intent["amount_details"] = details
    return items


def items_of(intent: Record) -> list[Json]:
    """The line items as they were sent."""
    found: list[Json] = intent.hidden.get("line_items", [])
    return found


def _set(details: Json, name: str, sent: Json) -> None:
    if name in sent:
        details.pop(name, None)
        value = none_if_empty(sent[name])
        if value is not None:
            details[name] = value


def _shipping(sent: Json | None) -> Json | None:
    parts = ("amount", "from_postal_code", "to_postal_code")
    return sent and {part: none_if_empty(sent.get(part)) for part in parts}


def _checked(items: list[Json]) -> list[Json]:
    path = "amount_details[line_items]"
    if len(items) > MOST_ITEMS:
        raise bad_request(f"You may pass at most {MOST_ITEMS} line items.", None, path)
    for place, item in enumerate(items):
        _require_at_least(item["quantity"], 1, f"{path}[{place}][quantity]")
        _require_at_least(item["unit_cost"], 0, f"{path}[{place}][unit_cost]")
        if len(item.get("product_code", "")) > 12:
            message = "A product code can be at most 12 characters long."
            raise bad_request(message, None, f"{path}[{place}][product_code]")
    return items


def _require_at_least(value: int, least: int, param: str) -> None:
    if value < least:
        message = f"This value must be greater than or equal to {least}."
        raise bad_request(message, "parameter_invalid_integer", param)


def _require_exclusive(details: Json, items: list[Json]) -> None:
    """Tax and discount are told of the whole or of its items, never of both."""
    pairs = (("discount_amount", "discount_amount"), ("tax", "tax"))
    for whole, part in pairs:
        if whole in details and any(item.get(part) is not None for item in items):
            listed = f"amount_details[line_items][#][{part}]"
            raise exclusive(f"amount_details[{whole}]", listed)


def _arithmetic(details: Json, items: list[Json], amount: int) -> Json | None:
    """What does not add up, as an error's code and message."""
    tax = _total_tax(details) + sum(_total_tax(item) for item in items)
    discount = _whole(details.get("discount_amount")) + sum(
        _whole(item.get("discount_amount")) for item in items
    )
    shipping = _whole((details.get("shipping") or {}).get("amount"))
    if not items:
        if tax + shipping > amount:
            message = "The tax and the shipping amount are together greater than the amount."
            return {"code": TOO_MUCH, "message": message}
        return None
    total = sum(item["unit_cost"] * item["quantity"] for item in items) + tax + shipping - discount
    tip = _whole((details.get("tip") or {}).get("amount"))
    if total + tip != amount:
        message = f"The amount details add up to {total + tip}, but the amount is {amount}."
        return {"code": MISMATCH, "message": message}
    return None


def _total_tax(of: Json) -> int:
    return _whole((of.get("tax") or {}).get("total_tax_amount"))


def _whole(value: Any) -> int:
    return value or 0


def keep_items(world: World, intent: Record, items: list[Json]) -> None:
    """Objects for the line items, in place of the former ones."""
    if items == items_of(intent):
        return
    for id in intent.hidden.get("line_item_ids", []):
        world.remove(world.get(id))
    # A list shows the newest first, and so the items in the order in which they were sent.
    kept = [_new_item(world, intent, item) for item in reversed(items)]
    intent.hidden |= {"line_items": items, "line_item_ids": kept}


def _new_item(world: World, intent: Record, sent: Json) -> str:
    item = world.new(
        KIND,
        intent.account,
        {
            "id": world.ids.new("uli_"),
            "object": "payment_intent_amount_details_line_item",
            "discount_amount": sent.get("discount_amount"),
            "payment_method_options": sent.get("payment_method_options"),
            "product_code": sent.get("product_code"),
            "product_name": sent["product_name"],
            "quantity": sent["quantity"],
            "tax": sent.get("tax"),
            "unit_cost": sent["unit_cost"],
            "unit_of_measure": sent.get("unit_of_measure"),
        },
        {"payment_intent": intent.id},
    )
    return item.id


def list_items(call: Call) -> Json:
    intent = call.find("payment_intents", "payment_intent", "intent")
    return page(call, KIND, lambda record: record.hidden["payment_intent"] == intent.id)


def _of_intent(world: World, intent: Json) -> Json:
    ids: list[str] = world.get(intent["id"]).hidden.get("line_item_ids", [])
    return embedded(world, ids, f"/v1/payment_intents/{intent['id']}/amount_details_line_items")


def with_tip(details: Json, tip: int | None) -> Json:
    """`{}` when no tip was asked for, its amount otherwise, 0 for a customer who gave none."""
    return details | {"tip": {} if tip is None else {"amount": tip}}


ACCEPTED = (
    "amount_details[discount_amount] amount_details[enforce_arithmetic_validation] "
    "amount_details[line_items] amount_details[shipping] amount_details[tax]"
)
INCLUDED["payment_intent", "amount_details.line_items"] = _of_intent
OPERATIONS = [
    operation(
        "GET",
        "/v1/payment_intents/{id}/amount_details_line_items",
        "payment_intents.amount_details_line_items.list",
        list_items,
        "PaymentIntentAmountDetailsLineItemListParams",
        "payment_intent_amount_details_line_item",
        LIST,
    ),
]
