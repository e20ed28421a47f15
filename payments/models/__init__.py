from payments.models.events import EventCursor, EventStatus, InboundEvent
from payments.models.incidents import Incident
from payments.models.payments import (
    FINAL_STATUSES,
    OPEN,
    UNFINISHED,
    Payment,
    PaymentQuerySet,
    RequestStatus,
    State,
    StripeRequest,
)

__all__ = [
    "FINAL_STATUSES",
    "OPEN",
    "UNFINISHED",
    "EventCursor",
    "EventStatus",
    "InboundEvent",
    "Incident",
    "Payment",
    "PaymentQuerySet",
    "RequestStatus",
    "State",
    "StripeRequest",
]
