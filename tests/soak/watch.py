"""Looks every second that all promises hold, and sees when everything has come to rest."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.db import DatabaseError, InterfaceError, close_old_connections, connections
from django.db.models import Q
from django.utils import timezone

from payments.models import UNFINISHED, InboundEvent, Payment, Refund, StripeRequest
from retail.checker import violations
from retail.checker.facts import Books, Violation
from retail.checker.reading import from_truth, read_books
from tests.soak.history import History

JSON = dict[str, Any]
MONEY = "payment_intents,charges,refunds,disputes"
SHARE = 4.0  # a look of one second is followed by four of rest, so that it does not take over
KNOWN_TO_STRIPE = 120.0  # seconds that the whole truth may take


def ask_truth(simulator: str, kinds: str = "") -> JSON:
    query = f"?kinds={kinds}" if kinds else ""
    url = f"{simulator}/_simulator/truth{query}"
    answer = httpx.get(url, trust_env=False, timeout=KNOWN_TO_STRIPE)
    found: JSON = answer.raise_for_status().json()
    return found


class Watcher:
    """The checker, in a thread. What two looks in a row see is broken: the books are read before
    Stripe, so one alone may have fallen between the two.
    """

    def __init__(self, simulator: str) -> None:
        self.looks = 0
        self.seen_once = 0
        self.broken: dict[str, Violation] = {}
        self.failure: BaseException | None = None
        self._simulator = simulator
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        suspects: set[str] = set()
        pause = 1.0
        while not self._stopping.wait(pause):
            started = time.monotonic()
            try:
                found = {str(each): each for each in self._look()}
            except (DatabaseError, InterfaceError):
                close_old_connections()  # PostgreSQL is away
                continue
            except BaseException as error:
                self.failure = error
                break
            for text in suspects & set(found):
                self.broken[text] = found[text]
            self.seen_once += len(suspects - set(found))
            suspects = set(found) - set(self.broken)
            self.looks += 1
            took = time.monotonic() - started
            pause = 0.1 if suspects else max(1.0, took * SHARE)
        connections.close_all()

    def _look(self) -> Iterator[Violation]:
        books = read_books()
        return violations(books, from_truth(ask_truth(self._simulator, MONEY)), settled=False)


def unsettled() -> list[str]:
    """All that is still on its way, in words."""
    now = timezone.now()
    # A lease that ran out is one of a worker that was killed when all was done: nobody holds it.
    busy = Q(ended_at=None) | Q(lease_until__gt=now) | Q(rung_at__isnull=False)
    rows: list[str] = []
    for payment in Payment.objects.filter(busy):
        why = f"ended {payment.ended_at}, rung {payment.rung_at}, lease {payment.lease_until}"
        rows.append(f"payment {payment.pk}: {payment.status or '-'}, {payment.state} ({why})")
    for request in StripeRequest.objects.filter(status__in=UNFINISHED):
        rows.append(f"request {request.pk}: {request.kind} is {request.status}")
    for refund in Refund.objects.filter(status="requested"):
        rows.append(f"refund {refund.pk}: requested")
    for event in InboundEvent.objects.filter(status="received", next_try_at__lte=now):
        rows.append(f"event {event.event_id}: {event.type} is not handled")
    return rows


def settle(seconds: float) -> tuple[float, list[str]]:
    """How long it took until everything had come to rest, and what had not in this time."""
    started = time.monotonic()
    while True:
        rows = unsettled()
        took = time.monotonic() - started
        if not rows or took > seconds:
            return took, rows
        time.sleep(0.25)


def last_look(simulator: str, history: History) -> tuple[list[Violation], Books, JSON]:
    """Every rule, those for settled books too, over everything."""
    books, truth, found = _look_at_all(simulator)
    if found:  # a late webhook may have come between the books and Stripe, and is there by now
        before = {str(each) for each in found}
        books, truth, again = _look_at_all(simulator)
        found = [each for each in again if str(each) in before]
    return [*found, *history.violations, *history.lies(from_truth(truth))], books, truth


def _look_at_all(simulator: str) -> tuple[Books, JSON, list[Violation]]:
    books = read_books()
    truth = ask_truth(simulator)
    return books, truth, list(violations(books, from_truth(truth), settled=True))


class Screen:
    """A tablet that only looks: it follows the live stream of its store, and begins again whenever
    that breaks.
    """

    def __init__(self, api: str, token: str, name: str, history: History) -> None:
        self.frames = 0
        self._api = urlsplit(api)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._name = name
        self._history = history
        self._connection: http.client.HTTPConnection | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """At once: a stream that has nothing to tell says so only every fifteen seconds."""
        self._stopping.set()
        if self._connection is not None and self._connection.sock is not None:
            with suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._connection = http.client.HTTPConnection(self._api.netloc, timeout=17)
            try:
                self._connection.request("GET", f"{self._api.path}live/", headers=self._headers)
                self._follow(self._connection.getresponse())
            except (OSError, http.client.HTTPException):
                self._stopping.wait(0.2)
            finally:
                self._connection.close()

    def _follow(self, answer: http.client.HTTPResponse) -> None:
        """Within one stream nothing may go back; another may have begun from an older row."""
        versions: dict[int, int] = {}
        kind = ""
        while not self._stopping.is_set() and (line := answer.readline()):
            if line.startswith(b"event: "):
                kind = line[7:].decode().strip()
            elif line.startswith(b"data: ") and kind == "payment":
                found = json.loads(line[6:])
                pk, version = found["id"], found["version"]
                self.frames += 1
                if version < versions.get(pk, 0):
                    sentence = f"{self._name} was sent version {version} after {versions[pk]}"
                    self._history.complain("S6", f"payment {pk}", sentence)
                versions[pk] = version
                # It was loaded before it came: what others heard meanwhile may be newer.
                self._history.answered(self._name, found, asked_at=0.0)
