"""Every page of the admin that its links lead to: lists, one row of each, and forms."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Page

# Answers that are no pages.
FILES = ("export", "logout", ".csv", ".xlsx", "jsi18n", "autocomplete")


def stops(page: Page, start: str = "/admin/") -> Iterator[str]:
    """Addresses, each once: what the side bar names, then the first row of each list, its buttons
    that ask a question, and what stands in the head of a list. Leaves `page` anywhere.
    """
    page.goto(start)
    yield _path(page.url)
    seen, lists = {_path(page.url)}, _links(page, "#nav-sidebar-apps a")
    for each in lists:
        yield from _new([each], seen)
        page.goto(each)
        tools = _links(page, ".top .tools a, .reports a, #content .presses a")
        rows = _links(page, "#result_list tbody tr:first-child th a")[:1]
        yield from _new(tools, seen)
        for row in _new(rows, seen):
            yield row
            page.goto(row)
            yield from _new(_links(page, "#live a.press, .submit-row a.press"), seen)


def _new(paths: list[str], seen: set[str]) -> Iterator[str]:
    for path in paths:
        if path not in seen and not any(word in path for word in FILES):
            seen.add(path)
            yield path


def _links(page: Page, selector: str) -> list[str]:
    """Without what a list was asked: the same page with other words is no other page."""
    addresses = page.locator(selector).evaluate_all("found => found.map(each => each.href)")
    return [_path(each) for each in addresses if "/admin/" in each]


def _path(address: str) -> str:
    return urlsplit(address).path
