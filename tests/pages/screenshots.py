"""`make screenshots`: every page of the admin of a demo company, into docs/screenshots/admin/.

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
COLOURS = 28  # of a picture: enough for every tone of a badge, and for the edges of letters
TALLEST = 1200  # pixels of a long page that are kept
# Pages of which one of a kind says it all: hundreds of pictures more would show nothing else.
ALIKE = re.compile(r"(?<!stores_store)_history$|(?<!payments_cardrule)_delete$")
STOPS = """
import json
from tests.pages.addresses import stops
print(json.dumps([[stop.name, stop.addresses] for stop in stops()]))
"""
# The newest payment, whose page is shown.
LAST = ["--card", "visa", "--store", "2", "--capture", "manual", "--tip", "300"]
ON_ITS_WAY = """
from payments.models import InboundEvent, Reconciliation, StripeRequest
print(
    StripeRequest.objects.filter(finished_at=None).count()
    + Reconciliation.objects.filter(finished_at=None).count()
    + InboundEvent.objects.filter(handled_at=None).exclude(status="ignored").count()
)
"""
SETTLED_WITHIN = 60.0  # seconds


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
    """The demo's last days and what is left of them, a reader that waits, and a sale of now."""
    demo = Path(running.run["environment"]["RETAIL_VAR_DIR"]) / "demo.json"
    _django(running, "load_demo_past", "--simulator-base", str(running.demo["simulator"]))
    _wait_at(running)
    _sell_by_card(demo, LAST)
    deadline = time.monotonic() + SETTLED_WITHIN
    while int(_shell(running, ON_ITS_WAY)) > 1 and time.monotonic() < deadline:
        time.sleep(1)


def _sell_by_card(demo: Path, how: list[str]) -> None:
    command = [sys.executable, "-m", "retail.sale", "--demo", str(demo), *how]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)


def _wait_at(running: Running) -> None:
    """A sale, less a discount, whose reader waits for a card while pictures are taken."""
    store = running.demo["stores"][0]
    headers = {"Authorization": f"Bearer {running.demo['token']}"}
    with httpx.Client(base_url=running.demo["api"], headers=headers) as tablet:
        lines = [{"product": store["products"][0]["id"], "quantity": 2}]
        order = tablet.post("orders/", json={"lines": lines}).json()
        off = {"basis_points": 1_000, "reason": "loyalty", "note": "The tenth coffee"}
        tablet.post(f"orders/{order['id']}/discount/", json=off)
        sale = {"reader": store["readers"][0]["id"]}
        tablet.post(f"orders/{order['id']}/payments/", json=sale)


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


def take(browser: Browser, running: Running) -> Iterator[Path]:
    """The pictures; the pages are found once and shown four times."""
    walker = _signed_in(browser, running, "light", LAPTOP)
    found = [stop for stop in _stops(running) if visit(walker, stop) is Seen.PAGE]
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
    sys.exit(main())
