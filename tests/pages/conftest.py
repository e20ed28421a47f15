"""A Chromium before the product's own pages, with all its processes and the simulator behind it."""

import os
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.browser import chromium
from tests.factories import UserFactory
from tests.money.conftest import open_shop
from tests.pages.rows import fill
from tests.processes import Stack

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PATIENCE_MS = 20_000
LOUD = ("error", "warning")
# A refusal is an answer; tests look at what the page makes of it.
REFUSED = "Failed to load resource: the server responded with a status of 4"
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or chromium.find()
    if path is None:
        pytest.skip("NOT TESTED: the product's pages. " + chromium.MISSING.partition("\n")[0])
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chosen = playwright.chromium.launch(executable_path=path, args=chromium.options())
        yield chosen
        chosen.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class People:
    """Browsers of several people; their scripts may not fail, nor load from strangers."""

    def __init__(self, browser: Browser, stack: Stack) -> None:
        self._browser, self._stack = browser, stack
        self._contexts: list[BrowserContext] = []
        self.errors: list[str] = []
        self.strangers: list[str] = []

    def page(self, user=None, **how) -> Page:
        """A new browser; of a user who is signed in, or of somebody nobody knows."""
        context = self._browser.new_context(
            base_url=self._stack.url, locale="en-US", **{"viewport": DESKTOP, **how}
        )
        self._contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": self._stack.url}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        # Among them what our content policy refused, and what Alpine could not read.
        page.on("console", self._hear)
        page.on("request", lambda sent: self._note(sent.url))
        return page

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in LOUD and not said.text.startswith(REFUSED):
            self.errors.append(f"{said.location.get('url')}: {said.text}")

    def _note(self, url: str) -> None:
        ours = (self._stack.url, self._stack.simulator_url, "data:", "blob:")
        if not url.startswith(ours):
            self.strangers.append(url)

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def people(browser: Browser, stack: Stack) -> Iterator[People]:
    found = People(browser, stack)
    yield found
    found.close()
    assert found.errors == []
    assert found.strangers == []


@pytest.fixture
def owner(stack: Stack) -> Iterator[User]:
    """The platform's owner, with a row of everything, which nobody works on meanwhile."""
    stack.kill("dispatcher")
    fill(open_shop(stack.simulator).store)
    yield UserFactory.create(is_superuser=True, username="owner")
    stack.start("dispatcher")
