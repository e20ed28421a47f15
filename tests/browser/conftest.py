"""A Chromium, and a simulator of its own for each test to begin anew."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.browser import chromium
from tests.simulator.conftest import (  # noqa: F401  (fixtures of the simulator's own tests)
    Listener,
    Simulator,
    endpoint,
    listener,
    listening,
    running,
    simulator,
)

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or chromium.find()
        if path is None:
            pytest.exit(chromium.MISSING, chromium.NO_BROWSER)
        chosen = playwright.chromium.launch(executable_path=path, args=chromium.options())
        yield chosen
        chosen.close()


@pytest.fixture
def page(browser: Browser, simulator: Simulator) -> Iterator[Page]:  # noqa: F811
    """A page whose scripts may not fail, and which may load nothing from elsewhere.

    The simulator's clock stands still: what the display says stays there until it is looked at.
    """
    simulator.tell("clock", speed=0)
    context = browser.new_context(
        base_url=simulator.url, viewport=DESKTOP, reduced_motion="reduce", locale="en-US"
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []
    strangers: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "request",
        lambda sent: None if sent.url.startswith(simulator.url) else strangers.append(sent.url),
    )
    yield page
    context.close()
    assert errors == []
    assert [url for url in strangers if not url.startswith(("blob:", "data:"))] == []
