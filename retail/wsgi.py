"""The whole project for a WSGI server: `granian --interface wsgi retail.wsgi:application`."""

import os
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retail.settings")
django_application = get_wsgi_application()

from retail import hooks  # noqa: E402  (models need Django to be set up)

Environ = dict[str, Any]


def application(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """Django; but webhooks go straight to their door."""
    endpoint = hooks.endpoint_of(environ["PATH_INFO"])
    if endpoint is None:
        answer: Iterable[bytes] = django_application(environ, start_response)
        return answer
    return _webhook(environ, start_response, endpoint)


def _webhook(environ: Environ, start_response: Any, endpoint: UUID) -> Iterable[bytes]:
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0

    def read(most: int) -> bytes:
        body: bytes = environ["wsgi.input"].read(max(0, min(length, most)))
        return body

    signature = environ.get("HTTP_STRIPE_SIGNATURE", "")
    status, headers, body = hooks.answer(endpoint, environ["REQUEST_METHOD"], signature, read)
    start_response(f"{status} {status.phrase}", headers)
    return [body]
