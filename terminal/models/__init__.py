from terminal.models.actions import (
    ACTIVE,
    ERRANDS,
    HELD,
    ActionStatus,
    ActionType,
    ReaderAction,
    Stop,
    written,
)
from terminal.models.fleet import FleetDifference, FleetKind, FleetOutcome
from terminal.models.readers import DefaultReader, Reader, ReaderRegistration
from terminal.models.screens import CollectedInputs, ReaderDisplay
from terminal.models.switches import ChargeModelSwitch
from terminal.models.tipping import Tipping, TippingQuerySet

__all__ = [
    "ACTIVE",
    "ERRANDS",
    "HELD",
    "ActionStatus",
    "ActionType",
    "ChargeModelSwitch",
    "CollectedInputs",
    "DefaultReader",
    "FleetDifference",
    "FleetKind",
    "FleetOutcome",
    "Reader",
    "ReaderAction",
    "ReaderDisplay",
    "ReaderRegistration",
    "Stop",
    "Tipping",
    "TippingQuerySet",
    "written",
]
