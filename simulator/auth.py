"""Keys and accounts: https://docs.stripe.com/api/authentication, /connect/authentication."""

import base64
import binascii

from simulator.connect import access
from simulator.errors import StripeError
from simulator.state.world import PLATFORM, World

NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, "
    "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
    "https://stripe.com/docs/api#authentication for details, or we can help at "
    "https://support.stripe.com/."
)


NOT_SECRET = (
    "This API call cannot be made with a publishable API key. Please use a secret API key. You can "
    "find a list of your API keys at https://dashboard.stripe.com/account/apikeys."
)
LIVE = ("sk_live_", "rk_live_", "pk_live_")
# What a permission of a restricted key allows.
GRADES = ("none", "read", "write")


def require_key(world: World, authorization: str) -> str:
    """The secret or restricted test key of the request."""
    key = _key(authorization)
    if not key:
        raise StripeError(401, NO_KEY)
    if key.startswith(LIVE):
        raise StripeError(
            401,
            f"This is a simulator and refuses live keys ({key[:8]}…). No money can move here; use "
            "a test key (sk_test_…), and send live keys to Stripe only.",
        )
    if key.startswith("pk_test_"):
        raise StripeError(403, NOT_SECRET, code="secret_key_required")
    if not key.startswith(("sk_test_", "rk_test_")) or len(key) <= len("sk_test_"):
        raise StripeError(401, f"Invalid API Key provided: {_masked(key)}")
    if world.api_keys.get(key, {}).get("revoked"):
        raise StripeError(401, f"Expired API Key provided: {_masked(key)}", code="api_key_expired")
    return key


def require_permission(world: World, key: str, account: str, operation: str, method: str) -> None:
    """Restricted keys may read, and no more, unless the control API gave them permissions."""
    if not key.startswith("rk_"):
        return
    wanted = "read" if method == "GET" else "write"
    resource = resource_of(operation)
    permissions = world.api_keys.get(key, {}).get("permissions") or {"*": "read"}
    granted = permissions.get(resource, permissions.get("*", "none"))
    if GRADES.index(granted) < GRADES.index(wanted):
        raise StripeError(
            403,
            f"The provided key '{_masked(key)}' does not have the required permissions for this "
            f"endpoint on account '{account}'. Having the 'rak_{resource}_{wanted}' permission "
            "would allow this request to continue.",
        )


def resource_of(operation: str) -> str:
    """What permissions are given for, such as `payment_intent`."""
    return operation.partition(".")[0].removesuffix("s")


def acting_account(world: World, header: str, key: str) -> str:
    """The account whose objects the request sees."""
    if header in ("", PLATFORM):
        return PLATFORM
    if access.find(world, header) is None:
        raise StripeError(
            world.switches["bad_stripe_account_status"],
            f"The provided key '{_masked(key)}' does not have access to account '{header}' (or "
            "that account does not exist). Application access may have been revoked.",
            code="account_invalid",
        )
    return header


def _key(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return value
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _masked(key: str) -> str:
    return f"{key[:8]}{'*' * 8}{key[-4:]}" if len(key) > 12 else "*" * len(key)
