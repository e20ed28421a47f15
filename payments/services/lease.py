"""The lease of a payment: who may talk to Stripe about it, and write down what was learned.

Not a lock held over HTTP: a time on the row, and a fence number that grows with each claim, so
that a worker which slept through its lease writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from payments.errors import LeaseLost
from payments.gateway import call_seconds
from payments.models import Payment, PaymentQuerySet
from stores.models import Order


def lease_seconds() -> float:
    return call_seconds() + float(settings.STRIPE_LEASE_MARGIN)


@dataclass
class Lease:
    """The right to converse about one payment, as long as nobody claimed a higher fence.

    `claimed` is the payment as it was when it was claimed, for whoever loads it first.
    """

    payment_id: int
    order_id: int
    fence: int
    until: datetime
    claimed: Payment | None

    def hold(self) -> None:
        """See that the time left exceeds a call's time-out. Raises LeaseLost."""
        now = timezone.now()
        if self.until - now > timedelta(seconds=call_seconds()):
            return  # nobody else can have claimed it
        until = now + timedelta(seconds=lease_seconds())
        if not self._mine().update(lease_until=until):
            raise LeaseLost(self.payment_id)
        self.until = until

    def load(self) -> Payment:
        """The payment as it is now. Raises LeaseLost."""
        payment, self.claimed = self.claimed, None
        try:
            return payment or self._mine().get()
        except Payment.DoesNotExist as error:
            raise LeaseLost(self.payment_id) from error

    def lock(self) -> Payment:
        """Lock order, then payment, inside the caller's transaction. Raises LeaseLost."""
        order = Order.objects.lock(self.order_id)
        try:
            payment = self._mine().select_for_update(no_key=True).get()
        except Payment.DoesNotExist as error:
            raise LeaseLost(self.payment_id) from error
        payment.order, payment.store = order, order.store
        payment.kept = {}
        return payment

    def release_if_idle(self) -> bool:
        """Give the lease back unless something became due meanwhile; whether it was given back."""
        with transaction.atomic():
            # Locked first: what was promised under the lock until now is seen by the update.
            if not self._mine().select_for_update(no_key=True).values_list("pk"):
                return True
            return bool(self._mine().idle(timezone.now()).update(lease_until=None))

    def _mine(self) -> PaymentQuerySet:
        return Payment.objects.filter(pk=self.payment_id, fence=self.fence)


def claim(payment_id: int) -> Lease | None:
    """Take the payment if nobody holds it and something is due; one statement."""
    now = timezone.now()
    until = now + timedelta(seconds=lease_seconds())
    free = Payment.objects.due(now).filter(pk=payment_id)
    # A data-modifying UPDATE … RETURNING is what Django lacks; the fence read back is ours,
    # because nobody else can claim before `until`.
    claimed = free.update(fence=F("fence") + 1, lease_until=until, handed_at=None)
    if not claimed:
        return None
    try:
        held = Payment.objects.get(pk=payment_id, lease_until=until)
    except Payment.DoesNotExist:
        return None
    return Lease(held.pk, held.order_id, held.fence, until, held)
