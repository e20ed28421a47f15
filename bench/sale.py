"""`make bench-sale`: sales per second through the whole stack, and where the time goes.

A `make run` of its own (simulated Stripe, web, dispatcher, workers, PostgreSQL, Redis), and
tablets that sell in a loop by the public API: order, payment, card, paid. First one tablet, then
several at once. Everything shares this machine, the simulated Stripe and the tablets too.
"""

import argparse
import dataclasses
import os
import sys
import time
from dataclasses import dataclass

import httpx
import psycopg

from bench import machine
from bench.running import Running, everything
from bench.tablets import Sale, Till, sell
from bench.webhooks import progress, say
from bench.windows import median, percentile
from retail.embedded.errors import CannotStart

WARM_UP = 3.0  # seconds
STATISTICS = 1.2  # seconds until PostgreSQL's processes have told what they did
STATEMENT = "SELECT sessions, xact_commit FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True)
class Round:
    """What so many tablets sold in one go."""

    tablets: int
    seconds: float
    sales: list[Sale]
    cpu: dict[str, float]  # seconds of processor time, by process
    weather: machine.Weather
    counts: dict[str, int]  # what else it took


def carry_out(running: Running, tills: list[Till], seconds: float) -> Round:
    counts = _counts(running)
    before, cpu = machine.Moment.now(), _cpu(running)
    sales, took = sell(running.demo["api"], running.demo["simulator"], tills, seconds)
    used = {name: now - cpu[name] for name, now in _cpu(running).items()}
    weather = machine.weather(before, machine.Moment.now(), sum(used.values()))
    counts = {name: now - counts[name] for name, now in _counts(running).items()}
    return Round(len(tills), took, sales, used, weather, counts)


def _counts(running: Running) -> dict[str, int]:
    """What PostgreSQL and the simulated Stripe have counted so far."""
    time.sleep(STATISTICS)
    with psycopg.connect(running.run["environment"]["DATABASE_URL"]) as connection:
        found = connection.execute(STATEMENT).fetchone()
    assert found is not None
    health = httpx.get(f"{running.demo['simulator']}/_simulator/health", trust_env=False).json()
    return {
        "new connections to PostgreSQL": found[0],
        "transactions in PostgreSQL": found[1],
        "requests to Stripe, the mirror's too": health["exchanges"],
    }


def _cpu(running: Running) -> dict[str, float]:
    own = {name: machine.cpu_seconds([pid]) for name, pid in running.pids.items()}
    return own | {"tablets": time.process_time()}


def report(running: Running, done: Round) -> None:
    starts = [(sale.waiting - sale.started) * 1000 for sale in done.sales]
    taps = [(sale.paid - sale.tapped) * 1000 for sale in done.sales]
    say(f"\n{done.tablets} tablet{'s' * (done.tablets > 1)}: {len(done.sales)} sales")
    say(f"  {len(done.sales) / done.seconds:.1f} sales/s")
    for what, times in [("start → waiting for card", starts), ("tap → paid", taps)]:
        p50, p95, p99 = (percentile(times, percent) for percent in (50, 95, 99))
        say(f"  {what:<26} p50 {p50:5.0f}   p95 {p95:5.0f}   p99 {p99:5.0f} ms")
    weather = done.weather
    say(
        f"  others had {weather.foreign:.2f} of {os.cpu_count()} processors, the host took"
        f" {weather.stolen:.2f}{'' if weather.is_clear else ': believe no absolute number'}"
    )


def where(running: Running, done: Round) -> None:
    say(f"\nWhere the time goes with {done.tablets} tablet{'s' * (done.tablets > 1)}, in ms")
    every = running.ask("legs", told=[dataclasses.asdict(sale) for sale in done.sales])
    for name in max(every, key=len):
        times = [legs[name] for legs in every if name in legs]
        say(f"  {name:<46} p50 {median(times):6.1f}   p95 {percentile(times, 95):6.1f}")
    say("\nProcessor time per sale, in ms")
    count = len(done.sales)
    for name, seconds in sorted(done.cpu.items(), key=lambda item: -item[1]):
        say(f"  {name:<46}     {seconds * 1000 / count:6.1f}")
    say(f"  {'all':<46}     {sum(done.cpu.values()) * 1000 / count:6.1f}")
    say("\nPer sale")
    for name, number in done.counts.items():
        say(f"  {name:<46}     {number / count:6.1f}")


def run(tablets: int, seconds: float) -> None:
    progress("starting everything")
    with everything() as running:
        tills = [Till(**till) for till in running.ask("tills", str(tablets))]
        progress("warming up")
        carry_out(running, tills, WARM_UP)
        progress("selling")
        alone = carry_out(running, tills[:1], seconds / 2)
        together = carry_out(running, tills, seconds)
        progress("")
        for done in (alone, together):
            report(running, done)
            where(running, done)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-sale", description=__doc__)
    parser.add_argument("--tablets", type=int, default=6, help="how many sell at once")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long they do")
    options = parser.parse_args()
    try:
        run(options.tablets, options.seconds)
    except (CannotStart, RuntimeError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
