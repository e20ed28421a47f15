"""Tablets that sell in a loop by the public API, each at a reader of its own."""

import http.client
import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

JSON = dict[str, Any]
FINAL = ("paid", "canceled", "declined", "stopped", "canceled_by_customer", "needs_attention")


@dataclass(frozen=True)
class Till:
    """Where and as whom a tablet sells, and the reader beside it."""

    token: str
    reader: int
    reader_stripe_id: str
    products: list[int]


@dataclass
class Sale:
    """One sale; times are of this machine's clock, as the database's are."""

    payment: int
    started: float  # POST orders/{id}/payments/ was sent
    answered: float
    waiting: float = 0.0  # the tablet knows that the reader waits for a card
    tapped: float = 0.0
    paid: float = 0.0  # the tablet knows


class Wire:
    """One kept-alive connection."""

    def __init__(self, base: str, token: str = "") -> None:
        parts = urlsplit(base)
        self._path = parts.path
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: JSON | None = None, **headers: str) -> JSON:
        sent = json.dumps(body) if body is not None else None
        self._connection.request(method, self._path + path, sent, self._headers | headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        found: JSON = json.loads(text)
        return found

    def close(self) -> None:
        self._connection.close()


class Tablet:
    def __init__(self, api: str, simulator: str, till: Till) -> None:
        self._till = till
        self._api = Wire(api, till.token)
        self._simulator = Wire(simulator)

    def sell(self) -> Sale:
        """From an empty order to the paid payment. Raises RuntimeError when it is not paid."""
        lines = [{"product": product, "quantity": 1} for product in self._till.products]
        order = self._api.call("POST", "orders/", {"lines": lines})
        started = time.time()
        payment = self._api.call(
            "POST",
            f"orders/{order['id']}/payments/",
            {"reader": self._till.reader},
            **{"Idempotency-Key": str(uuid.uuid4())},
        )
        sale = Sale(payment["id"], started, time.time())
        payment = self._until("waiting_for_card", payment)
        sale.waiting = sale.tapped = time.time()
        path = f"/_simulator/readers/{self._till.reader_stripe_id}/present"
        self._simulator.call("POST", path, {"card": "visa"})
        self._until("paid", payment)
        sale.paid = time.time()
        return sale

    def _until(self, state: str, payment: JSON) -> JSON:
        """The long poll answers as soon as the payment's version passes the one we know."""
        while payment["state"] != state:
            if payment["state"] in FINAL:
                raise RuntimeError(f"payment {payment['id']}: {payment['state']}, not {state}")
            path = f"live/payments/{payment['id']}/?version={payment['version']}&timeout=25"
            payment = self._api.call("GET", path)
        return payment

    def close(self) -> None:
        self._api.close()
        self._simulator.close()


def sell(api: str, simulator: str, tills: list[Till], seconds: float) -> tuple[list[Sale], float]:
    """All tablets sell until the time is over; the sales, and how long it took."""
    sales: list[Sale] = []
    failures: list[Exception] = []
    deadline = time.monotonic() + seconds
    started = time.monotonic()
    threads = [
        threading.Thread(
            target=_loop, args=(Tablet(api, simulator, till), deadline, sales, failures)
        )
        for till in tills
    ]
    _each(threads, threading.Thread.start)
    _each(threads, threading.Thread.join)
    if failures:
        raise failures[0]
    return sales, time.monotonic() - started


def _loop(tablet: Tablet, deadline: float, sales: list[Sale], failures: list[Exception]) -> None:
    try:
        while time.monotonic() < deadline and not failures:
            sales.append(tablet.sell())
    except Exception as error:
        failures.append(error)
    finally:
        tablet.close()


def _each(threads: list[threading.Thread], act: Callable[[threading.Thread], None]) -> None:
    for thread in threads:
        act(thread)
