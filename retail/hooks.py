"""The short cut of webhooks past Django's request: what both servers' ways in share.

There is no session, cookie or page in a webhook, and Django's request, middleware and URLs cost as
much as verifying and storing together (`make bench-webhooks`, docs/adr/0010).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from payments.webhooks import knock
from retail.walls import HEADERS, NO_STORE

logger = logging.getLogger(__name__)
# The same paths as in retail/urls.py
DOOR = re.compile(r"/hooks/(?:reader|general)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")

WALLS = [*(HEADERS | NO_STORE).items()]


def endpoint_of(path: str) -> UUID | None:
    """The endpoint that a path leads to; None when it leads elsewhere."""
    door = DOOR.fullmatch(path)
    return None if door is None else UUID(door[1])


def answer(
    endpoint: UUID, method: str, signature: str, read: Callable[[int], bytes]
) -> tuple[HTTPStatus, list[tuple[str, str]], bytes]:
    """Status, headers and body of what whoever knocked is answered."""
    status, words = knock(endpoint, method, signature, read)
    if status != HTTPStatus.OK:
        logger.warning("webhook refused: %s %s", status, words)
    body = b"" if method == "HEAD" else words.encode()
    own = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    return HTTPStatus(status), own + WALLS, body
