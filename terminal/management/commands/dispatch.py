"""`manage.py dispatch`: the dispatcher, until SIGTERM or SIGINT. Run as many as you like."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from terminal.dispatcher import Dispatcher


class Command(BaseCommand):
    help = "Hear bells, hand rows to workers, sweep for what was missed."
    requires_system_checks = ["retail"]  # those of pages it does not serve would load them all

    def handle(self, *args: Any, **options: Any) -> None:
        dispatcher = Dispatcher()

        def stop(number: int, frame: FrameType | None) -> None:
            dispatcher.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        self.stdout.write("dispatching")
        self.stdout.flush()
        dispatcher.run()
