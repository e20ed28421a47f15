"""The whole project for an ASGI server: `uvicorn retail.asgi:application`."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retail.settings")

LIVE = "/api/v1/live/"
live_application = get_asgi_application()

from payments.webhooks import LARGEST_BODY  # noqa: E402  (models need Django to be set up)
from retail import hooks  # noqa: E402


class Pages(ASGIHandler):
    """All that is answered at once: a request crosses into its thread once.

    Django would cross for every half of every middleware, there and back: a third of what a
    tablet's small request costs.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


pages = Pages()
# Each keeps its database connection, and what was prepared on it. They are their own, so that a
# webhook waits for no page.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="hooks")


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Django; but webhooks go straight to their door, and who only waits has no thread.

    ASGIHandler gives every request a thread for the synchronous parts of its middleware, which a
    live stream would keep for hours. Streams share one thread; their views are asynchronous.
    """
    endpoint = hooks.endpoint_of(scope["path"]) if scope["type"] == "http" else None
    if endpoint is not None:
        await _webhook(scope, receive, send, endpoint)
    elif scope["type"] == "http" and scope["path"].startswith(LIVE):
        await live_application.handle(scope, receive, send)
    else:
        await pages(scope, receive, send)


async def _webhook(scope: Any, receive: Any, send: Any, endpoint: UUID) -> None:
    body = await _body(receive)
    signatures = [value for name, value in scope["headers"] if name == b"stripe-signature"]

    def read(most: int) -> bytes:
        if body is None:
            raise OSError("the client went away")
        return body[:most]

    status, headers, answer = await asyncio.get_running_loop().run_in_executor(
        _threads,
        hooks.answer,
        endpoint,
        scope["method"],
        b",".join(signatures).decode("latin1"),
        read,
    )
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": status.value, "headers": encoded})
    await send({"type": "http.response.body", "body": answer})


async def _body(receive: Any) -> bytes | None:
    """No more of it than is looked at; None when the client went away meanwhile."""
    body = b""
    while len(body) <= LARGEST_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body
