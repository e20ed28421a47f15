"""Staff's view of money: payments, what was asked of Stripe, what Stripe told, incidents."""

from payments.admin.accounts import AccountAdmin
from payments.admin.approvals import ApprovalAdmin
from payments.admin.capture_runs import CaptureRunAdmin
from payments.admin.customers import CustomerAdmin, SavedCardAdmin
from payments.admin.discounts import DiscountAdmin
from payments.admin.disputes import DisputeAdmin
from payments.admin.fees import FeeMovementAdmin, FeePlanAdmin
from payments.admin.inbox import InboundEventAdmin
from payments.admin.incidents import IncidentAdmin
from payments.admin.onboarding import OnboardingAdmin
from payments.admin.orders import OrderAdmin
from payments.admin.payments import PaymentAdmin
from payments.admin.reconciliations import DifferenceAdmin, ReconciliationAdmin
from payments.admin.refunds import RefundAdmin
from payments.admin.requests import StripeRequestAdmin
from payments.admin.rules import CardRuleAdmin

__all__ = [
    "AccountAdmin",
    "ApprovalAdmin",
    "CaptureRunAdmin",
    "CardRuleAdmin",
    "CustomerAdmin",
    "DifferenceAdmin",
    "DiscountAdmin",
    "DisputeAdmin",
    "FeeMovementAdmin",
    "FeePlanAdmin",
    "InboundEventAdmin",
    "IncidentAdmin",
    "OnboardingAdmin",
    "OrderAdmin",
    "PaymentAdmin",
    "ReconciliationAdmin",
    "RefundAdmin",
    "SavedCardAdmin",
    "StripeRequestAdmin",
]
