"""A reader that shows what we want it to, for looking at screens that are hard to come by."""

from playwright.sync_api import Page, Route

from tests.browser.screens import CONDITIONS, Screen


def fake(page: Page, screen: Screen) -> None:
    """From now on this page is told that its reader shows this screen."""

    def told(route: Route) -> None:
        row = route.fetch().json()
        row |= {"screen": screen, "condition": CONDITIONS.get(screen["kind"])}
        route.fulfill(json=row)

    page.unroute_all()
    page.route("**/_simulator/readers/tmr_*", told)
