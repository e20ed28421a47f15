"""A record is a line."""

import logging
import re
import sys

import pytest

from retail.logs import OneLine, redact, secrets_in


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


CARD = "4242 4242 4242 4242"


@pytest.mark.secrets
@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("key sk_test_aaaabbbbcccc is wrong", "key [hidden] is wrong"),
        ("rk_live_0123456789", "[hidden]"),
        ("secret 'whsec_abc/def+12=' was", "secret '[hidden]' was"),
        ("Authorization: Bearer rtl_device_abcdefgh-_123", "Authorization: Bearer [hidden]"),
        ("authorization: bearer abcdefghijklmnop", "authorization: bearer [hidden]"),
        ("intent pi_3Abc_secret_XyZ123", "intent pi_3Abc_secret_[hidden]"),
        ("GET /?code=ac_abcdefghij0123456789", "GET /?code=[hidden]"),
        ("/connected/?state=abcdefgh-_0123456789&error=no", "/connected/?state=[hidden]&error=no"),
        ('{"client_secret": "seti_abc"}', '{"client_secret": "[hidden]"}'),
        ("password=hunter22&next=/", "password=[hidden]&next=/"),
        ("'password': 'hunter22'", "'password': '[hidden]'"),
        ("postgres://retail:hunter22@db/retail", "postgres://retail:[hidden]@db/retail"),
        ("code ABCD-2345 was shown", "code [hidden] was shown"),
        ("code ABCD2345 was shown", "code [hidden] was shown"),
        (f"card {CARD} declined", "card [hidden] declined"),
        ("number=4242424242424242", "number=[hidden]"),
        ("3782 822463 10005", "[hidden]"),
    ],
)
def test_hides_secrets_and_card_numbers(said, kept):
    assert redact(said) == kept
    assert secrets_in(said) != []
    assert secrets_in(kept) == []


@pytest.mark.secrets
def test_hides_them_in_a_traceback_too():
    try:
        raise ValueError("No such key: sk_live_abcdefgh")
    except ValueError:
        line = OneLine().format(record("event %s failed", 3, exc_info=sys.exc_info()))

    assert "sk_live" not in line


@pytest.mark.parametrize(
    "harmless",
    [
        "payment 7: the lease was lost",
        "6f4f7b1e-6d2b-4b8e-9d57-0c8f3f4f3a55",
        "4242424242424241 of 4000000000000000",  # no card: the check digit is wrong
        "1790000000000 ms",
        "evt_1QabcdEFGH tmr_Fabc pi_3Abc",
        "DATABASE is away; RFC 9457",
        "PREPARED in 2026-11-28T17:00:00.000Z",
    ],
)
def test_leaves_everything_else_as_it_is(harmless):
    assert redact(harmless) == harmless


def test_is_how_every_process_writes(settings):
    assert settings.LOGGING["formatters"]["line"]["()"] == "retail.logs.OneLine"
    assert [*settings.LOGGING["handlers"]] == settings.LOGGING["root"]["handlers"] == ["stderr"]
