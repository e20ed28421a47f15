"""`make screenshots`: every page of the admin of a demo company, into docs/screenshots/admin/.

A `make run` of its own; sales of all kinds, of which some are moved to earlier hours and to last
week, so that there is something to see. Light and dark, on a laptop and on a tablet.
"""

from __future__ import annotations

import base64
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from bench.running import Running, everything
from bench.webhooks import say
from tests.browser import chromium
from tests.pages.tour import stops

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "screenshots" / "admin"
LAPTOP: ViewportSize = {"width": 1280, "height": 800}
TABLET: ViewportSize = {"width": 820, "height": 1180}
QUALITY = 70  # of WebP
TALLEST = 2400  # pixels of a long page that are kept
CARDS = [
    ["--card", "visa"],
    ["--card", "mastercard", "--capture", "manual", "--tip", "300"],
    ["--card", "amex"],
    ["--card", "charge_declined"],
    ["--card", "visa", "--store", "2"],
    ["--card", "visa", "--store", "3"],
    ["--card", "discover"],
]
EARLIER = """
import random
from datetime import timedelta
from django.utils import timezone
from payments.models import Payment
random.seed(7)
now = timezone.now()
for payment in Payment.objects.filter(status="succeeded").order_by("pk"):
    back = timedelta(minutes=int(abs(random.gauss(150, 120))))
    if random.random() < 0.5:
        back += timedelta(days=7) - timedelta(minutes=random.randint(0, 240))
    Payment.objects.filter(pk=payment.pk).update(ended_at=now - back, created_at=now - back)
"""


def main() -> int:
    path = chromium.get()
    if path is None:
        sys.stderr.write(chromium.MISSING)
        return chromium.NO_BROWSER
    with everything() as running, sync_playwright() as playwright:
        sell(running)
        browser = playwright.chromium.launch(executable_path=path, args=chromium.options())
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        count = sum(1 for _ in take(browser, running))
        browser.close()
    say(f"{count} pictures in {FOLDER.relative_to(ROOT)}")
    return 0


def sell(running: Running) -> None:
    """Cards on readers, cash in the drawer, a hold that waits, and a reader that waits."""
    demo = Path(running.run["environment"]["RETAIL_VAR_DIR"]) / "demo.json"
    for how in CARDS:
        command = [sys.executable, "-m", "retail.sale", "--demo", str(demo), *how]
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    chance = random.Random(5)
    for store in running.demo["stores"]:
        token = store.get("token") or running.demo["token"]
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=running.demo["api"], headers=headers) as tablet:
            for _ in range(40):
                products = chance.sample(store["products"], 2)
                lines = [{"product": p["id"], "quantity": chance.randint(1, 3)} for p in products]
                order = tablet.post("orders/", json={"lines": lines}).json()
                tablet.post(f"orders/{order['id']}/payments/", json={"method": "cash"})
    _django(running, "shell", "-c", EARLIER)
    _wait_at(running)


def _wait_at(running: Running) -> None:
    """A sale whose reader waits for a card while pictures are taken."""
    store = running.demo["stores"][0]
    headers = {"Authorization": f"Bearer {running.demo['token']}"}
    with httpx.Client(base_url=running.demo["api"], headers=headers) as tablet:
        lines = [{"product": store["products"][0]["id"], "quantity": 2}]
        order = tablet.post("orders/", json={"lines": lines}).json()
        sale = {"reader": store["readers"][0]["id"]}
        tablet.post(f"orders/{order['id']}/payments/", json=sale)


def _django(running: Running, *arguments: str) -> None:
    environment = os.environ | running.run["environment"]
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)


def take(browser: Browser, running: Running) -> Iterator[Path]:
    """The pictures; the pages are found once and shown four times."""
    walker = _signed_in(browser, running, "light", LAPTOP)
    addresses = list(stops(walker))
    yield from _all(walker, addresses, "laptop-light")
    for scheme, size, name in (
        ("dark", LAPTOP, "laptop-dark"),
        ("light", TABLET, "tablet-light"),
        ("dark", TABLET, "tablet-dark"),
    ):
        yield from _all(_signed_in(browser, running, scheme, size), addresses, name)


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


def _all(page: Page, addresses: list[str], name: str) -> Iterator[Path]:
    devtools = page.context.new_cdp_session(page)
    for address in addresses:
        page.goto(address, wait_until="load")
        page.evaluate("document.fonts.ready")
        height = min(int(page.evaluate("document.documentElement.scrollHeight")), TALLEST)
        size = page.viewport_size or LAPTOP
        page.set_viewport_size({"width": size["width"], "height": height})
        shot = devtools.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
        page.set_viewport_size(size)
        path = FOLDER / f"{_name(address)}.{name}.webp"
        path.write_bytes(base64.b64decode(shot["data"]))
        yield path


def _name(address: str) -> str:
    """/admin/payments/payment/3/change/ is payments-payment-change: ids differ from run to run."""
    words = [word for word in address.strip("/").split("/")[1:] if not re.fullmatch(r"\d+", word)]
    return "-".join(words) or "overview"


if __name__ == "__main__":
    sys.exit(main())
