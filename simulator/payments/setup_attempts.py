"""SetupAttempts, one for every confirmation of a SetupIntent.

https://docs.stripe.com/api/setup_attempts
"""

from simulator.api.lists import page
from simulator.api.routes import LIST, Call, operation
from simulator.state.store import Json, Record, clone
from simulator.state.world import World


def new(
    world: World, intent: Record, method: Record, details: Json, error: Json | None = None
) -> Record:
    """The attempt becomes the SetupIntent's latest."""
    of, type = intent.data, method.data["type"]
    attempt = world.new(
        "setup_attempts",
        intent.account,
        {
            "id": world.ids.new("setatt_"),
            "object": "setup_attempt",
            "application": of["application"],
            "attach_to_self": of["attach_to_self"],
            "created": world.clock.now(),
            "customer": of["customer"],
            "customer_account": None,
            "flow_directions": clone(of["flow_directions"]),
            "livemode": False,
            "on_behalf_of": of["on_behalf_of"],
            "payment_method": method.id,
            "payment_method_details": {type: details, "type": type},
            "setup_error": error,
            "setup_intent": intent.id,
            "status": "failed" if error else "succeeded",
            "usage": of["usage"],
        },
    )
    of["latest_attempt"] = attempt.id
    return attempt


def list_(call: Call) -> Json:
    intent = call.named("setup_intents", "setupintent", "setup_intent")
    return page(call, "setup_attempts", lambda record: record.data["setup_intent"] == intent.id)


OPERATIONS = [
    operation(
        "GET",
        "/v1/setup_attempts",
        "setup_attempts.list",
        list_,
        "SetupAttemptListParams",
        "setup_attempt",
        f"{LIST} created setup_intent",
    ),
]
