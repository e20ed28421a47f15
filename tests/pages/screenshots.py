"""`make screenshots`: every page of the admin of a demo company, into docs/screenshots/admin/.

`ARGS="stores-order report-"` takes anew only the pages whose pictures are called so at the start.
A `make run` of its own, with the demo's last days behind it, so that there is something to see.
Light and dark, on a laptop and on a tablet; in so few colours, and without losses, that text stays
crisp and a picture is a third of what it was.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from bench.running import Running, everything
from bench.webhooks import say
from tests.browser import chromium
from tests.pages.tour import Seen, Stop, visit

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "screenshots" / "admin"
LAPTOP: ViewportSize = {"width": 1280, "height": 800}
TABLET: ViewportSize = {"width": 820, "height": 1180}
COLOURS = (
    48  # of a picture: enough for every tone of a badge, dark too, and for the edges of letters
)
TALLEST = 1200  # pixels of a long page that are kept
# Pages of which one of a kind says it all: hundreds of pictures more would show nothing else.
ALIKE = re.compile(r"(?<!stores_store)_history$|(?<!payments_cardrule)_delete$")
STOPS = """
import json
from tests.pages.addresses import stops
print(json.dumps([[stop.name, stop.addresses] for stop in stops()]))
"""
ON_ITS_WAY = """
from payments.models import InboundEvent, Reconciliation, StripeRequest
print(
    StripeRequest.objects.filter(finished_at=None).count()
    + Reconciliation.objects.filter(finished_at=None).count()
    + InboundEvent.objects.filter(handled_at=None).exclude(status="ignored").count()
)
"""
SETTLED_WITHIN = 60.0  # seconds


def main(names: list[str]) -> int:
    path = chromium.get()
    if path is None:
        sys.stderr.write(chromium.MISSING)
        return chromium.NO_BROWSER
    with everything() as running, sync_playwright() as playwright:
        sell(running)
        browser = playwright.chromium.launch(executable_path=path, args=chromium.options())
        if not names:
            shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        count = sum(1 for _ in take(browser, running, tuple(names)))
        browser.close()
    say(f"{count} pictures in {FOLDER.relative_to(ROOT)}")
    return 0


def sell(running: Running) -> None:
    """The demo's last days and what is left of them, a reader that waits, and a sale of now."""
    _django(running, "load_demo_past", "--simulator-base", str(running.demo["simulator"]))
    _wait_at(running)
    _sell_at(running)
    deadline = time.monotonic() + SETTLED_WITHIN
    while int(_shell(running, ON_ITS_WAY)) > 1 and time.monotonic() < deadline:
        time.sleep(1)


def _tablet(running: Running, store: dict[str, Any]) -> httpx.Client:
    headers = {"Authorization": f"Bearer {store['token']}"}
    return httpx.Client(base_url=running.demo["api"], headers=headers)


def _wait_at(running: Running) -> None:
    """A sale, less a discount, whose reader waits for a card while pictures are taken."""
    store = running.demo["stores"][0]
    with _tablet(running, store) as tablet:
        lines = [{"product": store["products"][0]["id"], "quantity": 2}]
        order = tablet.post("orders/", json={"lines": lines}).json()
        off = {"basis_points": 1_000, "reason": "loyalty", "note": "The tenth coffee"}
        tablet.post(f"orders/{order['id']}/discount/", json=off)
        sale = {"reader": store["readers"][0]["id"]}
        tablet.post(f"orders/{order['id']}/payments/", json=sale)


def _sell_at(running: Running) -> None:
    """The newest order and payment, whose pages are shown: less two discounts, and with a tip."""
    store, simulator = running.demo["stores"][1], running.demo["simulator"]
    reader = store["readers"][0]
    with _tablet(running, store) as tablet:
        lines = [{"product": each["id"], "quantity": 1} for each in store["products"][:3]]
        order = tablet.post("orders/", json={"lines": lines}).json()
        address = f"orders/{order['id']}"
        crushed = {"line": order["lines"][0]["id"], "basis_points": 2_000, "reason": "damaged"}
        for off in (crushed, {"basis_points": 500, "reason": "loyalty"}):
            tablet.post(f"{address}/discount/", json=off).raise_for_status()
        sale = {"reader": reader["id"], "capture_method": "manual"}
        payment = tablet.post(f"{address}/payments/", json=sale).json()
        mine = f"payments/{payment['id']}/"
        _until(tablet, mine, "waiting_for_card")
        present = f"{simulator}/_simulator/readers/{reader['stripe_id']}/present"
        httpx.post(present, json={"card": "visa"}).raise_for_status()
        _until(tablet, mine, "approved")
        tablet.post(f"{mine}capture/", json={"tip_amount": 3_00})
        _until(tablet, mine, "paid")


def _until(tablet: httpx.Client, payment: str, state: str) -> None:
    deadline = time.monotonic() + SETTLED_WITHIN
    while tablet.get(payment).json()["state"] != state:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{payment} is not {state} after {SETTLED_WITHIN} s.")
        time.sleep(0.3)


def _django(running: Running, *arguments: str) -> str:
    environment = os.environ | running.run["environment"]
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def _shell(running: Running, code: str) -> str:
    """The last line that it prints."""
    return _django(running, "shell", "-v", "0", "-c", code).splitlines()[-1]


def _stops(running: Running) -> list[Stop]:
    stops = [Stop(*each) for each in json.loads(_shell(running, STOPS))]
    return [stop for stop in stops if not ALIKE.search(stop.name)]


def take(browser: Browser, running: Running, names: tuple[str, ...] = ()) -> Iterator[Path]:
    """The pictures; the pages are found once and shown four times."""
    walker = _signed_in(browser, running, "light", LAPTOP)
    wanted = [each for each in _stops(running) if not names or _name(each).startswith(names)]
    found = [stop for stop in wanted if visit(walker, stop) is Seen.PAGE]
    for scheme in ("light", "dark"):
        for size, device in ((LAPTOP, "laptop"), (TABLET, "tablet")):
            page = _signed_in(browser, running, scheme, size)
            for stop in found:
                if visit(page, stop) is Seen.PAGE:
                    yield _picture(page, f"{_name(stop)}.{device}-{scheme}")


def _signed_in(browser: Browser, running: Running, scheme: str, size: ViewportSize) -> Page:
    admin = running.demo["admin"]
    page = browser.new_context(
        base_url=admin["url"].partition("/admin")[0],
        color_scheme="dark" if scheme == "dark" else "light",
        viewport=size,
    ).new_page()
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(admin["username"])
    page.get_by_label("Password").fill(admin["password"])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")
    return page


def _picture(page: Page, name: str) -> Path:
    page.evaluate("document.fonts.ready")
    height = min(int(page.evaluate("document.documentElement.scrollHeight")), TALLEST)
    size = page.viewport_size or LAPTOP
    page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
    shot = page.screenshot()
    page.set_viewport_size(size)
    path = FOLDER / f"{name}.webp"
    path.write_bytes(small(shot))
    return path


def small(png: bytes) -> bytes:
    """The picture in few colours, none of them mixed from dots."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    few = picture.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    written = io.BytesIO()
    few.convert("RGB").save(written, "WEBP", lossless=True, quality=60, method=4)
    return written.getvalue()


def _name(stop: Stop) -> str:
    return "overview" if stop.name == "index" else stop.name.replace("_", "-")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
