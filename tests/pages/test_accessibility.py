"""axe-core finds nothing serious on any page of the admin, and enough contrast in the dark."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.template.loader import render_to_string
from django.utils import timezone
from playwright.sync_api import Page

from tests.js import node
from tests.pages.addresses import stops
from tests.pages.tour import Seen, visit

pytestmark = pytest.mark.processes
AXE = Path(node.FOLDER) / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")
TEMPLATES = Path(settings.BASE_DIR) / "templates"  # of errors; the others lie in folders


@pytest.fixture(scope="session")
def axe() -> str:
    """The rules, to be run in a page from outside: our content policy lets no page load them."""
    if not AXE.exists() and not (node.get() and node.packages()):
        pytest.skip("NOT TESTED: accessibility. " + node.NO_PACKAGES.partition("\n")[0])
    return AXE.read_text()


def confirm(page: Page) -> None:
    """It is still the same person for as long as the tour takes, or sensitive pages ask first."""
    [key] = [each["value"] for each in page.context.cookies() if each["name"] == "sessionid"]
    session = SessionStore(key)
    session["confirmed_at"] = (timezone.now() + timedelta(hours=1)).timestamp()
    session.save()


def faults(page: Page, axe: str) -> list[str]:
    """What is serious, in a line each: the rule, what breaks it, and why."""
    page.evaluate(axe)
    found = _found(page, "runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']")
    page.evaluate("document.documentElement.classList.add('dark')")
    return found + _found(page, "runOnly: {type: 'rule', values: ['color-contrast']}")


def _found(page: Page, options: str) -> list[str]:
    found: dict[str, Any] = page.evaluate(f"axe.run(document, {{{options}}})")
    return [
        f"{each['id']}: {node['html'][:160]} | {node['failureSummary'][:160]!r}"
        for each in found["violations"]
        if each["impact"] in SERIOUS
        for node in each["nodes"][:2]
    ]


@pytest.mark.parametrize("half", [0, 1])  # two workers may share them
def test_nothing_serious_on_any_page(people, owner, axe, half):
    """That none is missing, tests/admin/test_every_page.py sees to."""
    page = people.page(owner, color_scheme="light")
    confirm(page)
    found = {}
    for stop in stops()[half::2]:
        if visit(page, stop) is Seen.PAGE and (serious := faults(page, axe)):
            found[page.url] = serious
    assert not found, "\n".join(f"{at}\n  " + "\n  ".join(each) for at, each in found.items())


def test_nothing_serious_in_what_opens(people, owner, axe):
    page = people.page(owner, color_scheme="light", viewport={"width": 820, "height": 1180})
    page.goto("/admin/payments/payment/")
    page.get_by_role("button", name="Toggle navigation").click()
    page.get_by_role("button", name="owner").click()
    assert faults(page, axe) == []
    page.reload()
    page.locator(".filter summary").first.click()
    assert faults(page, axe) == []
    page.keyboard.press("Control+k")
    page.get_by_role("searchbox", name="Search everything").type("4242")
    page.locator("#command-results a").first.wait_for()
    assert faults(page, axe) == []


@pytest.mark.parametrize("name", sorted(path.name for path in TEMPLATES.glob("*.html")))
def test_nothing_serious_on_a_page_of_an_error(people, axe, stack, name):
    page = people.page(color_scheme="light")
    body = render_to_string(name, {"exception": "Whoever looks as support changes nothing."})
    page.route("**/broken/", lambda route: route.fulfill(content_type="text/html", body=body))
    page.goto("/broken/")
    assert faults(page, axe) == []


def test_nothing_serious_before_signing_in(people, axe, stack):
    page = people.page(color_scheme="light")
    page.goto("/admin/login/")
    assert faults(page, axe) == []
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    assert faults(page, axe) == []
