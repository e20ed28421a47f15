"""The `Stripe-Signature` header: https://docs.stripe.com/webhooks#verify-manually."""

import hashlib
import hmac
import time

from simulator.state.store import Record
from simulator.state.world import World
from simulator.webhooks.endpoints import secrets


def signature(world: World, endpoint: Record, body: bytes) -> str:
    """One `v1` per secret. Receivers compare with their own clock: true time is the default."""
    real = world.switches["webhook_signature_clock"] == "real"
    stamp = str(int(time.time()) if real else world.clock.now())
    signed = stamp.encode() + b"." + body
    codes = [hmac.new(key.encode(), signed, hashlib.sha256) for key in secrets(world, endpoint)]
    return ",".join([f"t={stamp}", *(f"v1={code.hexdigest()}" for code in codes)])
