"""The demo's passwords and tokens, in a file only its owner reads, so that they stay the same."""

import json
import os
import secrets
from pathlib import Path

from stores.services import new_token


def write_private(path: Path, content: object) -> None:
    """Write JSON that only the owner may read; readers see the old file or the new, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    draft.replace(path)


class Logins:
    """What was given out before, and what is made up now; `save` when all is asked for."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        known = json.loads(path.read_text()) if path is not None and path.exists() else {}
        self.passwords: dict[str, str] = known.get("passwords", {})
        self.tokens: dict[str, str] = known.get("tokens", {})
        self.new: set[str] = set()

    def password(self, username: str) -> str:
        if username not in self.passwords:
            self.passwords[username] = secrets.token_urlsafe(9)
            self.new.add(username)
        return self.passwords[username]

    def token(self, key: str) -> str:
        return self.tokens.setdefault(key, new_token())

    def save(self) -> None:
        if self.path is not None:
            write_private(self.path, {"passwords": self.passwords, "tokens": self.tokens})
