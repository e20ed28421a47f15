"""State on disk: one line per change, so that the next start goes on where this one ended."""

import fcntl
import json
import sys
from pathlib import Path
from typing import Any, TextIO

from simulator.state.store import Json

# To be raised with every change of what records, jobs or faults hold: an older journal is not read.
FORMAT = 2


class Journal:
    """A file of `[table, key, value]`; the last line about a key holds, null removes it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "journal.jsonl"
        self._lock = (folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit(f"Another simulator keeps its journal in {folder}.")
        self._file: TextIO | None = None

    def read(self) -> dict[str, Json]:
        """Table by table; a line cut short by a crash ends the reading."""
        tables: dict[str, Json] = {}
        if not self._is_ours():
            return tables
        with self._path.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    table, key, value = json.loads(line)
                except ValueError:
                    break
                if value is None:
                    tables.get(table, {}).pop(key, None)
                else:
                    tables.setdefault(table, {})[key] = value
        return tables

    def _is_ours(self) -> bool:
        """Whether there is a journal of this format; another one is set aside, and that is said."""
        if not self._path.exists():
            return False
        with self._path.open(encoding="utf-8") as lines:
            if lines.readline() in ("", _line("format", "", FORMAT)):
                return True
        aside = self._path.with_suffix(".old")
        self._path.replace(aside)
        sys.stderr.write(
            "This simulator cannot read the journal of another version. It begins anew; the old "
            f"journal is {aside}.\n"
        )
        return False

    def rewrite(self, tables: dict[str, Json]) -> None:
        """Begin again with nothing but what holds now."""
        self.close()
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(_line("format", "", FORMAT))
            for table, rows in tables.items():
                for key, value in rows.items():
                    file.write(_line(table, key, value))
        fresh.replace(self._path)
        self._file = self._path.open("a", encoding="utf-8")

    def append(self, changes: list[tuple[str, str, Any]]) -> None:
        assert self._file is not None
        self._file.write("".join(_line(*change) for change in changes))
        self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _line(table: str, key: str, value: Any) -> str:
    return json.dumps([table, key, value], separators=(",", ":")) + "\n"
