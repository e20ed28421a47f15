"""Whether a display command is on its way to a reader: what it would end must not start yet."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from payments.gateway import call_seconds
from payments.models import RequestStatus, StripeRequest
from payments.services.parts import NotYet
from terminal.models import Reader

SHOW = "reader.set_reader_display"
CLEAR = "reader.clear_display"
TEST = "reader.test_display"
PAUSE = 0.2  # seconds


def wait_for_display(reader: Reader) -> None:
    """Raises NotYet while one was sent and not answered, at most as long as a call may take."""
    since = timezone.now() - timedelta(seconds=call_seconds())
    sent = StripeRequest.objects.filter(
        reader_id=reader.pk,
        kind__in=(SHOW, CLEAR, TEST),
        status=RequestStatus.SENT,
        first_sent_at__gt=since,
    )
    if sent.exists():
        raise NotYet(PAUSE)
