"""What a person does about an Incident."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models import Incident, Payment
from payments.services.bells import ring
from stores.errors import DomainError
from stores.models import LogEntry
from stores.principals import Principal


class IncidentResolved(DomainError):
    code = "incident_resolved"
    next_action = _("Read what was noted.")


def _look_again(payment: Payment) -> None:
    """Once nothing is left to look at, the till may show what Stripe says again."""
    if not payment.incidents.filter(resolved_at=None).exists():
        Payment.objects.filter(pk=payment.pk).update(attention="")
        ring(payment.pk)


def resolve(incident: Incident, *, by: Principal, resolution: str) -> Incident:
    """Close the incident with a note of what was found and done. Raises IncidentResolved.

    It changes nothing about the payment's money: Stripe is asked again, and what it says is shown.
    """
    with transaction.atomic():
        incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
        if incident.resolved_at is not None:
            raise IncidentResolved(gettext("Someone has resolved this incident already."))
        incident.resolved_at = timezone.now()
        incident.resolved_by_id = by.user_id
        incident.resolution = resolution
        incident.save(update_fields=["resolved_at", "resolved_by", "resolution"])
        if incident.payment is not None:
            _look_again(incident.payment)
        if incident.store_id is not None:
            LogEntry.objects.write(
                store=incident.store_id,
                order=incident.payment.order_id if incident.payment else None,
                payment_id=incident.payment_id,
                subject="incident",
                subject_id=incident.pk,
                verb="resolved",
                message=f"Incident {incident.pk} was resolved: {resolution}",
                by=by,
            )
    return incident
