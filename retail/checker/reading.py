"""Where the checker's facts come from: our database, a simulator's truth, or Stripe itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone
from psycopg import Connection, Cursor
from psycopg.types.datetime import TimestamptzLoader

from payments import gateway
from payments.models import (
    Dispute,
    FeePlan,
    InboundEvent,
    Incident,
    Payment,
    Refund,
    RefundLine,
    StripeRequest,
)
from retail.checker.facts import AtStripe, Books, Row
from stores.models import Account, LogEntry, Order, OrderLine, Store
from terminal.models import Reader, ReaderAction

PLATFORM = ""


def read_books(since: datetime | None = None) -> Books:
    """The payments created since then and all that belongs to them, as of one moment."""
    outermost = not connection.in_atomic_block
    # The cursor is psycopg's own: what goes wrong in it is to be an error of Django's all the same.
    database = connection.wrap_database_errors
    with transaction.atomic(), database:
        tables = _read(connection.connection, since or BEGINNING, outermost=outermost)
        stores = _stores(tables.pop("stores"), tables.pop("accounts"))
        return Books(taken_at=timezone.now(), stores=stores, **tables)


ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
# Read once a second while a soak runs, and after each of 5,000 steps of the walks: in one round
# trip, prepared, and without Django's making the same statements anew.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
OURS = f"SELECT id FROM {Payment._meta.db_table} WHERE created_at >= %(since)s"
ABOUT = f"payment_id IN ({OURS})"
TABLES: dict[str, tuple[type[models.Model], str]] = {
    "orders": (
        Order,
        f"id IN (SELECT order_id FROM {Payment._meta.db_table} WHERE id IN ({OURS}))",
    ),
    "payments": (Payment, "created_at >= %(since)s"),
    "refunds": (Refund, ABOUT),
    "refund_lines": (RefundLine, ABOUT),
    "order_lines": (
        OrderLine,
        f"id IN (SELECT line_id FROM {RefundLine._meta.db_table} WHERE {ABOUT})",
    ),
    "disputes": (Dispute, ABOUT),
    "incidents": (Incident, f"payment_id IS NULL OR {ABOUT}"),
    "requests": (StripeRequest, "TRUE"),
    "actions": (ReaderAction, f"payment_id IS NULL OR {ABOUT}"),
    "readers": (Reader, "TRUE"),
    "events": (InboundEvent, "TRUE"),
    "log": (LogEntry, ABOUT),
    "fee_plans": (FeePlan, "TRUE"),
    "stores": (Store, "TRUE"),
    "accounts": (Account, "TRUE"),
}
# Of events there are many, and their bodies are long.
EVENT = (
    "id", "stripe_account", "event_id", "type", "status", "reason", "received_at", "next_try_at",
)  # fmt: skip


def _fields(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    fields = model._meta.concrete_fields
    return [each for each in fields if model is not InboundEvent or each.attname in EVENT]


def _columns(model: type[models.Model]) -> str:
    return ", ".join(f'"{each.column}"' for each in _fields(model))


@cache
def _statements() -> dict[str, str]:
    """Each gives a table's rows, oldest first."""
    return {
        name: f"SELECT {_columns(model)} FROM {model._meta.db_table} WHERE {condition} ORDER BY id"
        for name, (model, condition) in TABLES.items()
    }


def _read(raw: Connection[Any], since: datetime, *, outermost: bool) -> dict[str, list[Row]]:
    cursors = {}
    with raw.pipeline():
        if outermost:
            raw.execute(ONE_MOMENT)
        for name, statement in _statements().items():
            cursors[name] = cursor = Cursor(raw)
            # psycopg's own is in C, Django's is not; and much of what there is to read is moments.
            cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
            cursor.execute(statement.encode(), {"since": since}, prepare=True)
    return {name: _rows(TABLES[name][0], cursor.fetchall()) for name, cursor in cursors.items()}


def _rows(model: type[models.Model], found: list[tuple[Any, ...]]) -> list[Row]:
    """As `QuerySet.values()` gives them."""
    fields = _fields(model)
    names = [each.attname for each in fields]
    rows = [dict(zip(names, values, strict=True)) for values in found]
    for field in fields:
        for convert in field.get_db_converters(connection):
            for row in rows:
                row[field.attname] = convert(row[field.attname], None, connection)
    return rows


def _stores(stores: list[Row], accounts: list[Row]) -> list[Row]:
    account_of = {row["id"]: Account(**row) for row in accounts}
    return [
        {
            "id": row["id"],
            "account": account_of[row["account_id"]].stripe_id,
            "account_id": row["account_id"],
            "stripe_account": Store(**row, account=account_of[row["account_id"]]).stripe_account,
        }
        for row in stores
    ]


def from_truth(truth: Row) -> AtStripe:
    """What a simulator answers to `GET /_simulator/truth`, or to a part of it without the wire."""
    platform = truth["platform"]

    def all_of(kind: str) -> list[Row]:
        return [
            each | {"account": PLATFORM if id == platform else id}
            for id, account in truth["accounts"].items()
            for each in account.get(kind, ())
        ]

    def wire(kind: str) -> list[Row] | None:
        if kind not in truth:
            return None
        return [
            each | {"account": PLATFORM if each["account"] == platform else each["account"]}
            for each in truth[kind]
        ]

    return AtStripe(
        intents=all_of("payment_intents"),
        charges=all_of("charges"),
        refunds=all_of("refunds"),
        disputes=all_of("disputes"),
        exchanges=wire("exchanges"),
        deliveries=wire("deliveries"),
        skew=truth["now"] / 1000 - timezone.now().timestamp(),
    )


def read_stripe(accounts: Iterable[str], since: datetime) -> AtStripe:
    """List what the accounts ('' is the platform) made since then. Raises the gateway's errors."""
    created = {"gte": int(since.timestamp())}
    names = list(accounts)

    def all_of(path: str) -> Iterator[Row]:
        for account in names:
            for each in gateway.each(path, account, created=created):
                yield each | {"account": account}

    return AtStripe(
        intents=list(all_of("/v1/payment_intents")),
        charges=list(all_of("/v1/charges")),
        refunds=list(all_of("/v1/refunds")),
        disputes=list(all_of("/v1/disputes")),
    )
