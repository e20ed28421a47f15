"""A record is a line."""

import logging
import re
import sys

from retail.logs import OneLine


def record(message, *args, exc_info=None):
    return logging.LogRecord(
        "payments.gateway", logging.WARNING, __file__, 1, message, args, exc_info
    )


def test_names_time_level_and_logger():
    line = OneLine().format(record("payment %s: the lease was lost", 7))

    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING payments.gateway: "
        r"payment 7: the lease was lost",
        line,
    )


def test_keeps_a_traceback_on_the_line():
    try:
        raise ValueError("no")
    except ValueError:
        line = OneLine().format(record("event %s failed", 3, exc_info=sys.exc_info()))

    assert "\n" not in line
    assert line.endswith("| ValueError: no")


def test_lets_nobody_write_a_second_record():
    line = OneLine().format(record("%s", "busy\r\n2026-01-01T00:00:00.000Z ERROR root: forged"))

    assert len(line.splitlines()) == 1
