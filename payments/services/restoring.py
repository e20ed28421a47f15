"""After the database was restored from a backup: nothing is sold until Stripe and our books agree.

What was sold since the backup is at Stripe and not here. An order that looks open here may be
paid, so neither a card nor cash is taken for any.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from payments.models import Circuit, Incident, Reconciliation, Step
from payments.services import circuits, discrepancies, reconciliation
from payments.services.bells import LIVE, notify
from payments.transitions.circuits import RESTORED

logger = logging.getLogger(__name__)

TOLD = (reconciliation.UNKNOWN, discrepancies.KIND)


def close(now: datetime, days: int) -> list[Reconciliation]:
    """Close selling, and begin the comparisons that open it again, all in one."""
    with transaction.atomic():
        Circuit.objects.update_or_create(
            name=RESTORED, defaults={"since": now, "failed_at": now, "opened_at": now}
        )
        # What was at work when the backup was made looked at other days.
        Reconciliation.objects.filter(finished_at=None).update(
            finished_at=now, step=Step.DONE, error="The database was restored meanwhile."
        )
        rows = [
            reconciliation.start(name, now, days, until=now)
            for name in reconciliation.served_accounts()
        ]
        notify(LIVE, "status", 0, 0)
    circuits.forget()
    logger.warning("selling is closed until %s comparisons with Stripe are clean", len(rows))
    return rows


def open_if_clean() -> bool:
    """Open selling again if nothing differs any more, or somebody has noted what was done about
    it; whether it is open.
    """
    with transaction.atomic():
        closed = Circuit.objects.select_for_update().filter(name=RESTORED).first()
        if closed is None:
            return True
        if not _is_clean(closed.since):
            return False
        closed.delete()
        notify(LIVE, "status", 0, 0)
    circuits.forget()
    logger.warning("selling is open again: Stripe and our books agree")
    return True


def _is_clean(since: datetime) -> bool:
    done = Reconciliation.objects.filter(started_at__gte=since, finished_at__isnull=False)
    compared = set(done.values_list("stripe_account", flat=True))
    if not compared.issuperset(reconciliation.served_accounts()):
        return False
    return not Incident.objects.filter(kind__in=TOLD, resolved_at=None).exists()
