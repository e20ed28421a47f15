"""Celery's way in: each task carries an id and makes one call. All may run twice."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from payments.services import (
    accounts,
    capture_runs,
    conversation,
    errands,
    fee_days,
    inbox,
    onboarding,
    receipt_emails,
)


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
def capture_run(run_id: int) -> None:
    capture_runs.carry_on(run_id)


@shared_task
def look_at_account(account_id: int) -> None:
    accounts.look(account_id)


@shared_task
def look_up_account(onboarding_id: int) -> None:
    onboarding.look_up(onboarding_id)


@shared_task
def send_receipt(receipt_email_id: int) -> None:
    receipt_emails.carry_out(receipt_email_id)


@shared_task
def forget_addresses() -> None:
    """Empty the addresses that receipts went to: they are not kept for ever."""
    receipt_emails.forget_addresses()


@shared_task
def prune() -> None:
    """Delete handled events that Stripe itself no longer keeps."""
    inbox.prune()


@shared_task
def sum_fees() -> None:
    """Sum the fees of days that are over, for the report."""
    fee_days.sum_up(timezone.now())
