"""One simulator process per test process, wound back to its beginning before each test."""

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
import stripe

ROOT = Path(__file__).resolve().parents[2]
SHOP = "acct_1Shop"
PLATFORM = "acct_1SimPlatform00000"
ADDRESS = {"country": "US", "line1": "1 Main St", "city": "Springfield", "postal_code": "62701"}
PATIENCE = 10.0


def start(*options: str, stderr: IO[str] | None = None) -> tuple[subprocess.Popen[str], str]:
    """A simulator on a free port, and where it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", "--port", "0", "--exit-with-parent", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().split()[-1]


def end(process: subprocess.Popen[str]) -> int:
    process.terminate()
    status = process.wait(PATIENCE)
    assert process.stdout is not None
    process.stdout.close()
    return status


def eventually(true: Callable[[], Any]) -> Any:
    """What the condition returns once it holds; it has to within ten seconds."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.005)
    pytest.fail("it did not happen in time")


class Simulator:
    """A simulator as its users see it: over HTTP, mostly through the official SDK."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE)
        self.session = stripe.RequestsClient(timeout=PATIENCE)
        self.v1 = self.client().v1

    def client(self, key: str = "sk_test_x", **options: Any) -> stripe.StripeClient:
        return stripe.StripeClient(
            key, base_addresses={"api": self.url}, http_client=self.session, **options
        )

    def close(self) -> None:
        self.http.close()
        self.session.close()

    def raw(
        self, method: str, path: str, data: Any = None, timeout: float = PATIENCE, **headers: str
    ) -> httpx.Response:
        """A request as curl would send it; `data` is the form as it stands on the wire."""
        headers = {"Authorization": "Bearer sk_test_x"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        if isinstance(data, str):
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            return self.http.request(method, path, content=data, headers=headers, timeout=timeout)
        return self.http.request(method, path, data=data, headers=headers, timeout=timeout)

    def look(self, path: str, /, **params: Any) -> Any:
        return self.http.get(f"/_simulator/{path}", params=params).raise_for_status().json()

    def tell(self, path: str, /, status: int = 200, **body: Any) -> Any:
        response = self.http.post(f"/_simulator/{path}", json=body)
        assert response.status_code == status, response.text
        return response.json()

    def fault(self, operation: str, what: str, when: str = "before", **more: Any) -> None:
        self.tell("faults", operation=operation, what=what, when=when, **more)

    # A shop

    def account(self, id: str = SHOP, country: str = "US", mcc: str = "5812") -> str:
        self.tell("accounts", id=id, country=country, business_name="Shop", mcc=mcc)
        return id

    def location(self, account: str = "", country: str = "US") -> str:
        address = ADDRESS | {"country": country}
        params: Any = {"display_name": "Main Street", "address": address}
        return self.v1.terminal.locations.create(params, on(account)).id

    def reader(self, account: str = "", **params: Any) -> str:
        params = {"registration_code": "simulated-wpe", **params}
        params.setdefault("location", self.location(account))
        created: Any = params
        return self.v1.terminal.readers.create(created, on(account)).id

    def intent(self, amount: int = 1000, account: str = "", **params: Any) -> Any:
        params = {
            "amount": amount,
            "currency": "usd",
            "payment_method_types": ["card_present"],
            "capture_method": "automatic",
            **params,
        }
        created: Any = params
        return self.v1.payment_intents.create(created, on(account))

    def process(self, reader: str, intent: Any, account: str = "", **config: Any) -> Any:
        params: Any = {"payment_intent": getattr(intent, "id", intent)}
        if config:
            params["process_config"] = config
        return self.v1.terminal.readers.process_payment_intent(reader, params, on(account))

    def action(self, reader: str, account: str = "") -> Any:
        return self.v1.terminal.readers.retrieve(reader, {}, on(account)).action

    def present(self, reader: str, card: str | None = None, **more: Any) -> Any:
        return self.tell(f"readers/{reader}/present", card=card, **more)

    def pay(self, amount: int = 1000, card: str = "visa", account: str = "", **params: Any) -> Any:
        """A whole sale; the PaymentIntent as it stands afterwards, with its latest charge."""
        reader = self.reader(account)
        intent = self.intent(amount, account, **params)
        self.process(reader, intent, account)
        self.present(reader, card)
        return self.read(intent, account)

    def read(self, intent: Any, account: str = "") -> Any:
        params: Any = {"expand": ["latest_charge"]}
        return self.v1.payment_intents.retrieve(intent.id, params, on(account))

    def events(self, account: str = "") -> list[str]:
        """The types of all events so far, oldest first."""
        listed = self.v1.events.list({"limit": 100}, on(account)).data
        return [event.type for event in reversed(listed)]


def on(account: str) -> Any:
    return {"stripe_account": account} if account else {}


def stripe_error(raised: stripe.StripeError) -> Any:
    """The error hash as it came, with all its fields."""
    body: Any = raised.json_body
    return body["error"]


@pytest.fixture(scope="session")
def running() -> Iterator[Simulator]:
    with tempfile.TemporaryFile("w+") as stderr:
        process, url = start(stderr=stderr)
        simulator = Simulator(url)
        yield simulator
        simulator.close()
        assert end(process) == 0
        stderr.seek(0)
        assert stderr.read() == "", "the simulator complained"


@pytest.fixture
def simulator(running: Simulator) -> Simulator:
    """The platform's readers, all in the US, take every currency's money here."""
    running.tell("reset")
    running.tell("switches", local_payments_only=False)
    return running


@pytest.fixture
def reader(simulator: Simulator) -> str:
    return simulator.reader()


@pytest.fixture
def intent(simulator: Simulator) -> Any:
    return simulator.intent()


class Listener:
    """A webhook endpoint of ours: it keeps what it gets, and answers what it is told to."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._tests = 0
        self.begin()

    def begin(self) -> None:
        """Empty, content, and at an address of its own for the next test."""
        self._tests += 1
        self.path = f"/hook/{self._tests}"
        self.url = f"{self._server}{self.path}"
        self.status = 200
        self.arrived: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()

    def next(self) -> tuple[dict[str, str], bytes]:
        return self.arrived.get(timeout=PATIENCE)

    def next_event(self) -> Any:
        return json.loads(self.next()[1])

    def types(self, count: int) -> list[str]:
        return [self.next_event()["type"] for _ in range(count)]


@pytest.fixture(scope="session")
def listening() -> Iterator[Listener]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == current.path:  # what an earlier test left on its way is not ours
                current.arrived.put((dict(self.headers), body))
            self.send_response(current.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    current = Listener(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield current
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def listener(simulator: Simulator, listening: Listener) -> Listener:
    listening.begin()
    return listening


@pytest.fixture
def endpoint(simulator: Simulator, listener: Listener) -> Any:
    """The listener, registered for every event of the platform's own account."""
    return simulator.v1.webhook_endpoints.create({"url": listener.url, "enabled_events": ["*"]})
