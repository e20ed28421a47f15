"""The control API under /_simulator: what no sandbox lets you do. No key needed."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.control import (
    accounts,
    dashboard,
    exchanges,
    faults,
    keys,
    live,
    overview,
    past,
    readers,
    scenarios,
    time,
    truth,
    webhooks,
)
from simulator.control.routes import Act, Row, Visit
from simulator.control.scenario.stage import Stage
from simulator.errors import StripeError
from simulator.sandbox import Sandbox
from simulator.state.store import Json

Endpoint = Callable[[Request], Awaitable[Response]]

# In the order in which the welcome tells them.
_STORIES = (
    *(truth, exchanges, live, time, faults, webhooks, accounts, dashboard, keys, readers),
    *(scenarios, past, overview),
)
ROUTES: list[Row] = [row for story in _STORIES for row in story.ROUTES]

WELCOME = """\
A local Stripe with simulated readers.
Stripe's API is under /v1; any sk_test_ key will do.
What no sandbox lets you do is here, without a key (see simulator/README.md):
"""


def routes(sandbox: Sandbox) -> list[Route]:
    sandbox.stage = Stage(sandbox, ROUTES)
    return [
        Route(f"/_simulator{path}", _endpoint(sandbox, act), methods=[method])
        for method, path, act in ROUTES
    ]


def welcome() -> str:
    """What a person sees who asks with curl what this is."""
    calls = [f"{method:6} /_simulator{path}" for method, path, act in ROUTES]
    return "\n".join([WELCOME, *calls, ""])


def _endpoint(sandbox: Sandbox, act: Act) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            id = request.path_params.get("id", "")
            text = _text(await request.body())
            body = _body(text, request.headers.get("content-type", ""))
            sandbox.world.nobody_asked()
            answer = act(Visit(sandbox, id, request.query_params, body, text))
        except StripeError as error:
            return JSONResponse(error.body(), error.status)
        except LookupError as error:
            return _refusal(404, str(error.args[0]))
        except (ValueError, TypeError) as error:
            return _refusal(400, str(error))
        finally:
            sandbox.world.commit()
        return answer if isinstance(answer, Response) else JSONResponse(answer)

    return endpoint


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise ValueError("The body is no UTF-8 text.") from None


def _body(text: str, content_type: str) -> Json:
    """JSON, but where YAML is taken and said to come."""
    if not text or "yaml" in content_type:
        return {}
    try:
        body: Any = json.loads(text)
    except json.JSONDecodeError as error:
        hint = "a scenario in YAML needs the header Content-Type: application/yaml"
        raise ValueError(f"The body is no JSON: {error}; {hint}.") from None
    except RecursionError:
        raise ValueError("The body is nested too deeply.") from None
    if not isinstance(body, dict):
        raise ValueError("The body is a JSON object.")
    return body


async def no_such_call(request: Request, error: Exception) -> Response:
    """A path that is not there, or not for this method."""
    there = "curl shows at / what there is"
    return _refusal(404, f"There is no {request.method} {request.url.path}; {there}.")


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message}}, status)
