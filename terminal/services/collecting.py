"""Between a card that was read and the charge: looked at, then confirmed or let go.

Stripe keeps a card for 30 seconds: docs.stripe.com/terminal/payments/collect-card-payment
(server-driven, inspect). We decide within 20, from the row, whatever becomes of a process.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from payments.models import CardRule, Effect, Payment
from payments.services.telling import log
from payments.transitions import ANOTHER_CARD, CARD_REFUSED, EXPIRED, first_match, seen
from terminal.models import ACTIVE, ActionStatus, ActionType, ReaderAction
from terminal.services import commands
from terminal.services.reading import newest_action
from terminal.services.screens import shown_card
from terminal.transitions import move

JSON = dict[str, Any]
LOST = "connection_error"
DECIDE_WITHIN = timedelta(seconds=20)


def merge_card(payment: Payment, action: ReaderAction, reader: JSON) -> None:
    """The reader shows a card; the PaymentIntent, merged before, says whether Stripe has it too."""
    found = shown_card(reader, payment.payment_intent_id)
    if action.type != ActionType.COLLECT_PAYMENT_METHOD or _was_read_before(action, found):
        return  # an old picture
    if payment.status != "requires_confirmation":
        release(action, EXPIRED)
    elif action.status == ActionStatus.IN_PROGRESS:
        action.card = seen(found)
        action.collected_at = _read_at(action, found)
        action.confirm_before = action.collected_at + DECIDE_WITHIN
        move(action, ActionStatus.COLLECTED)
        _ask_the_rules(payment, action)


def _ask_the_rules(payment: Payment, action: ReaderAction) -> None:
    rules = CardRule.objects.filter(store=payment.store_id, is_active=True)
    rule = first_match(rules, action.card, payment.store.country)
    if rule is None:
        return
    action.notice = rule.sentence
    if rule.effect == Effect.REFUSE:
        action.released_for = CARD_REFUSED
    action.save(update_fields=["notice", "released_for"])
    log(payment, "card_rule", f"{rule}. {rule.sentence}", data={"rule": rule.pk})


def _was_read_before(action: ReaderAction, found: JSON) -> bool:
    earlier = action.sale.reader_actions.filter(attempt__lt=action.attempt)
    return earlier.filter(card__payment_method=found["id"]).exists()


def _read_at(action: ReaderAction, found: JSON) -> datetime:
    """When the card was read, by Stripe's clock as far as that makes sense on ours."""
    now = timezone.now()
    created = datetime.fromtimestamp(found.get("created") or now.timestamp(), UTC)
    return min(max(created, action.accepted_at or now), now)


def release(action: ReaderAction, reason: str) -> None:
    """The card is not to be charged, and never will be by this action."""
    if not action.released_for:
        action.released_for = reason
        action.save(update_fields=["released_for"])


def plan_next(payment: Payment, action: ReaderAction | None) -> None:
    """What is due about a card that was read: charge it, or free the reader."""
    if action is None:
        _free_what_was_left_behind(payment)
        return
    if action.status not in (ActionStatus.IN_PROGRESS, ActionStatus.COLLECTED):
        return
    waits = action.status == ActionStatus.COLLECTED and not action.released_for
    if waits and payment.confirm == "automatic" and not (action.notice or payment.attention):
        start_confirm(payment, action)
        return
    if waits and commands.is_overdue(action):
        release(action, EXPIRED)
    if action.released_for:
        commands.plan_cancel_action_anew(payment, action)


def start_confirm(payment: Payment, action: ReaderAction) -> None:
    """Promise `confirm_payment_intent` in place of the collected action."""
    move(action, ActionStatus.SUCCEEDED)
    anew = commands.once_more(action, confirms=action)
    commands.plan_command(payment, anew)


def follow_up(payment: Payment, action: ReaderAction) -> None:
    """The reader was freed for another card of this payment: ask for it, before anyone else can."""
    wanted = action.released_for == ANOTHER_CARD and payment.cancel_requested_at is None
    if wanted and payment.status == "requires_payment_method":
        commands.plan_command(payment, commands.once_more(action))


def may_confirm(payment: Payment, action: ReaderAction) -> bool:
    """Whether a card was read that can still be charged; asked anew, because it ends with time.

    After a lost connection the same card may be confirmed once more: the PaymentIntent can be
    charged once only, and nothing else is known to free it.
    """
    if payment.status != "requires_confirmation" or not action.card or action.released_for:
        return False
    if action.status == ActionStatus.COLLECTED:
        return not commands.is_overdue(action)
    return action.ended_at is not None and action.failure_code == LOST


def left_behind(payment: Payment) -> ReaderAction | None:
    """The ended action whose card the reader may still have, if nobody made it let go yet."""
    action = newest_action(payment)
    if payment.status != "requires_confirmation" or action is None or action.collected_at is None:
        return None
    tried = payment.requests.filter(
        kind=commands.CANCEL_ACTION, created_at__gte=action.collected_at
    )
    return None if action.status in ACTIVE or tried.exists() else action


def _free_what_was_left_behind(payment: Payment) -> None:
    """After a confirmation that the reader refused. A lost connection left nothing on it."""
    left = left_behind(payment)
    if left is not None and left.failure_code != LOST:
        commands.plan_cancel_action(payment, left)
