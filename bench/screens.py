"""A tablet's screen: it follows the live stream and notes when it read what."""

import http.client
import json
import threading
import time
from urllib.parse import urlsplit

Seen = dict[tuple[int, str], float]


class Screen:
    """`seen` is by payment and state; the times are of this machine's clock."""

    def __init__(self, api: str, token: str) -> None:
        parts = urlsplit(api)
        self.seen: Seen = {}
        self._news = threading.Condition()
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        self._connection.request(
            "GET", f"{parts.path}live/", headers={"Authorization": f"Bearer {token}"}
        )
        self._answer = self._connection.getresponse()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """The thread ends with the stream, and that with the server."""
        self._connection.close()

    def wait(self, payment: int, state: str, seconds: float) -> float:
        """When this was read; waits for it. Raises RuntimeError when it does not come."""
        with self._news:
            if not self._news.wait_for(lambda: (payment, state) in self.seen, seconds):
                known = [found for pk, found in self.seen if pk == payment]
                raise RuntimeError(f"payment {payment} is not {state} but {known}")
            return self.seen[payment, state]

    def _follow(self) -> None:
        kind = b""
        try:
            for line in self._answer:
                now = time.time()
                if line.startswith(b"event: "):
                    kind = line[7:].strip()
                elif line.startswith(b"data: ") and kind == b"payment":
                    found = json.loads(line[6:])
                    with self._news:
                        self.seen.setdefault((found["id"], found["state"]), now)
                        self._news.notify_all()
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            return  # it was closed under our hands
