"""What a load balancer asks: does this process live, and can it serve?"""

from __future__ import annotations

import logging

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse

from payments.models import Incident
from payments.services import watching

logger = logging.getLogger(__name__)
AWAY = (DatabaseError, InterfaceError)


def live(request: HttpRequest) -> HttpResponse:
    """`/healthz`: 200 as long as the process answers; a restart mends nothing else."""
    return _answer("ok")


def ready(request: HttpRequest) -> HttpResponse:
    """`/readyz`: 200 when the database answers too, else 503: send requests elsewhere meanwhile.

    Redis and Stripe are not asked: an order is taken, and a payment started, without either.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except AWAY as error:
        logger.warning("not ready: %s", type(error).__name__)
        return _answer("the database is away", status=503)
    return _answer("\n".join(["ok", *_alarms()]))


def _alarms() -> list[str]:
    """What an operator should know of; requests are served all the same."""
    try:
        told = Incident.objects.filter(kind__in=watching.ALARMS, resolved_at=None)
        return list(told.order_by("pk").values_list("message", flat=True)[:10])
    except AWAY:
        return []


def _answer(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
