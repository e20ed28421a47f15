"""What a person at the counter sees and does, in their words."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.simulator.conftest import Simulator

TIPS: Any = {"tipping": {"usd": {"percentages": [15, 18, 20]}}}


class Counter:
    """The page of one reader."""

    def __init__(self, page: Page, reader: str) -> None:
        self.page = page
        page.goto(f"/_simulator/readers/{reader}/")
        expect(self.display).to_be_visible()

    @property
    def display(self) -> Locator:
        return self.page.locator(".stand .screen")

    def shows(self, kind: str, *words: str) -> None:
        """The display comes to show this kind of screen, with these words on it."""
        expect(self.page.locator(f".stand .screen--{kind}")).to_be_visible()
        for each in words:
            expect(self.display).to_contain_text(each)

    def press(self, name: str) -> None:
        self.display.get_by_role("button", name=name, exact=True).click()

    def card(self, name: str) -> Locator:
        return self.page.locator(f"[data-card={name}]")

    def choose(self, method: str) -> None:
        self.page.get_by_role("radio", name=method, exact=True).check(force=True)


def with_tips(simulator: Simulator) -> None:
    """The platform's readers ask for tips from now on."""
    configurations = simulator.v1.terminal.configurations
    (default,) = configurations.list({"is_account_default": True}).data
    configurations.update(default.id, TIPS)


def form(type: str, title: str, **more: Any) -> dict[str, Any]:
    return {"type": type, "custom_text": {"title": title}, **more}
