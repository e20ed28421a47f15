"""The catalogues of what people read, kept by Babel: `make translations` gathers and compiles.

Each app has its own, in `<app>/locale/<locale>/LC_MESSAGES/django.po`; what the templates say is
retail's. `fr_CA` holds only what is said otherwise there, and is compiled with all that is printed
otherwise: gettext looks into `fr` for the rest.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {
    "stores": ["stores"],
    "payments": ["payments"],
    "terminal": ["terminal"],
    "retail": ["retail", "templates"],
}
LOCALES = ("es", "fr", "fr_CA")
WHOLE = ("es", "fr")  # say everything; the others only what they say otherwise
METHODS = [("**.py", "python"), ("**.html", "retail.translations:from_template")]
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "said": None,  # stores/sentences.py
    "said_many": (1, 2),
    "stored": None,
}
# What French has in print where keyboards, and the text of its catalogues, have a plain sign:
# spaces that no line may break at, and apostrophes. Canada has no space before ; ? and !.
FRENCH = [
    (re.compile(r" (?=[:;?!»])|(?<=«) | (?=%%?(?![\w(]))"), "\xa0"),
    (re.compile(r"(?<=\w)'(?=\w)"), "’"),  # noqa: RUF001
]
PRINT = {"fr": FRENCH, "fr_CA": [(re.compile(r" (?=[;?!])"), ""), *FRENCH]}
SAME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # a date that changes makes every merge a conflict


def from_template(
    source: BinaryIO, keywords: Any, comments: Any, options: Any
) -> Iterator[tuple[int, Any, list[str], str | None]]:
    """The messages of a Django template, which Django itself rewrites into calls of gettext."""
    from django.utils.translation.template import templatize

    calls = templatize(source.read().decode())
    flat = "\n".join(line.lstrip() for line in calls.splitlines())  # indents would be Python's
    yield from extract_python(io.BytesIO(flat.encode()), keywords, comments, options)


def gathered(app: str) -> Catalog:
    """What the app says now, in English."""
    catalog = Catalog()
    for folder in SOURCES[app]:
        found = extract_from_dir(ROOT / folder, METHODS, keywords=KEYWORDS)
        for name, _line, message, _comments, context in found:
            catalog.add(message, locations=[(f"{folder}/{name}", 0)], context=context)
    return catalog


def place(app: str, locale: str) -> Path:
    return ROOT / app / "locale" / locale / "LC_MESSAGES" / "django.po"


def kept(app: str, locale: str) -> Catalog:
    """The catalogue as it lies there; an empty one where there is none yet."""
    path = place(app, locale)
    if not path.exists():
        return Catalog(locale=locale, project="retail", version="1", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def merged(app: str, locale: str) -> Catalog:
    """The catalogue with what is said now, without what no longer is."""
    catalog = kept(app, locale)
    catalog.update(gathered(app), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    if locale not in WHOLE:
        for message in [each for each in catalog if each.id and not any(words(each.string))]:
            catalog.delete(message.id, message.context)
    catalog.fuzzy = False
    catalog.header_comment = catalog.last_translator = catalog.msgid_bugs_address = ""
    catalog.creation_date = catalog.revision_date = SAME_DAY
    return catalog


def text_of(catalog: Catalog) -> bytes:
    written = io.BytesIO()
    write_po(written, catalog, width=100, sort_output=True, include_lineno=False)
    return written.getvalue()


def compiled(app: str, locale: str) -> bytes:
    written = io.BytesIO()
    write_mo(written, printed(app, locale))
    return written.getvalue()


def printed(app: str, locale: str) -> Catalog:
    """The catalogue as people read it; of a part, with what the whole says and it prints anew."""
    catalog, whole = kept(app, locale), locale.partition("_")[0]
    for each in catalog:
        each.string = in_print(each.string, locale)
    for each in kept(app, whole) if locale not in WHOLE else ():
        string = in_print(each.string, locale)
        is_new = each.id and catalog.get(words(each.id)[0], each.context) is None
        if is_new and string != in_print(each.string, whole):
            catalog.add(each.id, string, context=each.context)
    return catalog


def in_print(string: Any, locale: str) -> Any:
    """As people read it: French with the spaces and apostrophes of printers."""
    if isinstance(string, list | tuple):
        return tuple(in_print(each, locale) for each in string)
    if not string:
        return string
    for pattern, sign in PRINT.get(locale, ()):
        string = pattern.sub(sign, string)
    return string


def words(string: Any) -> list[str]:
    """One, or the forms of a plural."""
    return list(string) if isinstance(string, list | tuple) else [string]


def untranslated(catalog: Catalog) -> list[str]:
    return [str(each.id) for each in catalog if each.id and not all(words(each.string))]


def main() -> int:
    missing = 0
    for app in SOURCES:
        for locale in LOCALES:
            catalog, path = merged(app, locale), place(app, locale)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text_of(catalog))
            path.with_suffix(".mo").write_bytes(compiled(app, locale))
            left = untranslated(catalog)
            missing += len(left)
            sys.stdout.write(
                f"{app:10}{locale:6}{len(catalog):6} messages{len(left):6} not translated\n"
            )
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
