"""The `Stripe-Signature` header: https://docs.stripe.com/webhooks#verify-manually."""

import hashlib
import hmac

from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.webhooks.endpoints import secrets

SCHEMES = ("v1", "v0")


def forged(world: World, endpoint: Record, body: bytes, forgery: Json) -> dict[str, str]:
    """The headers of a delivery that somebody else sends, or an old one again.

    `header` stands there as it is, or is missing if null; else `secret`, `scheme` and `age_seconds`
    (below 0: from the future) differ from what is right.
    """
    if "header" in forgery:
        text = forgery["header"]
        return {} if text is None else {"Stripe-Signature": text}
    keys = [forgery["secret"]] if "secret" in forgery else secrets(world, endpoint)
    stamp = str(int(world.told_time()) - forgery.get("age_seconds", 0))
    return {"Stripe-Signature": _header(keys, stamp, body, forgery.get("scheme", "v1"))}


def signature(world: World, endpoint: Record, body: bytes) -> str:
    """One `v1` per secret."""
    return _header(secrets(world, endpoint), str(int(world.told_time())), body, "v1")


def _header(keys: list[str], stamp: str, body: bytes, scheme: str) -> str:
    signed = stamp.encode() + b"." + body
    codes = [hmac.new(key.encode(), signed, hashlib.sha256) for key in keys]
    return ",".join([f"t={stamp}", *(f"{scheme}={code.hexdigest()}" for code in codes)])
