"""What Stripe takes. One simple price for everybody; integers in the currency's smallest unit.

https://stripe.com/pricing
"""

from simulator.state.store import Json

# A US card present: 2.7 % and 5 cents. Here in every currency, whatever its decimals.
PERMILLE = 27
FIXED = 5
DISPUTE_FEE = 1500


def price(amount: int) -> int:
    """Of a card payment, rounded half up."""
    return (amount * PERMILLE + 500) // 1000 + FIXED


def fee_detail(amount: int, currency: str, type: str, application: str | None = None) -> Json:
    """One line of a balance transaction's `fee_details`; negative when it is given back."""
    return {
        "amount": amount,
        "application": application,
        "currency": currency,
        "description": _DESCRIPTIONS[type],
        "type": type,
    }


_DESCRIPTIONS = {
    "stripe_fee": "Stripe processing fees",
    "application_fee": "Simulated platform application fee",
}
