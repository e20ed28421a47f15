"""How a record becomes a line."""

from __future__ import annotations

import logging
import time


class OneLine(logging.Formatter):
    """Time (UTC), level, logger, sentence: on one line, tracebacks and all.

    So a line is a record to whatever collects lines, and nobody writes a second record by putting
    a line break into what we log.
    """

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return " | ".join(super().format(record).splitlines())
