"""Staff's view of everything that is not money."""

from stores.admin import devices, rows

__all__ = ["devices", "rows"]
