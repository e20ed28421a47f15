"""What must hold between the fields of a PaymentIntent before a card may pay it."""

from simulator.api.currencies import require_chargeable, require_currency
from simulator.api.objects import none_if_empty
from simulator.api.routes import Call
from simulator.connect import accounts
from simulator.errors import bad_request, not_simulated
from simulator.state.store import Json
from simulator.state.world import PLATFORM, World

CARD_TYPES = frozenset(("card_present", "interac_present"))
SUFFIX_LONGEST = 22


def require_payable(call: Call, intent: Json) -> None:
    """The rules between the fields, after all of them are known."""
    world = call.world
    require_currency(intent["currency"])
    require_chargeable(world, intent["amount"], intent["currency"])
    types = intent["payment_method_types"]
    if not types or not CARD_TYPES.issuperset(types):
        raise not_simulated(
            "PaymentIntents of other payment_method_types than card_present and interac_present"
        )
    if "interac_present" in types:
        _require_interac(world, intent)
    _require_connect(call, intent)
    suffix = intent["statement_descriptor_suffix"]
    if suffix and len(suffix) > SUFFIX_LONGEST:
        message = f"The statement descriptor suffix must be at most {SUFFIX_LONGEST} characters."
        raise bad_request(message, None, "statement_descriptor_suffix")


def _require_interac(world: World, intent: Json) -> None:
    """https://docs.stripe.com/terminal/payments/regional: Interac cannot be held."""
    if intent["currency"] != "cad":
        message = "interac_present payments must be in cad."
        raise bad_request(message, "payment_intent_invalid_parameter", "currency")
    manual = intent["capture_method"] == "manual"
    options = intent["payment_method_options"].get("card_present", {})
    preferred = options.get("capture_method") == "manual_preferred"
    if manual and not preferred and world.switches["interac_manual_capture"] == "refuse":
        raise bad_request(
            "interac_present requires capture_method automatic or automatic_async, or "
            "payment_method_options[card_present][capture_method] manual_preferred.",
            "payment_intent_invalid_parameter",
            "capture_method",
        )


def _require_connect(call: Call, intent: Json) -> None:
    """https://docs.stripe.com/connect/charges"""
    world, destination = call.world, intent["transfer_data"]
    merchant = none_if_empty(intent["on_behalf_of"])
    if merchant is not None and accounts.find(world, merchant) is None:
        message = f"No such account: '{merchant}'"
        raise bad_request(message, "resource_missing", "on_behalf_of")
    accounts.require_capability(world, merchant or call.account, "card_payments")
    if destination:
        accounts.require_destination(world, destination["destination"])
    fee = intent["application_fee_amount"]
    if fee is None:
        return
    if call.account == PLATFORM and not destination:
        raise bad_request(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a "
            "direct payment (using an OAuth key or Stripe-Account header) or destination payment "
            "(using `transfer_data[destination]`).",
            None,
            "application_fee_amount",
        )
    if destination and destination.get("amount") is not None:
        raise bad_request(
            "You may only specify one of these parameters: application_fee_amount, "
            "transfer_data[amount].",
            "parameters_exclusive",
            "application_fee_amount",
        )
    if not 0 <= fee <= intent["amount"]:
        raise bad_request(
            "The application fee amount must be from 0 to the amount of the PaymentIntent.",
            "amount_too_large" if fee > 0 else "parameter_invalid_integer",
            "application_fee_amount",
        )
