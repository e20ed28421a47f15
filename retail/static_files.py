"""WhiteNoise that does not stand in the way of asynchronous views."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware

Answer = HttpResponseBase | Awaitable[HttpResponseBase]
Untyped: Any = WhiteNoiseMiddleware


class StaticFiles(Untyped):  # type: ignore[misc]
    """The same files. Under ASGI, WhiteNoise's own middleware would keep one thread for each
    request as long as its view waits: a long poll for 25 seconds.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Answer]) -> None:
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):  # who waits has no files (see retail.asgi)
            return self.get_response(request)
        return super().__call__(request)

    def add_files(self, root: str | Path, prefix: str | None = None) -> None:
        """`collectstatic` is for the docker image: no directory is no reason to warn."""
        if Path(root).is_dir():
            super().add_files(root, prefix=prefix)
