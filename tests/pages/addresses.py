"""Every page of the admin, from what its resolver knows: a page that is added is visited, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.admin import site
from django.db.models import Model
from django.urls import URLPattern, URLResolver, reverse

from payments.services.reports.registry import REPORTS
from retail.admin_pages import gather
from tests.pages.tour import Stop

# Of a model so many rows are tried until one has the page: a button is not offered on every row.
MOST_ROWS = 60
# What the addresses ask for that is no row's id.
WORDS: dict[str, list[str]] = {"name": list(REPORTS), "app_label": ["payments"]}
# Leads to no page of the admin, or away from it.
ELSEWHERE = {"view_on_site", "logout"}


def stops() -> list[Stop]:
    """All of the admin, each once. A report has as many stops as there are reports."""
    gather()
    found = [stop for pattern in _patterns(site.get_urls()) for stop in _stops(pattern)]
    return sorted(found, key=lambda stop: stop.name)


def asks_nothing(stop: Stop) -> bool:
    """Whether it is a button that acts at once, and so has no page before."""
    return any(
        stop.name == f"{model._meta.app_label}_{model._meta.model_name}_{button.name}"
        and not button.asks
        for model, admin in site._registry.items()
        for button in getattr(admin, "buttons", ())
    )


def _patterns(found: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for each in found:
        if isinstance(each, URLResolver):
            yield from _patterns(each.url_patterns)
        elif each.name and each.name not in ELSEWHERE:
            yield each


def _stops(pattern: URLPattern) -> Iterator[Stop]:
    name = str(pattern.name)
    asked = {*pattern.pattern.converters, *_groups(pattern)}
    if not asked:
        yield Stop(name, [reverse(f"admin:{name}")])
    elif asked <= set(WORDS):
        [word] = asked
        for value in WORDS[word]:
            yield Stop(f"{name}-{value}", [reverse(f"admin:{name}", kwargs={word: value})])
    else:
        ids = _model_of(name)._default_manager.order_by("-pk").values_list("pk", flat=True)
        yield Stop(name, [reverse(f"admin:{name}", args=[id]) for id in ids[:MOST_ROWS]])


def _groups(pattern: URLPattern) -> set[str]:
    """Names in a pattern of regular expressions, which has no converters."""
    regex: Any = pattern.pattern.regex
    return set(regex.groupindex)


def _model_of(name: str) -> type[Model]:
    """Whose page it is: names begin with the app's and the model's."""
    for model in site._registry:
        if name.startswith(f"{model._meta.app_label}_{model._meta.model_name}_"):
            return model
    raise LookupError(f"No model has a page named {name}: tell tests/pages/tour.py about it.")
