"""Every answer that any till got, and whether one of them went back or said what was not so."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

from payments.transitions import RANK
from retail.checker.conduct import NOTHING_TAKEN
from retail.checker.facts import AtStripe, Violation

JSON = dict[str, Any]
FINAL = ("succeeded", "canceled")


@dataclass(frozen=True)
class Answer:
    """What one till was told of a payment. Asked and heard are of this machine's clock."""

    till: str
    asked_at: float
    heard_at: float
    version: int
    state: str
    status: str
    amount_received: int
    payment_intent: str

    def goes_back_behind(self, before: Answer) -> str:
        """What is lower than it was, in words; empty when nothing is."""
        if RANK.get(self.status, 0) < RANK.get(before.status, 0):
            return f"{self.status} after {before.status}"
        if before.status in FINAL and self.status != before.status:
            return f"{self.status} after {before.status}"
        if self.amount_received < before.amount_received:
            return f"{self.amount_received} received after {before.amount_received}"
        if self.version < before.version:
            return f"version {self.version} after {before.version}"
        return ""


class History:
    """Told by all threads at once."""

    def __init__(self) -> None:
        self.answers: dict[int, list[Answer]] = defaultdict(list)
        self.violations: list[Violation] = []
        self._lock = threading.Lock()

    def complain(self, rule: str, subject: str, message: str) -> None:
        with self._lock:
            self.violations.append(Violation(rule, subject, message))

    def answered(self, till: str, found: JSON, asked_at: float) -> None:
        """Note an answer if it is a payment; S6: none goes back behind one heard before."""
        if "payment_intent" not in found or "state" not in found:
            return
        answer = Answer(
            till,
            asked_at,
            time.time(),
            found["version"],
            found["state"],
            found["status"],
            found["amount_received"],
            found["payment_intent"] or "",
        )
        with self._lock:
            before = self.answers[found["id"]]
            for each in before:
                if each.heard_at < asked_at and (what := answer.goes_back_behind(each)):
                    sentence = f"{till} was told {what}, which {each.till} had heard"
                    self.violations.append(Violation("S6", f"payment {found['id']}", sentence))
                    break
            before.append(answer)

    def lies(self, stripe: AtStripe) -> list[Violation]:
        """U1: a till was told that nothing was taken when the card had been charged."""
        intents = stripe.intents_by_id()
        charges = stripe.charges_of_intents()
        found = []
        for payment, answers in self.answers.items():
            for answer in answers:
                intent = intents.get(answer.payment_intent)
                if answer.state not in NOTHING_TAKEN or intent is None:
                    continue
                if intent["status"] == "canceled":
                    continue
                for charge in charges.get(intent["id"], ()):
                    # Stripe's times are whole seconds.
                    if charge["status"] == "succeeded" and answer.asked_at > charge["created"] + 1:
                        sentence = f"{answer.till} was told {answer.state} after {charge['id']}"
                        found.append(Violation("U1", f"payment {payment}", sentence))
                        break
        return found

    def of(self, payment: int) -> list[JSON]:
        return [asdict(answer) for answer in self.answers.get(payment, ())]
