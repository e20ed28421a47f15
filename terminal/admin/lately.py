"""How one reader did in the last days: numbers, a plot, and the same as a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from terminal.admin.reader_list import percent
from terminal.models import Reader
from terminal.services.figures import Day, Figures, by_day, figures

_SERIES = (
    (_("Succeeded"), "succeeded", "var(--color-primary-500)"),
    (_("Did not answer"), "timed_out", "#c77700"),
    (_("Failed otherwise"), "failed", "var(--color-base-400)"),
)
_WHOLE = {"beginAtZero": True, "stacked": True, "ticks": {"precision": 0, "maxTicksLimit": 5}}
OPTIONS = json.dumps(
    {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "plugins": {"legend": {"position": "top", "align": "end", "labels": {"boxWidth": 12}}},
        "scales": {
            "x": {"grid": {"display": False}, "stacked": True},
            "y": {**_WHOLE, "border": {"display": False}},
        },
    }
)


def lately(reader: Reader, *, now: datetime) -> dict[str, Any]:
    known = figures([reader.pk], now=now).get(reader.pk, Figures())
    days = by_day(reader, now=now)
    return {
        "figures": known,
        "success": percent(known.success_rate),
        "timeouts": percent(known.timeout_rate),
        "p50": words.took(known.p50),
        "p95": words.took(known.p95),
        "days": days,
        "chart": _chart(days),
        "chart_options": OPTIONS,
    }


def _chart(days: Sequence[Day]) -> str:
    """What unfold gives to Chart.js; empty when there is nothing to draw."""
    if not any(day.succeeded or day.timed_out or day.failed for day in days):
        return ""
    return json.dumps(
        {
            "labels": [date_format(day.day, gettext("M j")) for day in days],
            "datasets": [
                {
                    "label": str(label),
                    "data": [getattr(day, name) for day in days],
                    "backgroundColor": colour,
                    "maxBarThickness": 24,
                }
                for label, name, colour in _SERIES
            ],
        }
    )
