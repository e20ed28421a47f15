"""One at a time: a lock that is free only when the last child of its holder has ended."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from retail.embedded.errors import CannotStart
from retail.embedded.guardian import is_running

PATIENCE = 20.0  # seconds that a killed holder's guardian gets to stop its children


@contextlib.contextmanager
def exclusive(path: Path, holder: str) -> Iterator[int]:
    """Hold the lock file and give its descriptor; `holder` names its owner in the refusal.

    A holder that was killed leaves its guardian holding the lock while it stops the children; that
    is waited for. Raises CannotStart when a living process has the lock.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                pid = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
                if (pid.isdigit() and is_running(int(pid))) or time.monotonic() > deadline:
                    raise CannotStart(
                        f"{holder} is already in use by process {pid or 'unknown'}: stop that one, "
                        "or choose another data directory with RETAIL_VAR_DIR."
                    ) from None
                time.sleep(0.05)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)
