"""What must hold between the fields of a PaymentIntent before a card may pay it."""

from simulator.api.currencies import require_chargeable, require_currency
from simulator.api.objects import none_if_empty
from simulator.api.routes import Call
from simulator.connect import accounts
from simulator.errors import StripeError, bad_request, exclusive, not_simulated
from simulator.payments.charges import CARD_TYPES
from simulator.state.store import Json, Record
from simulator.state.world import PLATFORM, World

INVALID = "payment_intent_invalid_parameter"
READ_TYPES = frozenset(("card_present", "interac_present"))
# https://docs.stripe.com/terminal/payments/additional-payment-methods: shown as a QR code.
QR_CURRENCIES = {
    "affirm": ("usd", "cad"),
    "paynow": ("sgd",),
    "wechat_pay": (
        *("aud", "cad", "chf", "cny", "dkk", "eur", "gbp", "hkd", "jpy", "nok", "sek", "sgd"),
        "usd",
    ),
}
NEVER_HELD = ("paynow", "wechat_pay")
SUFFIX_LONGEST = 22
NOT_IN_DESCRIPTORS = frozenset("<>\\'\"*")


def require_payable(call: Call, intent: Json) -> None:
    """The rules between the fields, after all of them are known."""
    world = call.world
    require_currency(intent["currency"])
    require_chargeable(world, intent["amount"], intent["currency"])
    types = intent["payment_method_types"]
    if not types or not (CARD_TYPES | QR_CURRENCIES.keys()).issuperset(types):
        known = ", ".join(sorted(CARD_TYPES | QR_CURRENCIES.keys()))
        raise not_simulated(f"PaymentIntents of other payment_method_types than {known}")
    if "interac_present" in types:
        _require_interac(world, intent)
    _require_holdable(intent)
    _require_connect(call, intent)
    for type in types:
        if type in QR_CURRENCIES:
            _require_qr(call, intent, type)
    require_descriptors(intent)


def _require_interac(world: World, intent: Json) -> None:
    """https://docs.stripe.com/terminal/payments/regional: Interac cannot be held."""
    if intent["currency"] != "cad":
        raise bad_request("interac_present payments must be in cad.", INVALID, "currency")
    manual = intent["capture_method"] == "manual"
    options = intent["payment_method_options"].get("card_present", {})
    preferred = options.get("capture_method") == "manual_preferred"
    if manual and not preferred and world.switches["interac_manual_capture"] == "refuse":
        raise bad_request(
            "interac_present requires capture_method automatic or automatic_async, or "
            "payment_method_options[card_present][capture_method] manual_preferred.",
            INVALID,
            "capture_method",
        )


def _require_holdable(intent: Json) -> None:
    """What is asked of a hold needs one: /terminal/features/incremental-authorizations."""
    options = intent["payment_method_options"].get("card_present", {})
    if options.get("capture_method", intent["capture_method"]) in ("manual", "manual_preferred"):
        return
    for name in ("request_extended_authorization", "request_incremental_authorization_support"):
        if options.get(name):
            param = f"payment_method_options[card_present][{name}]"
            message = f"{param} can only be true when capture_method is manual."
            raise bad_request(message, INVALID, param)


def _require_qr(call: Call, intent: Json, type: str) -> None:
    if intent["currency"] not in QR_CURRENCIES[type]:
        raise bad_request(
            f"The currency provided ({intent['currency']}) is invalid for the payment method type "
            f"{type}. It takes: {', '.join(QR_CURRENCIES[type])}.",
            INVALID,
            "currency",
        )
    if intent["capture_method"] == "manual" and type in NEVER_HELD:
        message = f"The payment method type {type} cannot be captured manually."
        raise bad_request(message, INVALID, "capture_method")
    merchant = none_if_empty(intent["on_behalf_of"]) or call.account
    capabilities = call.world.get(merchant).data["capabilities"]
    if merchant != PLATFORM and capabilities.get(f"{type}_payments") != "active":
        raise bad_request(
            f'The payment method type "{type}" is invalid. Please ensure the provided type is '
            "activated in your dashboard (https://dashboard.stripe.com/account/payments/settings) "
            "and your account is enabled for any preview features that you are trying to use.",
            INVALID,
            "payment_method_types",
        )


def require_descriptors(intent: Json) -> None:
    """https://docs.stripe.com/get-started/account/statement-descriptors"""
    if intent["statement_descriptor"] and CARD_TYPES.issuperset(intent["payment_method_types"]):
        raise bad_request(
            "The statement_descriptor parameter is not supported for card charges. Use "
            "statement_descriptor_suffix instead.",
            None,
            "statement_descriptor",
        )
    for name in ("statement_descriptor", "statement_descriptor_suffix"):
        text = intent[name] or ""
        if len(text) > SUFFIX_LONGEST:
            words = name.replace("_", " ")
            message = f"The {words} must be at most {SUFFIX_LONGEST} characters."
            raise bad_request(message, None, name)
        if text and (NOT_IN_DESCRIPTORS & set(text) or not any(c.isalpha() for c in text)):
            raise bad_request(
                f"Invalid {name}: it must contain at least one letter and none of < > \\ ' \" *.",
                None,
                name,
            )


def require_method_fits(intent: Json, method: Record) -> None:
    """A PaymentMethod that is named pays only what takes its type, for its own customer."""
    type = method.data["type"]
    if type in READ_TYPES:
        message = f"{method.id} was read by a reader and pays what that reader was told to process."
        raise bad_request(message, "payment_method_unexpected_state", "payment_method")
    if type not in intent["payment_method_types"]:
        raise bad_request(
            f"The PaymentMethod provided ({type}) is not allowed for this PaymentIntent. Please "
            "attach a PaymentMethod of one of the following types: "
            f"{', '.join(intent['payment_method_types'])}.",
            INVALID,
            "payment_method",
        )
    if method.data["customer"] not in (None, intent["customer"]):
        raise bad_request(
            "The PaymentMethod you provided is attached to a Customer; the PaymentIntent must have "
            "that same customer.",
            INVALID,
            "customer",
        )
    if method.hidden.get("detached"):
        raise StripeError(
            400,
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
            "attachment, shared with a connected account without Customer attachment, or was "
            "detached from a Customer. It may not be used again. To use a PaymentMethod multiple "
            "times, you must attach it to a Customer first.",
            param="payment_method",
        )


def _require_same_country(payer: Record, receiver: Record, merchant: str | None) -> None:
    """https://docs.stripe.com/terminal/features/connect: abroad, the receiver is the merchant."""
    country = receiver.data["country"]
    if payer.data["country"] != country and merchant != receiver.id:
        raise bad_request(
            f"Funds can't be sent to accounts located in {country} because it's restricted outside "
            "of your platform's region. Send on_behalf_of with the same account.",
            None,
            "transfer_data[destination]",
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
        receiver = accounts.require_destination(world, destination["destination"])
        _require_same_country(world.get(call.account), receiver, merchant)
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
        raise exclusive("application_fee_amount", "transfer_data[amount]")
    if not 0 <= fee <= intent["amount"]:
        raise bad_request(
            "The application fee amount must be from 0 to the amount of the PaymentIntent.",
            "amount_too_large" if fee > 0 else "parameter_invalid_integer",
            "application_fee_amount",
        )
