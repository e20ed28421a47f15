"""Celery's way in: each task makes one call and may run twice."""

from __future__ import annotations

from celery import shared_task

from stores.services import client_requests, tries


@shared_task
def forget_old_requests() -> None:
    """Delete what clients asked under an Idempotency-Key more than a day ago, and wrong tries."""
    client_requests.forget_old()
    tries.forget_old()
