"""WhiteNoise that does not stand in the way of asynchronous views."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
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
        if iscoroutinefunction(self) and not request.path_info.startswith(self.static_prefix):
            return self.get_response(request)
        if iscoroutinefunction(self):
            return self._serve_or_pass(request)
        return super().__call__(request)

    async def _serve_or_pass(self, request: HttpRequest) -> HttpResponseBase:
        found = await sync_to_async(self._find)(request.path_info)
        if found is not None:
            return cast("HttpResponseBase", self.serve(found, request))
        response: HttpResponseBase = await self.get_response(request)
        return response

    def _find(self, path: str) -> Any:
        return self.find_file(path) if self.autorefresh else self.files.get(path)

    def add_files(self, root: str | Path, prefix: str | None = None) -> None:
        """`collectstatic` is for the docker image: no directory is no reason to warn."""
        if Path(root).is_dir():
            super().add_files(root, prefix=prefix)
