"""docs/failures.md has a row for everything that goes wrong, and names tests that exist. It …"""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "failures.md"
ROW = re.compile(r"^\| (\d+) \|(.*)\|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
KNOWN = range(1, 103)


def test_leaves_no_failure_out():
    numbers = [int(number) for number, _ in ROW.findall(PAGE.read_text())]

    assert numbers == sorted(set(numbers))
    assert set(KNOWN) - set(numbers) == set()


def test_proves_each_row_or_says_why_it_cannot():
    rows = ROW.findall(PAGE.read_text())
    assert [n for n, row in rows if not NAMED.search(row) and "Not provoked: " not in row] == []


def test_names_only_tests_that_are_there():
    missing = [
        f"{file}::{name}"
        for file, name in NAMED.findall(PAGE.read_text())
        if not (TESTS / file).is_file() or f"def {name}(" not in (TESTS / file).read_text()
    ]
    assert missing == []
