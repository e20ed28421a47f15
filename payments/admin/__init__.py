"""Staff's view of money: payments, what was asked of Stripe, what Stripe told, incidents."""

from payments.admin.customers import CustomerAdmin, SavedCardAdmin
from payments.admin.fees import FeePlanAdmin
from payments.admin.incidents import IncidentAdmin
from payments.admin.payments import PaymentAdmin
from payments.admin.reconciliations import DifferenceAdmin, ReconciliationAdmin
from payments.admin.refunds import RefundAdmin
from payments.admin.requests import InboundEventAdmin, StripeRequestAdmin
from payments.admin.rules import CardRuleAdmin

__all__ = [
    "CardRuleAdmin",
    "CustomerAdmin",
    "DifferenceAdmin",
    "FeePlanAdmin",
    "InboundEventAdmin",
    "IncidentAdmin",
    "PaymentAdmin",
    "ReconciliationAdmin",
    "RefundAdmin",
    "SavedCardAdmin",
    "StripeRequestAdmin",
]
