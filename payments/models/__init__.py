from payments.models.approvals import Approval, ApprovalStatus
from payments.models.capture_runs import CaptureRun, RunPayment
from payments.models.circuits import Circuit
from payments.models.closes import DayClose
from payments.models.customers import AllowRedisplay, Customer, SavedCard
from payments.models.disputes import CLOSED_DISPUTES, DISPUTED, TAKEN_BACK, TO_ANSWER, Dispute
from payments.models.events import EventCursor, EventStatus, InboundEvent
from payments.models.fees import FeePlan
from payments.models.incidents import Incident
from payments.models.movements import FeeDay, FeeMovement, MovementKind
from payments.models.onboarding import (
    AccountGrant,
    AccountLink,
    AccountMoney,
    BusinessType,
    Dashboard,
    GrantEnd,
    Onboarding,
)
from payments.models.paid_lines import PaidLine
from payments.models.payment_rules import OPEN
from payments.models.payments import Payment, PaymentQuerySet
from payments.models.payouts import COMPLETED, BalanceTransaction, Payout
from payments.models.receipts import EmailStatus, ReceiptEmail
from payments.models.reconciliations import (
    Difference,
    Outcome,
    ReadBudget,
    Reconciliation,
    Step,
)
from payments.models.refunds import (
    GIVEN,
    GOES_BACK,
    UNSETTLED,
    Reason,
    Refund,
    RefundLine,
    RefundStatus,
)
from payments.models.requests import UNFINISHED, RequestMethod, RequestStatus, StripeRequest
from payments.models.rules import CardRule, Effect
from payments.models.states import FINAL_STATUSES, Method, State

__all__ = [
    "CLOSED_DISPUTES",
    "COMPLETED",
    "DISPUTED",
    "FINAL_STATUSES",
    "GIVEN",
    "GOES_BACK",
    "OPEN",
    "TAKEN_BACK",
    "TO_ANSWER",
    "UNFINISHED",
    "UNSETTLED",
    "AccountGrant",
    "AccountLink",
    "AccountMoney",
    "AllowRedisplay",
    "Approval",
    "ApprovalStatus",
    "BalanceTransaction",
    "BusinessType",
    "CaptureRun",
    "CardRule",
    "Circuit",
    "Customer",
    "Dashboard",
    "DayClose",
    "Difference",
    "Dispute",
    "Effect",
    "EmailStatus",
    "EventCursor",
    "EventStatus",
    "FeeDay",
    "FeeMovement",
    "FeePlan",
    "GrantEnd",
    "InboundEvent",
    "Incident",
    "Method",
    "MovementKind",
    "Onboarding",
    "Outcome",
    "PaidLine",
    "Payment",
    "PaymentQuerySet",
    "Payout",
    "ReadBudget",
    "Reason",
    "ReceiptEmail",
    "Reconciliation",
    "Refund",
    "RefundLine",
    "RefundStatus",
    "RequestMethod",
    "RequestStatus",
    "RunPayment",
    "SavedCard",
    "State",
    "Step",
    "StripeRequest",
]
