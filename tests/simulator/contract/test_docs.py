"""docs/simulator.md says what is there, and names tests and switches that exist."""

import re

from simulator.state.switches import DEFAULTS

from . import table

TESTS = table.PAGE.parents[1] / "tests" / "simulator"
NAMED = re.compile(r"`((?:contract/)?test_\w+\.py)::(test_\w+)`")


def test_the_endpoints_are_those_there_are():
    _, begin, rest = table.PAGE.read_text().partition(table.BEGIN)
    fresh = begin + rest.partition(table.END)[0] + table.END == table.written()
    assert fresh, "write them anew: python -m tests.simulator.contract.table"


def test_every_test_it_names_is_there():
    named = NAMED.findall(table.PAGE.read_text())
    missing = [
        f"{file}::{name}"
        for file, name in named
        if f"def {name}(" not in (TESTS / file).read_text(encoding="utf-8")
    ]
    assert len(named) > 100
    assert missing == []


def test_every_switch_has_its_rule():
    rules = table.PAGE.read_text().partition("## Rules")[2].partition("## Endpoints")[0]
    assert [name for name in DEFAULTS if f"`{name}`" not in rules] == []
