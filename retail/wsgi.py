"""The whole project for a WSGI server: `granian --interface wsgi retail.wsgi:application`."""

import logging
import os
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retail.settings")
django_application = get_wsgi_application()

from payments.webhooks import knock  # noqa: E402  (models need Django to be set up)

logger = logging.getLogger(__name__)
# The same paths as in retail/urls.py
DOOR = re.compile(r"/hooks/(?:reader|general)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")
Environ = dict[str, Any]


def application(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """Django; but webhooks go straight to their door.

    There is no session, cookie or page in them, and Django's request, middleware and URLs cost as
    much as verifying and storing together (`make bench-webhooks`).
    """
    door = DOOR.fullmatch(environ["PATH_INFO"])
    if door is None:
        answer: Iterable[bytes] = django_application(environ, start_response)
        return answer
    return _webhook(environ, start_response, UUID(door[1]))


def _webhook(environ: Environ, start_response: Any, endpoint: UUID) -> Iterable[bytes]:
    method = environ["REQUEST_METHOD"]
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0

    def read(most: int) -> bytes:
        body: bytes = environ["wsgi.input"].read(max(0, min(length, most)))
        return body

    status, words = knock(endpoint, method, environ.get("HTTP_STRIPE_SIGNATURE", ""), read)
    if status != HTTPStatus.OK:
        logger.warning("webhook refused: %s %s", status, words)
    body = b"" if method == "HEAD" else words.encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [body]
