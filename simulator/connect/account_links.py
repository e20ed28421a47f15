"""Ways for the holder of an account to a page of Stripe's: onboarding, the Express Dashboard.

https://docs.stripe.com/api/account_links, /api/accounts/login_link
"""

from urllib.parse import urlsplit

from simulator.api.routes import Call, operation
from simulator.connect import access, standing
from simulator.errors import bad_request, missing_param
from simulator.state.store import Json
from simulator.state.world import PLATFORM

LIFE_SECONDS = 300
NOT_A_PLATFORM = "You must have a client application set in order to make this request."


def create(call: Call) -> Json:
    """Good for one visit within minutes. From now on what Stripe collects is Stripe's."""
    world, params = call.world, call.params
    if params["account"] == PLATFORM or call.account != PLATFORM:
        raise bad_request(NOT_A_PLATFORM)
    account = access.find(world, params["account"])
    if account is None:
        raise access.no_access(params["account"])
    collector = account.data["controller"]["requirement_collection"]
    if params["type"] == "account_update" and collector != "application":
        raise bad_request('Invalid type: must be one of ["account_onboarding"]', None, "type")
    for name in ("refresh_url", "return_url"):
        _require_url(params, name)
    now = world.clock.now()
    token = world.ids.new("link_", 24)
    link: Json = {
        "id": token,
        "object": "account_link",
        "created": now,
        "expires_at": now + LIFE_SECONDS,
        "url": f"http://{call.host}/_simulator/onboarding/{token}/",
    }
    wishes = params.get("collection_options") or {"fields": params.get("collect")}
    hidden = {name: params[name] for name in ("account", "refresh_url", "return_url", "type")}
    hidden |= {"fields": wishes.get("fields") or "currently_due", "session": None, "ended": False}
    world.new("account_links", PLATFORM, link, hidden)
    account.hidden["linked"] = True
    standing.refresh(world, account, check=False)
    return {name: link[name] for name in ("object", "created", "expires_at", "url")}


def _require_url(params: Json, name: str) -> None:
    if name not in params:
        raise missing_param(name)
    parts = urlsplit(params[name])
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_request("Not a valid URL", "url_invalid", name)


def create_login(call: Call) -> Json:
    """To the Express Dashboard, for those who have it and were onboarded."""
    account = access.connected(call)
    if account.data["controller"]["stripe_dashboard"]["type"] != "express":
        raise bad_request(
            f"{account.id} is not an Express account: login links are for accounts with the "
            "Express Dashboard."
        )
    if not account.data["details_submitted"]:
        raise bad_request(
            "Cannot create a login link for an account that has not completed onboarding."
        )
    url = f"http://{call.host}/_simulator/accounts/#{account.id}"
    return {"object": "login_link", "created": call.world.clock.now(), "url": url}


OPERATIONS = [
    operation(
        *("POST", "/v1/account_links", "account_links.create", create),
        *("AccountLinkCreateParams", "account_link"),
        takes="account collect collection_options[fields] refresh_url return_url type",
    ),
    operation(
        *("POST", "/v1/accounts/{id}/login_links", "login_links.create", create_login),
        *("AccountLoginLinkCreateParams", "login_link"),
    ),
]
