"""Which account a call is about, and what the platform may change of it.

https://docs.stripe.com/connect/accounts, /api/accounts/update
"""

from simulator.api.routes import Call
from simulator.errors import StripeError, bad_request
from simulator.state.store import Record
from simulator.state.world import PLATFORM, World

TERMS = (
    "You cannot accept the Terms of Service on behalf of accounts where "
    "`controller[requirement_collection]=stripe`, which includes Standard and Express accounts."
)
# Once the holder was sent to Stripe's onboarding these are theirs alone.
HOLDERS = ("business_type", "company", "external_account", "individual", "persons")


def find(world: World, id: str) -> Record | None:
    """An account of this platform, unless it was deleted or has left it."""
    record = world.store.by_id.get(id)
    if record is None or record.kind != "accounts":
        return None
    gone = record.hidden.get("deauthorized") or record.data.get("deleted")
    return None if gone else record


def account(call: Call) -> Record:
    """The account of the path, which for a connected account can only be itself."""
    record = find(call.world, call.id or call.account)
    if record is None or (call.account != PLATFORM and record.id != call.account):
        raise no_access(call.id)
    return record


def connected(call: Call) -> Record:
    """The same, but not the platform itself: its own affairs are the Dashboard's."""
    record = account(call)
    if record.id == PLATFORM:
        raise StripeError(403, "You cannot change your own account through the API.")
    return record


def writable(call: Call, *params: str) -> Record:
    """An account of which the platform may still change what these parameters hold."""
    record = connected(call)
    if record.data["controller"]["requirement_collection"] == "application":
        return record
    if "tos_acceptance" in params:
        raise bad_request(TERMS, None, "tos_acceptance")
    theirs = [name for name in HOLDERS if name in params]
    if theirs and record.hidden.get("linked"):
        noun = "parameter" if len(theirs) == 1 else "parameters"
        names = ",".join(f"'{name}'" for name in theirs)
        raise StripeError(
            403,
            f"This application does not have the required permissions for the {noun} {names} on "
            f"account '{record.id}'.",
        )
    return record


def no_access(id: str) -> StripeError:
    return StripeError(
        403,
        f"The provided key does not have access to account '{id}' (or that account does not "
        "exist). Application access may have been revoked.",
        code="account_invalid",
    )
