"""Every page and every screen as a picture, to be looked at:

python -m tests.browser.gallery FOLDER [--only WORD]
"""

import argparse
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium
from tests.browser.fakes import fake
from tests.browser.screens import SCREENS
from tests.simulator.conftest import Simulator, end, start

SIZES = {"desktop": (1440, 900), "tablet": (1024, 768), "phone": (390, 844)}
SETTLED_MS = 350
PAGES = ("log", "deliveries", "faults", "accounts")


class Gallery:
    def __init__(self, browser: Browser, url: str, folder: Path, only: str) -> None:
        self._browser, self._url, self._folder, self._only = browser, url, folder, only

    def page(self, size: str, scheme: Any) -> Page:
        width, height = SIZES[size]
        return self._browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
            base_url=self._url,
        )

    def screens(self, devices: dict[str, str]) -> None:
        page = self.page("desktop", "light")
        for name, screen in SCREENS.items():
            for device, id in devices.items():
                title = f"screen-{name}-{device}"
                if self._only in title:
                    fake(page, screen)
                    page.goto(f"/_simulator/readers/{id}/")
                    page.locator(".screen").wait_for()
                    page.wait_for_timeout(SETTLED_MS)
                    page.locator(".bench").screenshot(path=self._folder / f"{title}.png")
        page.close()

    def pages(self, paths: dict[str, str]) -> None:
        for size in SIZES:
            for scheme in ("light", "dark"):
                page = self.page(size, scheme)
                for name, path in paths.items():
                    title = f"{name}-{size}-{scheme}"
                    if self._only in title:
                        page.goto(path)
                        page.wait_for_timeout(2 * SETTLED_MS)
                        page.screenshot(path=self._folder / f"{title}.png")
                page.close()


def furnish(simulator: Simulator) -> dict[str, str]:
    """A few shops with something going on."""
    cafe = simulator.account("acct_1Cafe")
    counter = simulator.reader(label="Counter")
    bar = simulator.reader(cafe, registration_code="simulated-s700", label="Bar")
    terrace = simulator.reader(cafe, registration_code="simulated-s710", label="Terrace")
    endpoint: Any = {"url": "http://127.0.0.1:9/hook", "enabled_events": ["*"]}
    simulator.v1.webhook_endpoints.create(endpoint)
    simulator.pay(1000)
    simulator.pay(2500, card="insufficient_funds")
    simulator.process(counter, simulator.intent(4810), enable_customer_cancellation=True)
    simulator.process(terrace, simulator.intent(1250, cafe), cafe)
    simulator.fault("readers.*", "500", count=2)
    simulator.fault("payment_intents.create", "reset", "after", account=cafe)
    return {"wpe": counter, "s700": bar}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="a part of the pictures' names")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    process, url = start()
    simulator = Simulator(url)
    with sync_playwright() as playwright:
        path, args = chromium.find(), chromium.options()
        browser = playwright.chromium.launch(executable_path=path, args=args)
        gallery = Gallery(browser, url, given.folder, given.only)
        gallery.pages({"empty": "/_simulator/"})
        devices = furnish(simulator)
        gallery.screens(devices)
        readers = {"readers": "/_simulator/", "reader": f"/_simulator/readers/{devices['wpe']}/"}
        gallery.pages(readers | {name: f"/_simulator/{name}/" for name in PAGES})
        browser.close()
    simulator.close()
    end(process)


if __name__ == "__main__":
    main()
