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
from terminal.models.configurations import (
    AS_ABOVE,
    FIELDS,
    NO_ONE_CURRENCY,
    SCREENS,
    Part,
    ReaderConfiguration,
    SplashImage,
    only_currency,
)
from terminal.models.fleet import FleetDifference, FleetKind, FleetOutcome
from terminal.models.readers import DefaultReader, Reader, ReaderRegistration
from terminal.models.screens import CollectedInputs, ReaderDisplay
from terminal.models.switches import ChargeModelSwitch

__all__ = [
    "ACTIVE",
    "AS_ABOVE",
    "ERRANDS",
    "FIELDS",
    "HELD",
    "NO_ONE_CURRENCY",
    "SCREENS",
    "ActionStatus",
    "ActionType",
    "ChargeModelSwitch",
    "CollectedInputs",
    "DefaultReader",
    "FleetDifference",
    "FleetKind",
    "FleetOutcome",
    "Part",
    "Reader",
    "ReaderAction",
    "ReaderConfiguration",
    "ReaderDisplay",
    "ReaderRegistration",
    "SplashImage",
    "Stop",
    "only_currency",
    "written",
]
