"""Celery's way in: each task carries an id and makes one call. All may run twice."""

from __future__ import annotations

from celery import shared_task

from payments.services import accounts, conversation, errands, inbox, onboarding


@shared_task
def converse(payment_id: int) -> None:
    conversation.converse(payment_id)


@shared_task
def carry_out(request_id: int) -> None:
    errands.carry_out(request_id)


@shared_task
def handle_event(event_id: int) -> None:
    inbox.handle(event_id)


@shared_task
def look_at_account(account_id: int) -> None:
    accounts.look(account_id)


@shared_task
def look_up_account(onboarding_id: int) -> None:
    onboarding.look_up(onboarding_id)


@shared_task
def prune() -> None:
    """Delete handled events that Stripe itself no longer keeps."""
    inbox.prune()
