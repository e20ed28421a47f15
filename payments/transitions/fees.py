"""The platform's fee of a payment, in integers."""

from __future__ import annotations

from payments.models import FeePlan, Payment


def fee(plan: FeePlan | None, sale: int, tip: int = 0) -> int:
    """What the plan takes of a sale and its tip: the share, rounded half up, and the fixed part,
    within the plan's limits, and never more than what it is taken of.
    """
    if plan is None:
        return 0
    taken_of = sale + (tip if plan.includes_tips else 0)
    amount = (taken_of * plan.basis_points + 5_000) // 10_000 + plan.fixed_amount
    amount = max(amount, plan.minimum_amount)
    if plan.cap_amount is not None:
        amount = min(amount, plan.cap_amount)
    return min(amount, taken_of)


def fee_of_hold(payment: Payment) -> int:
    """What the PaymentIntent was told while nothing is captured: nobody knows of a tip then."""
    return fee(payment.fee_plan, payment.amount)
