"""Staff's view of everything that is not money."""

from stores.admin import devices, people, rows

__all__ = ["devices", "people", "rows"]
