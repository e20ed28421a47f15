"""An owner lets the platform act for an account that exists: its code is worth an account once.

https://docs.stripe.com/connect/oauth-reference
"""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from simulator.api.routes import Call, operation
from simulator.connect import accounts, deauthorization
from simulator.errors import OAuthError, not_simulated
from simulator.state.store import Json, Record
from simulator.state.world import APPLICATION, PLATFORM, World

LIFE_SECONDS = 300
SCOPES = ("read_only", "read_write")
NO_APPLICATION = "No application matches the supplied client identifier"


@dataclass(frozen=True)
class Wish:
    """What the platform sent a person with to Stripe's page."""

    scope: str
    redirect_uri: str
    state: str | None

    def answer(self, **told: str) -> str:
        """Where the person goes on to, with what came of it."""
        more = told if self.state is None else told | {"state": self.state}
        joint = "&" if urlsplit(self.redirect_uri).query else "?"
        return f"{self.redirect_uri}{joint}{urlencode(more)}"


def understand(query: Json) -> Wish:
    """Raises OAuthError where the page itself says what is wrong, for nobody can be trusted yet."""
    if query.get("client_id") != APPLICATION:
        raise OAuthError(400, "invalid_request", f"{NO_APPLICATION}: {query.get('client_id')}")
    uri = query.get("redirect_uri", "")
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = "Invalid redirect URI. Ensure this uri exactly matches one of the uris specified"
        raise OAuthError(400, "invalid_redirect_uri", f"{message} in your application settings.")
    return Wish(query.get("scope") or "read_only", uri, query.get("state"))


def complaint(query: Json, wish: Wish) -> str:
    """Where to send a person back to at once, with an error; empty when the page may be shown."""
    if query.get("response_type") != "code":
        words = "Only the 'code' response type is supported."
        return wish.answer(error="unsupported_response_type", error_description=words)
    if wish.scope not in SCOPES:
        return wish.answer(error="invalid_scope", error_description="Invalid scope provided.")
    return ""


def logins(world: World) -> list[Record]:
    """Accounts whose owners have a full Dashboard to log in to, those of strangers first."""
    known = [
        record
        for record in world.store.of_kind("accounts")
        if record.id != PLATFORM and not record.data.get("deleted")
        if record.data["controller"]["stripe_dashboard"]["type"] == "full"
    ]
    return sorted(known, key=lambda record: not record.hidden.get("deauthorized"))


def deny(wish: Wish) -> str:
    return wish.answer(error="access_denied", error_description="The user denied your request")


def grant(world: World, wish: Wish, account: Record) -> str:
    """The account is the platform's once the code was exchanged, and not before."""
    code, now = world.ids.new("ac_", 32), world.clock.now()
    shown = {"id": code, "object": "oauth_code", "created": now, "expires_at": now + LIFE_SECONDS}
    hidden = {"account": account.id, "scope": wish.scope, "used": False}
    world.new("oauth_codes", PLATFORM, shown, hidden)
    return wish.answer(scope=wish.scope, code=code)


def stranger(world: World, name: str, country: str) -> Record:
    """An account that takes payments, of somebody the platform does not know. Raises ValueError."""
    wanted = {"business_name": name, "country": country.upper(), "connected": False}
    return accounts.ensure(world, wanted)


def exchange(call: Call) -> Json:
    world, params = call.world, call.params
    if params["grant_type"] == "refresh_token":
        raise not_simulated("refresh tokens")
    code = params.get("code", "")
    if not code:
        raise OAuthError(400, "invalid_request", "No authorization code provided")
    found = world.store.by_id.get(code)
    if found is None or found.kind != "oauth_codes" or call.account != PLATFORM:
        raise OAuthError(400, "invalid_grant", f"Authorization code does not exist: {code}")
    if found.hidden["used"]:
        raise OAuthError(
            400,
            "invalid_grant",
            "This authorization code has already been used. All tokens issued with this code have"
            " been revoked.",
        )
    if world.clock.now() >= found.data["expires_at"]:
        raise OAuthError(400, "invalid_grant", f"Authorization code expired: {code}")
    found.hidden["used"] = True
    world.save(found)
    account = world.get(found.hidden["account"])
    if account.hidden.get("deauthorized"):
        account.data["created"] = world.clock.now()
        deauthorization.come_back(world, account)
    tail = account.id.removeprefix("acct_")
    return {
        "access_token": f"sk_test_{tail}{'0' * 16}",
        "livemode": False,
        "refresh_token": f"rt_{tail}{'0' * 16}",
        "scope": found.hidden["scope"],
        "stripe_publishable_key": f"pk_test_{tail}{'0' * 16}",
        "stripe_user_id": account.id,
        "token_type": "bearer",
    }


OPERATIONS = [
    operation(
        *("POST", "/oauth/token", "oauth.token", exchange),
        *("OAuth.OAuthTokenParams", ""),
        takes="code grant_type",
    ),
]
