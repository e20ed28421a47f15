"""What there is to call and what time brings. An operation that is not here is a 501."""

from collections.abc import Callable

from simulator.api.routes import Routes
from simulator.balance import application_fees, ledger, payouts, reversals, settlement, transfers
from simulator.connect import (
    account_links,
    accounts,
    capabilities,
    deauthorization,
    external_accounts,
    oauth,
    persons,
    standing,
)
from simulator.payments import (
    amount_details,
    authorization,
    capture,
    charges,
    confirmation,
    customers,
    disputes,
    files,
    payment_intents,
    payment_method_requests,
    refund_requests,
    refunds,
    setup_attempts,
    setup_intent_requests,
)
from simulator.terminal import (
    authorizing,
    canceling,
    collecting,
    configurations,
    confirming,
    connection_tokens,
    display,
    forms,
    locations,
    paying,
    presentment,
    qr,
    readers,
    reboots,
    refunding,
    saving,
)
from simulator.webhooks import endpoints, events

_RESOURCES = (
    accounts,
    capabilities,
    external_accounts,
    persons,
    standing,
    account_links,
    deauthorization,
    oauth,
    locations,
    readers,
    configurations,
    connection_tokens,
    paying,
    collecting,
    confirming,
    saving,
    refunding,
    canceling,
    display,
    forms,
    presentment,
    authorizing,
    qr,
    reboots,
    payment_intents,
    confirmation,
    capture,
    amount_details,
    authorization,
    charges,
    setup_intent_requests,
    setup_attempts,
    payment_method_requests,
    customers,
    files,
    refunds,
    refund_requests,
    disputes,
    ledger,
    settlement,
    application_fees,
    transfers,
    reversals,
    payouts,
    events,
    endpoints,
)
ROUTES = Routes(each for resource in _RESOURCES for each in getattr(resource, "OPERATIONS", ()))

# By the name under which a job stands in the agenda.
JOBS: dict[str, Callable[..., None]] = {
    name: job for resource in _RESOURCES for name, job in getattr(resource, "JOBS", {}).items()
}
