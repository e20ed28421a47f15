"""`make bench-simulator`: what one core of the simulator answers, nearly empty and when full.

Two simulators run side by side, one with a counter's worth of objects, one with 10,000 readers
and 100,000 PaymentIntents. Each cycle gives every kind of request its turn on both, in random
order, and ratios are made of pairs of the same cycle. What counts is the processor time of the
simulator's process per request: others may have the processors too, and the client is not
counted.
"""

import argparse
import contextlib
import itertools
import json
import os
import random
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bench.connections import Connections
from bench.stage import ROOT
from bench.windows import median

READERS, INTENTS = 10_000, 100_000
LOCATIONS = 100
GOAL = 600.0  # reads of a reader a second, on one core
# Processor time per request, full against nearly empty. The caches of a processor hold all of the
# empty one and little of the full one, which costs a page of a list some 20 %.
NO_SLOWER = 1.5
HEADERS = (
    "Host: simulator\r\nAuthorization: Bearer sk_test_bench\r\n"
    "Stripe-Version: 2026-08-26.dahlia\r\nUser-Agent: Stripe/v1 bench\r\n"
)
INTENT = {"amount": "1200", "currency": "usd", "payment_method_types[0]": "card_present"}


def request(method: str, path: str, form: dict[str, str] | None = None) -> bytes:
    body = urllib.parse.urlencode(form or {})
    kind = "Content-Type: application/x-www-form-urlencoded\r\n" if method == "POST" else ""
    head = f"{method} {path} HTTP/1.1\r\n{HEADERS}{kind}Content-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


class Simulator:
    """A running one, and what was put into it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-m", "simulator", "--port", "0", "--exit-with-parent"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline().rpartition(":")[2])
        self.connections = Connections(self.port)
        self.readers: list[str] = []
        self.intents: list[str] = []

    @property
    def cpu_seconds(self) -> float:
        """To the nanosecond, unlike what /proc/…/stat tells."""
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in threads) / 1e9

    @property
    def megabytes(self) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def make(self, requests: Iterable[bytes]) -> list[str]:
        """The ids of what these requests make."""
        return [json.loads(body)["id"] for body in self.connections.send(requests)]

    def fill(self, readers: int, intents: int) -> None:
        self.connections.open()
        address = {"address[country]": "US", "address[line1]": "1 Main St"}
        make = request("POST", "/v1/terminal/locations", {"display_name": "Main", **address})
        locations = self.make([make] * min(LOCATIONS, readers))
        turns = itertools.islice(itertools.cycle(locations), readers)
        codes = ({"registration_code": "simulated-wpe", "location": each} for each in turns)
        self.readers = self.make(request("POST", "/v1/terminal/readers", each) for each in codes)
        intent = request("POST", "/v1/payment_intents", INTENT)
        self.intents = self.make(itertools.repeat(intent, intents))

    def close(self) -> None:
        self.connections.close()
        self._process.kill()  # letting go of a million objects one by one would take a while
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@dataclass(frozen=True)
class Kind:
    """One kind of work: so many units of it at a time."""

    what: str
    units: int
    work: Callable[[Simulator, int], None]


def retrieve_readers(simulator: Simulator, units: int) -> None:
    chosen = random.choices(simulator.readers, k=units)
    simulator.connections.do(request("GET", f"/v1/terminal/readers/{id}") for id in chosen)


def retrieve_intents(simulator: Simulator, units: int) -> None:
    chosen = random.choices(simulator.intents, k=units)
    simulator.connections.do(request("GET", f"/v1/payment_intents/{id}") for id in chosen)


def list_intents(simulator: Simulator, units: int) -> None:
    """Pages of ten from anywhere."""
    chosen = random.choices(simulator.intents, k=units)
    path = "/v1/payment_intents?starting_after="
    simulator.connections.do(request("GET", f"{path}{id}") for id in chosen)


def list_readers(simulator: Simulator, units: int) -> None:
    simulator.connections.do([request("GET", "/v1/terminal/readers?limit=10")] * units)


def create_intents(simulator: Simulator, units: int) -> None:
    """Each brings an event."""
    simulator.connections.do([request("POST", "/v1/payment_intents", INTENT)] * units)


def list_events(simulator: Simulator, units: int) -> None:
    path = "/v1/events?type=payment_intent.*"
    simulator.connections.do([request("GET", path)] * units)


def sell(simulator: Simulator, units: int) -> None:
    """Create, process, present: eight events, one charge."""
    readers = random.sample(simulator.readers, units)
    made = simulator.make([request("POST", "/v1/payment_intents", INTENT)] * units)
    simulator.connections.do(
        request("POST", f"/v1/terminal/readers/{id}/process_payment_intent", {"payment_intent": pi})
        for id, pi in zip(readers, made, strict=True)
    )
    path = "/v1/test_helpers/terminal/readers/{}/present_payment_method"
    simulator.connections.do(request("POST", path.format(id)) for id in readers)


KINDS = [
    Kind("GET reader", 400, retrieve_readers),
    Kind("GET PaymentIntent", 400, retrieve_intents),
    Kind("list PaymentIntents", 150, list_intents),
    Kind("list readers", 150, list_readers),
    Kind("create PaymentIntent", 200, create_intents),
    Kind("list events of a type", 150, list_events),
    Kind("sale (3 requests)", 60, sell),
]


@dataclass
class Findings:
    """Milliseconds of processor time per unit, cycle by cycle."""

    milliseconds: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def add(self, kind: Kind, simulator: Simulator, milliseconds: float) -> None:
        self.milliseconds.setdefault((kind.what, simulator.name), []).append(milliseconds)

    def rate(self, kind: Kind, name: str) -> float:
        return 1000 / median(self.milliseconds[kind.what, name])

    def ratio(self, kind: Kind) -> float:
        """Full against nearly empty, pair by pair."""
        pairs = zip(
            *(self.milliseconds[kind.what, name] for name in ("full", "empty")), strict=True
        )
        return median([full / empty for full, empty in pairs])


def measure(simulator: Simulator, kind: Kind, seconds: float) -> float:
    """Processor time per unit."""
    simulator.connections.open()
    deadline, units, before = time.monotonic() + seconds, 0, simulator.cpu_seconds
    while time.monotonic() < deadline:
        kind.work(simulator, kind.units)
        units += kind.units
    return (simulator.cpu_seconds - before) / units * 1000


def run(cycles: int, seconds: float, scale: float) -> None:
    with contextlib.ExitStack() as stack:
        simulators = [Simulator("empty"), Simulator("full")]
        for each in simulators:
            stack.callback(each.close)
        empty, full = simulators
        empty.fill(100, 100)
        bare, started = full.megabytes, time.monotonic()
        full.fill(int(READERS * scale), int(INTENTS * scale))
        say(
            f"{len(full.readers):,} readers and {len(full.intents):,} PaymentIntents in "
            f"{time.monotonic() - started:.0f} s: {bare:.0f} MB before, {full.megabytes:.0f} after."
        )
        findings = Findings()
        for kind in KINDS:
            for each in simulators:
                each.connections.open()
                kind.work(each, kind.units)  # what is compiled when first used
        for _ in range(cycles):
            for kind in random.sample(KINDS, len(KINDS)):
                for each in random.sample(simulators, 2):
                    findings.add(kind, each, measure(each, kind, seconds))
        report(findings)
        dump(full)


def report(findings: Findings) -> None:
    say(f"\n{'per second of one core':<26}{'empty':>8}{'full':>8}{'time, full / empty':>22}")
    for kind in KINDS:
        rates = [findings.rate(kind, name) for name in ("empty", "full")]
        say(f"{kind.what:<26}{rates[0]:>8.0f}{rates[1]:>8.0f}{findings.ratio(kind):>22.2f}")
    say("")
    verdict(findings.rate(KINDS[0], "full") / GOAL, f"GET reader, when full, of {GOAL:.0f}/s", 1.0)
    worst = max(KINDS, key=findings.ratio)
    verdict(1 / findings.ratio(worst), f"speed kept when full: {worst.what}", 1 / NO_SLOWER)


def dump(simulator: Simulator) -> None:
    simulator.connections.open()
    started, before = time.monotonic(), simulator.cpu_seconds
    [body] = simulator.connections.send([request("GET", "/_simulator/truth")])
    say(
        f"\nGET /_simulator/truth of the full one: {len(body) / 1e6:.0f} MB in "
        f"{time.monotonic() - started:.1f} s ({simulator.cpu_seconds - before:.1f} s of processor)."
    )
    say(f"Memory at the end: {simulator.megabytes:.0f} MB.")


def verdict(ratio: float, what: str, goal: float) -> None:
    outcome = "met" if ratio >= goal else "MISSED"
    say(f"ratio {ratio:.2f}  {what}: aim ≥ {goal:.2g}, {outcome}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-simulator", description=__doc__)
    parser.add_argument("--cycles", type=int, default=7, help="how often each kind has its turn")
    parser.add_argument("--seconds", type=float, default=0.5, help="how long a turn is")
    parser.add_argument("--scale", type=float, default=1.0, help="of the full one's objects")
    options = parser.parse_args()
    say(f"The simulator on {os.cpu_count()} processors; {options.cycles} cycles.")
    try:
        run(options.cycles, options.seconds, options.scale)
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
