"""What can be refunded, and what goes back with it.

https://docs.stripe.com/refunds, /connect/destination-charges#issue-refunds,
/terminal/payments/regional for Interac
"""

from dataclasses import dataclass

from simulator.api.currencies import shown
from simulator.balance import application_fees, reversals
from simulator.errors import StripeError, bad_request, not_simulated
from simulator.payments.cards import AMOUNTS, MESSAGES
from simulator.state.store import Record
from simulator.state.world import World

# No test amount of /terminal/references/testing#interac-refunds
APPROVED_REFUNDS = frozenset((60,))
REFUNDABLE_DISPUTES = frozenset(
    ("warning_needs_response", "warning_under_review", "warning_closed", "won", "prevented")
)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the application fee and the transfer that go back with a part of the charge."""

    fee: Record | None = None
    fee_amount: int = 0
    transfer: Record | None = None
    transfer_amount: int = 0


def refundable_amount(
    world: World, charge: Record, amount: int | None, *, in_person: bool = False
) -> int:
    """The amount to refund, or why there can be no refund of it."""
    _require_paid(charge)
    _require_undisputed(world, charge)
    left: int = charge.data["amount"] - charge.data["amount_refunded"]
    if not left:
        message = f"Charge {charge.id} has already been refunded."
        raise bad_request(message, "charge_already_refunded")
    wanted = left if amount is None else amount
    if wanted < 1:
        raise bad_request("Invalid positive integer", "parameter_invalid_integer", "amount")
    if wanted > left:
        raise bad_request(
            f"Refund amount ({_money(charge, wanted)}) is greater than unrefunded amount on charge "
            f"({_money(charge, left)})",
            None,
            "amount",
        )
    _require_place(world, charge, wanted, in_person=in_person)
    return wanted


def connected_parts(
    world: World, charge: Record, amount: int, *, fee: bool, transfer: bool, last: bool
) -> Parts:
    """In proportion to the amount; with the last refund of a charge all that is left of them."""
    data = charge.data
    whole = data["amount_captured"]
    taken = _fee_of(world, charge) if fee else None
    sent = _transfer_of(world, charge) if transfer else None
    fee_back = sent_back = 0
    if taken:
        gone = taken.data["amount_refunded"]
        fee_back = application_fees.share(taken.data["amount"], gone, amount, whole, last=last)
    if sent:
        gone = sent.data["amount_reversed"]
        sent_back = application_fees.share(sent.data["amount"], gone, amount, whole, last=last)
        reversals.require_funds(world, sent, sent_back, fee_back)
    return Parts(taken if fee_back else None, fee_back, sent if sent_back else None, sent_back)


def _require_paid(charge: Record) -> None:
    data = charge.data
    if data["status"] != "succeeded":
        message = f"Charge {charge.id} is not refundable: its status is {data['status']}."
        raise bad_request(message, "charge_not_refundable")
    if data["payment_intent"] is None:
        raise not_simulated("refunds of the payment that a transfer made; reverse the transfer")
    if not data["captured"] and not data["refunded"]:
        raise bad_request(
            f"This uncaptured Charge was created by a PaymentIntent ({data['payment_intent']}). "
            "You must cancel the PaymentIntent to reverse the authorization instead of refunding "
            "the Charge directly. For more information, see "
            "https://stripe.com/docs/payments/capture-later"
        )


def _require_undisputed(world: World, charge: Record) -> None:
    """An inquiry, and a dispute that was won, leave the charge refundable."""
    for id in charge.hidden.get("disputes", ()):
        if world.get(id).data["status"] not in REFUNDABLE_DISPUTES:
            message = f"Charge {charge.id} has been charged back; cannot issue a refund."
            raise bad_request(message, "charge_disputed")


def _require_place(world: World, charge: Record, amount: int, *, in_person: bool) -> None:
    """Interac cards are refunded where they are read, other cards never."""
    interac = charge.data["payment_method_details"]["type"] == "interac_present"
    if interac and not in_person:
        raise bad_request(
            f"Charge {charge.id} is an interac_present payment. Interac payments can only be "
            "refunded in person, with the same card on a reader.",
            "charge_not_refundable",
        )
    if in_person and not interac:
        raise bad_request(
            f"Charge {charge.id} is not an interac_present payment. Only Interac payments can be "
            "refunded on a reader; use the Refunds API.",
            "charge_not_refundable",
        )
    ending = amount % 100
    partial = amount < charge.data["amount"]
    declined = ending in AMOUNTS and ending not in APPROVED_REFUNDS
    if interac and partial and declined and world.switches["test_amounts"]:
        code = AMOUNTS[ending]
        raise StripeError(
            402,
            MESSAGES.get(code, "Your card was declined."),
            type="card_error",
            code="card_declined",
            decline_code=code,
            charge=charge.id,
        )


def _transfer_of(world: World, charge: Record) -> Record:
    if not charge.data.get("transfer"):
        message = f"Charge {charge.id} has no transfer to reverse."
        raise bad_request(message, None, "reverse_transfer")
    return world.get(charge.data["transfer"])


def _fee_of(world: World, charge: Record) -> Record:
    if not charge.data["application_fee"]:
        message = f"Charge {charge.id} has no application fee to refund."
        raise bad_request(message, None, "refund_application_fee")
    return world.get(charge.data["application_fee"])


def _money(charge: Record, amount: int) -> str:
    return shown(amount, charge.data["currency"]).partition(" ")[0]
