"""Staff's view of everything that is not money."""

from stores.admin import devices, log, people, rows

__all__ = ["devices", "log", "people", "rows"]
