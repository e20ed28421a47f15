"""Who sells what, where; knows nothing of cards."""

from stores.models.choices import CaptureMethod, ChargeModel, ExpiringHolds, Flow
from stores.models.client_requests import ClientRequest
from stores.models.companies import Account, Store
from stores.models.discounts import Discount, DiscountReason
from stores.models.locations import Location
from stores.models.log import ActorKind, LogEntry
from stores.models.orders import Order, OrderLine, OrderStatus, Product
from stores.models.pairing import PairingCode
from stores.models.people import RecoveryCode, SupportAccess, SupportPerson
from stores.models.seals import LogSeal
from stores.models.teams import CashierSession, Device, Membership
from stores.models.tries import FailedTry
from stores.principals import Role

__all__ = [
    "Account",
    "ActorKind",
    "CaptureMethod",
    "CashierSession",
    "ChargeModel",
    "ClientRequest",
    "Device",
    "Discount",
    "DiscountReason",
    "ExpiringHolds",
    "FailedTry",
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
    "RecoveryCode",
    "Role",
    "Store",
    "SupportAccess",
    "SupportPerson",
]
