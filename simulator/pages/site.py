"""The pages a person opens: the virtual readers, the request log, the faults panel.

Addresses under /_simulator that end in a slash are pages, all others are JSON.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from simulator.control import api
from simulator.pages import words
from simulator.pages.rendering import TEMPLATES
from simulator.sandbox import Sandbox
from simulator.terminal.readers import CODES

Endpoint = Callable[[Request], Awaitable[Response]]

HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
STATIC = Path(__file__).parent / "static"


def routes(sandbox: Sandbox) -> list[BaseRoute]:
    async def reader(request: Request) -> Response:
        """Also for one that is not there: the page says so, and waits for it."""
        return _page("reader", id=request.path_params["id"])

    async def faults(request: Request) -> Response:
        return _page(
            "faults",
            what=words.WHAT,
            timed=words.TIMED,
            presets=words.presets(),
            operations=words.operations(),
            switches=words.switches(),
        )

    return [
        Route("/", _welcome),
        Route("/_simulator/", _welcome),
        Route("/_simulator/readers/{id}/", reader),
        Route("/_simulator/log/", _plain("log")),
        Route("/_simulator/deliveries/", _plain("deliveries")),
        Route("/_simulator/faults/", faults),
        Route("/_simulator/accounts/", _plain("accounts")),
        Mount("/_simulator/static", _Static(directory=STATIC)),
    ]


async def _welcome(request: Request) -> Response:
    """A browser sees the readers, a terminal the list of what can be called."""
    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse(api.welcome(), headers={"Vary": "Accept"})
    if request.url.path == "/":
        return RedirectResponse("/_simulator/", headers={"Vary": "Accept"})
    return _page("readers", codes=CODES, devices=words.DEVICES)


def _plain(name: str) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return _page(name)

    return endpoint


def _page(name: str, **context: Any) -> Response:
    html = TEMPLATES.get_template(f"{name}.html").render(page=name, **context)
    return HTMLResponse(html, headers=HEADERS | {"Vary": "Accept"})


class _Static(StaticFiles):
    """Files a browser asks for anew each time, so that nobody looks at yesterday's."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(name.lower().encode(), HEADERS[name].encode()) for name in HEADERS]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await super().__call__(scope, receive, guarded)
