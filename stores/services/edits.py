"""What people change in forms, as rows of the log: which fields, what they were and are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.db.models import Field, Model
from django.utils.text import camel_case_to_spaces, capfirst
from django.utils.translation import override

from stores.currencies import AMOUNTS, format_amount, percent
from stores.models import LogEntry
from stores.principals import Principal

JSON = dict[str, Any]


@dataclass(frozen=True)
class Edit:
    """The fields that differ: their names, and what each was and is, for people and for machines.

    The log is in English, whoever reads the page.
    """

    names: str = ""
    old: str = ""
    new: str = ""
    data: JSON | None = None


UNCHANGED = Edit()


def between(before: Model | None, row: Model, *, but: Collection[str] = ()) -> Edit:
    """What differs in `row`; all that is said of it if there was none before."""
    fields = [
        field
        for field in row._meta.concrete_fields
        if _is_kept(field) and field.name not in but and _differs(field, before, row)
    ]
    with override(None):
        return Edit(
            names=", ".join(str(field.verbose_name) for field in fields),
            old=_shown(fields, before),
            new=_shown(fields, row),
            data={"before": _values(fields, before), "after": _values(fields, row)},
        )


def note(before: Model | None, row: Model, *, by: Principal) -> None:
    """Log the row's change, if it is one, in the transaction of the change."""
    edit = between(before, row)
    if before is None:
        _write(row, "added", f"{row} was added.", edit, by)
    elif edit.names:
        _write(row, "changed", f"{row} was changed: {edit.names}.", edit, by)


def note_deleted(row: Model, *, by: Principal) -> None:
    edit = between(None, row)
    gone = Edit(edit.names, old=edit.new, data=edit.data and {"before": edit.data["after"]})
    _write(row, "deleted", f"{row} was deleted.", gone, by)


def _write(row: Model, verb: str, message: str, edit: Edit, by: Principal) -> None:
    path: str = getattr(type(row)._default_manager.all(), "store_path", "store_id")
    LogEntry.objects.write(
        store=attrgetter(path.replace("__", "."))(row),
        subject="_".join(camel_case_to_spaces(str(row._meta.object_name)).split()),
        subject_id=row.pk,
        verb=verb,
        message=message,
        old=edit.old,
        new=edit.new,
        data=edit.data,
        by=by,
    )


def _is_kept(field: Field[Any, Any]) -> bool:
    """What no form shows may be a secret's hash."""
    return field.editable and not field.primary_key


def _differs(field: Field[Any, Any], before: Model | None, row: Model) -> bool:
    now = field.value_from_object(row)
    if before is None:
        return now not in (None, "", [], {})
    return bool(field.value_from_object(before) != now)


def _shown(fields: list[Field[Any, Any]], row: Model | None) -> str:
    if row is None:
        return ""
    return "; ".join(
        f"{capfirst(str(field.verbose_name))}: {_said(field, row)}" for field in fields
    )


def _said(field: Field[Any, Any], row: Model) -> str:
    value = getattr(row, field.name)
    if value in (None, "", []):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.choices and not isinstance(value, list):
        return str(getattr(row, f"get_{field.name}_display")())
    if field.name in AMOUNTS:
        return format_amount(value, currency_of(row))
    return percent(value) if field.name.endswith("_ppm") else str(value)


def currency_of(row: Model) -> str:
    """The row's own, or its store's."""
    own = getattr(row, "currency", "") or row.store.currency  # type: ignore[attr-defined]
    return str(own)


def _values(fields: list[Field[Any, Any]], row: Model | None) -> JSON:
    return {} if row is None else {field.name: field.value_from_object(row) for field in fields}
