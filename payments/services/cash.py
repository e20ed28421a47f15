"""Cash: a payment that is paid when it is written down. Nothing of it is at Stripe.

There is no change and no rounding here: the part of the bill is what is put into the drawer, and
what a customer tendered is between them and the cashier.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from payments import gateway
from payments.models import Method, Payment
from payments.services import circuits, covers, splitting
from payments.services.splitting import ALL, Split
from payments.services.telling import log, show
from payments.transitions import screen
from stores.models import Order
from stores.principals import Principal
from stores.sentences import said


def take_cash(order: Order, *, by: Principal, split: Split = ALL) -> Payment:
    """Take what the order still owes, or a part of it, in cash.

    Raises OrderNotPayable, OrderHasOpenPayment, SplitRefused, LinePaid, SellingClosed.
    """
    circuits.refuse_closed()
    with transaction.atomic():
        locked = Order.objects.lock(order.pk)
        part = splitting.next_part(locked, split)
        now = timezone.now()
        payment = Payment.objects.create(
            store=locked.store,
            order=locked,
            device_id=by.device_id,
            user_id=by.user_id,
            livemode=gateway.livemode(),
            method=Method.CASH,
            amount=part.amount,
            amount_received=part.amount,
            currency=locked.currency,
            capture_method="automatic",
            share_number=part.share_number,
            share_count=part.share_count,
            status="succeeded",
            created_at=now,
            ended_at=now,
        )
        splitting.claim(part.lines, payment)
        log(
            payment, "created", said("{what}, in cash.", what=part.describe(locked.currency)), by=by
        )
        show(payment, screen(payment, None, now), now)
        payment.save()
        covers.count(payment)
    return payment
