"""Find Node.js and the packages of the tests, or get them, or say plainly what is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
OLDEST = 20
NOTHING_TESTED = 75  # sysexits.h: a temporary failure
NO_NODE = f"""\
There is no Node.js {OLDEST} or newer with npm, so the journeys in JavaScript were NOT tested.
  apt-get install nodejs npm      (as root; or from https://nodejs.org)
"""
NO_PACKAGES = """\
npm could not install what package-lock.json names, so the journeys in JavaScript were NOT tested.
It needs a registry once: npm ci --prefix tests/js
"""


def get() -> str | None:
    """Node.js, installed if that is possible; None when there is none that is new enough."""
    if not _is_here() and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        _try(["apt-get", "install", "-y", "--no-install-recommends", "nodejs", "npm"])
    return shutil.which("node") if _is_here() else None


def _is_here() -> bool:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = said.strip().removeprefix("v").partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST


def packages() -> bool:
    """Whether exactly what the lock names is in node_modules now."""
    if (FOLDER / "node_modules" / ".package-lock.json").exists() and _same():
        return True
    return _try(["npm", "ci", "--no-audit", "--no-fund", "--prefix", str(FOLDER)])


def _same() -> bool:
    """npm's own record of what it installed is as new as the lock."""
    record, lock = FOLDER / "node_modules" / ".package-lock.json", FOLDER / "package-lock.json"
    return record.stat().st_mtime >= lock.stat().st_mtime


def _try(command: list[str]) -> bool:
    sys.stderr.write(f"Trying: {' '.join(command)}\n")
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0
