"""Where a walk takes place: one store, Stripe, our rows, what the walk tells, and its promises."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db import transaction
from urllib3.exceptions import HTTPError

from payments.models import Payment
from payments.services import backfill
from payments.services.endpoints import DOORS
from payments.webhooks import forget_doors, knock
from retail.checker import violations
from retail.checker.facts import Books
from retail.checker.reading import from_truth, read_books
from stores.errors import DomainError
from stores.models import Order
from terminal.dispatcher import AWAITED
from tests.aging import grow_older
from tests.factories import OrderFactory
from tests.factories_money import plan_fee
from tests.hooks.conftest import make_endpoint, sign
from tests.money.conftest import Shop, open_shop
from tests.stripe_double import JSON, Simulator

SUBSCRIBED = {type for door in DOORS.values() for type in door}
TAKEN = ("requires_capture", "succeeded")
NOTHING_TAKEN = ("declined", "canceled_by_customer", "stopped", "canceled")
_KINDS = {"requires_capture": "held", "succeeded": "paid", "canceled": "canceled"}
# What these say must never happen, whatever Stripe and the network do.
OUR_FAULT = {
    "foreign_payment_intent",
    "second_payment_intent",
    "currency_mismatch",
    "livemode_mismatch",
    "account_mismatch",
    "idempotency_error",
    "second_refund",
    "refunds_exceed_payment",
}
# What only a Stripe that tells of the past may bring about.
OF_STALE_READS = {"moved_backwards", "payment_intent_missing"}


class Broken(AssertionError):
    """A promise was broken; the message is the story of the walk."""


class World:
    """A shop whose rows vanish with the walk, and everything the walk has seen so far.

    Stripe's clock stands still between the steps and goes with ours when `later` is called.
    """

    def __init__(self, simulator: Simulator, counts: Counter[str]) -> None:
        self.simulator, self.counts = simulator, counts
        self.passed = 0.0  # seconds since the walk began
        self.story: list[str] = []
        self.events: list[JSON] = []  # that Stripe made and nobody delivered yet
        self.delivered: list[JSON] = []
        self.there: set[str] = set()  # what rules ask for: "open", "held", "paid", "waiting" …
        self.only_planned = False  # in this step nothing happened that could break a promise
        self.stale = False  # a stale read is planned, or was one
        self._known_events = 0
        self._exchanges: list[JSON] = []
        self._waiting: set[str] = set()
        self._before: dict[str, str] = {}  # PaymentIntents and their status, one step ago
        self._versions: dict[int, int] = {}
        self._shown: dict[int, str] = {}
        self._incidents = 0
        self._block = transaction.atomic()
        self._block._from_testcase = True  # type: ignore[attr-defined]
        self._block.__enter__()

    def open(self, country: str, charge_model: str, fee: int) -> None:
        self.simulator.reset()
        self.simulator.call("clock", {"speed": 0})
        self.shop: Shop = open_shop(self.simulator, charge_model, country)
        if fee:
            plan_fee(self.shop.store, fee)
        forget_doors()
        self.door = make_endpoint()
        backfill.keep_cursors()
        self.tell(f"a store in {country} with {charge_model} charges and a fee of {fee / 100} %")

    def close(self) -> None:
        transaction.set_rollback(True)
        self._block.__exit__(None, None, None)

    # What happens

    def tell(self, sentence: str) -> None:
        self.story.append(sentence)

    def tell_all(self) -> None:
        """For an exception that is not Broken: the log of a failed test shows it."""
        sys.stdout.write("\n".join(self.story))

    def count(self, what: str) -> None:
        self.counts[what] += 1

    def person(self, what: str, do: Callable[[], Any]) -> Any:
        """Somebody asks for something; a refusal is an answer. None when it was refused."""
        self.tell(what)
        verb = what.partition(" ")[0]
        try:
            done = do()
        except DomainError as refusal:
            self.tell(f"    refused: {refusal.code}")
            self.count(f"refused: {verb}, {refusal.code}")
            return None
        self.count(f"done: {verb}")
        return done

    def plan(self, what: str, path: str, body: JSON) -> None:
        """Something is decided that shows later; nothing is changed by it now."""
        self.stripe(what, path, body)
        self.only_planned = True

    def stripe(self, what: str, path: str, body: JSON) -> bool:
        """Something happens at Stripe or at a reader; whether it could."""
        self.tell(what)
        verb = what.partition(" ")[0]
        answer = self.simulator.ask(path, body)
        if answer.status != 200:
            self.tell(f"    impossible: {answer.json()['error']['message']}")
            self.count(f"impossible: {verb}")
            return False
        self.count(f"done: {verb}")
        return True

    def later(self, seconds: float) -> None:
        """So much time passes, for our rows and at Stripe."""
        self.tell(f"{seconds:g} seconds pass")
        self.passed += seconds
        grow_older(seconds)
        self.simulator.call("clock", {"advance": seconds})

    def deliver(self, event: JSON) -> int:
        """Stripe posts the event to our front door; the answer's status."""
        body = json.dumps(event)
        signature = sign(body, self.door.secret)
        answer = knock(self.door.djstripe_uuid, "POST", signature, lambda most: body.encode())
        return answer[0]

    def another_system(self, reader: Any) -> None:
        """It takes the reader without asking us; if it can."""
        currency = self.shop.store.currency
        card = {"payment_method_types[]": "card_present"}
        params = {"amount": 777, "currency": currency, **card}
        intent = self._as_another(reader, "payment_intents", params)
        path = f"terminal/readers/{reader.stripe_id}/process_payment_intent"
        done = self._as_another(reader, path, {"payment_intent": intent.get("id", "")})
        self.count("done: another system" if "id" in done else "impossible: another system")

    def _as_another(self, reader: Any, path: str, params: JSON) -> JSON:
        answer: JSON = {}
        with suppress(ValueError, HTTPError):
            answer = self.simulator.ask_stripe("POST", path, reader.stripe_account, params).json()
        return answer

    # What there is

    def payment(self, which: int, **fitting: Any) -> Payment | None:
        """The n-th newest that fits, counted round; None when there is none."""
        found = list(Payment.objects.filter(**fitting).order_by("-pk")[:6])
        return found[which % len(found)] if found else None

    def order(self, amount: int) -> Order:
        shop = self.shop
        return OrderFactory.create(store=shop.store, device=shop.device, net_amount=amount)

    def reader(self, which: int) -> Any:
        return (self.shop.reader, self.shop.other_reader)[which % 2]

    def waiting_reader(self, which: int) -> Any:
        """One that shows it, if any does."""
        one = self.reader(which)
        return one if one.stripe_id in self._waiting else self.reader(which + 1)

    def name(self, payment: Payment) -> str:
        older = Payment.objects.filter(pk__lte=payment.pk).count()
        return f"payment {older}"

    # The promises

    def check(self) -> None:
        """All promises hold at this moment, or Broken is raised with the story."""
        self.refuse(self.broken())

    def refuse(self, found: list[str]) -> None:
        if found:
            raise Broken("\n".join([*self.story, "", "BROKEN:", *found]))

    def broken(self, *, settled: bool = False) -> list[str]:
        """Which promises do not hold; with `settled` also those of a time when all is at rest."""
        books = read_books()  # first: Stripe may only be ahead
        truth = self._truth()
        self._tell_news(books)
        self._see(books.payments, truth)
        found = [str(each) for each in violations(books, from_truth(truth), settled=settled)]
        found += self._said_nothing_was_taken(books.payments, truth)
        return found + self._bugs(books)

    def unended(self) -> list[str]:
        """What is left after the day's close; but what waits for a person."""
        left = Payment.objects.filter(ended_at=None).exclude(state="needs_attention")
        stuck = [f"{self.name(each)} is {each.state}: {each.message}" for each in left]
        return self.broken(settled=True) + stuck

    def unknown(self) -> list[str]:
        """Of what somebody may stand and wait for, what Stripe knows and we do not."""
        return self.broken() + [
            f"{self.name(each)} is {each.status} here"
            for each in Payment.objects.filter(state__in=AWAITED)
            if self._before.get(each.payment_intent_id or "", each.status) != each.status
        ]

    def _truth(self) -> JSON:
        after = self._exchanges[-1]["seq"] if self._exchanges else 0
        truth: JSON = self.simulator.call(f"truth?after={after}")
        new = truth["exchanges"]
        self._exchanges += new
        truth["exchanges"] = self._exchanges
        for each in new:
            if each["fault"]:
                self.count(f"fault: {each['fault']} at {each['operation']}")
            if each["method"] == "POST" or each["status"] != 200 or each["fault"]:
                self.tell(_line(each))
        made = truth["events"][self._known_events :]
        self._known_events += len(made)
        self.events += [each for each in made if each["type"] in SUBSCRIBED]
        return truth

    def _see(self, payments: list[JSON], truth: JSON) -> None:
        """What is there for rules to act on."""
        left_in = self.there & {"card left in"}
        self._waiting = {
            reader["id"]
            for account in truth["accounts"].values()
            for reader in account["readers"]
            if (reader["action"] or {}).get("status") == "in_progress"
        }
        self.there = {_KINDS.get(row["status"], "open") for row in payments} | left_in
        if any(row["card"].get("type") == "interac_present" for row in payments):
            self.there.add("interac")
        for name, some in [
            ("sold", payments),
            ("waiting", self._waiting),
            ("undelivered", self.events),
            ("delivered", self.delivered),
        ]:
            if some:
                self.there.add(name)

    def _tell_news(self, books: Books) -> None:
        for row in books.payments:
            shown = f"{row['state']} ({row['status'] or 'unknown'})"
            if self._shown.get(row["id"]) != shown:
                self._shown[row["id"]] = shown
                number = books.payments.index(row) + 1
                self.tell(f"    payment {number} is {shown}: {row['message']}")
                self.count(f"state: {row['state']}")
        for each in books.incidents[self._incidents :]:
            self.tell(f"    incident: {each['kind']}: {each['message']}")
            self.count(f"incident: {each['kind']}")
        self._incidents = len(books.incidents)

    def _said_nothing_was_taken(self, payments: list[JSON], truth: JSON) -> list[str]:
        """U1 with moved clocks: not after Stripe had the money when the step began."""
        now = {
            intent["id"]: intent["status"]
            for account in truth["accounts"].values()
            for intent in account["payment_intents"]
        }
        before, self._before = self._before, now
        versions, self._versions = self._versions, {row["id"]: row["version"] for row in payments}
        return [
            f"U1: payment {row['id']} is shown as {row['state']}, Stripe had the money before"
            for row in payments
            if row["state"] in NOTHING_TAKEN
            and row["version"] != versions.get(row["id"])
            and before.get(row["payment_intent_id"]) in TAKEN
            and now.get(row["payment_intent_id"]) in TAKEN
            and not self.stale
        ]

    def _bugs(self, books: Books) -> list[str]:
        kinds = {each["kind"] for each in books.incidents}
        wrong = kinds & (OUR_FAULT if self.stale else OUR_FAULT | OF_STALE_READS)
        found = [f"incident {kind}" for kind in sorted(wrong)]
        failed = [each for each in books.events if _RAISED.match(each["reason"])]
        return found + [f"event {each['type']}: {each['reason']}" for each in failed]


_RAISED = re.compile(r"\w+(Error|Exception|Lost|Exist): ")


def _line(exchange: JSON) -> str:
    fault = f" ({exchange['fault']})" if exchange["fault"] else ""
    replayed = ", replayed" if exchange["replayed"] else ""
    path = exchange["path"].removeprefix("/v1/")
    return f"    {exchange['method']} {path}: {exchange['status'] or 'no answer'}{replayed}{fault}"
