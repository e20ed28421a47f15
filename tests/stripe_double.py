"""The real simulator beside the tests, one per test process, and a client for its controls."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
import urllib3
from urllib3.exceptions import HTTPError

from tests.asked import Record

JSON = dict[str, Any]
ROOT = Path(__file__).resolve().parent.parent
KEY = "sk_test_" + "a" * 32
MIRROR_KEY = "rk_test_" + "b" * 32
CLIENT_ID = "ca_SimPlatform0000000000000000"


class Simulator:
    """A running `python -m simulator`; every method is one call of its control API."""

    running: ClassVar[list[Simulator]] = []

    def __init__(self, base: str, process: subprocess.Popen[str] | None = None) -> None:
        self.base = base
        self._record, self._wrongly_asked = Record(), list[str]()
        self.running.append(self)
        self._process = process
        # A run of the tests asks it some forty thousand times: httpx takes twice as long for each.
        self._http = urllib3.connection_from_url(base, timeout=30, retries=False)

    @classmethod
    def start(cls) -> Simulator:
        command = [sys.executable, "-m", "simulator", "--port", "0", "--exit-with-parent"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline()
        return cls(line.split()[-1], process)

    def stop(self) -> None:
        self.running.remove(self)
        self._http.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            assert self._process.stdout is not None
            self._process.stdout.close()

    def call(self, path: str, body: JSON | None = None) -> Any:
        answer = self.ask(path, body)
        assert answer.status == 200, answer.data
        return answer.json()

    def ask(self, path: str, body: JSON | None = None) -> urllib3.BaseHTTPResponse:
        """As `call`, whatever it answers."""
        method = "GET" if body is None else "POST"
        return self._http.request(method, f"/_simulator/{path}", json=body)

    def ask_stripe(
        self, method: str, path: str, account: str = "", params: JSON | None = None
    ) -> urllib3.BaseHTTPResponse:
        """As somebody else who has the platform's key, whatever it answers."""
        headers = {"Authorization": f"Bearer {KEY}"}
        if account:
            headers["Stripe-Account"] = account
        form = urlencode(params or {}, doseq=True)
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            return self._http.request(method, f"/v1/{path}", body=form, headers=headers)
        return self._http.request(method, f"/v1/{path}?{form}", headers=headers)

    def reset(self) -> None:
        self._read_record()
        self._record = Record()
        self.call("reset", {})

    def wrongly_asked(self) -> list[str]:
        """What we must not have asked since this was called last (tests/asked.py)."""
        self._read_record()
        found, self._wrongly_asked = self._wrongly_asked, []
        return found

    def _read_record(self) -> None:
        try:
            new = self.call(f"exchanges?after={self._record.seen}")["exchanges"]
        except HTTPError:  # killed by a test, and its record with it
            return
        for exchange in new:
            self._record.add(exchange)
        self._wrongly_asked += self._record.found
        self._record.found = []

    def present(self, reader: Any, card: str = "visa", **more: Any) -> JSON:
        body: JSON = self.call(f"readers/{reader.stripe_id}/present", {"card": card, **more})
        return body

    def reader(self, reader: Any, **settings: Any) -> None:
        self.call(f"readers/{reader.stripe_id}", settings)

    def fault(self, operation: str, when: str, what: str, **more: Any) -> None:
        self.call("faults", {"operation": operation, "when": when, "what": what, **more})

    def webhooks(self, **policy: Any) -> None:
        self.call("webhooks", policy)

    def truth(self) -> JSON:
        body: JSON = self.call("truth")
        return body

    def exchanges(self, method: str = "", containing: str = "") -> list[JSON]:
        """What was asked of Stripe, presenting cards left out, oldest first."""
        asked = self.call("exchanges")
        asked = asked["exchanges"] if isinstance(asked, dict) else asked
        return [
            e
            for e in asked
            if method in ("", e["method"])
            and containing in e["path"]
            and "test_helpers" not in e["path"]
        ]

    def objects(self, kind: str) -> list[JSON]:
        """All objects of a kind ("charges", …) over all accounts."""
        return [o for account in self.truth()["accounts"].values() for o in account.get(kind, ())]

    def wait_for_reader(self, reader: Any, state: str, seconds: float = 10) -> None:
        """Until the reader's own state ("waiting_for_card") is this; fails after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            readers = self.call("readers")
            readers = readers["readers"] if isinstance(readers, dict) else readers
            if any(r["id"] == reader.stripe_id and r["state"] == state for r in readers):
                return
            assert time.monotonic() < deadline, f"the reader is not {state}: {readers}"
            time.sleep(0.02)

    def foreign_payment_on(self, reader: Any, amount: int = 777) -> str:
        """Another system puts a PaymentIntent of its own on the reader; its id."""
        account, currency = reader.stripe_account, reader.store.currency
        params = {"amount": amount, "currency": currency, "payment_method_types[]": "card_present"}
        intent = self.stripe_post("payment_intents", account, **params)["id"]
        path = f"terminal/readers/{reader.stripe_id}/process_payment_intent"
        self.stripe_post(path, account, payment_intent=intent)
        return str(intent)

    def shown_on(self, reader: Any) -> str:
        """The PaymentIntent on the reader's screen."""
        [shown] = [r for r in self.objects("readers") if r["id"] == reader.stripe_id]
        return str(shown["action"]["process_payment_intent"]["payment_intent"])

    def stripe_post(self, path: str, account: str = "", **params: Any) -> JSON:
        """Do something at Stripe from outside, as in its Dashboard."""
        return self._ask("POST", path, account, params)

    def stripe_delete(self, path: str, account: str = "") -> None:
        """Delete something at Stripe from outside."""
        self._ask("DELETE", path, account)

    def stripe_get(self, path: str, account: str = "", **params: Any) -> JSON:
        """Look at Stripe from outside."""
        query = {
            (f"{name}[]" if isinstance(value, list) else name): value
            for name, value in params.items()
        }
        return self._ask("GET", path, account, query)

    def _ask(self, method: str, path: str, account: str, params: JSON | None = None) -> JSON:
        answer = self.ask_stripe(method, path, account, params)
        assert answer.status == 200, answer.data
        body: JSON = answer.json()
        return body

    def make_location(self, location: Any) -> str:
        """Its `tml_` id."""
        address = {f"address[{name}]": value for name, value in location.address.items()}
        metadata = {"metadata[location]": location.pk, "metadata[store]": location.store_id}
        params = {"display_name": location.display_name} | address | metadata
        made = self.stripe_post("terminal/locations", location.stripe_account, **params)
        return str(made["id"])

    def make_reader(self, location: Any, code: str, label: str) -> JSON:
        """A simulated reader (its code says which) at this location."""
        metadata = {"metadata[location]": location.pk, "metadata[store]": location.store_id}
        params = {"registration_code": code, "label": label, "location": location.stripe_id}
        return self.stripe_post("terminal/readers", location.stripe_account, **(params | metadata))

    def agree(self, url: str, account: str, *, act: str = "connect") -> dict[str, str]:
        """An owner logs in on Stripe's page of OAuth and agrees; what they are sent back with."""
        with requests.Session() as browser:
            browser.trust_env = False
            form = {"act": act, "account": account}
            answer = browser.post(url, data=form, allow_redirects=False, timeout=10)
        assert answer.status_code == 303, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def unfault(self) -> None:
        """No fault is planned any more."""
        assert self._http.request("DELETE", "/_simulator/faults").status == 200

    def forget_reader(self, reader: Any) -> None:
        """Somebody deletes the reader in Stripe's Dashboard."""
        self._forget("readers", reader)

    def forget_location(self, location: Any) -> None:
        self._forget("locations", location)

    def _forget(self, kind: str, thing: Any) -> None:
        self.stripe_delete(f"terminal/{kind}/{thing.stripe_id}", thing.stripe_account)
