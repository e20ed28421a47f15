"""Staff's view of the counter: readers, what they were asked, the payments on them."""

from terminal.admin.actions import DefaultReaderAdmin, ReaderActionAdmin
from terminal.admin.configurations import ReaderConfigurationAdmin
from terminal.admin.differences import FleetDifferenceAdmin
from terminal.admin.forms import CollectedInputsAdmin
from terminal.admin.locations import LocationAdmin
from terminal.admin.payments import CounterPaymentAdmin
from terminal.admin.readers import ReaderAdmin
from terminal.admin.registrations import ReaderRegistrationAdmin
from terminal.admin.switches import ChargeModelSwitchAdmin

__all__ = [
    "ChargeModelSwitchAdmin",
    "CollectedInputsAdmin",
    "CounterPaymentAdmin",
    "DefaultReaderAdmin",
    "FleetDifferenceAdmin",
    "LocationAdmin",
    "ReaderActionAdmin",
    "ReaderAdmin",
    "ReaderConfigurationAdmin",
    "ReaderRegistrationAdmin",
]
