"""The files of a var directory: secrets that stay, logs, and what scripts may read."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from retail.launch.options import new_secrets

LOGS_KEPT = 3  # of earlier starts


def write_private(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON that only we can read; a reader sees the old file or the new one, whole."""
    scratch = path.with_name(f"{path.name}.new")
    scratch.unlink(missing_ok=True)
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps(content, indent=2) + "\n")
    scratch.replace(path)


def read(path: Path) -> dict[str, Any]:
    """A JSON object, {} when there is none that can be read."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def kept_secrets(var: Path) -> dict[str, str]:
    """The secrets of this var directory, made at the first start."""
    path = var / "secrets.json"
    known = read(path)
    kept = {name: str(known.get(name) or value) for name, value in new_secrets().items()}
    if kept != known:
        write_private(path, kept)
    return kept


def log_file(var: Path, name: str) -> Path:
    """A fresh log for a process; those of the last starts are kept as `.1`, `.2`, `.3`."""
    path = var / "log" / f"{name}.log"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    for number in range(LOGS_KEPT, 0, -1):
        older = path.with_name(f"{name}.log.{number - 1}") if number > 1 else path
        if older.exists():
            older.replace(path.with_name(f"{name}.log.{number}"))
    return path
