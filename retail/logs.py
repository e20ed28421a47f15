"""How a record becomes a line, and what never gets into one."""

from __future__ import annotations

import logging
import re
import time

HIDDEN = "[hidden]"
# Each names in its one group what is hidden; what stands before it stays, so that one sees what
# it was. We log none of this on purpose: it comes in the words of others, and in tracebacks.
SECRETS = [
    re.compile(pattern)
    for pattern in (
        r"\b((?:sk|rk)_(?:test|live)_\w{4,})",
        r"\b(whsec_[\w+/=]{4,})",
        r"\b(rtl_device_[\w-]{8,})",  # a tablet's token
        r"\b((?:ac|rt)_\w{16,})",  # OAuth: a code, which is in the address somebody comes back to
        r"[?&]state=([\w-]{16,})",
        r"(?i:bearer|basic)\s+([\w.~+/=-]{16,})",
        r"\b\w+_secret_(\w{6,})",  # a client_secret: pi_123_secret_456
        r"(?i:client_secret|password|passwd|secret_key|csrfmiddlewaretoken|sessionid)"
        r"[\"']?\s*[=:]\s*[\"']?([^\s\"'&,;|]{3,})",
        r"://[^\s:/@]*:([^\s:/@]+)@",  # of a database, in its address
        # A pairing code as it is shown, and as it is kept
        r"(?<![\w-])([2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4})(?![\w-])",
        r"(?<![\w-])((?=[2-9]*[A-Z])(?=[A-Z]*[2-9])[2-9A-HJ-NP-Z]{8})(?![\w-])",
    )
]
CARD = re.compile(
    r"(?<![\w.])(?:[2-6]\d{12,18}|[2-6]\d{3}([ -])\d{4}\1\d{4}\1\d{1,7}"
    r"|3\d{3}([ -])\d{6}\2\d{5})(?!\w)"
)


class OneLine(logging.Formatter):
    """Time (UTC), level, logger, sentence: on one line, tracebacks and all, without secrets.

    So a line is a record to whatever collects lines, and nobody writes a second record by putting
    a line break into what we log.
    """

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return redact(" | ".join(super().format(record).splitlines()))


def redact(text: str) -> str:
    """The same without keys, tokens, passwords, pairing codes and card numbers."""
    for secret in SECRETS:
        text = secret.sub(_hide, text)
    return CARD.sub(_hide_card, text)


def secrets_in(text: str) -> list[str]:
    """What `redact` would hide."""
    found = [match[1] for secret in SECRETS for match in secret.finditer(text)]
    cards = [match[0] for match in CARD.finditer(text) if passes_luhn(match[0])]
    return [each for each in found + cards if each != HIDDEN]


def _hide(match: re.Match[str]) -> str:
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    return match[0][:start] + HIDDEN + match[0][end:]


def _hide_card(match: re.Match[str]) -> str:
    return HIDDEN if passes_luhn(match[0]) else match[0]


def passes_luhn(number: str) -> bool:
    """Whether the check digit is right, as on every card."""
    digits = [int(digit) for digit in reversed(number) if digit.isdigit()]
    doubled = (2 * digit for digit in digits[1::2])
    return (sum(digits[::2]) + sum(each // 10 + each % 10 for each in doubled)) % 10 == 0
