"""One window of one arm: so many clients for so long, with the processor time it took."""

import statistics
from dataclasses import dataclass, field

from bench import machine
from bench.load import Generator, Order, Report
from bench.stage import Server, Stage

FEW, MANY = 1, 4  # clients: to see latency alone, and the rate


@dataclass(frozen=True)
class Arm:
    """Whose door (`ours`, `dj-stripe`, `floor`), which events, on which server."""

    name: str
    type: str
    path: str
    server: Server


@dataclass(frozen=True)
class Window:
    rate: float  # events a second, with MANY clients
    p50: float  # milliseconds, with one client
    p99: float
    web_ms: float  # processor time per event
    postgres_ms: float
    weather: machine.Weather

    @property
    def cpu_ms(self) -> float:
        return self.web_ms + self.postgres_ms


@dataclass
class Lab:
    """Measures windows on a stage; `seconds` is the length of one with MANY clients."""

    stage: Stage
    generator: Generator
    seconds: float
    _count: int = 0
    _rates: dict[Arm, float] = field(default_factory=dict)

    def order(self, arm: Arm, clients: int, seconds: float, rate: float = 0.0) -> Order:
        """What to send for this arm; no event is ever sent twice."""
        self._count += 1
        expected = (rate or self._rates.get(arm, 100.0)) * seconds * 1.2
        return Order(
            port=arm.server.port,
            path=arm.path,
            type=arm.type,
            prefix=f"{self._count}x",
            clients=clients,
            seconds=seconds,
            prepared=int(expected) + 20,
            rate=rate,
        )

    def warm(self, arm: Arm) -> None:
        """Each worker imports, connects and caches what it will."""
        self.check(arm, self.generator.send(self.order(arm, MANY, 0.5)))

    def measure(self, arm: Arm) -> Window:
        self.stage.empty()
        alone = self.check(arm, self.generator.send(self.order(arm, FEW, self.seconds / 2)))
        order = self.order(arm, MANY, self.seconds)
        web, postgres, rest = self._cpu(arm)
        before = machine.Moment.now()
        report = self.check(arm, self.generator.send(order))
        after = machine.Moment.now()
        web, postgres, rest = (
            new - old for new, old in zip(self._cpu(arm), (web, postgres, rest), strict=True)
        )
        self._rates[arm] = rate = report.answered / report.seconds
        return Window(
            rate=rate,
            p50=percentile(alone.milliseconds, 50),
            p99=percentile(alone.milliseconds, 99),
            web_ms=web * 1000 / report.answered,
            postgres_ms=postgres * 1000 / report.answered,
            weather=machine.weather(before, after, web + postgres + rest),
        )

    def _cpu(self, arm: Arm) -> tuple[float, float, float]:
        rest = [self.generator.pid, self.stage.stub.pid]
        return (
            machine.cpu_seconds([arm.server.pid]),
            machine.cpu_seconds([self.stage.postgres.pid]),
            machine.cpu_seconds(rest),
        )

    @staticmethod
    def check(arm: Arm, report: Report) -> Report:
        """A door that refuses is quick: such a window measures nothing."""
        if report.failed or not report.answered:
            raise RuntimeError(
                f"{arm.name}, {arm.type}: {report.failed} of {report.answered} answers were not 200"
            )
        return report


def percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def median(values: list[float]) -> float:
    return statistics.median(values) if values else float("nan")
