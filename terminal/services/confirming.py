"""What a cashier does with a card that was read: have it charged, or ask for another (step A)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext

from payments.errors import PaymentBusy
from payments.models import UNFINISHED, Payment
from payments.services import bells, intents
from payments.services.telling import log
from payments.transitions import ANOTHER_CARD, card_words
from stores.models import Flow
from stores.principals import Principal
from stores.sentences import said
from terminal.errors import NoCardCollected
from terminal.models import ActionStatus, Reader, ReaderAction
from terminal.services import collecting, commands, lease, sales
from terminal.services.counter import show_now
from terminal.services.reading import active_action, newest_action


def confirm(payment: Payment, *, by: Principal) -> Payment:
    """Promise to charge the card that was read.

    Raises PaymentFinal, PaymentBusy, NoCardCollected, WrongReader, ReaderBusy.
    """
    with transaction.atomic():
        payment = intents.lock(payment)
        action = newest_action(payment)
        refuse_confirm(payment, action)
        assert action is not None
        if action.status == ActionStatus.COLLECTED:
            collecting.start_confirm(payment, action)
        else:
            anew = lease.reserve(payment, action.reader, by=by, confirms=action)
            commands.plan_command(payment, anew)
        bells.wake(payment.pk)
        words = said("{card} is to be charged.", card=card_words(action.card))
        log(payment, "confirm_requested", words, by=by, reader_id=action.reader_id)
        show_now(payment)
    return payment


def refuse_confirm(payment: Payment, action: ReaderAction | None) -> None:
    """Raises PaymentFinal, PaymentBusy, NoCardCollected."""
    sales.refuse_closed(payment)
    if payment.requests.filter(status__in=UNFINISHED).exists():
        raise PaymentBusy(gettext("A request to Stripe is on its way."))
    if action is None or not collecting.may_confirm(payment, action):
        raise NoCardCollected(gettext("No card waits to be confirmed."))


def collect(
    payment: Payment,
    *,
    by: Principal,
    reader: Reader | None = None,
    take_over: int | None = None,
) -> Payment:
    """Ask for a card, or for another than the one that was read. `take_over` as in `sales.sell`.

    Raises what `sales.try_again` does.
    """
    with transaction.atomic():
        payment = intents.lock(payment)
        action = active_action(payment)
        elsewhere = action is not None and reader not in (None, action.reader)
        if action is None or elsewhere or not collecting.may_confirm(payment, action):
            return sales.try_again(
                payment, by=by, reader=reader, flow=Flow.COLLECT, take_over=take_over
            )
        if payment.requests.filter(status__in=UNFINISHED).exists():
            raise PaymentBusy(gettext("A request to Stripe is on its way."))
        collecting.release(action, ANOTHER_CARD)
        commands.plan_cancel_action(payment, action)
        bells.wake(payment.pk)
        words = said("Another card than {card} was asked for.", card=card_words(action.card))
        log(payment, "another_card_requested", words, by=by, reader_id=action.reader_id)
        show_now(payment)
    return payment
