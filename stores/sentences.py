"""Sentences that are stored in English and read in the reader's language.

A worker does not know who will read what it writes. So it writes the English, which logs and
searches know, and next to it what the sentence is made of: its pattern, which is the English of the
catalogues, and its facts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NamedTuple, Self, overload
from zoneinfo import ZoneInfo

from django.utils.translation import gettext, ngettext, pgettext

from stores.currencies import (
    Amount,
    Percent,
    format_amount,
    percent,
    spoken_amount,
    spoken_percent,
)
from stores.periods import format_time, spoken_time

Part = dict[str, Any]
Fact = str | int | date


class Said(str):
    """A sentence in English that can be said in other languages.

    Facts that are sentences, amounts or times are said in those, too; others are what they are.
    """

    parts: list[Part]

    def __new__(cls, parts: list[Part]) -> Said:
        sentence = super().__new__(cls, _put(parts, ENGLISH))
        sentence.parts = parts
        return sentence

    @property
    def spoken(self) -> str:
        """In the language of whoever asks now."""
        return spoken(self.parts, self)


def said(pattern: str, /, **facts: Fact) -> Said:
    """`said("Waiting for a card on {reader}.", reader=reader)`; `make translations` gathers it."""
    return Said([{"say": pattern, "with": _kept(facts)}])


def said_many(one: str, many: str, count: int, /, **facts: Fact) -> Said:
    """The form that goes with the number, which is the fact `count`."""
    kept = _kept(facts) | {"count": count}
    return Said([{"say": one, "many": many, "with": kept}])


def said_code(code: str, context: str) -> Said:
    """A code with the words that the catalogues have for it in this context, if they have any."""
    return Said([{"say": code, "of": context}] if code else [])


def together(*sentences: str) -> Said:
    """One after the other; a plain string is its own pattern, without facts."""
    return Said([part for each in sentences for part in parts_of(each)])


def stored(pattern: str) -> str:
    """A pattern whose sentences are stored in English alone, to be known again by `parts_of`.
    What stands for `{number}` is one.
    """
    places = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(pattern))
    _STORED[pattern] = re.compile(places.replace("(?P<number>.+)", r"(?P<number>\d+)"))
    return pattern


_STORED: dict[str, re.Pattern[str]] = {}


def parts_of(sentence: str) -> list[Part]:
    """What is stored next to the English, or could have been."""
    if isinstance(sentence, Said):
        return sentence.parts
    for pattern, places in _STORED.items():
        if found := places.fullmatch(sentence):
            facts = {name: _known(fact) for name, fact in found.groupdict().items()}
            return [{"say": pattern, "with": facts}]
    return [{"say": sentence}] if sentence else []


def _known(fact: str) -> str | list[Part]:
    """A fact that is a sentence itself is said in the reader's language, too."""
    parts = parts_of(fact)
    return parts if "with" in parts[0] else fact


def spoken(parts: list[Part], english: str) -> str:
    """In the language of whoever asks now; what has no parts is as it was stored."""
    return _put(parts, READERS) if parts else str(english)


class Sentence:
    """Two fields of a model: a sentence in English, and what it is made of.

    Asked of a row, it is in the language of whoever asks now; given to one, both are set.
    """

    def __init__(self, english: str, parts: str) -> None:
        self.fields = (english, parts)

    @overload
    def __get__(self, row: None, model: type) -> Self: ...
    @overload
    def __get__(self, row: object, model: type) -> str: ...
    def __get__(self, row: object | None, model: type) -> Self | str:
        if row is None:
            return self
        english, parts = (getattr(row, name) for name in self.fields)
        return spoken(parts, english)

    def __set__(self, row: object, sentence: str) -> None:
        for name, value in self.of(sentence).items():
            setattr(row, name, value)

    def of(self, sentence: str) -> dict[str, Any]:
        """What the two fields are for it."""
        return dict(zip(self.fields, (str(sentence), parts_of(sentence)), strict=True))


def _kept(facts: dict[str, Any]) -> Part:
    return {name: _of(fact) for name, fact in facts.items()}


def _of(fact: Fact) -> Any:
    if isinstance(fact, Amount):
        return {"amount": fact.amount, "currency": fact.currency}
    if isinstance(fact, Percent):
        return {"ppm": fact.ppm}
    if isinstance(fact, datetime):
        zone = {"zone": fact.tzinfo.key} if isinstance(fact.tzinfo, ZoneInfo) else {}
        return {"moment": fact.isoformat()} | zone
    if isinstance(fact, date):
        return {"day": fact.isoformat()}
    return fact.parts if isinstance(fact, Said) else fact


def _put(parts: list[Part], say: Language) -> str:
    return " ".join(_one(part, say) for part in parts)


def _one(part: Part, say: Language) -> str:
    pattern = say.pattern(part)
    if "with" not in part:
        return pattern
    return pattern.format(**{name: _fact(fact, say) for name, fact in part["with"].items()})


def _fact(fact: Any, say: Language) -> Any:
    match fact:
        case {"amount": amount, "currency": currency}:
            return say.amount(amount, currency)
        case {"ppm": ppm}:
            return say.percent(ppm)
        case {"moment": moment}:
            at = datetime.fromisoformat(moment)
            return say.time(at.astimezone(ZoneInfo(fact["zone"])) if "zone" in fact else at)
        case {"day": day}:
            return say.time(date.fromisoformat(day))
    return _put(fact, say) if isinstance(fact, list) else fact


def _english(part: Part) -> str:
    is_one = "many" not in part or part["with"]["count"] == 1
    return str(part["say"] if is_one else part["many"])


def _translated(part: Part) -> str:
    if "many" in part:
        return ngettext(part["say"], part["many"], part["with"]["count"])
    if "of" in part:
        words = part["say"].replace("_", " ")
        known = pgettext(part["of"], words)
        return known if known != words else str(part["say"])
    return gettext(part["say"])


class Language(NamedTuple):
    pattern: Callable[[Part], str]
    amount: Callable[[int, str], str]
    percent: Callable[[int], str]
    time: Callable[[date], str]


ENGLISH = Language(_english, format_amount, percent, format_time)
READERS = Language(_translated, spoken_amount, spoken_percent, spoken_time)
