"""Sealing the log, and proving that it is what it was when it was sealed."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC

from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, connection, transaction
from django.db.models import Max

from stores.models import LogEntry, LogSeal

logger = logging.getLogger(__name__)

MOST_ROWS = 5_000  # in one seal
PATIENCE = "500ms"  # nobody who sells waits longer for us than that
BEGINNING = "0" * 64


def seal() -> list[LogSeal]:
    """Put a seal on every row since the last one. Two at once make one chain."""
    made: list[LogSeal] = []
    until = _settled_id()
    while until is not None and (next_seal := _seal_next(until)) is not None:
        logger.info("log sealed: %s, %s", next_seal, next_seal.hash)
        made.append(next_seal)
    return made


def _settled_id() -> int | None:
    """The highest id below which no transaction can still bring a row; None: ask again later.

    Ids are given out before they are committed. For a moment nobody may be adding a row.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            cursor.execute("LOCK TABLE stores_logentry IN SHARE MODE")
            highest: int | None = LogEntry.objects.aggregate(highest=Max("id"))["highest"]
            return highest
    except OperationalError as error:
        logger.info("log not sealed now: %s", error)
        return None


def _seal_next(until: int) -> LogSeal | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE stores_logseal IN SHARE ROW EXCLUSIVE MODE")
        last = LogSeal.objects.order_by("-number").first()
        after = last.last_id if last else 0
        rows = list(LogEntry.objects.filter(id__gt=after, id__lte=until).order_by("id")[:MOST_ROWS])
        if not rows:
            return None
        return LogSeal.objects.create(
            number=last.number + 1 if last else 1,
            after_id=after,
            last_id=rows[-1].pk,
            rows=len(rows),
            hash=chained(last.hash if last else BEGINNING, rows),
        )


def chained(previous: str, rows: list[LogEntry]) -> str:
    """SHA-256 over the hash before and one line of JSON per row."""
    digest = hashlib.sha256(previous.encode())
    for row in rows:
        digest.update(b"\n" + _line(row).encode())
    return digest.hexdigest()


def _line(row: LogEntry) -> str:
    told = {
        "id": row.pk,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "store": row.store_id,
        "order": row.order_id,
        "payment": row.payment_id,
        "reader": row.reader_id,
        "subject": [row.subject, row.subject_id],
        "verb": row.verb,
        "old": row.old,
        "new": row.new,
        "message": row.message,
        "actor": [row.actor_kind, row.device_id, row.user_id],
        "data": row.data,
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":"), cls=DjangoJSONEncoder)


@dataclass(frozen=True)
class Checked:
    """One seal that was checked; `fault` is empty when its rows are what they were."""

    seal: LogSeal
    fault: str = ""


def verify() -> Iterator[Checked]:
    """Every seal in order, each against the rows it is over. The chain goes on after a fault, so
    that each fault is told where it is.
    """
    before = LogSeal(number=0, last_id=0, hash=BEGINNING)
    for each in LogSeal.objects.order_by("number").iterator(200):
        yield Checked(each, _fault(before, each))
        before = each


def _fault(before: LogSeal, each: LogSeal) -> str:
    if each.number != before.number + 1:
        return f"seals {before.number + 1} to {each.number - 1} are missing"
    if each.after_id != before.last_id:
        return "it does not begin where the seal before it ended"
    rows = list(LogEntry.objects.filter(id__gt=each.after_id, id__lte=each.last_id).order_by("id"))
    if len(rows) != each.rows:
        return f"{each.rows} rows were sealed, and {len(rows)} are there"
    if chained(before.hash, rows) != each.hash:
        return "a row or the seal before it was changed"
    return ""


def unsealed() -> int:
    """How many rows came after the last seal."""
    last = LogSeal.objects.aggregate(last=Max("last_id"))["last"] or 0
    return LogEntry.objects.filter(id__gt=last).count()
