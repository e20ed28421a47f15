"""Celery's way in to readers."""

from __future__ import annotations

from celery import shared_task

from terminal.services import attending, forms


@shared_task
def attend(reader_id: int) -> None:
    attending.attend(reader_id)


@shared_task
def forget_answers() -> None:
    """Empty old forms: what customers typed is not kept for ever."""
    forms.forget_answers()
