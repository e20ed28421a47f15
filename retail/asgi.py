"""The whole project for an ASGI server: `uvicorn retail.asgi:application`."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retail.settings")

LIVE = "/api/v1/live/"
django_application = get_asgi_application()


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Django, without a thread of its own for each client that only waits.

    ASGIHandler gives every request a thread for the synchronous parts of its middleware, which a
    live stream would keep for hours. They share one thread; their views are asynchronous.
    """
    if scope["type"] == "http" and scope["path"].startswith(LIVE):
        await django_application.handle(scope, receive, send)
    else:
        await django_application(scope, receive, send)
