"""A till with its cashier and its customer: all they do goes by the public API, as a tablet does.

A request that gets no answer is sent again with the same Idempotency-Key until there is one.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.soak.history import History
from tests.soak.plan import TROUBLES, WELL, Plan

JSON = dict[str, Any]
OVER = ("paid", "refunded", "canceled", "needs_attention")
TRY_AGAIN = ("process_payment_intent", "collect_payment_method")
NO_ANSWER = 60.0  # seconds until a till calls for help
PATIENCE = 45.0  # seconds until a cashier gives a sale up
IDLE = 3.0  # seconds after a card until somebody wonders
CALM = 8.0  # seconds without news until a cashier asks for some


class Refused(Exception):
    """The API said no: `code` says why."""

    def __init__(self, status: int, body: JSON) -> None:
        super().__init__(f"{status} {body.get('code')}: {body.get('detail')}")
        self.code = str(body.get("code"))


class Helpless(Exception):
    """Nobody answers any more."""


class Line:
    """One kept-alive connection, made anew as often as it breaks."""

    def __init__(self, base: str, token: str = "") -> None:
        parts = urlsplit(base)
        self._path = parts.path
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=15)
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def once(self, method: str, path: str, body: JSON | None, **headers: str) -> tuple[int, JSON]:
        """Status and document. Raises OSError, HTTPException or ValueError for no answer."""
        sent = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, self._path + path, sent, self._headers | headers)
            answer = self._connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        self._connection.close()


@dataclass(frozen=True)
class Place:
    """Where and as whom a till sells, and the readers beside it."""

    name: str
    token: str
    readers: list[JSON]  # id and stripe_id; the second is for when the first fails


class Till:
    """One tablet; one sale at a time."""

    def __init__(self, api: str, simulator: str, place: Place, history: History) -> None:
        self.place = place
        self.history = history
        self.counts: Counter[str] = Counter()
        self._api = api
        self._line = Line(api, place.token)
        self._world = Line(f"{simulator}/_simulator/")

    def ask(self, method: str, path: str, body: JSON | None = None, key: str = "") -> JSON:
        """What the API answers, in the end. Raises Refused, Helpless."""
        return self._ask(self._line, method, path, body, key)

    def post(self, path: str, body: JSON | None = None) -> JSON:
        return self.ask("POST", path, body or {}, str(uuid.uuid4()))

    def press_twice(self, path: str, body: JSON, *, same_key: bool) -> JSON:
        """Two requests at once, as of a finger that trembles; the one that was not refused."""
        keys = [str(uuid.uuid4())] * 2 if same_key else [str(uuid.uuid4()) for _ in range(2)]
        answers: list[JSON] = []
        refusals: list[Refused] = []

        def press(key: str) -> None:
            line = Line(self._api, self.place.token)
            try:
                answers.append(self._ask(line, "POST", path, body, key))
            except Refused as refused:
                refusals.append(refused)
            finally:
                line.close()

        threads = [threading.Thread(target=press, args=[key]) for key in keys]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not answers:
            raise refusals[0]
        if len({answer["id"] for answer in answers}) > 1:
            self.history.complain("S1", path, "one press of a button made two payments")
        self.counts["pressed twice"] += 1
        return answers[0]

    def _ask(self, line: Line, method: str, path: str, body: JSON | None, key: str) -> JSON:
        headers = {"Idempotency-Key": key} if key else {}
        deadline = time.monotonic() + NO_ANSWER
        pause = 0.1
        while True:
            asked_at = time.time()
            try:
                status, found = line.once(method, path, body, **headers)
            except (OSError, http.client.HTTPException, ValueError) as error:
                status, found = 0, {"detail": repr(error)}
            if 0 < status < 400:
                self.history.answered(self.place.name, found, asked_at)
                return found
            if 400 <= status < 500:
                raise Refused(status, found)
            self.counts["sent again"] += 1
            self.counts["answers of 500"] += status == 500
            if time.monotonic() > deadline:
                raise Helpless(f"{method} {path}: {status} {found}")
            time.sleep(pause)
            pause = min(pause * 2, 1.0)

    def world(self, path: str, body: JSON | None = None) -> tuple[int, JSON]:
        """What happens beside the till: a customer, a reader, a plug."""
        return self._world.once("GET" if body is None else "POST", path, body)

    def close(self) -> None:
        self._line.close()
        self._world.close()


@dataclass
class Sale:
    """One sale at a till, and what the cashier sees of it."""

    till: Till
    plan: Plan
    payment: JSON = field(default_factory=dict)
    order: JSON = field(default_factory=dict)
    reader: JSON = field(default_factory=dict)
    troubled: bool = False  # it met what was planned for it
    did: bool = False  # what makes its journey different from others came about
    tip: int | None = None  # what the customer gives when the reader asks

    def __post_init__(self) -> None:
        self.dice = random.Random(self.plan.seed)
        self.reader = self.till.place.readers[0]
        self.deadline = time.monotonic() + PATIENCE
        self._offered_at = 0.0
        self._well_again = 0.0
        self._news_at = time.monotonic()

    # The cashier

    @property
    def state(self) -> str:
        return str(self.payment.get("state", ""))

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def has_time(self) -> bool:
        return time.monotonic() < self.deadline

    def may(self, action: str) -> bool:
        return action in self.payment.get("next_actions", ())

    def start(self, capture_method: str = "automatic", *, more: int = 0, **how: Any) -> None:
        """Order and payment on the reader; `more` is what a second thing costs."""
        self.open_order(more)
        self.take(reader=self.reader["id"], capture_method=capture_method, **how)

    def open_order(self, more: int = 0) -> None:
        amounts = [self.plan.amount, more] if more else [self.plan.amount]
        lines = [{"description": "Goods", "unit_amount": each, "quantity": 1} for each in amounts]
        self.order = self.till.post("orders/", {"lines": lines})

    def take(self, **body: Any) -> None:
        """A payment of the order."""
        path = f"orders/{self.order['id']}/payments/"
        if "reader" in body:
            body = {"skip_tipping": True} | body

        def press() -> JSON:
            if self.plan.presses == "once":
                return self.till.post(path, body)
            return self.till.press_twice(path, body, same_key=self.plan.presses == "twice")

        self.payment = self.when_free(press)

    def when_free(self, ask: Callable[[], JSON]) -> JSON:
        """While an earlier sale still has the reader, wait for it."""
        while True:
            try:
                return ask()
            except Refused as refused:
                if refused.code != "terminal_reader_busy" or not self.has_time:
                    raise
                time.sleep(0.3)

    def look(self, seconds: int = 2) -> None:
        """Wait for news, as long as that."""
        path = f"live/payments/{self.payment['id']}/"
        known = self.payment["version"]
        self.payment = self.till.ask("GET", f"{path}?version={known}&timeout={seconds}")
        if self.payment["version"] > known:
            self._news_at = time.monotonic()
        elif time.monotonic() - self._news_at > CALM:
            self._news_at = time.monotonic()
            self.do("check_status")
        if self._well_again and time.monotonic() > self._well_again:
            self._well_again = 0.0
            self._set(condition=None)

    def until(self, *states: str) -> bool:
        """Whether the screen came to one of these before the sale was over, or time was."""
        while self.state not in states and not self.is_over and self.has_time:
            self.look()
        return self.state in states

    def do(self, action: str, body: JSON | None = None) -> bool:
        """Press a button; False when it came too late or too early. The answer is on screen."""
        try:
            self.payment = self.till.post(f"payments/{self.payment['id']}/{action}/", body)
        except Refused as refused:
            self.till.counts[f"refused: {refused.code}"] += 1
            return False
        return True

    @property
    def may_try_again(self) -> bool:
        return self.state != "collected" and any(map(self.may, TRY_AGAIN))

    def try_again(self, **body: Any) -> bool:
        """The same payment on a reader once more; the next card may come at once."""
        self._offered_at = 0.0
        return self.do(next(filter(self.may, TRY_AGAIN)), body)

    def free_reader(self) -> bool:
        """Have the reader stop waiting; the payment stays open."""
        try:
            self.till.post(self.reader_path("cancel_action"))
        except Refused as refused:
            self.till.counts[f"refused: {refused.code}"] += 1
            return False
        return True

    def go_to(self, reader: JSON) -> None:
        """This one asks for the next card, which may come at once."""
        self.reader, self._offered_at = reader, 0.0

    def reader_path(self, action: str) -> str:
        return f"readers/{self.reader['id']}/{action}/"

    # The customer and the reader

    def reader_in_the_world(self, what: str = "") -> str:
        return "/".join(filter(None, ["readers", self.reader["stripe_id"], what]))

    def _set(self, **settings: Any) -> None:
        self.till.world(self.reader_in_the_world(), settings)

    def prepare(self) -> None:
        """What the plan has for the reader happens from now on."""
        if self.plan.trouble:
            trouble = TROUBLES[self.plan.trouble]
            self._set(**trouble.settings)
            if trouble.lasts:
                self._well_again = time.monotonic() + trouble.lasts

    def authorising_takes(self, milliseconds: int) -> None:
        self._set(authorization_ms=milliseconds)

    def offer(self, card: str = "visa") -> bool:
        """Hold a card to the reader if it asks for one; whether it took it."""
        if time.monotonic() - self._offered_at < IDLE:
            return False
        again = self._offered_at > 0
        self._offered_at = time.monotonic()
        held = {"card": card} if self.tip is None else {"card": card, "amount_tip": self.tip}
        status, _ = self.till.world(self.reader_in_the_world("present"), held)
        if status != 200 and again:
            self.free_reader()  # nothing moves: somebody looks after the reader
        return status == 200

    def press_cancel(self) -> bool:
        """The customer does, on the reader."""
        return self.till.world(self.reader_in_the_world("cancel_by_customer"), {})[0] == 200

    def put_right(self) -> None:
        """The next sale at this till finds all as it should be."""
        for reader in self.till.place.readers:
            path = f"readers/{reader['stripe_id']}"
            if reader is self.till.place.readers[0] and self.plan.trouble:
                _, shown = self.till.world(path)
                once = ("next", "command_timeout")
                planned = TROUBLES[self.plan.trouble].settings
                self.troubled = not any(shown.get(name) for name in once if name in planned)
            self.till.world(path, WELL)
