"""Staff's view of the counter: readers, what they were asked, the payments on them."""

from terminal.admin.actions import DefaultReaderAdmin, ReaderActionAdmin
from terminal.admin.forms import CollectedInputsAdmin
from terminal.admin.payments import CounterPaymentAdmin
from terminal.admin.readers import ReaderAdmin
from terminal.admin.tipping import TippingAdmin

__all__ = [
    "CollectedInputsAdmin",
    "CounterPaymentAdmin",
    "DefaultReaderAdmin",
    "ReaderActionAdmin",
    "ReaderAdmin",
    "TippingAdmin",
]
