"""An Interac payment is given back on the card that paid it.

https://docs.stripe.com/terminal/features/refunds#interac
"""

from simulator.api.objects import new_metadata
from simulator.api.routes import Call, operation
from simulator.errors import StripeError, bad_request, exclusive, missing_param
from simulator.payments import cards, refunds
from simulator.payments.card_details import fingerprint
from simulator.payments.cards import Verdict
from simulator.payments.refund_rules import refundable_amount
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal import device
from simulator.terminal.attempts import CardAction, named
from simulator.terminal.device import WAITING, Ending
from simulator.terminal.readers import retrieve

OTHER_CARD = "The card presented is not the card that was charged."
ECHOED = (
    *("amount", "charge", "payment_intent", "refund_application_fee", "refund_payment_config"),
    "reverse_transfer",
)


def refund_payment(call: Call) -> Record:
    """The reader waits for the card that was charged; refunds of other cards need no reader."""
    world, params = call.world, call.params
    reader = retrieve(call)
    charge = _charge(call)
    _require_refundable(world, charge, params.get("amount"))
    device.require_place(world, reader, charge)
    content: Json = {name: params[name] for name in ECHOED if name in params}
    if "metadata" in params:
        content["metadata"] = new_metadata(params)

    begin = device.begin
    device.send(world, reader, lambda: begin(world, reader, "refund_payment", content, WAITING))
    return reader


def _require_refundable(world: World, charge: Record, amount: int | None) -> None:
    """What the bank will say is not known before it is asked."""
    try:
        refundable_amount(world, charge, amount, in_person=True)
    except StripeError as error:
        if error.error["type"] != "card_error":
            raise


def _charge(call: Call) -> Record:
    params = call.params
    if "charge" in params and "payment_intent" in params:
        raise exclusive("charge", "payment_intent")
    if "charge" in params:
        return call.named("charges", "charge", "charge")
    if "payment_intent" not in params:
        raise missing_param("payment_intent")
    intent = call.named("payment_intents", "payment_intent", "payment_intent")
    if intent.data["latest_charge"] is None:
        message = f"PaymentIntent {intent.id} has no charge to refund."
        raise bad_request(message, None, "payment_intent")
    return call.world.get(intent.data["latest_charge"])


def charge_of(world: World, content: Json) -> Record:
    """What is refunded, whichever of its names was sent."""
    if "charge" in content:
        return world.get(content["charge"])
    return world.get(world.get(content["payment_intent"]).data["latest_charge"])


def amount_of(world: World, content: Json) -> int:
    """What is or was given back; all that is left when no amount was sent."""
    if "refund" in content:
        given: int = world.get(content["refund"]).data["amount"]
        return given
    charge = charge_of(world, content).data
    amount: int = content.get("amount") or charge["amount"] - charge["amount_refunded"]
    return amount


def _types_of(world: World, content: Json) -> list[str]:
    """Any card can be held up; only one will do."""
    return ["card_present", "interac_present"]


def _is_open(world: World, content: Json) -> bool:
    try:
        _require_refundable(world, charge_of(world, content), content.get("amount"))
    except StripeError:
        return False
    return True


def _refund(world: World, reader: Record, content: Json, attempt: Json) -> Ending:
    charge = charge_of(world, content)
    try:
        _require_same_card(world, charge, attempt)
        if attempt["outcome"] == "decline":
            raise _declined(charge, cards.declined(attempt.get("decline_code", "generic_decline")))
        made = refunds.refund(
            world,
            charge,
            amount=content.get("amount"),
            reason=None,
            metadata=content.get("metadata", {}),
            refund_application_fee=content.get("refund_application_fee", False),
            reverse_transfer=content.get("reverse_transfer", False),
            in_person=True,
        )
    except StripeError as refused:
        error = refused.error
        return Ending(error.get("code", "processing_error"), error["message"], error)
    return Ending(content={"refund": made.id}, shown="refunded")


def _require_same_card(world: World, charge: Record, attempt: Json) -> None:
    details = charge.data["payment_method_details"]["interac_present"]
    if fingerprint(world, named(attempt["card"])) != details["fingerprint"]:
        raise StripeError(
            *(402, OTHER_CARD),
            type="card_error",
            code="card_declined",
            decline_code="generic_decline",
            charge=charge.id,
        )


def _declined(charge: Record, verdict: Verdict) -> StripeError:
    error = verdict.error() | {"charge": charge.id}
    return StripeError(402, error.pop("message"), **error)


REFUND = CardAction(charge_of, _types_of, _is_open, _refund, usual_card="interac")

OPERATIONS = [
    operation(
        "POST",
        "/v1/terminal/readers/{id}/refund_payment",
        "readers.refund_payment",
        refund_payment,
        "terminal.ReaderRefundPaymentParams",
        "terminal.reader",
        takes="payment_intent charge amount metadata refund_application_fee reverse_transfer "
        "refund_payment_config",
    ),
]
