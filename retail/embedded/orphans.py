"""Servers that outlived their launcher and its guardian, both killed at once."""

import os
import subprocess
from pathlib import Path
from signal import Signals

from retail.embedded import guardian

# A server's folder in the data directory: the file in it that names its process, how to stop it.
SERVERS = {
    "postgres": ("postmaster.pid", (Signals.SIGINT, Signals.SIGQUIT)),
    "redis": ("redis.pid", (Signals.SIGTERM,)),
}
GRACE = 6.0  # seconds


def end(data: Path) -> None:
    """End what still runs on a data directory that we hold the lock of.

    A left-over file may also name a process that has nothing to do with it: numbers are used
    again, soon after a container's restart. Then the file alone is removed, since PostgreSQL would
    not start with it.
    """
    for name, (pid_file, signals) in SERVERS.items():
        path = data / name / pid_file
        try:
            pid = int(path.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            continue
        if _works_in(pid, data / name):
            guardian.end({pid: guardian.Ward(pid, 0, GRACE, signals)})
        path.unlink(missing_ok=True)


def _works_in(pid: int, folder: Path) -> bool:
    """Whether the process is a server of this folder: each has its folder as working directory."""
    if not Path("/proc/self").exists():  # macOS: at least PostgreSQL names it on its command line
        command = ["ps", "-o", "args=", "-p", str(pid)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        return str(folder) in found.stdout
    try:
        return os.readlink(f"/proc/{pid}/cwd") == str(folder.resolve())
    except OSError:
        return False
