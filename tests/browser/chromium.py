"""Find a Chromium, or get one, or say plainly that there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CACHES = (  # where Playwright keeps its own, per system
    ("~/.cache/ms-playwright", "chromium-*/chrome-linux*/chrome"),
    ("~/Library/Caches/ms-playwright", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*"),
    ("~/AppData/Local/ms-playwright", "chromium-*/chrome-win*/chrome.exe"),
)
NO_BROWSER = 75  # sysexits.h: a temporary failure; nothing was tested
MISSING = """\
There is no Chromium, so the pages were NOT tested. Any one of these mends it:
  CHROMIUM=/path/to/chromium make browser-test
  apt-get install chromium        (Debian, as root; or your system's package)
  .venv/bin/python -m playwright install chromium
"""


def find() -> str | None:
    """The one that is named, else one on the PATH, else one that Playwright keeps."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    on_path = (shutil.which(name) for name in NAMES)
    return next((path for path in on_path if path), None) or _kept()


def _kept() -> str | None:
    own = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    for usual, pattern in CACHES:
        folder = Path(own or usual).expanduser()
        for path in sorted(folder.glob(pattern), reverse=True):
            if os.access(path, os.X_OK):
                return str(path)
    return None


def get() -> str | None:
    """One that is here, else one that can be downloaded or installed."""
    found = find()
    if found or os.environ.get("CHROMIUM"):  # where one is named, no other will do
        return found
    _try([sys.executable, "-m", "playwright", "install", "chromium"])
    if not find() and is_root() and shutil.which("apt-get"):
        _try(["apt-get", "install", "-y", "--no-install-recommends", "chromium"])
    return find()


def _try(command: list[str]) -> None:
    sys.stderr.write(f"No Chromium here; trying: {' '.join(command)}\n")
    done = subprocess.run(command, stdout=sys.stderr, check=False)
    if done.returncode:
        sys.stderr.write(f"That did not work (status {done.returncode}).\n")


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def options() -> list[str]:
    """Chromium's own sandbox is not for root."""
    return ["--no-sandbox"] if is_root() else []
