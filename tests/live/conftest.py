"""A real uvicorn on the test's database, as `make run` starts it, and clients of its streams."""

import json
import os
import socket
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from payments.models import Payment
from payments.services.bells import LIVE, notify
from retail.embedded.family import Child, Family, Program
from stores.services import pair_device
from tests import factories, factories_money

ROOT = Path(__file__).resolve().parent.parent.parent
HEARTBEAT = 0.5  # seconds; 15 in production
PATIENCE = 10.0  # seconds, for anything that should happen at once


class Server:
    """One uvicorn."""

    def __init__(self, child: Child, port: int) -> None:
        self.child = child
        self.url = f"http://127.0.0.1:{port}/api/v1"

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{self.url}/nowhere/")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(self.child.last_words(30))


@contextmanager
def serve(family: Family, folder: Path, name: str = "web", **environment: str) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    argv = [sys.executable, "-m", "uvicorn", "retail.asgi:application", "--port", str(port)]
    env = os.environ | {"DATABASE_POOL": "true", "LIVE_HEARTBEAT": str(HEARTBEAT)} | environment
    child = family.spawn(Program(name=name, argv=argv, log=folder / name, env=env, cwd=ROOT))
    server = Server(child, port)
    server.wait_until_ready()
    yield server


@pytest.fixture(autouse=True)
def _committed(transactional_db: None) -> None:
    """Another process looks at the rows."""


@pytest.fixture
def paired():
    return pair_device(factories.StoreFactory.create(), "Till tablet")


@pytest.fixture
def device(paired):
    return paired[0]


@pytest.fixture
def payment(device):
    order = factories.OrderFactory.create(store=device.store)
    return factories_money.PaymentFactory.create(order=order)


@pytest.fixture
def reader(device):
    return factories_money.ReaderFactory.create(location__store=device.store)


@pytest.fixture
def headers(paired):
    return {"Authorization": f"Bearer {paired[1]}"}


def change(payment: Payment, state: str = "declined") -> Payment:
    """What the end of a conversation does to a payment, in short."""
    from django.db import transaction

    with transaction.atomic():
        payment.state = state
        payment.version += 1
        payment.save(update_fields=["state", "version"])
        notify(LIVE, "payment", payment.pk, payment.store_id)
    return payment


class Stream:
    """The events of one connection, one by one."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def next(self) -> dict[str, str]:
        """The fields of the next event; a comment is one with only a `comment`."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if line.startswith(":"):
                fields["comment"] = line[1:].strip()
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                return fields
        return {"event": "closed"}

    def until(self, event: str) -> list[dict[str, str]]:
        """Everything up to and with this event, without signs of life."""
        found = []
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            one = self.next()
            if one.keys() != {"comment"} and one.keys() != {"retry"}:
                found.append(one)
            if one.get("event") in (event, "closed"):
                break
        assert found, f"no {event} came"
        assert found[-1].get("event") == event, found
        return found


def resources(events: list[dict[str, str]], kind: str) -> list[dict[str, Any]]:
    return [json.loads(one["data"]) for one in events if one.get("event") == kind]


@contextmanager
def following(server: Server, headers, of: str = "", **options) -> Generator[Stream]:
    """A stream whose snapshot has not been read yet; `of` one account, or of all."""
    with httpx.stream(
        "GET", f"{server.url}/live/{of}", headers=headers, timeout=PATIENCE, **options
    ) as response:
        assert response.status_code == 200, response.read()
        yield Stream(response)
