"""axe-core finds nothing serious on any page of the admin, and enough contrast in the dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.admin.pages import MODELS, make
from tests.factories import ProductFactory, UserFactory
from tests.js import node
from tests.money.conftest import open_shop
from tests.pages.tour import stops

pytestmark = pytest.mark.processes
AXE = Path(node.FOLDER) / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="session")
def axe() -> str:
    """The rules, to be run in a page from outside: our content policy lets no page load them."""
    if not AXE.exists() and not (node.get() and node.packages()):
        pytest.skip("NOT TESTED: accessibility. " + node.NO_PACKAGES.partition("\n")[0])
    return AXE.read_text()


@pytest.fixture
def owner(stack):
    """The platform's owner, with a row of everything."""
    shop = open_shop(stack.simulator)
    ProductFactory.create(store=shop.store)
    for model in MODELS:
        make(model, shop.store)
    return UserFactory.create(is_superuser=True, username="owner")


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


def test_nothing_serious_on_any_page(people, owner, axe):
    walker, page = people.page(owner), people.page(owner, color_scheme="light")
    found = {}
    for address in stops(walker):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        if serious := faults(page, axe):
            found[address] = serious
    assert not found, "\n".join(f"{at}\n  " + "\n  ".join(each) for at, each in found.items())


def test_nothing_serious_before_signing_in(people, axe, stack):
    page = people.page()
    page.goto("/admin/login/")
    assert faults(page, axe) == []
