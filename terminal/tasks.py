"""Celery's way in to readers."""

from __future__ import annotations

from celery import shared_task

from terminal.services import fleet


@shared_task
def refresh_reader(reader_id: int) -> None:
    fleet.refresh(reader_id)
