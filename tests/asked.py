"""What was really asked of Stripe during the tests, whatever they were about.

A pytest plugin. After every test, and before a simulator forgets, its record is read: no request
carried an object of one account with the header of another, every POST had a key of ours, no key
came with two bodies. What tests do at Stripe from outside (by httpx, as in its Dashboard) is left
out. A test that has our process send what it should not says so: `@pytest.mark.breaks("asked")`.
"""

from collections.abc import Iterator
from typing import Any

import pytest

OURS = "Stripe/v1 PythonBindings"  # the User-Agent of the official client
OWNED = ("pi_", "ch_", "py_", "re_", "pyr_", "tmr_", "tml_", "tmc_", "cus_", "pm_", "seti_", "si_")
JSON = dict[str, Any]


class Record:
    """What one simulator was asked since it was reset."""

    def __init__(self) -> None:
        self.seen = 0
        self.owners: dict[str, str] = {}  # of every object in an answer
        self.bodies: dict[tuple[str, str], tuple[str, str]] = {}
        self.found: list[str] = []

    def add(self, exchange: JSON) -> None:
        self.seen = max(self.seen, exchange["seq"])
        account = exchange["account"]
        # Without an account the key was refused, and nothing was looked at.
        if account and OURS in exchange["request_headers"].get("user-agent", ""):
            self.found += [f"{told(exchange)} {what}" for what in self._wrong(exchange)]
        for name in ids_of(exchange["response"]):
            self.owners.setdefault(name, account)

    def _wrong(self, exchange: JSON) -> Iterator[str]:
        account, key = exchange["account"], exchange["idempotency_key"]
        for name in [*exchange["path"].split("/"), *texts(exchange["params"])]:
            owner = self.owners.get(name, account)
            if owner != account:
                yield f"carries {name} of {owner} with the header of {account}"
        if exchange["method"] != "POST":
            return
        if not key:
            yield "has no key"
            return
        body = (exchange["path"], exchange["form"])
        if self.bodies.setdefault((account, key), body) != body:
            yield f"has the key {key} of another: {self.bodies[account, key]}"


def told(exchange: JSON) -> str:
    return f"{exchange['method']} {exchange['path']} ({exchange['request_id']})"


def texts(value: Any) -> Iterator[str]:
    """Every text in there, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def ids_of(answer: Any) -> Iterator[str]:
    """Of the objects in there; one that is only named may be another account's, as the charge of
    an application fee is.
    """
    if isinstance(answer, dict):
        name = answer.get("id")
        if "object" in answer and isinstance(name, str) and name.startswith(OWNED):
            yield name
        for each in answer.values():
            yield from ids_of(each)
    elif isinstance(answer, list):
        for each in answer:
            yield from ids_of(each)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Fails the test by which it was asked."""
    from tests.stripe_double import Simulator

    try:
        return (yield)
    finally:
        found = [each for simulator in Simulator.running for each in simulator.wrongly_asked()]
        allowed = {rule for mark in item.iter_markers("breaks") for rule in mark.args}
        if found and "asked" not in allowed:
            pytest.fail("Stripe was asked what must not be asked:\n" + "\n".join(found), False)
