"""Sentences that are stored beside their parts: every place that makes one, found in the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from retail.translations import ROOT, SOURCES, WHOLE, kept, words

OURS = ("stores", "payments", "terminal")
# What tells a person, or that it is over, and which of its arguments is the sentence. That what has
# a name there is a `Said`, the type checker knows.
TELLS = {"raise_incident": 1, "resolve_incidents": 1, "end": 0}
PATTERNS = {"said": 1, "said_many": 2, "stored": 1}


def calls(app: str) -> Iterator[tuple[str, str, ast.Call]]:
    """Where it is, what is called, and the call."""
    for path in sorted((ROOT / app).rglob("*.py")):
        tree = ast.parse(path.read_text())
        theirs = {
            name.asname or name.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "stores.sentences"
            for name in node.names
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in TELLS or name in theirs:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", name, node


def translated(locale: str) -> set[str]:
    return {
        sentence
        for app in SOURCES
        for message in kept(app, locale)
        if message.id and all(words(message.string))
        for sentence in words(message.id)
    }


def test_what_tells_a_person_is_given_no_text_that_was_put_together_on_the_spot():
    told = [
        (place, call.args[TELLS[name]])
        for app in OURS
        for place, name, call in calls(app)
        if name in TELLS and call.args
    ]
    wrong = [
        place
        for place, sentence in told
        if isinstance(sentence, ast.Constant)
        or any(isinstance(node, ast.JoinedStr | ast.BinOp) for node in ast.walk(sentence))
    ]

    assert len(told) > 40
    assert wrong == []


def test_every_pattern_of_a_stored_sentence_is_in_the_catalogues():
    patterns = [
        (place, pattern)
        for app in OURS
        for place, name, call in calls(app)
        for pattern in call.args[: PATTERNS.get(name, 0)]
    ]
    known = set.intersection(*(translated(locale) for locale in WHOLE))
    wrong = [
        place
        for place, pattern in patterns
        if isinstance(pattern, ast.JoinedStr | ast.BinOp | ast.Call)
        or (isinstance(pattern, ast.Constant) and pattern.value not in known)
    ]

    assert len(patterns) > 300
    assert wrong == []
