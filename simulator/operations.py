"""The route table: every operation the simulator does. What is not here is a 501."""

from simulator import (
    accounts,
    authorization,
    charges,
    events,
    locations,
    payment_intents,
    presentment,
    reader_actions,
    readers,
    settlement,
    webhook_endpoints,
)
from simulator.routes import Routes

ROUTES = Routes(
    [
        *accounts.OPERATIONS,
        *locations.OPERATIONS,
        *readers.OPERATIONS,
        *reader_actions.OPERATIONS,
        *presentment.OPERATIONS,
        *payment_intents.OPERATIONS,
        *authorization.OPERATIONS,
        *charges.OPERATIONS,
        *settlement.OPERATIONS,
        *events.OPERATIONS,
        *webhook_endpoints.OPERATIONS,
    ]
)
