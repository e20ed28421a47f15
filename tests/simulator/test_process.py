"""python -m simulator: how it starts, stops and remembers."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import pytest
import stripe

from .conftest import ROOT, SHOP, Simulator, end, eventually, on, start


def test_it_says_where_it_listens_within_a_few_seconds():
    began = time.monotonic()
    process, url = start()
    assert url.startswith("http://127.0.0.1:")
    assert httpx.get(f"{url}/_simulator/health", trust_env=False).json()["ok"]
    assert time.monotonic() - began < 5
    assert end(process) == 0


def test_a_taken_port_ends_it_with_one_sentence_and_status_1():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "simulator", "--port", str(port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        f"The simulator cannot listen on 127.0.0.1:{port}: Address already in use."
    ]


def test_its_clock_can_begin_elsewhere_and_stand_still():
    process, url = start("--start", "2026-01-01T09:00:00Z", "--speed", "0")
    simulator = Simulator(url)
    assert simulator.look("clock")["at"] == "2026-01-01T09:00:00.000+00:00"
    assert simulator.intent().created == 1767258000
    simulator.tell("reset")
    assert simulator.intent().created == 1767258000
    simulator.close()
    assert end(process) == 0


def test_a_start_that_is_no_time_ends_it_with_a_clear_word():
    ended = subprocess.run(
        [sys.executable, "-m", "simulator", "--start", "noon"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "--start is a time, such as 2026-01-01T09:00:00Z" in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_though_a_client_hangs(number):
    process, url = start()
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as http:
        plan = {"operation": "*", "what": "hang", "seconds": 60}
        http.post("/_simulator/faults", json=plan).raise_for_status()
        failed = threading.Event()

        def hang() -> None:
            try:
                http.get("/v1/account", auth=("sk_test_x", ""))
            except httpx.TransportError:
                failed.set()

        waiting = threading.Thread(target=hang)
        waiting.start()
        eventually(
            lambda: httpx.get(f"{url}/_simulator/health", trust_env=False).json()["exchanges"]
        )
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 5
        waiting.join(10)
    assert failed.is_set()
    assert end(process) == 0


def test_it_ends_when_its_parent_dies():
    script = (
        "import subprocess, sys, os\n"
        "p = subprocess.Popen([sys.executable, '-m', 'simulator', '--port', '0',"
        " '--exit-with-parent'], stdout=subprocess.PIPE, text=True)\n"
        "p.stdout.readline()\n"
        "print(p.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    parent = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert parent.returncode == -signal.SIGKILL
    orphan = int(parent.stdout)

    def is_gone() -> bool:
        try:
            state = Path(f"/proc/{orphan}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        return state == "Z"

    eventually(is_gone)


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def state_of(simulator: Simulator) -> dict[str, object]:
    """What is kept: objects and events, but for the time of looking."""
    truth = simulator.look("truth")
    for account in truth["accounts"].values():
        for reader in account["readers"]:
            reader["last_seen_at"] = None
    keep = ("accounts", "events", "pending_deliveries")
    return {name: truth[name] for name in keep} | {
        "switches": simulator.look("switches"),
        "webhooks": simulator.look("webhooks"),
        "faults": simulator.look("faults"),
        "offset": simulator.look("clock")["offset_ms"],
        "readers": [
            r | {"reader": None, "screen": None} for r in simulator.look("readers")["readers"]
        ],
    }


def live_a_little(simulator: Simulator) -> None:
    """A bit of everything that leaves a trace."""
    v1 = simulator.v1
    simulator.account()
    endpoint = v1.webhook_endpoints.create(
        {"url": "http://127.0.0.1:9/x", "enabled_events": ["*"], "connect": True}
    )
    v1.webhook_endpoints.update(endpoint.id, {"description": "changed"})
    simulator.tell("webhooks", hold=True)
    simulator.tell("switches", async_capture_delay_ms=10**9)
    held = simulator.pay(4000, account=SHOP, capture_method="manual", application_fee_amount=50)
    v1.payment_intents.capture(held.id, {}, on(SHOP))
    released = simulator.pay(4000, account=SHOP, capture_method="manual")
    v1.payment_intents.cancel(released.id, {}, on(SHOP))
    expired = simulator.pay(4000, "mastercard", SHOP, capture_method="manual")
    simulator.tell("clock", advance=50 * 3600)
    assert simulator.read(expired, SHOP).status == "canceled"
    simulator.pay(4000, account=SHOP, capture_method="manual")
    simulator.pay(1000, "insufficient_funds", SHOP)
    simulator.pay(1000, account=SHOP, capture_method="automatic_async")
    simulator.pay(1000, "offline_pin_sca_retry", SHOP)
    change_readers(simulator)
    simulator.tell("accounts", id=SHOP, mcc="4121")
    v1.accounts.create({"country": "CA"})
    simulator.tell("switches", test_amounts=False)
    simulator.fault("payment_intents.*", "500", count=3)
    simulator.raw("GET", "/v1/payment_intents")
    simulator.fault("charges.*", "500", every=3)
    simulator.raw("GET", "/v1/charges")


def change_readers(simulator: Simulator) -> None:
    """Readers in every state, changed and deleted, and their locations."""
    readers = simulator.v1.terminal.readers
    changed = simulator.reader(SHOP)
    readers.update(changed, {"label": "Till 9"}, on(SHOP))
    location = simulator.location(SHOP)
    simulator.v1.terminal.locations.update(location, {"display_name": "Moved"}, on(SHOP))
    standing = simulator.reader(SHOP, location=location)
    simulator.v1.terminal.locations.delete(location, {}, on(SHOP))
    readers.delete(simulator.reader(SHOP), {}, on(SHOP))
    simulator.tell(f"readers/{standing}", next={"outcome": "decline"}, software="2.40.1")
    intent = simulator.intent(3000, SHOP, metadata={"a": "b"})
    simulator.v1.payment_intents.update(intent.id, {"metadata": {"c": "d"}}, on(SHOP))
    for outcome in ("vanish", "connection_error", "read_error"):
        reader = simulator.reader(SHOP)
        simulator.tell(
            f"readers/{reader}", next={"outcome": outcome, "truth": "late", "delay_ms": 10**8}
        )
        simulator.process(reader, intent, SHOP)
        simulator.present(reader)
    canceled = simulator.reader(SHOP)
    simulator.process(canceled, intent, SHOP)
    readers.cancel_action(canceled, {}, on(SHOP))
    by_customer = simulator.reader(SHOP)
    simulator.process(by_customer, intent, SHOP, enable_customer_cancellation=True)
    simulator.tell(f"readers/{by_customer}/cancel_by_customer")
    busy = simulator.reader(SHOP)
    simulator.tell(f"readers/{busy}", authorization_ms=10**9, condition=None)
    simulator.process(busy, simulator.intent(2000, SHOP), SHOP)
    simulator.present(busy)
    deaf = simulator.reader(SHOP)
    simulator.tell(f"readers/{deaf}", command_timeout={"delivered": True, "count": 3})
    with pytest.raises(stripe.InvalidRequestError):
        simulator.process(deaf, intent, SHOP)
    simulator.tell(f"readers/{standing}", condition="offline")


@pytest.mark.parametrize("how", ["ends", "is killed"])
def test_with_a_journal_the_next_start_goes_on_where_this_one(how, tmp_path):
    process, url = start("--journal", str(tmp_path))
    simulator = Simulator(url)
    live_a_little(simulator)
    before = state_of(simulator)
    if how == "ends":
        end(process)
    else:
        kill(process)
    simulator.close()

    process, url = start("--journal", str(tmp_path))
    simulator = Simulator(url)
    assert state_of(simulator) == before
    simulator.close()
    end(process)


def test_a_journal_of_another_version_is_set_aside_and_said(tmp_path):
    (tmp_path / "journal.jsonl").write_text('["record","pi_1",{"kind":"payment_intents"}]\n')
    with tempfile.TemporaryFile("w+") as stderr:
        process, url = start("--journal", str(tmp_path), stderr=stderr)
        assert httpx.get(f"{url}/_simulator/health", trust_env=False).json()["ok"]
        assert end(process) == 0
        stderr.seek(0)
        assert "It begins anew" in stderr.read()
    assert (tmp_path / "journal.old").exists()


def test_a_journal_keeps_idempotency_keys_ids_and_what_is_still_to_come(tmp_path):
    process, url = start("--journal", str(tmp_path))
    simulator = Simulator(url)
    params = {"amount": 500, "currency": "usd", "payment_method_types[]": "card_present"}
    first = simulator.raw("POST", "/v1/payment_intents", params, Idempotency_Key="k")
    held = simulator.pay(capture_method="manual")
    end(process)
    simulator.close()

    process, url = start("--journal", str(tmp_path))
    simulator = Simulator(url)
    again = simulator.raw("POST", "/v1/payment_intents", params, Idempotency_Key="k")
    other = simulator.raw("POST", "/v1/payment_intents", params, Idempotency_Key="l")
    simulator.tell("clock", advance=5 * 24 * 3600)
    expired = simulator.read(held)
    simulator.close()
    end(process)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert other.json()["id"] not in (first.json()["id"], held.id)
    assert expired.status == "canceled"


def test_a_stale_read_is_planned_for_the_next_start_too(tmp_path):
    process, url = start("--journal", str(tmp_path))
    simulator = Simulator(url)
    intent = simulator.intent()
    simulator.fault("payment_intents.retrieve", "stale_read", seconds=60)
    simulator.close()
    end(process)

    process, url = start("--journal", str(tmp_path))
    simulator = Simulator(url)
    simulator.v1.payment_intents.cancel(intent.id)
    seen = simulator.read(intent).status, simulator.read(intent).status
    simulator.close()
    end(process)
    assert seen == ("requires_payment_method", "canceled")


def test_a_delivery_that_was_released_is_not_held_by_the_next_start(tmp_path):
    process, url = start("--journal", str(tmp_path))
    simulator = Simulator(url)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        simulator.v1.webhook_endpoints.create({"url": address, "enabled_events": ["*"]})
        simulator.tell("webhooks", hold=True)
        simulator.intent()
        assert simulator.tell("webhooks/release") == {"released": 1}
        simulator.close()
        end(process)

        process, url = start("--journal", str(tmp_path))
        simulator = Simulator(url)
        pending = simulator.look("deliveries")["pending"]
        simulator.close()
        end(process)
    assert [row["held"] for row in pending] == [False]


def test_a_line_cut_short_by_a_crash_is_left_out(tmp_path):
    process, url = start("--journal", str(tmp_path))
    simulator = Simulator(url)
    intent = simulator.intent()
    simulator.close()
    kill(process)
    with (tmp_path / "journal.jsonl").open("a") as journal:
        journal.write('["record", "pi_half')

    process, url = start("--journal", str(tmp_path))
    simulator = Simulator(url)
    assert simulator.read(intent).status == "requires_payment_method"
    simulator.close()
    end(process)


def test_two_simulators_do_not_share_a_journal(tmp_path):
    process, _ = start("--journal", str(tmp_path))
    second = subprocess.run(
        [sys.executable, "-m", "simulator", "--port", "0", "--journal", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    end(process)
    assert second.returncode == 1
    assert second.stderr == f"Another simulator keeps its journal in {tmp_path}.\n"


def test_without_a_journal_nothing_is_written(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", "--port", "0"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    simulator = Simulator(process.stdout.readline().split()[-1])
    simulator.pay()
    simulator.close()
    end(process)
    assert list(tmp_path.iterdir()) == []


def test_the_seed_decides_the_ids():
    ids = []
    for seed in ("1", "1", "2"):
        process, url = start("--seed", seed)
        simulator = Simulator(url)
        ids.append(simulator.intent().id)
        simulator.close()
        end(process)
    assert ids[0] == ids[1]
    assert ids[1] != ids[2]
    assert len(ids[0]) == len("pi_") + 24
