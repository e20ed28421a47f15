"""When a circuit opens and closes: pure counting, time is a parameter."""

from __future__ import annotations

from datetime import datetime, timedelta

from payments.models import Circuit

KEY = "key"
RESTORED = "restored"  # counts nothing: payments.services.restoring opens and closes it
WINDOW = timedelta(seconds=30)
FEWEST = 5  # failures in a window before anybody is alarmed
GOOD = 3  # answers in a row that close it
CALM = timedelta(seconds=60)  # without a failure it is over, though nobody asked


def count(circuit: Circuit, calls: int, failures: int, now: datetime) -> None:
    """Take in so many calls, of which so many failed."""
    if now - circuit.since > WINDOW:
        circuit.since, circuit.calls, circuit.failures = now, 0, 0
    circuit.calls += calls
    circuit.failures += failures
    if failures:
        circuit.good_in_a_row, circuit.failed_at = 0, now
    else:
        circuit.good_in_a_row += calls
    if circuit.opened_at is None and failures and _is_too_much(circuit):
        circuit.opened_at = now
    elif circuit.opened_at is not None and circuit.good_in_a_row >= _enough(circuit):
        _close(circuit, now)


def _is_too_much(circuit: Circuit) -> bool:
    if circuit.name == KEY:
        return True  # a key is refused or not
    return circuit.failures >= FEWEST and circuit.failures * 2 >= circuit.calls


def _enough(circuit: Circuit) -> int:
    return 1 if circuit.name == KEY else GOOD


def _close(circuit: Circuit, now: datetime) -> None:
    circuit.opened_at = None
    circuit.since, circuit.calls, circuit.failures = now, 0, 0


def is_open(circuit: Circuit, now: datetime) -> bool:
    if circuit.name == RESTORED:
        return circuit.opened_at is not None
    failed = circuit.failed_at
    return circuit.opened_at is not None and failed is not None and failed > now - CALM


def calm_down(circuit: Circuit, now: datetime) -> bool:
    """Close one that nobody has seen fail for a while; whether it was closed."""
    if circuit.opened_at is None or is_open(circuit, now):
        return False
    _close(circuit, now)
    return True
