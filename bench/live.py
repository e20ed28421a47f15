"""`make bench-live`: how long a webhook takes to the tablet's screen while many sales are open.

A `make run` of its own. Fifty readers wait for a card; two customers a second hold theirs, so that
a sale takes 25 s, and each paid one is followed by another. Screens follow the live stream as
tablets do. Measured is from the moment the simulated Stripe begins to deliver the first event of a
payment until each screen has read `paid`; everything shares this machine, the simulated Stripe and
the tablets too.
"""

import argparse
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from bench import machine
from bench.running import JSON, Running, everything
from bench.screens import Screen
from bench.tablets import Till, Wire
from bench.webhooks import progress, say
from bench.windows import percentile
from retail.embedded.errors import CannotStart

GOAL = {50: 100.0, 99: 300.0}  # milliseconds
BELLS = ("payment_intent.succeeded", "terminal.reader.action_succeeded")
LONGEST = 30.0  # seconds that a sale may take
WARM_UP = 5.0  # seconds that are not measured


@dataclass
class Counter:
    """All tills together: open sales, oldest first, and what is known of the paid ones."""

    running: Running
    waiting: deque[tuple[int, Till]] = field(default_factory=deque)
    taps: dict[int, tuple[float, str]] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)

    def open(self, till: Till) -> None:
        """Start a sale; a customer comes when it is its turn."""
        wire = Wire(self.running.demo["api"], till.token)
        try:
            lines = [{"product": product, "quantity": 1} for product in till.products]
            order = wire.call("POST", "orders/", {"lines": lines})
            path = f"orders/{order['id']}/payments/"
            payment = wire.call("POST", path, {"reader": till.reader})
            self.waiting.append((payment["id"], till))
        except Exception as error:
            self.failures.append(error)
        finally:
            wire.close()

    def longest_waiting(self) -> tuple[int, Till]:
        """The payment that waits longest for a customer, and its till. Raises RuntimeError."""
        patience = time.monotonic() + LONGEST
        while not self.waiting:
            if self.failures:
                raise self.failures[0]
            if time.monotonic() > patience:
                raise RuntimeError("No till is open: sales take longer than customers come.")
            time.sleep(0.01)
        return self.waiting.popleft()


def carry_out(counter: Counter, screens: list[Screen], sales: int, rate: float) -> None:
    """Hold a card to the reader that waits longest, so often, so many times."""
    world = Wire(counter.running.demo["simulator"])
    first = screens[0]
    due = time.monotonic()
    for _ in range(sales):
        due += 1 / rate
        time.sleep(max(due - time.monotonic(), 0))
        payment, till = counter.longest_waiting()
        first.wait(payment, "waiting_for_card", LONGEST)
        counter.taps[payment] = time.time(), till.reader_stripe_id
        path = f"/_simulator/readers/{till.reader_stripe_id}/present"
        world.call("POST", path, {"card": "visa"})
        threading.Thread(target=_next, args=[counter, first, payment, till]).start()
    for payment in counter.taps:
        for screen in screens:
            screen.wait(payment, "paid", LONGEST)
    world.close()


def _next(counter: Counter, screen: Screen, payment: int, till: Till) -> None:
    try:
        screen.wait(payment, "paid", LONGEST)
    except RuntimeError as error:
        counter.failures.append(error)
    else:
        counter.open(till)


@dataclass(frozen=True)
class Way:
    """The moments of one payment between the webhook and the screens; seconds of one clock."""

    delivered: float  # the first event is on its way
    acknowledged: float
    asked: float  # Stripe is asked
    told: float  # and has answered
    merged: float
    shown: list[float]


def ways(counter: Counter, screens: list[Screen]) -> list[Way]:
    running = counter.running
    truth = httpx.get(
        f"{running.demo['simulator']}/_simulator/truth", trust_env=False, timeout=60
    ).json()
    merged: dict[str, JSON] = running.ask("merged", told=list(counter.taps))
    subjects = {event["id"]: event["data"]["object"]["id"] for event in truth["events"]}
    deliveries = [row for row in truth["deliveries"] if row["type"] in BELLS]
    reads = [row for row in truth["exchanges"] if row["operation"] == "payment_intents.retrieve"]
    found = []
    for payment, (tapped, reader) in counter.taps.items():
        intent = merged[str(payment)]["payment_intent"]
        paid = merged[str(payment)]["paid"]
        about = {intent, reader}
        # A delivery is written down when it is answered, in whole milliseconds.
        bells = [
            (row["at"] / 1000 - row["duration_ms"] / 1000, row["at"] / 1000)
            for row in deliveries
            if subjects[row["event"]] in about and tapped - 0.002 <= row["at"] / 1000
        ]
        asked = [
            (row["at"] / 1000, row["at"] / 1000 + row["duration_ms"] / 1000)
            for row in reads
            if row["path"].endswith(intent) and tapped <= row["at"] / 1000 <= paid
        ]
        if not bells or not asked:
            continue  # it was read because it was time to
        delivered, acknowledged = min(bells)
        shown = [screen.seen[payment, "paid"] for screen in screens]
        found.append(Way(delivered, acknowledged, *max(asked), paid, shown))
    return found


LEGS: dict[str, Callable[[Way], float]] = {
    "delivery → 200": lambda way: way.acknowledged - way.delivered,
    "200 → merged": lambda way: way.merged - way.acknowledged,
    "  delivery → Stripe is asked": lambda way: way.asked - way.delivered,
    "  Stripe is asked → it has answered": lambda way: way.told - way.asked,
    "  answered → merged": lambda way: way.merged - way.told,
    "merged → screen": lambda way: min(way.shown) - way.merged,
}


def report(found: list[Way], cpu: dict[str, float], weather: machine.Weather, sales: int) -> None:
    total = [(shown - way.delivered) * 1000 for way in found for shown in way.shown]
    say(f"\n{len(found)} webhooks of {sales} sales, on {len(found[0].shown)} screens each")
    say(f"  {'webhook → screen':<40} {_distribution(total)}")
    say("\nWhere the time goes")
    for name, leg in LEGS.items():
        say(f"  {name:<40} {_distribution([leg(way) * 1000 for way in found])}")
    say("\nProcessor time per sale, in ms")
    for name, seconds in sorted(cpu.items(), key=lambda item: -item[1]):
        say(f"  {name:<40} {seconds * 1000 / sales:6.1f}")
    say(f"  {'all':<40} {sum(cpu.values()) * 1000 / sales:6.1f}")
    for percent, goal in GOAL.items():
        value = percentile(total, percent)
        say(
            f"{'' if percent != 50 else chr(10)}Goal p{percent} < {goal:.0f} ms: {value:.0f} ms,"
            f" {'reached' if value < goal else 'missed'}"
        )
    say(
        f"Others had {weather.foreign:.2f} processors, the host took {weather.stolen:.2f}"
        f"{'' if weather.is_clear else ': believe no absolute number'}"
    )


def _distribution(times: list[float]) -> str:
    values = [percentile(times, percent) for percent in (50, 90, 95, 99)] + [max(times)]
    names = ("p50", "p90", "p95", "p99", "max")
    told = zip(names, values, strict=True)
    return "  ".join(f"{name} {value:5.0f}" for name, value in told) + " ms"


def run(in_flight: int, sales: int, rate: float, listeners: int) -> None:
    progress("starting everything")
    with everything() as running:
        tills = [Till(**till) for till in running.ask("tills", str(in_flight))]
        screens = [Screen(running.demo["api"], till.token) for till in tills[:listeners]]
        try:
            for screen in screens:
                screen.start()
            progress(f"{in_flight} sales in flight, {rate:g} cards a second")
            counter = Counter(running)
            for till in tills:
                counter.open(till)
            carry_out(counter, screens, int(rate * WARM_UP), rate)
            counter.taps.clear()
            before, cpu = machine.Moment.now(), _cpu(running)
            carry_out(counter, screens, sales, rate)
            used = {name: now - cpu[name] for name, now in _cpu(running).items()}
            weather = machine.weather(before, machine.Moment.now(), sum(used.values()))
            progress("")
            report(ways(counter, screens), used, weather, sales)
        finally:
            for screen in screens:
                screen.stop()


def _cpu(running: Running) -> dict[str, float]:
    own = {name: machine.cpu_seconds([pid]) for name, pid in running.pids.items()}
    return own | {"tablets": time.process_time()}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-live", description=__doc__)
    parser.add_argument("--in-flight", type=int, default=50, help="how many readers wait at once")
    parser.add_argument("--sales", type=int, default=300, help="how many are measured")
    parser.add_argument("--rate", type=float, default=2.0, help="cards a second")
    parser.add_argument("--screens", type=int, default=5, help="how many follow the live stream")
    options = parser.parse_args()
    try:
        run(options.in_flight, options.sales, options.rate, options.screens)
    except (CannotStart, RuntimeError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
