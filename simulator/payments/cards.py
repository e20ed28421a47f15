"""Stripe's test cards and test amounts: https://docs.stripe.com/terminal/references/testing."""

from dataclasses import dataclass

from simulator.state.store import Json, Record

CONTACTLESS = "contactless_emv"
CHIP = "contact_emv"
# What can be charged online, and so be saved: https://docs.stripe.com/terminal/features/saving-cards
_ONLINE_BRANDS = {
    **{brand: brand for brand in ("visa", "mastercard", "amex", "discover")},
    **dict.fromkeys(("eftpos_au_visa_debit", "cartes_bancaires_visa"), "visa"),
    **dict.fromkeys(("eftpos_au_debit_mastercard", "cartes_bancaires_mastercard"), "mastercard"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """A card that can be held to a simulated reader, and what its bank says."""

    name: str
    number: str
    brand: str
    funding: str = "credit"
    country: str = "US"
    code: str | None = None
    decline_code: str | None = None
    cvm: str = "none"
    sca_retry: str | None = None

    @property
    def type(self) -> str:
        return "interac_present" if self.brand == "interac" else "card_present"

    @property
    def can_be_held(self) -> bool:
        """Whether an authorisation can wait for its capture."""
        return self.brand not in ("interac", "eftpos_au")

    @property
    def online_brand(self) -> str | None:
        """The network that takes it without the card, None when it has only a domestic one."""
        return _ONLINE_BRANDS.get(self.name) or _ONLINE_BRANDS.get(self.brand)


def _declined(name: str, number: str, decline_code: str) -> Card:
    return Card(name, number, "visa", code="card_declined", decline_code=decline_code)


_CARDS = (
    Card("visa", "4242424242424242", "visa"),
    Card("visa_debit", "4000056655665556", "visa", "debit"),
    Card("mastercard", "5555555555554444", "mastercard"),
    Card("mastercard_debit", "5200828282828210", "mastercard", "debit"),
    Card("mastercard_prepaid", "5105105105105100", "mastercard", "prepaid"),
    Card("amex", "378282246310005", "amex"),
    Card("amex2", "371449635398431", "amex"),
    Card("discover", "6011111111111117", "discover"),
    Card("discover2", "6011000990139424", "discover"),
    Card("diners", "3056930009020004", "diners"),
    Card("diners_14digits", "36227206271667", "diners"),
    Card("jcb", "3566002020360505", "jcb", country="JP"),
    Card("unionpay", "6200000000000005", "unionpay", country="CN"),
    Card("interac", "4506445006931933", "interac", "debit", "CA", cvm="online_pin"),
    Card("eftpos_au_debit", "6280000360000978", "eftpos_au", "debit", "AU"),
    Card("eftpos_au_visa_debit", "4000050360000001", "eftpos_au", "debit", "AU"),
    Card("eftpos_au_debit_mastercard", "5555050360000080", "eftpos_au", "debit", "AU"),
    Card("cartes_bancaires_visa", "4000002500001001", "cartes_bancaires", country="FR"),
    Card("cartes_bancaires_mastercard", "5555552500001001", "cartes_bancaires", country="FR"),
    Card("girocard_debit", "4711009900000316877", "girocard", "debit", "DE", cvm="online_pin"),
    Card("offline_pin_cvm", "4001007020000002", "visa", country="SG", cvm="offline_pin"),
    Card(
        "offline_pin_sca_retry",
        "4000008260000075",
        "visa",
        country="GB",
        cvm="offline_pin",
        sca_retry="offline_pin_required",
    ),
    Card("online_pin_cvm", "4001000360000005", "visa", country="AU", cvm="online_pin"),
    Card(
        "online_pin_sca_retry",
        "4000002760000008",
        "visa",
        country="DE",
        cvm="online_pin",
        sca_retry="online_or_offline_pin_required",
    ),
    _declined("charge_declined", "4000000000000002", "generic_decline"),
    _declined("insufficient_funds", "4000000000009995", "insufficient_funds"),
    _declined("lost_card", "4000000000009987", "lost_card"),
    _declined("stolen_card", "4000000000009979", "stolen_card"),
    Card("expired_card", "4000000000000069", "visa", code="expired_card"),
    Card("processing_error", "4000000000000119", "visa", code="processing_error"),
    Card("refund_fail", "4000000000005126", "visa"),
)
_BY_NAME = {card.name: card for card in _CARDS}
_BY_NUMBER = {card.number: card for card in _CARDS}

# https://docs.stripe.com/testing: cards that no reader knows, each with its token.
_ONLINE_ONLY = {
    card.number: card
    for card in (
        Card("incorrect_cvc", "4000000000000127", "visa", code="incorrect_cvc"),
        _declined("velocity_limit", "4000000000006975", "card_velocity_exceeded"),
        _declined("charge_customer_fail", "4000000000000341", "generic_decline"),
        Card("pending_refund", "4000000000007726", "visa"),
        Card("bypass_pending", "4000000000000077", "visa"),
        Card("dispute", "4000000000000259", "visa"),
        Card("dispute_not_received", "4000000000002685", "visa"),
        Card("dispute_inquiry", "4000000000001976", "visa"),
        Card("early_fraud_warning", "4000000000005423", "visa"),
    )
}
TOKENS = {
    "visa": "4242424242424242",
    "visa_debit": "4000056655665556",
    "mastercard": "5555555555554444",
    "mastercard_debit": "5200828282828210",
    "mastercard_prepaid": "5105105105105100",
    "amex": "378282246310005",
    "discover": "6011111111111117",
    "diners": "3056930009020004",
    "jcb": "3566002020360505",
    "unionpay": "6200000000000005",
    "visa_chargeDeclined": "4000000000000002",
    "visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "visa_chargeDeclinedLostCard": "4000000000009987",
    "visa_chargeDeclinedStolenCard": "4000000000009979",
    "visa_chargeDeclinedVelocityLimitExceeded": "4000000000006975",
    "chargeDeclinedExpiredCard": "4000000000000069",
    "chargeDeclinedIncorrectCvc": "4000000000000127",
    "chargeDeclinedProcessingError": "4000000000000119",
    "chargeCustomerFail": "4000000000000341",
    "createDispute": "4000000000000259",
    "createDisputeProductNotReceived": "4000000000002685",
    "createDisputeInquiry": "4000000000001976",
    "createIssuerFraudRecord": "4000000000005423",
    "refundFail": "4000000000005126",
    "pendingRefund": "4000000000007726",
    "bypassPending": "4000000000000077",
}

AMOUNTS = {
    1: "call_issuer",
    5: "generic_decline",
    55: "incorrect_pin",
    60: "online_or_offline_pin_required",
    65: "withdrawal_count_limit_exceeded",
    75: "pin_try_exceeded",
}
PIN_AMOUNTS = {2: "offline_pin_required", 3: "online_or_offline_pin_required"}
PIN_METHODS = {2: "offline_pin", 3: "online_pin"}

# What the network says, by ISO 8583, and what Stripe advises: https://docs.stripe.com/declines/codes
NETWORK_CODES = {
    "call_issuer": "01",
    "generic_decline": "05",
    "lost_card": "41",
    "stolen_card": "43",
    "insufficient_funds": "51",
    "expired_card": "54",
    "incorrect_pin": "55",
    "online_or_offline_pin_required": "1A",
    "offline_pin_required": "70",
    "card_velocity_exceeded": "65",
    "withdrawal_count_limit_exceeded": "65",
    "pin_try_exceeded": "75",
    "incorrect_cvc": "N7",
    "processing_error": "96",
}
ADVICE = {
    **dict.fromkeys(("lost_card", "stolen_card"), "do_not_try_again"),
    **dict.fromkeys(("expired_card", "incorrect_cvc"), "confirm_card_data"),
}

MESSAGES = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "incorrect_pin": "Your PIN is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}


def find(name_or_number: str) -> Card | None:
    return _BY_NAME.get(name_or_number) or _BY_NUMBER.get(name_or_number)


def find_online(number: str) -> Card | None:
    """A test card by what a customer would type into a form."""
    return _ONLINE_ONLY.get(number) or _BY_NUMBER.get(number)


def by_token(id: str) -> Card | None:
    """The card of `pm_card_visa` or `tok_visa` and their like."""
    return find_online(TOKENS.get(id.removeprefix("pm_card_").removeprefix("tok_"), ""))


def by_name(name: str) -> Card:
    """A card we know, as kept with a charge or a PaymentMethod."""
    return _BY_NAME.get(name) or next(c for c in _ONLINE_ONLY.values() if c.name == name)


def names() -> list[str]:
    return list(_BY_NAME)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the bank answers; approved when there is no code."""

    code: str | None = None
    decline_code: str | None = None
    cvm: str = "none"

    @property
    def approved(self) -> bool:
        return self.code is None

    @property
    def reason(self) -> str | None:
        return self.decline_code or self.code

    @property
    def network_decline_code(self) -> str:
        return NETWORK_CODES.get(self.reason or "", "05")

    @property
    def advice_code(self) -> str:
        return ADVICE.get(self.reason or "", "try_again_later")

    @property
    def message(self) -> str:
        fallback = MESSAGES.get(self.code or "", "Your card was declined.")
        return MESSAGES.get(self.decline_code or "", fallback)

    def error(self) -> Json:
        """Stripe's error hash for a refused card: https://docs.stripe.com/api/errors."""
        slug = str(self.code).replace("_", "-")
        told: Json = {
            "advice_code": self.advice_code,
            "code": self.code,
            "doc_url": f"https://docs.stripe.com/error-codes#{slug}",
            "message": self.message,
            "network_decline_code": self.network_decline_code,
            "type": "card_error",
        }
        return told if self.decline_code is None else told | {"decline_code": self.decline_code}


@dataclass(frozen=True, slots=True)
class Reading:
    """One card read by one reader, and the bank's answer to it.

    `tip` is what the customer added, `authorized` what the bank allows when that is less than
    asked; both in the currency's smallest unit. `wallet` is `apple_pay` and the like.
    """

    card: Card
    reader: Record
    verdict: Verdict
    tip: int | None = None
    read_method: str = CONTACTLESS
    wallet: str | None = None
    authorized: int | None = None


def declined(decline_code: str) -> Verdict:
    """A decline by name: the two codes that are no declines of the issuer stand alone."""
    if decline_code in ("expired_card", "processing_error"):
        return Verdict(decline_code)
    return Verdict("card_declined", decline_code)


def online_verdict(card: Card, *, saving: bool = False) -> Verdict:
    """The bank's answer when the card is not there; one card refuses only when it is charged."""
    if saving and card.name == "charge_customer_fail":
        return Verdict()
    return Verdict(card.code, card.decline_code)


def verdict(card: Card, amount: int, switches: Json) -> Verdict:
    """The bank's answer to this card for this amount, tip included."""
    if card.code is not None:
        return Verdict(card.code, card.decline_code)
    ending = amount % 100
    if switches["test_amounts"]:
        if ending in AMOUNTS:
            return declined(AMOUNTS[ending])
        if ending in PIN_AMOUNTS and switches["pin_amounts"] == "decline":
            return declined(PIN_AMOUNTS[ending])
        if ending in PIN_METHODS:
            return Verdict(cvm=PIN_METHODS[ending])
    return Verdict(cvm=card.cvm)
