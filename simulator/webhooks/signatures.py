"""The `Stripe-Signature` header: https://docs.stripe.com/webhooks#verify-manually."""

import hashlib
import hmac

from simulator.state.store import Record
from simulator.state.world import World
from simulator.webhooks.endpoints import secrets


def signature(world: World, endpoint: Record, body: bytes) -> str:
    """One `v1` per secret."""
    stamp = str(int(world.told_time()))
    signed = stamp.encode() + b"." + body
    codes = [hmac.new(key.encode(), signed, hashlib.sha256) for key in secrets(world, endpoint)]
    return ",".join([f"t={stamp}", *(f"v1={code.hexdigest()}" for code in codes)])
