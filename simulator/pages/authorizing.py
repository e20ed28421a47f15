"""The page that plays Stripe's OAuth: an owner logs in, and lets a platform in or not."""

from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.connect import oauth
from simulator.connect.deauthorization import ABOUT
from simulator.errors import OAuthError, StripeError
from simulator.pages.onboarding import page
from simulator.state.store import Json, Record
from simulator.state.world import World

PATH = "/oauth/authorize"
NEW = "new"


def routes(world: World) -> list[BaseRoute]:
    async def authorize(request: Request) -> Response:
        query = dict(request.query_params)
        try:
            wish = oauth.understand(query)
        except OAuthError as error:
            return JSONResponse(error.body(), error.status)
        back = oauth.complaint(query, wish)
        if back:
            return RedirectResponse(back, 303)
        if request.method == "GET":
            return _form(world, wish, "")
        return await _take(world, wish, request)

    return [Route(PATH, authorize, methods=["GET", "POST"])]


async def _take(world: World, wish: oauth.Wish, request: Request) -> Response:
    told = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    if told.get("act") != "connect":
        return RedirectResponse(oauth.deny(wish), 303)
    world.nobody_asked()
    try:
        url = oauth.grant(world, wish, _account(world, told))
    except (StripeError, ValueError) as error:
        return _form(world, wish, str(error))
    finally:
        world.commit()
    return RedirectResponse(url, 303)


def _account(world: World, told: Json) -> Record:
    """Whose login it is. Raises ValueError."""
    if told.get("account", NEW) == NEW:
        name = told.get("business_name", "").strip() or "An older shop"
        return oauth.stranger(world, name, told.get("country", "").strip() or "US")
    for record in oauth.logins(world):
        if record.id == told["account"]:
            return record
    raise ValueError("Nobody can log in to that account.")


def _form(world: World, wish: oauth.Wish, problem: str) -> Response:
    parts = urlsplit(wish.redirect_uri)
    logins = [
        {
            "id": record.id,
            "name": record.data["business_profile"]["name"] or record.id,
            "connected": not record.hidden.get("deauthorized"),
        }
        for record in oauth.logins(world)
    ]
    context = {
        "platform": ABOUT["name"],
        "logins": logins,
        "new": NEW,
        "first": next((each["id"] for each in logins if not each["connected"]), NEW),
        "writes": wish.scope == "read_write",
        "problem": problem,
        "goes_to": parts.netloc,
    }
    return page("authorize", context, goes_to=wish.redirect_uri)
