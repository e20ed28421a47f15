"""Celery's way in to readers."""

from __future__ import annotations

from celery import shared_task

from terminal.services import attending


@shared_task
def attend(reader_id: int) -> None:
    attending.attend(reader_id)
