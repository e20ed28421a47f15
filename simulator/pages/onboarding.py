"""The page that plays Stripe's hosted onboarding: it works on a phone, and without JavaScript."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.connect import access, onboarding
from simulator.errors import StripeError
from simulator.pages.rendering import TEMPLATES
from simulator.state.store import Json, Record
from simulator.state.world import World

Endpoint = Callable[[Request], Awaitable[Response]]
PATH = "/_simulator/onboarding/{link}/"
GONE = "This link does not exist, or the simulator has forgotten it since."


def routes(world: World) -> list[BaseRoute]:
    async def arrive(request: Request) -> Response:
        """The link itself, which opens the page once."""
        link = _link(world, request)
        if link is None:
            return page("gone", {}, status=404)
        hidden = link.hidden
        if hidden["session"] or world.clock.now() >= link.data["expires_at"]:
            return RedirectResponse(hidden["refresh_url"], 303)
        hidden["session"] = world.ids.new("session_", 24)
        world.save(link)
        world.commit()
        return RedirectResponse(f"{request.url.path}{hidden['session']}/", 303)

    async def form(request: Request) -> Response:
        link = _link(world, request)
        if link is None or link.hidden["session"] != request.path_params["session"]:
            return page("gone", {}, status=404)
        account = access.find(world, link.hidden["account"])
        if link.hidden["ended"] or account is None:
            return RedirectResponse(link.hidden["refresh_url"], 303)
        if request.method == "GET":
            return _form(world, account, link, "")
        return await _take(world, account, link, request)

    return [
        Route(PATH, arrive),
        Route(f"{PATH}{{session}}/", form, methods=["GET", "POST"]),
    ]


def _link(world: World, request: Request) -> Record | None:
    record = world.store.by_id.get(request.path_params["link"])
    return record if record is not None and record.kind == "account_links" else None


async def _take(world: World, account: Record, link: Record, request: Request) -> Response:
    """Save for later, go on, or submit, by the button that was pressed."""
    text = (await request.body()).decode("utf-8", "replace")
    told = {name: value.strip() for name, value in parse_qsl(text)}
    act, terms = told.pop("act", "submit"), told.pop("terms", None)
    fail = told.pop("verification", "pass") == "fail"
    submitted = act == "submit"
    accept = _acceptance(world, request) if submitted and terms else None
    world.nobody_asked()
    try:
        onboarding.answer(world, account, told, accept=accept, fail=fail and submitted)
    except (StripeError, ValueError) as error:
        return _form(world, account, link, str(error))
    finally:
        world.commit()
    if act == "later" or (accept and not _still_due(world, account, link)):
        link.hidden["ended"] = True
        world.save(link)
        world.commit()
        return RedirectResponse(link.hidden["return_url"], 303)
    return _form(world, account, link, "Some answers are still missing." if submitted else "")


def _still_due(world: World, account: Record, link: Record) -> list[str]:
    """What was asked and not answered; what verification asks afterwards comes another time."""
    errors = {each["requirement"] for each in account.data["requirements"]["errors"]}
    if link.hidden["type"] == "account_update":
        return []
    return [name for name in onboarding.due(world, account, link) if name not in errors]


def _acceptance(world: World, request: Request) -> Json:
    client = request.client.host if request.client else "127.0.0.1"
    agent = request.headers.get("user-agent", "")
    return {"date": world.clock.now(), "ip": client, "user_agent": agent}


def _form(world: World, account: Record, link: Record, problem: str) -> Response:
    data = account.data
    kind_first = onboarding.needs_kind(world, account, link)
    context = {
        "name": data["business_profile"]["name"] or data["email"] or account.id,
        "account": data,
        "problem": problem,
        "kinds": onboarding.KINDS if kind_first else (),
        "groups": {} if kind_first else onboarding.ask(world, account, link),
        "errors": data["requirements"]["errors"],
        "trades": onboarding.TRADES,
        "documents": onboarding.DOCUMENTS,
        "updating": link.hidden["type"] == "account_update",
    }
    return page("onboarding", context, goes_to=link.hidden["return_url"])


def page(name: str, context: Json, status: int = 200, goes_to: str = "") -> Response:
    """Browsers hold a form to `form-action` even where its answer sends them on to."""
    parts = urlsplit(goes_to)
    onward = f" {parts.scheme}://{parts.netloc}" if goes_to else ""
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
        f"base-uri 'none'; frame-ancestors 'none'; form-action 'self'{onward}",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    html = TEMPLATES.get_template(f"{name}.html").render(gone=GONE, **context)
    return HTMLResponse(html, status, headers)
