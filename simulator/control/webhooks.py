"""How webhooks reach their receivers."""

from simulator.control.routes import Row, Visit
from simulator.state.store import Json
from simulator.state.webhook_policy import WebhookPolicy

ORDERS = ("fifo", "lifo", "random")


def policy(visit: Visit) -> Json:
    return visit.world.policy.to_json()


def set_policy(visit: Visit) -> Json:
    visit.world.policy = WebhookPolicy.from_json(visit.body)
    visit.world.note("policy")
    return policy(visit)


def release(visit: Visit) -> Json:
    order = visit.body.get("order", "fifo")
    if order not in ORDERS:
        raise ValueError(f"order is one of: {', '.join(ORDERS)}.")
    return {"released": visit.sandbox.deliverer.release(order)}


ROUTES: list[Row] = [
    ("GET", "/webhooks", policy),
    ("POST", "/webhooks", set_policy),
    ("POST", "/webhooks/release", release),
]
