"""How PostgreSQL plans what is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def planned_anew() -> Iterator[None]:
    """Each statement within is planned for its own values, not once for whatever comes (ADR 0019).

    For lists and searches that people ask of many stores: the plan that serves any owner and any
    device alike reads a hundred times what one device of one store needs.
    """
    connection.ensure_connection()
    raw: Any = connection.connection
    threshold, raw.prepare_threshold = raw.prepare_threshold, None
    try:
        yield
    finally:
        raw.prepare_threshold = threshold
