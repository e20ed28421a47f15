"""Staff's view of the counter: readers, what they were asked, the payments on them."""

from terminal.admin.actions import DefaultReaderAdmin, ReaderActionAdmin
from terminal.admin.payments import CounterPaymentAdmin
from terminal.admin.readers import ReaderAdmin
from terminal.admin.tipping import TippingAdmin

__all__ = [
    "CounterPaymentAdmin",
    "DefaultReaderAdmin",
    "ReaderActionAdmin",
    "ReaderAdmin",
    "TippingAdmin",
]
