"""A stop of a tour through the admin: a page, and where it may be seen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from playwright.sync_api import APIResponse, Page


class Seen(Enum):
    PAGE = "a page"
    NO_PAGE = "a file, data for a script, or forbidden to everybody"
    ON_NO_ROW = "there may be a page, but none of the rows has it"


@dataclass(frozen=True)
class Stop:
    """A page by its name in the resolver, and the addresses that it may be seen at."""

    name: str
    addresses: list[str]


def visit(page: Page, stop: Stop) -> Seen:
    """Show the first of its addresses that is a page."""
    seen = Seen.ON_NO_ROW
    for address in stop.addresses:
        answer = page.request.get(address, max_redirects=0)
        if _is_page(answer):
            page.goto(address)
            return Seen.PAGE
        if answer.status != 302:
            seen = Seen.NO_PAGE
    return seen


def _is_page(answer: APIResponse) -> bool:
    """Not a file, nor data or a piece of a page for a script, nor a refusal."""
    is_html = answer.headers["content-type"].startswith("text/html")
    return answer.status == 200 and is_html and "<!doctype" in answer.text()[:500].lower()
