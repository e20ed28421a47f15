"""The catalogues: whole, true to the code, and with the same places for values as the English."""

import re
from datetime import UTC, datetime

import pytest
from babel.messages import Catalog
from django.utils import translation
from django.utils.formats import date_format

from retail import translations
from retail.translations import LOCALES, SOURCES, WHOLE

PLACES = re.compile(r"\{[\w.]*\}|%\(\w+\)s|%s")
everywhere = pytest.mark.parametrize(
    ("app", "locale"), [(app, locale) for app in SOURCES for locale in LOCALES]
)


def pairs(catalog: Catalog) -> list[tuple[str, str]]:
    """Each sentence with its translation; of plurals, the plural with every form."""
    found = []
    for each in catalog:
        if isinstance(each.id, tuple):
            found += [(each.id[1], form) for form in each.string or ()]
        elif each.id and each.string:
            found.append((str(each.id), str(each.string)))
    return found


@everywhere
def test_a_catalogue_says_what_the_code_says_today(app: str, locale: str):
    merged = translations.merged(app, locale)
    assert translations.place(app, locale).read_bytes() == translations.text_of(merged), (
        "make translations"
    )
    if locale in WHOLE:
        assert translations.untranslated(merged) == []


@everywhere
def test_a_compiled_catalogue_is_that_of_its_text(app: str, locale: str):
    written = translations.place(app, locale).with_suffix(".mo").read_bytes()
    assert written == translations.compiled(app, locale), "make translations"


@everywhere
def test_a_translation_has_the_places_of_its_sentence(app: str, locale: str):
    for sentence, translated in pairs(translations.kept(app, locale)):
        assert sorted(PLACES.findall(sentence)) == sorted(PLACES.findall(translated)), sentence


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_that_is_offered_is_one_that_is_kept(locale: str):
    with translation.override(translation.to_language(locale)):
        assert translation.get_language() == locale.replace("_", "-").lower()


@pytest.mark.parametrize("locale", LOCALES)
def test_no_two_apps_say_one_sentence_differently(locale: str):
    """Django merges the catalogues, and the first app's words would win in all of them."""
    said: dict[tuple[str, str], set[str]] = {}
    for app in translations.SOURCES:
        for message in translations.printed(app, locale):
            sentence = translations.words(message.id)[0]
            if sentence and any(translations.words(message.string)):
                said.setdefault((message.context or "", sentence), set()).add(str(message.string))

    assert [sentence for sentence, ways in said.items() if len(ways) > 1] == []


def test_canadian_french_tells_the_hour_as_canadians_do():
    moment = datetime(2026, 11, 29, 13, 40, tzinfo=UTC)
    with translation.override("fr-ca"):
        assert date_format(moment, "DATETIME_FORMAT") == "29 novembre 2026, 13\xa0h\xa040"
        assert date_format(moment, translation.gettext("H:i")) == "13\xa0h\xa040"
        assert translation.gettext("Order") == "Commande"


def test_canadian_french_has_no_space_before_a_question_mark_though_french_has_one():
    sentence = "Leave it as it is?"
    shown = {}
    for language in ("fr", "fr-ca"):
        with translation.override(language):
            shown[language] = translation.gettext(sentence)

    assert translations.kept("terminal", "fr_CA").get(sentence) is None
    assert shown == {"fr": "Le laisser tel quel\xa0?", "fr-ca": "Le laisser tel quel?"}


def test_french_is_said_with_the_spaces_and_apostrophes_of_printers():
    plain = "L'ordre : « 15 % » ; %(rest)s (5 %%) ou 9 %(unit)s ?"
    printed = "L’ordre\xa0: «\xa015\xa0%\xa0»\xa0; %(rest)s (5\xa0%%) ou 9 %(unit)s\xa0?"  # noqa: RUF001

    assert translations.in_print([plain, plain], "fr") == (printed, printed)
    assert translations.in_print(plain, "fr_CA") == (
        printed.replace("\xa0;", ";").replace("\xa0?", "?")
    )
    assert translations.in_print(plain, "es") == plain


def said(locale: str, printed: str) -> dict[tuple[str | None, str], str]:
    """All that our catalogues say of what is one sentence, by context and English."""
    return {
        (each.context, each.id): translations.in_print(str(each.string), printed)
        for app in SOURCES
        for each in translations.kept(app, locale)
        if isinstance(each.id, str) and each.id and each.string
    }


@pytest.mark.parametrize("locale", LOCALES)
def test_what_our_catalogues_say_is_what_is_shown(locale: str):
    """Other packages have catalogues too, and Canadian ones come before our French."""
    ours = said(locale.partition("_")[0], locale) | said(locale, locale)
    with translation.override(translation.to_language(locale)):
        shown = {
            (context, sentence): translation.pgettext(context, sentence)
            if context
            else translation.gettext(sentence)
            for context, sentence in ours
        }
    assert shown == ours
