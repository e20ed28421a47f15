"""API keys that no longer work, or not for everything."""

from simulator.auth import GRADES, resource_of
from simulator.control.routes import Row, Visit
from simulator.operations import ROUTES as STRIPE
from simulator.state.store import Json

RESOURCES = {"*", *(resource_of(each.name) for each in STRIPE.operations)}


def keys(visit: Visit) -> Json:
    return {"keys": visit.world.api_keys}


def permit(visit: Visit) -> Json:
    """What a restricted key may do: `{"payment_intent": "write", "*": "read"}`; null is reading."""
    key, permissions = _key(visit, "permissions"), visit.body.get("permissions")
    if not key.startswith("rk_test_"):
        raise ValueError("Only a restricted key (rk_test_…) has permissions.")
    if permissions is not None and not isinstance(permissions, dict):
        raise ValueError("permissions are a hash of resources, or null.")
    if unknown := set(permissions or {}) - RESOURCES:
        known = ", ".join(sorted(RESOURCES))
        raise ValueError(f"Unknown: {', '.join(sorted(unknown))}. Known: {known}.")
    if any(grade not in GRADES for grade in (permissions or {}).values()):
        raise ValueError(f"A permission is one of: {', '.join(GRADES)}.")
    return _change(visit, key, "permissions", permissions)


def revoke(visit: Visit) -> Json:
    """From now on 401, as after a key was rolled."""
    return _change(visit, _key(visit), "revoked", True)


def restore(visit: Visit) -> Json:
    return _change(visit, _key(visit), "revoked", False)


def _key(visit: Visit, *more: str) -> str:
    key = visit.only("key", *more).get("key")
    if not isinstance(key, str) or not key.startswith(("sk_test_", "rk_test_")):
        raise ValueError("key is a secret or restricted test key.")
    return key


def _change(visit: Visit, key: str, name: str, value: object) -> Json:
    known = visit.world.api_keys.setdefault(key, {"revoked": False, "permissions": None})
    known[name] = value
    visit.world.note("api_keys")
    return keys(visit)


ROUTES: list[Row] = [
    ("GET", "/keys", keys),
    ("POST", "/keys", permit),
    ("POST", "/keys/revoke", revoke),
    ("POST", "/keys/restore", restore),
]
