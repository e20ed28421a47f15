"""What stands in the admin's side bar, in whose order, and what the palette (Ctrl K) finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import SearchResult

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Group, then pages: a model's label or a URL's name, and the name of a Material symbol.
GROUPS: tuple[tuple[StrOrPromise, tuple[tuple[str, str], ...]], ...] = (
    ("", (("admin:index", "space_dashboard"), ("admin:payments_payment_unresolved", "rule"))),
    (
        _("Selling"),
        (
            ("payments.payment", "payments"),
            ("stores.order", "receipt_long"),
            ("stores.discount", "loyalty"),
            ("payments.capturerun", "playlist_add_check"),
            ("payments.refund", "undo"),
            ("payments.receiptemail", "mail"),
            ("payments.approval", "how_to_reg"),
            ("payments.dispute", "gavel"),
            ("payments.customer", "person"),
            ("stores.product", "sell"),
        ),
    ),
    (
        _("Readers"),
        (
            ("terminal.reader", "contactless"),
            ("stores.location", "pin_drop"),
            ("terminal.readerregistration", "add_circle"),
            ("terminal.fleetdifference", "difference"),
            ("terminal.readerconfiguration", "tune"),
        ),
    ),
    (_("Reports"), (("admin:reports", "bar_chart"), ("payments.feemovement", "percent"))),
    (
        _("Stores and people"),
        (
            ("stores.store", "storefront"),
            ("auth.user", "badge"),
            ("stores.membership", "groups"),
            ("stores.device", "tablet"),
            ("payments.cardrule", "rule_settings"),
        ),
    ),
    (
        _("Accounts"),
        (
            ("stores.account", "account_balance"),
            ("payments.onboarding", "handshake"),
            ("payments.feeplan", "price_change"),
            ("terminal.chargemodelswitch", "swap_horiz"),
        ),
    ),
    (
        _("Watching"),
        (
            ("payments.incident", "report"),
            ("payments.inboundevent", "inbox"),
            ("payments.striperequest", "outbox"),
            ("payments.reconciliation", "balance"),
            ("payments.difference", "difference"),
            ("stores.logentry", "history"),
        ),
    ),
)
PAGES = {
    "admin:index": _("Overview"),
    "admin:payments_payment_unresolved": _("Unresolved"),
    "admin:reports": _("All reports"),
}
FINDS = ("payments.payment", "stores.order", "terminal.reader", "stores.store", "stores.product")
FOUND_OF_EACH, MOST_FOUND = 5, 40
REST, REST_ICON = _("More"), "more_horiz"  # a model nobody put anywhere still has its place


def sidebar(request: HttpRequest, apps: list[dict[str, Any]], unresolved: int) -> Any:
    """Groups of links for unfold's side bar; `apps` is what this person may see."""
    models = {model["model"]._meta.label_lower: model for app in apps for model in app["models"]}
    named = [label for _title, pages in GROUPS for label, _ in pages]
    rest = tuple((label, REST_ICON) for label in models if label not in named)
    groups: list[dict[str, Any]] = []
    for title, pages in (*GROUPS, (REST, rest)):
        items = list(_items(pages, models, unresolved))
        if items:
            groups.append({"title": str(title), "collapsible": title == REST, "items": items})
    _mark_current(request.path, [item for group in groups for item in group["items"]])
    for group in groups:
        group["is_current"] = any(item["active"] for item in group["items"])
    return groups


def _items(
    pages: tuple[tuple[str, str], ...],
    models: Mapping[str, dict[str, Any]],
    unresolved: int,
) -> Iterator[dict[str, Any]]:
    for label, icon in pages:
        if label in PAGES:
            link, title = reverse(label), PAGES[label]
        elif label in models and models[label]["admin_url"]:
            link, title = models[label]["admin_url"], models[label]["name"]
        else:
            continue
        yield {
            "title": title,
            "link": link,
            "icon": icon,
            "badge": unresolved if label == "admin:payments_payment_unresolved" else None,
        }


def _mark_current(path: str, items: list[dict[str, Any]]) -> None:
    """The page we are on, or the list above it: the longest address that leads here."""
    home = reverse("admin:index")
    leading = [
        i["link"]
        for i in items
        if path == i["link"] or (home != i["link"] and path.startswith(i["link"]))
    ]
    current = max(leading, key=len, default="")
    for item in items:
        item["active"] = item["link"] == current


def account_links(request: HttpRequest) -> list[dict[str, str]]:
    """What the menu under the user's name has."""
    return [
        {"title": gettext("Second factor"), "link": reverse("admin:second_factor")},
        {"title": gettext("Change password"), "link": reverse("admin:password_change")},
    ]


def search(request: HttpRequest, site: AdminSite, words: str) -> list[SearchResult]:
    """Pages whose name has the words, then rows that this person finds in the lists of `FINDS`."""
    if not words:
        return []
    models = [model for app in site.get_app_list(request) for model in app["models"]]
    found = [
        SearchResult(
            title=str(each["name"]),
            description=gettext("list"),
            link=each["admin_url"],
            icon="list",
        )
        for each in models
        if each["admin_url"] and words.lower() in str(each["name"]).lower()
    ]
    for each in models:
        if each["model"]._meta.label_lower in FINDS:
            found.extend(_rows(request, site, each["model"], words))
    return found


def _rows(request: HttpRequest, site: AdminSite, model: Any, words: str) -> Iterator[SearchResult]:
    page = site._registry[model]
    rows, _distinct = page.get_search_results(request, page.get_queryset(request), words)
    opts = model._meta
    for row in rows.order_by("-pk")[:FOUND_OF_EACH]:
        link = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
        yield SearchResult(
            title=str(row), description=str(opts.verbose_name), link=link, icon="arrow_forward"
        )
