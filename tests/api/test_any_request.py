"""schemathesis asks whatever the OpenAPI document allows, and what it does not.

All its phases, bounded, from a fixed seed, as three principals, against the real application on
the real database: no 5xx, no answer that the document does not know, none of another shape.
`SCHEMATHESIS_EXAMPLES=200` looks longer.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import schemathesis
from django.db import connections
from django.http.response import HttpResponseBase
from django.test import Client
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from retail.wsgi import application
from stores.models import Store
from stores.services import pair_device
from tests import factories, factories_money

Environ = dict[str, Any]
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "8"))
SECONDS = 20 if EXAMPLES < 50 else 600
CONFIG = f"""
seed = 20260826
max-time = {SECONDS}

[generation]
max-examples = {EXAMPLES}
deterministic = true
no-shrink = true
database = "none"
with-security-parameters = false

[phases.stateful]
max-steps = 4

# Who is not let in, tests/isolation asks.
[checks.ignored_auth]
enabled = false

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 415, 422, 428, 429]

[checks.missing_required_header]
expected-statuses = [400, 401, 403, 428]

# Rules between fields, and those of the shop, are in no schema; who tries PINs has to wait.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 401, 403, 404, 409, 412, 422, 428, 429]

# Live updates are for an ASGI server (tests/live); pair/ has few tries a minute.
[[operations]]
include-path-regex = "/live/|/pair/"
enabled = false
"""


@pytest.fixture
def shop(transactional_db: None) -> Store:
    """Rows of every kind that an id may find. Committed: schemathesis asks from other threads."""
    store = factories.StoreFactory.create()
    for _ in range(2):
        reader = factories_money.ReaderFactory.create(location__store=store)
        order = factories.OrderFactory.create(store=store)
        factories.OrderLineFactory.create(order=order, store=store)
        factories.ProductFactory.create(store=store)
        factories_money.PaymentFactory.create(order=order)
        factories_money.ApprovedPaymentFactory.create(order__store=store)
        factories_money.PaidPaymentFactory.create(order__store=store)
        factories_money.SavedCardFactory.create(customer__store=store)
        factories_money.CardRuleFactory.create(store=store)
    assert reader
    return store


def of_device(store: Store, client: Client) -> Environ:
    return {"HTTP_AUTHORIZATION": f"Bearer {pair_device(store, 'Till tablet')[1]}"}


def of_person(store: Store, client: Client, role: str = "") -> Environ:
    """A session, and the token that unsafe methods need."""
    user = factories.UserFactory.create(is_superuser=not role)
    if role:
        factories.MembershipFactory.create(store=store, user=user, role=role)
    client.force_login(user)
    token = "t" * 32
    cookies = f"sessionid={client.cookies['sessionid'].value}; csrftoken={token}"
    return {"HTTP_COOKIE": cookies, "HTTP_X_CSRFTOKEN": token}


PRINCIPALS: dict[str, Callable[[Store, Client], Environ]] = {
    "a device": of_device,
    "a manager": lambda store, client: of_person(store, client, "manager"),
    "the platform's owner": of_person,
}


class Asked:
    """Our application as one principal meets it, in a thread that keeps its connection."""

    def __init__(self, principal: Environ) -> None:
        self.principal = principal
        self.statuses: Counter[int] = Counter()
        self.thread = ThreadPoolExecutor(1)

    def __call__(self, environ: Environ, start_response: Any) -> list[bytes]:
        return self.thread.submit(self._answer, environ | self.principal, start_response).result()

    def _answer(self, environ: Environ, start_response: Any) -> list[bytes]:
        def start(status: str, *rest: Any) -> Any:
            self.statuses[int(status[:3])] += 1
            return start_response(status, *rest)

        answer = application(environ, start)
        try:
            return list(answer)
        finally:
            if isinstance(answer, HttpResponseBase):
                answer.close()

    def close(self) -> None:
        self.thread.submit(connections.close_all).result()
        self.thread.shutdown()


@pytest.fixture
def asked(shop: Store, client: Client, request: pytest.FixtureRequest) -> Iterator[Asked]:
    made = Asked(PRINCIPALS[request.param](shop, client))
    yield made
    made.close()


def failures(app: Asked) -> Iterator[str]:
    """What schemathesis finds wrong, each with the request that shows it."""
    config = SchemathesisConfig.from_str(CONFIG)
    document = schemathesis.openapi.from_wsgi("/api/v1/schema/", app, config=config)
    for event in from_schema(document).execute():
        if isinstance(event, events.NonFatalError):
            yield f"{event.label}: {event.info.format()}"
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.ScenarioFinished):
            yield from wrong_in(event)


def wrong_in(scenario: events.ScenarioFinished) -> Iterator[str]:
    recorder = scenario.recorder
    for case, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                what = f"{scenario.phase.value} {check.name}: {check.failure_info.failure}"
                yield f"{what}\n{recorder.cases[case].value.as_curl_command()}"


@pytest.mark.slow
@pytest.mark.secrets  # numbers that look like cards
@pytest.mark.parametrize("asked", PRINCIPALS, indirect=True)
def test_is_answered_as_the_document_says(asked: Asked):
    found = list(dict.fromkeys(failures(asked)))

    assert not found, f"{len(found)} failures:\n" + "\n\n".join(found[:40])
    assert asked.statuses[200] > 20  # it was let in
    assert asked.statuses.total() > 60  # a slow machine asks less in its time
