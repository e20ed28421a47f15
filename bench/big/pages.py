"""Find and time the admin's pages on one database: `python -m bench.big.pages` and the sizes.

In this process, through all of Django but without a web server, whose part is the same for every
page. Pages are found by looking: every address of the admin without a number, every list with what
it offers (searches, filters, orderings, pages), and the pages of a row of it. A line of JSON each.
"""

import json
import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

import django

from bench.big.place import Size

TIMES, FAST, HOPELESS = (
    7,
    0.1,
    2.0,
)  # a page is asked so often; one that is clearly fast or slow, less
LEFT_OUT = ("logout", "jsi18n", "autocomplete", "view_on_site")
FILES = (".csv", ".xlsx")  # as long as what they hold: of all companies, minutes


@dataclass(frozen=True)
class Page:
    name: str  # of what: a model, or an address
    kind: str
    address: str


@dataclass(frozen=True)
class Measured(Page):
    principal: str
    status: int
    statements: int
    seconds: list[float]
    own: list[float]  # seconds of this process alone: without the database and who else runs


def principals(size: Size) -> dict[str, str]:
    """Who looks, by user name; stores of a low number are large."""
    return {
        "platform": "platform",
        "owner of many": "owner",
        "manager, large": "manager.1",
        "manager, small": f"manager.{size.stores}",
    }


class Looker:
    """One person with a browser, who was asked for the password just now."""

    def __init__(self, username: str) -> None:
        from django.contrib.auth.models import User
        from django.test import Client

        self.user = User.objects.get(username=username)
        self.client = Client(raise_request_exception=True)
        self.client.force_login(self.user)

    def get(self, address: str) -> Any:
        from payments.services import circuits

        circuits.forget()  # else only the first page of a second asks about Stripe
        response: Any = self.client.get(address)
        if response.streaming:
            next(iter(response.streaming_content), b"")
            response.close()  # else its cursor is closed whenever, in the middle of another page
        return response

    def measure(self, page: Page, principal: str, times: int) -> Measured:
        from django.db import connection

        counted = 0

        def count(execute: Any, *arguments: Any) -> Any:
            nonlocal counted
            counted += 1
            return execute(*arguments)

        with connection.execute_wrapper(count):
            status = self.get(page.address).status_code
        seconds: list[float] = []
        own: list[float] = []
        for _ in range(times):
            began, used = time.perf_counter(), time.process_time()
            self.get(page.address)
            seconds.append(time.perf_counter() - began)
            own.append(time.process_time() - used)
            if sum(seconds) > HOPELESS or (len(seconds) > 2 and max(seconds) < FAST):
                break
        return Measured(
            **asdict(page),
            principal=principal,
            status=status,
            statements=counted,
            seconds=seconds,
            own=own,
        )


def pages(looker: Looker) -> Iterator[Page]:
    """What this person can open."""
    from django.contrib import admin

    words = list(_words(looker))
    for address in _addresses():
        if looker.get(address).status_code == 200:
            yield Page(address, "page", address)
    for model, own in admin.site._registry.items():
        opts = model._meta
        root = f"/admin/{opts.app_label}/{opts.model_name}/"
        listed = looker.get(root)
        if listed.status_code != 200:
            continue
        name, found = str(opts.verbose_name_plural), listed.context["cl"]
        yield from _lists(name, root, found, words)
        yield from _of_rows(name, root, own, found)
        yield from _completions(name, own)
    yield from _api_lists(looker)


def _addresses() -> Iterator[str]:
    """Those of the admin that need nothing to be named, lists left out."""
    for pattern, route in _patterns():
        name = pattern.name or ""
        if "<" in route or "(" in route or name.endswith("_changelist") or name in LEFT_OUT:
            continue
        if route.endswith(FILES):
            continue
        yield f"/admin/{route}"


def _patterns(prefix: str = "", under: Any = None) -> Iterator[tuple[Any, str]]:
    from django.contrib import admin

    for pattern in admin.site.get_urls() if under is None else under:
        route = f"{prefix}{pattern.pattern}"
        if hasattr(pattern, "url_patterns"):
            yield from _patterns(route, pattern.url_patterns)
        else:
            yield pattern, route


def _words(looker: Looker) -> Iterator[str]:
    """What people type: of a sale in the middle of those they see, of a reader, and of nothing."""
    from payments.models import Payment
    from stores.principals import Principal

    seen = Payment.objects.for_principal(Principal.of_user(looker.user)).filter(
        state="paid", method="card"
    )
    middle = seen.order_by("pk")[seen.count() // 2]
    yield from (str(middle.order.number), middle.card["last4"])
    yield from (str(middle.payment_intent_id), middle.latest_charge_id, middle.store.name)
    yield from ("latte", "Till 7", "manager", "nothing-is-called-so")


def _lists(name: str, root: str, found: Any, words: list[str]) -> Iterator[Page]:
    from django.contrib.admin.templatetags.admin_list import result_headers

    yield Page(name, "list", root)
    last = found.paginator.num_pages
    for number in sorted({2, last // 2, last} - {0, 1} if last > 1 else set()):
        yield Page(name, "later page", f"{root}?p={number}")
    if found.search_fields or type(found.model_admin).search_help_text:
        for word in words:
            yield Page(name, "search", f"{root}?{urlencode({'q': word})}")
    for spec in found.filter_specs:
        offered = [each for each in spec.choices(found) if not each["selected"]]
        for choice in {id(each): each for each in (offered[:1] + offered[-1:])}.values():
            yield Page(name, "filter", f"{root}{choice['query_string']}")
    for header in result_headers(found):
        if header.get("sortable"):
            yield Page(name, "ordering", f"{root}{header['url_primary']}")


def _of_rows(name: str, root: str, own: Any, found: Any) -> Iterator[Page]:
    """The pages of the first and of the last row on the first page, and what they have beside."""
    rows = list(found.result_list)
    for row in {row.pk: row for row in rows[:1] + rows[-1:]}.values():
        yield Page(name, "row", f"{root}{row.pk}/change/")
    for pattern in own.get_urls() if rows else ():
        route = str(pattern.pattern)
        beside = route.partition(">/")[2] if route.startswith("<") else ""
        if beside and "<" not in beside and beside not in ("change/", "delete/"):
            yield Page(name, "beside a row", f"{root}{rows[0].pk}/{beside}")


def _completions(name: str, own: Any) -> Iterator[Page]:
    for field in own.autocomplete_fields:
        names = {"app_label": own.opts.app_label, "model_name": own.opts.model_name}
        for term in ("", "Tablet 7", "Till 7"):
            query = urlencode({**names, "field_name": field, "term": term})
            yield Page(name, "autocomplete", f"/admin/autocomplete/?{query}")


def _api_lists(looker: Looker) -> Iterator[Page]:
    """Those a manager's own program may ask."""
    from django.urls import get_resolver

    for name, _ in get_resolver("retail.api.urls").reverse_dict.items():
        if isinstance(name, str) and name.endswith(("-list", "unresolved")):
            address = f"/api/v1/{django.urls.reverse(name).removeprefix('/api/v1/')}"
            if looker.get(address).status_code == 200:
                yield Page("API", "list", address)


def main(orders: str, readers: str, stores: str, times: str, *only: str) -> None:
    django.setup()
    logging.getLogger("django.request").setLevel(logging.ERROR)  # a refusal is no news here
    from django.test.utils import setup_test_environment, teardown_test_environment

    size = Size(int(orders), int(readers), int(stores))
    for principal, username in principals(size).items():
        if only and principal not in only:
            continue
        looker = Looker(username)
        setup_test_environment()  # to look into what was drawn, which costs time
        found = list(dict.fromkeys(pages(looker)))
        teardown_test_environment()
        for number, page in enumerate(found):
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{principal}: {number + 1} of {len(found)} pages\033[K")
            measured = looker.measure(page, principal, int(times))
            sys.stdout.write(json.dumps(asdict(measured)) + "\n")
            sys.stdout.flush()
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")


if __name__ == "__main__":
    main(*sys.argv[1:])
