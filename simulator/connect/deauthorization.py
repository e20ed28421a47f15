"""An account leaves its platform: https://docs.stripe.com/connect/oauth-reference#post-deauthorize."""

from simulator.api.routes import Call, operation
from simulator.connect import access
from simulator.errors import OAuthError
from simulator.state.store import Json, Record
from simulator.state.world import APPLICATION, World
from simulator.webhooks import events

ABOUT: Json = {"id": APPLICATION, "object": "application", "name": "Simulated platform"}


def leave(world: World, account: Record) -> None:
    """The last the platform hears of it."""
    events.announce(world, "account.application.deauthorized", account.id, ABOUT)
    account.hidden["deauthorized"] = True
    world.save(account)


def come_back(world: World, account: Record) -> None:
    account.hidden["deauthorized"] = False
    world.save(account)
    events.announce(world, "account.application.authorized", account.id, ABOUT)


def deauthorize(call: Call) -> Json:
    """Only accounts with a Dashboard have an owner who could have connected them."""
    id, client = call.params["stripe_user_id"], call.params.get("client_id")
    if client != APPLICATION:
        message = f"No application matches the supplied client identifier: {client}"
        raise OAuthError(401, "invalid_client", message)
    account = access.find(call.world, id)
    controller: Json = account.data["controller"] if account else {}
    if account is None or controller.get("stripe_dashboard", {}).get("type", "none") == "none":
        raise OAuthError(
            401,
            "invalid_client",
            f"This application is not connected to stripe account {id}, or that account does not "
            "exist.",
        )
    leave(call.world, account)
    return {"stripe_user_id": id}


OPERATIONS = [
    operation(
        *("POST", "/oauth/deauthorize", "oauth.deauthorize", deauthorize),
        *("OAuth.OAuthDeauthorizeParams", ""),
        takes="client_id stripe_user_id",
    ),
]
