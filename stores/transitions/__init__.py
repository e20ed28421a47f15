"""What may follow what: orders, and what Stripe's words about an account mean."""

from stores.transitions.orders import after_change, log_order, move
from stores.transitions.requirements import Stop, disabled, requirement, sentences
from stores.transitions.standing import Standing, standing, stop_is_final

__all__ = [
    "Standing",
    "Stop",
    "after_change",
    "disabled",
    "log_order",
    "move",
    "requirement",
    "sentences",
    "standing",
    "stop_is_final",
]
