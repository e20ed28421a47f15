"""The requests of what a reader does without a payment: the command itself, and `cancel_action`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.utils import timezone

from payments.gateway import Answer, Meaning
from payments.models import RequestStatus, StripeRequest
from payments.services import requests
from payments.services.parts import Exchange, NotYet, Picture
from payments.services.verdicts import GIVE_UP, READ_AGAIN, Next, Verdict, backoff
from stores.sentences import together
from terminal.models import ActionStatus, Reader, ReaderAction
from terminal.services import lag, reading
from terminal.services.commands import BUSY_DELAYS, TIMEOUT_DELAYS
from terminal.services.errands import TYPES, active, fail, look, plan_command, shows
from terminal.services.screens import failure, tell_readers_screens, waits_for
from terminal.transitions import move

BUSY = Answer(Meaning.REFUSED, code="terminal_reader_busy")


@dataclass
class Command(Exchange[Reader]):
    """`POST /v1/terminal/readers/{id}/collect_inputs` and `…/process_setup_intent`."""

    reads_first: ClassVar[bool] = True

    def compare(self, reader: Reader, request: StripeRequest) -> Picture | None:
        """What the reader shows, when sending would put an end to it."""
        picture = Picture(reader=reading.read_reader(reader))
        return picture if waits_for(picture.reader) else None

    def look(self, reader: Reader, request: StripeRequest, answer: Answer) -> Picture:
        action = request.reader_action
        action.reader = reader
        fresh = answer.object if answer.succeeded and not answer.replayed else None
        return TYPES[action.type].look(action, fresh)

    def finish(
        self,
        reader: Reader,
        request: StripeRequest,
        answer: Answer,
        verdict: Verdict,
        picture: Picture,
    ) -> None:
        action = active(reader)
        if action is None or action.request_id != request.pk:
            requests.record(request, answer, RequestStatus.ABANDONED)
            return
        if verdict.next in (Next.AGAIN, Next.STALL):
            self._again(action, request, answer, verdict)
        elif verdict.next is Next.STOP:
            requests.record(request, answer, RequestStatus.ABANDONED)
            words = together(answer.message)
            requests.raise_incident("idempotency_error", words, request=request.pk)
            fail(action, answer)
        elif answer.succeeded or shows(action, picture):
            requests.record(request, answer, RequestStatus.SUCCEEDED)
            move(action, ActionStatus.IN_PROGRESS)
            TYPES[action.type].merge(action, picture)
        elif verdict.next is Next.REFUSED or answer.code == "terminal_reader_timeout":
            requests.record(request, answer, RequestStatus.REFUSED)
            self._refused(action, request, answer)
        elif waits_for(picture.reader):
            requests.record(request, BUSY, RequestStatus.ABANDONED)
            self._refused(action, request, BUSY)
        else:
            move(action, ActionStatus.UNKNOWN)
            self._again(action, request, answer, Verdict(Next.AGAIN, backoff(request.tries)))
        tell_readers_screens(reader)

    def _again(
        self, action: ReaderAction, request: StripeRequest, answer: Answer, verdict: Verdict
    ) -> None:
        if timezone.now() - request.created_at > GIVE_UP:
            requests.record(request, answer, RequestStatus.ABANDONED)
            fail(action, answer, "no_answer")
        else:
            requests.again(request, answer, verdict.delay)

    def _refused(self, action: ReaderAction, request: StripeRequest, answer: Answer) -> None:
        """Send it anew with a new key, if that may help; else tell."""
        delays = {
            "terminal_reader_busy": BUSY_DELAYS,
            "terminal_reader_timeout": TIMEOUT_DELAYS,
        }.get(answer.code, ())
        if action.resend >= len(delays) or action.cancel_requested_at is not None:
            fail(action, answer)
            return
        delay = delays[action.resend]
        action.resend += 1
        action.attempt += 1
        action.status = ActionStatus.REQUESTED
        plan_command(action, request.params, delay=delay)


@dataclass
class CancelAction(Exchange[Reader]):
    """`POST /v1/terminal/readers/{id}/cancel_action`: it names nothing, so we compare first."""

    reads_first: ClassVar[bool] = True

    def compare(self, reader: Reader, request: StripeRequest) -> Picture | None:
        """None when the reader has our errand; else what it shows: nothing is sent.

        Raises NotYet when that may be from before the errand was there.
        """
        asked_at = timezone.now()
        picture = look(reader)
        action = active(reader)
        if action is None or picture.reader is None:
            return picture
        shown = TYPES[action.type].shown(picture.reader, action)
        why = failure(picture.reader) if shown == "failed" else {}
        if lag.proves_nothing(action, picture.reader, shown, why, asked_at):
            raise NotYet(READ_AGAIN)
        return None if shown == "in_progress" else picture

    def look(self, reader: Reader, request: StripeRequest, answer: Answer) -> Picture:
        action = active(reader)
        if action is None:
            return Picture()
        fresh = answer.object if answer.succeeded and not answer.replayed else None
        return TYPES[action.type].look(action, fresh)

    def finish(
        self,
        reader: Reader,
        request: StripeRequest,
        answer: Answer,
        verdict: Verdict,
        picture: Picture,
    ) -> None:
        action = active(reader)
        still_there = action is not None and _is_in_progress(action, picture)
        unknown = verdict.next in (Next.AGAIN, Next.STALL) or (still_there and not answer.succeeded)
        if unknown and answer.meaning is not Meaning.REFUSED and not _is_old(request):
            requests.again(request, answer, verdict.delay or backoff(request.tries))
            return
        done = {
            Meaning.SUCCEEDED: RequestStatus.SUCCEEDED,
            Meaning.REFUSED: RequestStatus.REFUSED,
        }.get(answer.meaning, RequestStatus.ABANDONED)
        requests.record(request, answer, done)
        if action is None:
            return
        if answer.code == "terminal_reader_busy":
            action.failure_code = answer.code
            action.save(update_fields=["failure_code"])
        elif answer.meaning is Meaning.REFUSED:
            fail(action, answer)
        TYPES[action.type].merge(action, picture)
        tell_readers_screens(reader)


def _is_in_progress(action: ReaderAction, picture: Picture) -> bool:
    return TYPES[action.type].shown(picture.reader, action) == "in_progress"


def _is_old(request: StripeRequest) -> bool:
    return timezone.now() - request.created_at > GIVE_UP
