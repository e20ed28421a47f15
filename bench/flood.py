"""Reader events while general events flood in: each kind has a pool of its own, as in docker/.

The flood is paced, not as fast as it goes: what is asked is whether reader events wait behind
general ones, not whether two processors are more than one. Stock dj-stripe could not take half of
it. For comparison, stock dj-stripe in one pool, whose general events wait 150 ms for Stripe.
"""

import http.client
import random
import time
from dataclasses import dataclass, field

from bench.load import Generator, Order
from bench.stage import Server, Stage
from bench.windows import MANY, Arm, Lab, median, percentile

READER, GENERAL = "terminal.reader.action_succeeded", "charge.succeeded"
READERS, FLOOD = 50.0, 100.0  # events a second
SECONDS = 2.0
AHEAD = 0.3  # seconds of flood before and after the window
API_DELAY = 150  # milliseconds
WHAT = "reader events' p99 while general events flood their own pool, against idle (granian)"


@dataclass
class Flooded:
    idle: list[float] = field(default_factory=list)  # p99 of each window, in milliseconds
    flooded: list[float] = field(default_factory=list)
    stock: list[float] = field(default_factory=list)  # every latency of stock's shared pool

    @property
    def ratio(self) -> float:
        return median([f / i for f, i in zip(self.flooded, self.idle, strict=True)])

    def lines(self) -> list[str]:
        stock = f"{median(self.stock):.0f} ms (median)" if self.stock else "no answer in time"
        return [
            f"\n{READERS:.0f} reader events/s, one after the other: p99 {median(self.idle):.2f} ms,"
            f" and {median(self.flooded):.2f} ms while {FLOOD:.0f} general events/s flood in.",
            f"Stock dj-stripe, both in one pool, Stripe's API at {API_DELAY} ms: {stock}.",
        ]


def measure(lab: Lab, flooding: Generator, general: Server, turns: int) -> Flooded:
    """Pairs of windows, idle and flooded, in random order."""
    stage = lab.stage
    name = f"/{stage.endpoint}/"
    pool = stage.serve(general.kind, "reader-pool", workers=1)
    reader = Arm("ours", READER, f"/hooks/reader{name}", pool)
    flood = Arm("ours", GENERAL, f"/hooks/general{name}", general)
    lab.warm(reader)
    lab.warm(flood)
    found = Flooded()
    for _ in range(turns):
        for is_flooded in random.sample([True, False], 2):
            stage.empty()
            order = lab.order(reader, 1, SECONDS, READERS)
            rest = lab.order(flood, MANY, SECONDS + 2 * AHEAD, FLOOD) if is_flooded else None
            times = _window(lab, flooding, reader, order, rest)
            (found.flooded if is_flooded else found.idle).append(percentile(times, 99))
    found.stock = _stock(lab, flooding, general)
    return found


def _window(
    lab: Lab, flooding: Generator, arm: Arm, order: Order, rest: Order | None
) -> list[float]:
    """The latencies of `order`, while `rest` is carried out."""
    if rest is not None:
        flooding.begin(rest)
        time.sleep(AHEAD)
    report = lab.check(arm, lab.generator.send(order))
    if rest is not None:
        lab.check(arm, flooding.end())
    return report.milliseconds


def _stock(lab: Lab, flooding: Generator, server: Server) -> list[float]:
    stage, path = lab.stage, f"/stock/{lab.stage.endpoint}/"
    stage.empty()
    reader = Arm("dj-stripe", READER, path, server)
    general = Arm("dj-stripe", "payment_intent.succeeded", path, server)
    _delay(stage, API_DELAY)
    try:
        order = lab.order(reader, 1, 2 * SECONDS)
        rest = lab.order(general, MANY, 2 * SECONDS + 2 * AHEAD)
        return _window(lab, flooding, reader, order, rest)
    finally:
        _delay(stage, 0)


def _delay(stage: Stage, milliseconds: int) -> None:
    stub = http.client.HTTPConnection("127.0.0.1", stage.stub_port, timeout=5)
    stub.request("PUT", f"/delay/{milliseconds}")
    stub.getresponse().read()
    stub.close()
