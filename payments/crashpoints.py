"""Named places where a test may let the process die, to prove that nothing is lost there."""

import os
import signal

from django.conf import settings


def crash_point(name: str) -> None:
    """Die at once, as by a power cut, when settings name this point; else do nothing."""
    if name == settings.CRASH_POINT:
        os.kill(os.getpid(), signal.SIGKILL)
