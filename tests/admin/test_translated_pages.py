"""Every page of the admin, drawn in Spanish and in French: what is the same in both is data, a word
that both have, or was left in English.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dates import MONTHS_3, WEEKDAYS_ABBR

from payments.services.reports.registry import REPORTS
from retail import translations
from tests import factories
from tests.admin import stages
from tests.admin.pages import BUTTONS, page, url
from tests.isolation.table import ROWS

OURS = ("stores", "payments", "terminal")
ATTRIBUTES = ("aria-label", "title", "placeholder", "alt", "data-confirm")
# Code is Stripe's and ours, in English; languages are offered in their own words.
UNREAD = ("script", "style", "code", "pre", "template")
# Names that are the same in every language, and codes.
NAMES = {
    *("Stripe", "PaymentIntent", "PaymentIntents", "SetupIntent", "Dashboard", "Webhook", "UTC"),
    *("Terminal", "Connect", "Express", "Visa", "Mastercard", "American", "Discover", "Diners"),
    *("Club", "JCB", "UnionPay", "Interac", "eftpos", "Australia", "Cartes", "Bancaires"),
    *("girocard", "Apple", "Google", "Samsung", "Pay", "BBPOS", "WisePOS", "WisePad", "Verifone"),
    *("PIN", "API", "IP", "CSV", "XLSX", "SEPA", "PDF", "JSON", "URL", "Wi", "Fi"),
    *("Affirm", "PayNow", "WeChat", "Reader", "esc", "ms"),
    *("True", "False"),  # behind icons: Django says no more
    *("English", "Español", "Français", "Canada", "Retail", "Unfold", "Django"),
}
NAMED = re.compile(rf"\b({'|'.join(NAMES)})\b")
# Ids and addresses, codes of currencies, times, and words of code: a.b, a_b and ids of Stripe's.
CODES = re.compile(
    r"https?://\S+|[\w.+-]+@[\w-]+[\w.-]*|#?\b\w*[_.\d]\w*\b"
    r"|\b[A-Z]{3}\b|\b[a-z]{3}\b(?= \d)|\b\d\S*"
)
# Units, and keys on a keyboard.
SIGNS = re.compile(r"\d+ min\b|Ctrl K")
PLACE = re.compile(r"\{[^}]*\}|%\(\w+\)s")
WORD = re.compile(r"[^\W\d_]{2,}")


class Said(HTMLParser):
    """The texts of a page, as far as people read them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self._unread: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_icon = "material-symbols" in (given.get("class") or "")
        if tag in UNREAD or is_icon or (self._unread and tag == self._unread[-1]):
            self._unread.append(tag)
        self.texts |= {self._plain(given[name] or "") for name in ATTRIBUTES if name in given}

    def handle_endtag(self, tag: str) -> None:
        if self._unread and self._unread[-1] == tag:
            self._unread.pop()

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.texts.add(self._plain(data))

    def _plain(self, text: str) -> str:
        return " ".join(text.split())


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield " ".join(value.split())
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings(each)


# A sentence that has its parts beside it is no data, and nor are they: it is there to be said.
PARTS = {"message": "said", "resolution": "resolution_said", "read_error": "read_error_said"}


def is_to_be_said(row: Any, name: str) -> bool:
    return name in PARTS.values() or bool(getattr(row, PARTS.get(name, ""), None))


def kept(*, but: Collection[type[models.Model]] = ()) -> list[str]:
    """Every text of every row, the longest first: data, which is shown as it was written."""
    ours: list[Any] = [
        User,
        *(model for app in OURS for model in apps.get_app_config(app).get_models()),
    ]
    found = {
        text
        for model in ours
        if model not in but
        for row in model._default_manager.all()
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField | models.JSONField)
        and not (field.choices or is_to_be_said(row, field.name))
        for text in strings(getattr(row, field.attname))
        if len(text) > 1
    }
    return sorted(found, key=len, reverse=True)


def said_alike() -> set[str]:
    """Words of what Spanish and French say with the same ones."""
    with translation.override("es"):
        alike = {str(name).lower() for name in (*MONTHS_3.values(), *WEEKDAYS_ABBR.values())}
    for app in translations.SOURCES:
        spanish, french = (said_by(app, locale) for locale in ("es", "fr"))
        for message in spanish.keys() & french.keys():
            both = set(plain_words(spanish[message])), set(plain_words(french[message]))
            if both[0] == both[1]:
                alike |= both[0]
    return alike


def said_by(app: str, locale: str) -> dict[Any, str]:
    return {
        (message.context, str(message.id)): " ".join(translations.words(message.string))
        for message in translations.kept(app, locale)
        if message.id
    }


def plain_words(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(PLACE.sub(" ", text))]


def said_in_both(client: Client, address: str) -> set[str]:
    spanish, french = (
        client.get(address, headers={"Accept-Language": language}) for language in ("es", "fr")
    )
    if spanish.status_code != 200 or "html" not in spanish["Content-Type"]:
        return set()
    return Said(spanish.content.decode()).texts & Said(french.content.decode()).texts


def words_left(text: str, data: list[str], alike: set[str]) -> set[str]:
    for each in data:
        if " " in each:  # whole, with the names in it
            text = text.replace(each, " ")
    text = SIGNS.sub(" ", NAMED.sub(" ", text))
    for each in data:
        text = text.replace(each, " ")
    words = set(WORD.findall(CODES.sub(" ", text)))
    return {word for word in words if word.lower() not in alike}


@pytest.fixture
def client(sign_in, store) -> Client:
    """The platform's owner, who sees every page and showed it is them just now."""
    client: Client = sign_in("superuser")
    session = client.session
    session["confirmed_at"] = timezone.now().timestamp()
    session.save()
    return client


def addresses() -> Iterator[str]:
    for model in site._registry:
        if model._meta.app_label not in OURS:
            continue
        row: Any = model._default_manager.order_by("pk").last()
        yield url(model, "changelist")
        if row is not None:
            yield from (page(row), page(row, "history"))
        if site._registry[model].has_add_permission is not None:
            yield url(model, "changelist") + "add/"
    for model, button in BUTTONS:
        yield from (page(row, button) for row in model._default_manager.all())


OF_NO_MODEL = [
    reverse("admin:index"),
    "/admin/search/?s=a",
    reverse("admin:reports"),
    *(reverse("admin:report", args=[name]) for name in REPORTS),
    reverse("admin:payments_feemovement_report"),
    reverse("admin:payments_payment_unresolved"),
    reverse("admin:payments_payment_capture_many"),
    reverse("admin:payments_onboarding_connect"),
]


def test_no_page_says_in_english_what_it_could_say_in_spanish_and_french(client, store):
    for make in ROWS.values():
        make(store)
    asked = [*addresses()]
    asked += [page(row) for row in stages.make(store)]
    pages = {
        text: address
        for address in (*OF_NO_MODEL, *asked)
        for text in said_in_both(client, address)
    }

    data, alike = kept(), said_alike()
    left = {text: page for text, page in pages.items() if words_left(text, data, alike)}
    assert not left, "\n".join(f"{page}: {text}" for text, page in left.items())


def test_an_order_is_told_apart_from_a_payment_in_french(client, store):
    order = factories.OrderFactory.create(store=store, status="open")
    html = client.get(page(order), headers={"Accept-Language": "fr"}).content.decode()

    assert {"Ouverte", "Ouverte."} & Said(html).texts
    assert not {"Ouvert", "Ouvert."} & Said(html).texts
