"""Every page of the admin, drawn in English and in Spanish: what is the same in both is either
data, or was forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from payments.services.reports.registry import REPORTS
from retail import translations
from tests import factories
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
# Ids and addresses, codes of currencies, times, and words of code: a.b, a_b and ids of Stripe's.
CODES = re.compile(
    r"https?://\S+|[\w.+-]+@[\w-]+[\w.-]*|#?\b\w*[_.\d]\w*\b"
    r"|\b[A-Z]{3}\b|\b[a-z]{3}\b(?= \d)|\b\d\S*"
)
# Units, and keys on a keyboard.
SIGNS = re.compile(r"\d+ min\b|Ctrl K")
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


def kept() -> list[str]:
    """Every text of every row, the longest first: data, which is shown as it was written."""
    ours: list[Any] = [
        User,
        *(model for app in OURS for model in apps.get_app_config(app).get_models()),
    ]
    found = {
        text
        for model in ours
        for row in model._default_manager.all()
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField | models.JSONField)
        and not field.choices
        for text in strings(getattr(row, field.attname))
        if len(text) > 1
    }
    return sorted(found, key=len, reverse=True)


def said_alike() -> set[str]:
    """What the Spanish catalogues say as in English, on purpose."""
    return {
        sentence.lower()
        for app in translations.SOURCES
        for message in translations.kept(app, "es")
        for sentence, translated in zip(
            translations.words(message.id), translations.words(message.string), strict=False
        )
        if sentence and sentence.lower() == translated.lower()
    }


def left_english(client: Client, address: str, data: list[str], alike: set[str]) -> list[str]:
    english, spanish = (
        client.get(address, headers={"Accept-Language": language}) for language in ("en", "es")
    )
    if english.status_code != 200 or "html" not in english["Content-Type"]:
        return []
    both = Said(english.content.decode()).texts & Said(spanish.content.decode()).texts
    return sorted(text for text in both if words_left(text, data, alike))


def words_left(text: str, data: list[str], alike: set[str]) -> set[str]:
    if text.rstrip(":").lower() in alike:
        return set()
    text = SIGNS.sub(" ", text)
    for each in data:
        text = text.replace(each, " ")
    return {word for word in WORD.findall(CODES.sub(" ", text)) if word not in NAMES}


@pytest.fixture
def client(sign_in, store) -> Client:
    """The platform's owner, who sees every page and showed it is them just now."""
    for make in ROWS.values():
        make(store)
    client: Client = sign_in("superuser")
    session = client.session
    session["confirmed_at"] = timezone.now().timestamp()
    session.save()
    return client


def addresses(app: str) -> Iterator[str]:
    for model in site._registry:
        if model._meta.app_label != app:
            continue
        row: Any = model._default_manager.order_by("pk").last()
        yield url(model, "changelist")
        if row is not None:
            yield from (page(row), page(row, "history"))
        if site._registry[model].has_add_permission is not None:
            yield url(model, "changelist") + "add/"
    for model, button in BUTTONS:
        if model._meta.app_label == app:
            yield from (page(row, button) for row in model._default_manager.all())


OF_NO_MODEL = {
    "stores": [reverse("admin:index"), "/admin/search/?s=a"],
    "payments": [
        reverse("admin:reports"),
        *(reverse("admin:report", args=[name]) for name in REPORTS),
        reverse("admin:payments_feemovement_report"),
        reverse("admin:payments_payment_unresolved"),
        reverse("admin:payments_payment_capture_many"),
        reverse("admin:payments_onboarding_connect"),
    ],
}


@pytest.mark.parametrize("app", OURS)
def test_no_page_says_in_english_what_it_could_say_in_spanish(client, app: str):
    data, alike = kept(), said_alike()
    left = {
        address: texts
        for address in (*OF_NO_MODEL.get(app, []), *addresses(app))
        if (texts := left_english(client, address, data, alike))
    }
    assert not left, "\n".join(f"{where}: {texts}" for where, texts in left.items())


def test_an_order_is_told_apart_from_a_payment_in_french(client, store):
    order = factories.OrderFactory.create(store=store, status="open")
    html = client.get(page(order), headers={"Accept-Language": "fr"}).content.decode()

    assert {"Ouverte", "Ouverte."} & Said(html).texts
    assert not {"Ouvert", "Ouvert."} & Said(html).texts
