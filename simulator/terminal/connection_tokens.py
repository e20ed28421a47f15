"""What the client SDKs connect to a reader with; a server-driven till needs none.

https://docs.stripe.com/api/terminal/connection_tokens
"""

from simulator.api.routes import Call, operation
from simulator.state.store import Json


def create(call: Call) -> Json:
    """Short-lived, and never shown again."""
    token: Json = {
        "object": "terminal.connection_token",
        "secret": call.world.ids.new("pst_test_", 40),
    }
    if "location" in call.params:
        token["location"] = call.named("locations", "location", "location").id
    return token


OPERATIONS = [
    operation(
        "POST",
        "/v1/terminal/connection_tokens",
        "connection_tokens.create",
        create,
        "terminal.ConnectionTokenCreateParams",
        "terminal.connection_token",
        takes="location",
    ),
]
