"""Staff's view of money: payments, what was asked of Stripe, what Stripe told, incidents."""

from payments.admin.incidents import IncidentAdmin
from payments.admin.payments import PaymentAdmin
from payments.admin.refunds import RefundAdmin
from payments.admin.requests import InboundEventAdmin, StripeRequestAdmin

__all__ = [
    "InboundEventAdmin",
    "IncidentAdmin",
    "PaymentAdmin",
    "RefundAdmin",
    "StripeRequestAdmin",
]
