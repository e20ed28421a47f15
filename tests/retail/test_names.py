"""Names of models, fields and columns have words in every language that is kept whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin import ModelAdmin, site
from django.contrib.admin.utils import flatten_fieldsets, help_text_for_field, label_for_field
from django.db.models import Field, Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise

from retail import names, translations
from tests import factories

MODELS = [model for app in names.OURS for model in apps.get_app_config(app).get_models()]
SAME = {"ID", ""}  # Django's own, in every language


def fields(model: type[Model]) -> Iterator[Field[Any, Any]]:
    yield from (field for field in model._meta.get_fields() if isinstance(field, Field))


def names_of(model: type[Model]) -> set[str]:
    options = model._meta
    plain = {str(options.verbose_name), str(options.verbose_name_plural)}
    return plain | {str(field.verbose_name) for field in fields(model)}


def said_in(locale: str) -> set[str]:
    return {
        sentence
        for app in translations.SOURCES
        for message in translations.kept(app, locale)
        for sentence in translations.words(message.id)
    }


@pytest.mark.parametrize("locale", translations.WHOLE)
def test_every_model_and_field_has_a_name(locale: str):
    said = said_in(locale) | SAME
    with translation.override("en"):
        nameless = {model.__name__: names_of(model) - said for model in MODELS}
    assert {model: left for model, left in nameless.items() if left} == {}


def test_no_name_is_kept_of_what_is_gone():
    with translation.override("en"):
        kept = {str(name) for name in (*names.MODELS, *names.FIELDS)}
        assert kept - set().union(*(names_of(model) for model in MODELS)) == set()


def test_what_people_say_otherwise_is_no_longer_called_as_in_the_code():
    with translation.override("en"):
        called = set().union(*(names_of(model) for model in MODELS))
    assert called & {*names.SAID} == set()
    assert {str(words) for words in names.SAID.values()} - called == set()


def uncapitalized(name: str) -> str:
    """As it was before a form made a label of it."""
    return name[:1].lower() + name[1:]


def labels_of(admin: ModelAdmin[Any], request: HttpRequest) -> Iterator[str]:
    """What stands above columns, fields, groups of fields and filters, and what helps below."""
    has_own_page = bool(getattr(admin, "live_template", ""))
    fieldsets = [] if has_own_page else admin.get_fieldsets(request)
    for title, options in fieldsets:
        yield str(title or "")
        yield str(options.get("description") or "")
    own = admin.form.base_fields
    for field in own.values():
        yield str(field.label or "")
        yield str(field.help_text)
    shown = [*admin.get_list_display(request), *flatten_fieldsets(fieldsets)]
    for name in (name for name in shown if name not in own):
        yield str(label_for_field(name, admin.model, admin))
        yield str(help_text_for_field(name, admin.model))
    for filter_ in admin.get_list_filter(request):
        title = getattr(filter_, "title", "")
        yield str(title) if isinstance(title, str | Promise) else ""


def in_language(language: str, request: HttpRequest) -> list[tuple[str, str]]:
    with translation.override(language):
        return [
            (type(admin).__name__, label)
            for model, admin in site._registry.items()
            if model in MODELS
            for label in labels_of(admin, request)
        ]


@pytest.fixture
def owners_request(db, client) -> HttpRequest:
    client.force_login(factories.UserFactory.create(is_superuser=True))
    request: HttpRequest = client.get(reverse("admin:index")).wsgi_request
    return request


def test_every_column_group_filter_and_help_of_the_admin_has_words(owners_request):
    english = in_language("en", owners_request)
    for locale in translations.WHOLE:
        said = said_in(locale) | SAME
        both = zip(english, in_language(locale, owners_request), strict=True)
        alike = [name for name, other in both if name == other and not name[1].startswith("<")]
        assert [name for name in alike if not {name[1], uncapitalized(name[1])} & said] == []
