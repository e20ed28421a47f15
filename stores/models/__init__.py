"""Who sells what, where; knows nothing of cards."""

from stores.models.client_requests import ClientRequest
from stores.models.companies import (
    Account,
    CaptureMethod,
    ChargeModel,
    Device,
    ExpiringHolds,
    Flow,
    Location,
    Membership,
    Store,
)
from stores.models.log import ActorKind, LogEntry
from stores.models.orders import Order, OrderLine, OrderStatus, Product
from stores.models.pairing import PairingCode
from stores.models.people import SupportAccess, SupportPerson
from stores.models.seals import LogSeal
from stores.principals import Role

__all__ = [
    "Account",
    "ActorKind",
    "CaptureMethod",
    "ChargeModel",
    "ClientRequest",
    "Device",
    "ExpiringHolds",
    "Flow",
    "Location",
    "LogEntry",
    "LogSeal",
    "Membership",
    "Order",
    "OrderLine",
    "OrderStatus",
    "PairingCode",
    "Product",
    "Role",
    "Store",
    "SupportAccess",
    "SupportPerson",
]
