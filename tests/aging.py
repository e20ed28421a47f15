"""Time passes for our rows: all their moments move into the past, and waits and leases end."""

from __future__ import annotations

from functools import cache

from django.apps import apps
from django.db import connection, models
from psycopg import ClientCursor

OF_STRIPE = {"capture_before", "respond_before"}  # Stripe named these moments: they do not move
FIXED = {"feeplan"}  # the database lets nobody change these rows


def grow_older(seconds: float) -> None:
    """All rows of payments and terminal, in one round trip."""
    connection.ensure_connection()
    with ClientCursor(connection.connection) as cursor:  # many statements in one text (ADR 0019)
        cursor.execute(_statements().encode(), {"seconds": seconds})


@cache
def _statements() -> str:
    return ";".join(
        _statement(model)
        for label in ("payments", "terminal")
        for model in apps.get_app_config(label).get_models()
        if _moments(model) and model._meta.model_name not in FIXED
    )


def _statement(model: type[models.Model]) -> str:
    moved = ", ".join(
        f'"{name}" = "{name}" - make_interval(secs => %(seconds)s)' for name in _moments(model)
    )
    return f"UPDATE {model._meta.db_table} SET {moved}"


def _moments(model: type[models.Model]) -> list[str]:
    return [
        str(field.column)
        for field in model._meta.concrete_fields
        if isinstance(field, models.DateTimeField) and field.name not in OF_STRIPE
    ]
