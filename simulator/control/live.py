"""Changes as they happen, for pages that show the present: server-sent events."""

import json
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from simulator.control.routes import Row, Visit
from simulator.state.watchers import Watcher


def live(visit: Visit) -> Response:
    """`event: change` for every saved record, finished exchange, delivery, fault and so on."""
    watcher = Watcher(visit.world.watchers)
    headers = {"Cache-Control": "no-store"}
    return StreamingResponse(_events(watcher), headers=headers, media_type="text/event-stream")


async def _events(watcher: Watcher) -> AsyncIterator[str]:
    async for changes in watcher.rounds():
        told = [f"event: change\ndata: {json.dumps(change)}\n\n" for change in changes]
        yield "".join(told) or ": listening\n\n"


ROUTES: list[Row] = [
    ("GET", "/live", live),
]
