"""`make sale`: one sale, as a tablet makes it. A plain client of the public API (docs/api.md).

    python -m retail.sale [--card visa] [--capture automatic|manual] [--tip 300] [--reader-tip 200]
                          [--flow process|collect] [--confirm automatic|manual]
                          [--no-card] [--reader ID] [--store ID] [--demo var/demo.json]

It makes an order of two products, has the server start the payment on a reader, holds a test card
to the simulated reader, and follows the payment live until it is paid. Read it from `sell` on:
nothing here but HTTP, JSON and server-sent events, and nothing a tablet could not do, except
holding the card. Exit status 0 means paid.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx

JSON = dict[str, Any]

PATIENCE = 90.0  # seconds for a whole sale
TRIES = 5  # of one request
LIVE_SILENCE = 40.0  # seconds; the stream gives a sign of life every 15
OVER = ("paid", "canceled", "refunded")
FAILED = ("declined", "canceled_by_customer", "stopped", "needs_attention")
NO_MINOR_UNIT = ("jpy", "krw", "vnd", "clp", "pyg", "xof", "xaf", "xpf", "ugx", "rwf")
START_IT = "Start the demo with `make run` in another terminal, and wait for its table."


class CannotSell(Exception):
    """The one sentence a person needs when a sale came to nothing."""


class Till:
    """A tablet: the address of the API, and the token it got when it was paired."""

    def __init__(self, api: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=api, headers=headers, timeout=10)

    def post(self, path: str, body: JSON) -> JSON:
        """Ask for something to be done, once, however often it has to be sent.

        The Idempotency-Key names this request. Without an answer, or with one that says
        `retryable`, it is sent again with the same key and does nothing twice.
        """
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        for remaining in reversed(range(TRIES)):
            try:
                response = self.http.post(path, json=body, headers=headers)
            except httpx.TransportError as error:
                if not remaining:
                    raise CannotSell(f"{self.http.base_url} does not answer. {START_IT}") from error
            else:
                if response.status_code < 500 or not remaining:
                    return checked(response)
            time.sleep(0.5)
        raise AssertionError("the last try returns or raises")

    def get(self, path: str, **parameters: str | int) -> JSON:
        try:
            return checked(self.http.get(path, params=parameters, timeout=LIVE_SILENCE))
        except httpx.TransportError as error:
            raise CannotSell(f"{self.http.base_url} does not answer. {START_IT}") from error

    def follow(self) -> Iterator[tuple[str, JSON]]:
        """The live stream: names of events and their data, and ("", {}) for a sign of life.

        After a lost connection we come back, and the server begins with everything that is open.
        """
        while True:
            try:
                timeout = httpx.Timeout(10, read=LIVE_SILENCE)
                with self.http.stream("GET", "live/", timeout=timeout) as response:
                    if response.status_code != 200:
                        response.read()
                        checked(response)
                    yield from events(response.iter_lines())
            except httpx.TransportError:
                yield "", {}
            time.sleep(1)


def events(lines: Iterable[str]) -> Iterator[tuple[str, JSON]]:
    """Server-sent events from their lines (the format is the WHATWG HTML standard's)."""
    name, data = "", ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            data = line.removeprefix("data: ")
        elif not line and name:
            yield name, json.loads(data)
            name, data = "", ""
        elif line.startswith(":"):
            yield "", {}


def checked(response: httpx.Response) -> JSON:
    """The body of a good answer; the sentences of a problem document (RFC 9457) otherwise."""
    try:
        body: JSON = response.json()
    except ValueError as error:
        raise CannotSell(f"{response.url} answered {response.status_code}. {START_IT}") from error
    if response.is_success:
        return body
    fields = "".join(f" {name}: {' '.join(said)}" for name, said in body.get("errors", {}).items())
    raise CannotSell(f"{body.get('detail')}{fields} {body.get('next_action', '')}".strip())


class Sale:
    """One order and its payment, and what has been done for them so far."""

    def __init__(self, till: Till, simulator: str, reader: JSON, options: argparse.Namespace):
        self.till = till
        self.simulator = simulator
        self.reader = reader
        self.options = options
        self.payment: JSON = {}
        self.started = time.monotonic()
        self.is_card_shown = self.is_confirmed = self.is_captured = False

    def sell(self, products: list[JSON]) -> JSON:
        """From an empty order to the paid payment. Raises CannotSell."""
        lines = [{"product": one["id"], "quantity": 1} for one in products[:2]]
        order = self.till.post("orders/", {"lines": lines})
        total = money(order["total_amount"], order["currency"])
        self.say("order", f"number {order['number']}, {total} for {len(lines)} products")
        for name, data in self.till.follow():
            if name == "end":
                raise CannotSell(f"{data['detail']} {data['next_action']}")
            if name == "ready" and not self.payment:
                # We hear everything from here on: now it may begin.
                body = {"reader": self.reader["id"], "capture_method": self.options.capture}
                body |= {"flow": self.options.flow, "confirm": self.options.confirm}
                self.show(self.till.post(f"orders/{order['id']}/payments/", body))
            elif name == "payment" and self.is_news(data):
                self.show(data)
                self.do_next()
            if self.payment.get("state") == "paid":
                break
            if time.monotonic() > self.started + PATIENCE:
                raise CannotSell(f"No result after {PATIENCE:.0f} s. {self.payment['message']}")
        return self.payment

    def is_news(self, data: JSON) -> bool:
        """Versions only grow: an older one is a repetition."""
        mine = self.payment.get("id") == data["id"]
        return mine and bool(data["version"] > self.payment["version"])

    def do_next(self) -> None:
        """What a cashier, or a customer, does when the screen changes."""
        state = self.payment["state"]
        if state == "waiting_for_card" and not self.is_card_shown:
            self.is_card_shown = True
            self.hold_card()
        elif state == "collected" and self.may_confirm() and not self.is_confirmed:
            self.is_confirmed = True
            self.say("card", "the cashier confirms it")
            self.show(self.till.post(f"payments/{self.payment['id']}/confirm_payment_intent/", {}))
        elif state == "approved" and not self.is_captured:
            self.is_captured = True
            body = {"tip_amount": self.options.tip} if self.options.tip else {}
            self.show(self.till.post(f"payments/{self.payment['id']}/capture/", body))
        elif state in FAILED or state in OVER[1:]:
            raise CannotSell(f"{state.replace('_', ' ').capitalize()}. {self.payment['message']}")

    def may_confirm(self) -> bool:
        return "confirm_payment_intent" in self.payment["next_actions"]

    def hold_card(self) -> None:
        """The customer's part. A real reader needs a real card, and no program."""
        if not self.simulator:
            self.say("card", f"hold a test card to {self.reader['label']} now")
            return
        if self.options.no_card:
            page = f"{self.simulator}/_simulator/readers/{self.reader['stripe_id']}/"
            self.say("card", f"hold one to {self.reader['label']}: {page}")
            return
        self.say("card", f"{self.options.card} is held to {self.reader['label']}")
        url = f"{self.simulator}/_simulator/readers/{self.reader['stripe_id']}/present"
        try:
            tip = {"amount_tip": self.options.reader_tip} if self.options.reader_tip else {}
            card = {"card": self.options.card, **tip}
            answer = httpx.post(url, json=card)
        except httpx.TransportError as error:
            raise CannotSell(f"The simulator at {self.simulator} does not answer.") from error
        if not answer.is_success:
            message = answer.json().get("error", {}).get("message", answer.text)
            raise CannotSell(f"The simulator refused the card: {message}")

    def give_up(self) -> None:
        """Leave nothing behind: cancel what can be canceled, and wait until Stripe has done it."""
        if "cancel" not in self.payment.get("next_actions", []):
            return
        number = self.payment["id"]
        self.show(self.till.post(f"payments/{number}/cancel/", {}))
        until = time.monotonic() + 15
        while self.payment["state"] not in OVER and time.monotonic() < until:
            version = self.payment["version"]
            fresh = self.till.get(f"live/payments/{number}/", version=version, timeout=5)
            if self.is_news(fresh):
                self.show(fresh)

    def show(self, payment: JSON) -> None:
        """Keep the newest, and tell what a till's screen would."""
        screen = [payment["state"], payment["message"]]
        if screen != [self.payment.get("state"), self.payment.get("message")]:
            self.say(*screen)
        self.payment = payment

    def say(self, what: str, sentence: str) -> None:
        elapsed = (time.monotonic() - self.started) * 1000
        say(f"{elapsed:7.0f} ms  {what:<20} {sentence}")


def money(amount: int, currency: str) -> str:
    """An amount in the smallest unit, for people."""
    if currency in NO_MINOR_UNIT:
        return f"{amount} {currency.upper()}"
    return f"{amount // 100}.{amount % 100:02} {currency.upper()}"


def receipt(payment: JSON) -> str:
    card = payment["card"] or {"brand": "card", "last4": "????"}
    paid = money(payment["amount_received"], payment["currency"])
    tip = payment["tip_amount"]
    with_tip = f", tip {money(tip, payment['currency'])} included" if tip else ""
    return (
        f"Paid {paid}{with_tip} with {card['brand']} •••• {card['last4']}"
        f" (order {payment['order_number']}, {payment['payment_intent']})"
    )


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def read_demo(path: Path) -> JSON:
    """What `make run` wrote down for scripts. Raises CannotSell."""
    try:
        demo: JSON = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise CannotSell(f"There is no {path}, so no demo is running. {START_IT}") from error
    except (OSError, ValueError) as error:
        raise CannotSell(f"{path} cannot be read: {error}.") from error
    return demo


def pick(rows: list[JSON], wanted: int | None, what: str) -> JSON:
    """The row with this id, or the first. Raises CannotSell."""
    found = [row for row in rows if wanted in (None, row["id"])]
    if not found:
        known = ", ".join(str(row["id"]) for row in rows) or "none"
        raise CannotSell(f"There is no {what} {wanted} in the demo; there are: {known}.")
    return found[0]


def pick_store(stores: list[JSON], options: argparse.Namespace) -> JSON:
    """The named store; else the named reader's; else the first."""
    if options.store is None and options.reader is not None:
        for store in stores:
            if options.reader in [reader["id"] for reader in store["readers"]]:
                return store
    return pick(stores, options.store, "store")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    var = os.environ.get("RETAIL_VAR_DIR", "var")
    parser = argparse.ArgumentParser(prog="make sale", description="Sell something on a reader.")
    parser.add_argument("--card", default="visa", help="a test card, like visa or charge_declined")
    parser.add_argument("--no-card", action="store_true", help="leave the card to you")
    parser.add_argument("--capture", choices=["automatic", "manual"], default="automatic")
    parser.add_argument("--flow", choices=["process", "collect"], default="process")
    parser.add_argument("--confirm", choices=["automatic", "manual"], default="automatic")
    parser.add_argument("--tip", type=int, default=0, help="with manual capture, like 300")
    parser.add_argument("--reader-tip", type=int, default=0, help="chosen on the reader, like 200")
    parser.add_argument("--reader", type=int, help="the id of a reader in demo.json")
    parser.add_argument("--store", type=int, help="the id of a store in demo.json")
    parser.add_argument("--demo", type=Path, default=Path(var) / "demo.json")
    options = parser.parse_args(arguments)
    if options.tip and options.capture != "manual":
        parser.error("a tip on the receipt needs --capture manual")
    if options.confirm == "manual" and options.flow != "collect":
        parser.error("a cashier can confirm with --flow collect only")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Sell, and return the exit status: 0 only when it is paid."""
    options = parse(arguments)
    sale = None
    try:
        demo = read_demo(options.demo)
        store = pick_store(demo["stores"], options)
        reader = pick(store["readers"], options.reader, "reader")
        till = Till(demo["api"], store.get("token") or demo["token"])
        say(f"{store['name']}, {reader['label']}")
        sale = Sale(till, demo.get("simulator") or "", reader, options)
        say(receipt(sale.sell(store["products"])))
    except CannotSell as problem:
        sys.stderr.write(f"{problem}\n")
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted.\n")
    else:
        return 0
    return clean_up(sale)


def clean_up(sale: Sale | None) -> int:
    try:
        if sale is not None:
            sale.give_up()
    except CannotSell as problem:
        sys.stderr.write(f"The payment could not be canceled: {problem}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
