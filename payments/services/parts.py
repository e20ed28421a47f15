"""The parts of a conversation that others bring: kinds of requests, and what terminal knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from payments import gateway
from payments.gateway import Answer, Meaning
from payments.models import FINAL_STATUSES, Payment, RequestStatus, StripeRequest
from payments.services import requests
from payments.services.verdicts import READ_AGAIN, Next, Verdict, may_not_show_yet
from payments.transitions import OnReader

JSON = dict[str, Any]


@dataclass(frozen=True)
class Picture:
    """What was read: the PaymentIntent, and the reader when that alone did not settle it.

    `missing` says that Stripe was asked and has no such PaymentIntent of ours.
    """

    intent: JSON | None = None
    reader: JSON | None = None
    missing: bool = False


class NotYet(Exception):
    """The request must wait for something that ends soon; nothing was sent."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


S = TypeVar("S", contravariant=True)


class Exchange(Protocol[S]):
    """What is particular to sending one kind of request about a payment, or for a reader.

    Reads happen outside transactions.
    """

    reads_first: ClassVar[bool]

    def compare(self, subject: S, request: StripeRequest, /) -> Picture | None:
        """What was read instead of sending, when sending would hit the wrong thing.

        Raises NotYet.
        """
        return None

    def allow(self, subject: S, request: StripeRequest, /) -> bool:
        """Whether it may be sent now; asked in the transaction that marks it as sent."""
        return True

    def look(self, subject: S, request: StripeRequest, answer: Answer, /) -> Picture: ...


class Kind(Exchange[Payment], Protocol):
    """What is particular to one kind of request about a payment."""

    def finish(
        self,
        payment: Payment,
        request: StripeRequest,
        answer: Answer,
        verdict: Verdict,
        picture: Picture,
    ) -> None: ...

    def stop(self, payment: Payment, request: StripeRequest, answer: Answer) -> None:
        """A bug of ours ended the request; an Incident was raised."""
        return


class ShownByIntent(Kind):
    """The PaymentIntent itself shows whether the request was done, though maybe not at once."""

    reads_first: ClassVar[bool] = False

    def shows(self, intent: JSON, request: StripeRequest) -> bool:
        """Whether it was done, as this PaymentIntent has it."""
        raise NotImplementedError

    def look(self, payment: Payment, request: StripeRequest, answer: Answer) -> Picture:
        if answer.succeeded and not answer.replayed:
            return Picture(answer.object)
        assert payment.payment_intent_id is not None
        read = gateway.retrieve_payment_intent(payment.payment_intent_id, payment.stripe_account)
        may_grow = read["status"] not in FINAL_STATUSES
        if answer.succeeded and may_grow and not self.shows(read, request):
            return Picture(answer.object)  # it was done: the read is older than that
        return Picture(read)

    def finish(
        self,
        payment: Payment,
        request: StripeRequest,
        answer: Answer,
        verdict: Verdict,
        picture: Picture,
    ) -> None:
        if self.is_done(payment, request):
            requests.record(request, answer, RequestStatus.SUCCEEDED)
            self.done(payment, request)
        elif self.may_lag(payment, request, verdict):
            requests.again(request, answer, max(verdict.delay, READ_AGAIN))
        else:
            refused = verdict.next is Next.REFUSED
            ended = RequestStatus.REFUSED if refused else RequestStatus.ABANDONED
            requests.record(request, answer, ended)
            self.not_done(payment, request, answer, refused=refused)

    def is_done(self, payment: Payment, request: StripeRequest) -> bool:
        """Whether the payment shows it, as it is merged."""
        raise NotImplementedError

    def may_lag(self, payment: Payment, request: StripeRequest, verdict: Verdict) -> bool:
        """Whether what was read, and does not show the request as done, proves nothing."""
        is_read = verdict.next is Next.LOOK and payment.ended_at is None
        return is_read and may_not_show_yet(request, payment.asked_at)

    def done(self, payment: Payment, request: StripeRequest) -> None:
        return

    def not_done(
        self, payment: Payment, request: StripeRequest, answer: Answer, *, refused: bool
    ) -> None:
        """By a refusal, or proven absent: ask anew, or tell whoever wanted it."""
        raise NotImplementedError


class Counter(Protocol):
    """What stands on the counter: the part of a conversation only terminal knows."""

    def look(self, payment: Payment, *, full: bool) -> Picture: ...

    def merge(self, payment: Payment, picture: Picture) -> None: ...

    def on_reader(self, payment: Payment) -> OnReader | None: ...

    def plan_next(self, payment: Payment) -> None: ...


# Nothing left this machine in this turn; what an earlier turn sent is to be looked up.
UNSENT = Answer(Meaning.UNKNOWN, code="no_answer")
UNREADABLE = (gateway.NoAnswer, gateway.AccountRefused)

KINDS: dict[str, Kind] = {}
_counter: list[Counter] = []
# Called in E with the locked payment after each merge (the order's status, refunds, …).
after_merge: list[Callable[[Payment], None]] = []


def set_counter(counter: Counter) -> None:
    _counter[:] = [counter]


def counter() -> Counter:
    return _counter[0]
