"""Named places where a test may let the process die, to prove that nothing is lost there.

A name is `step:thing`, as in `answered:refund.create`: what was done, and of what.
"""

import os
import signal
from collections.abc import Callable

from django.conf import settings

# Called with the name of each point that is passed; tests listen, and may raise.
watchers: list[Callable[[str], None]] = []


def crash_point(name: str) -> None:
    """Die at once, as by a power cut, when settings name this point; else do nothing."""
    for watch in watchers:
        watch(name)
    if name == settings.CRASH_POINT:
        os.kill(os.getpid(), signal.SIGKILL)
