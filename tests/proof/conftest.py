"""Proofs with real processes, and with a process that dies where it hurts."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connections

from payments import gateway
from payments.models import Payment
from tests.emptying import empty_tables
from tests.money.conftest import (  # noqa: F401
    Shop,
    broken_promises,
    open_shop,
    running_simulator,
    simulator,
)
from tests.processes import Stack, eventually


@pytest.fixture
def committed_shop(
    simulator,  # noqa: F811
    django_db_setup,
    django_db_blocker,
) -> Iterator[Shop]:
    """A shop whose rows other processes see; everything is deleted afterwards."""
    with django_db_blocker.unblock():
        yield open_shop(simulator)
        broken = broken_promises(simulator)
        empty_tables()
    assert not broken


def die_at(settings, point: str, work: Callable[[], object]) -> bool:
    """Do the work in a process of its own that dies at this point; whether it got there.

    SIGKILL, as an out-of-memory kill or a power cut: no handler runs, no connection is closed.
    """
    connections.close_all()
    gateway.forget_client()
    child = os.fork()
    if child == 0:
        try:
            settings.CRASH_POINT = point
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def wait_for(payment: Payment, *states: str, seconds: float = 10) -> Payment:
    """Until the till shows one of these; the processes do the work."""

    def reached() -> bool:
        payment.refresh_from_db()
        return payment.state in states

    eventually(reached, f"payment is {' or '.join(states)}", seconds)
    return payment


@pytest.fixture
def shop(stack: Stack) -> Shop:
    shop = open_shop(stack.simulator)
    stack.register_webhooks()
    return shop


def seconds_since(started: float) -> float:
    return time.monotonic() - started
