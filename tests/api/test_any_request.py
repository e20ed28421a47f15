"""schemathesis asks whatever the OpenAPI document allows, and what it does not.

All its phases, from a fixed seed, as three principals, against the real application on the real
database: no 5xx, no answer that the document does not know, none of another shape.
`SCHEMATHESIS_EXAMPLES=200` looks longer.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from django.db import connections
from django.http.response import HttpResponseBase
from django.test import Client
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.engine import events, from_schema
from schemathesis.schemas import BaseSchema

from retail.wsgi import application
from stores.models import Store
from stores.services import pair_device
from tests import factories, factories_money

Environ = dict[str, Any]
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "5"))
OF_OPERATIONS = {"coverage", "fuzzing"}  # phases that ask each on its own
CONFIG = """
seed = 20260826

[generation]
max-examples = %s
deterministic = true
no-shrink = true
database = "none"
with-security-parameters = false

[phases.coverage]
enabled = %s

[phases.fuzzing]
enabled = %s

[phases.stateful]
enabled = %s
max-steps = 4

# Who is not let in, tests/isolation asks.
[checks.ignored_auth]
enabled = false

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 415, 422, 428, 429]

[checks.missing_required_header]
expected-statuses = [400, 401, 403, 404, 409, 422, 428]

# Rules between fields, and those of the shop, are in no schema; who tries PINs has to wait.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 401, 403, 404, 409, 412, 422, 428, 429]
"""
# Live updates are for an ASGI server (tests/live); pair/ has few tries a minute.
NOT_ASKED = "/live/|/pair/"


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

    def __init__(self, principal: Environ, number: int) -> None:
        self.principal = principal
        self.number = number
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
    made = Asked(PRINCIPALS[request.param](shop, client), list(PRINCIPALS).index(request.param))
    yield made
    made.close()


@dataclass
class Found:
    """What schemathesis found wrong, each with the request that shows it; and what it asked for."""

    wrong: list[str] = field(default_factory=list)
    asked_for: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # by phase


def ask(app: Asked, examples: int, *, every: int = 1) -> Found:
    """Each n-th operation, beginning elsewhere for each principal; and the links between all."""
    found = Found()
    document = read(app, examples, OF_OPERATIONS)
    operations = document.get_all_operations()
    names = sorted(each.ok().label for each in operations if isinstance(each, Ok))
    execute(document.include(name=names[app.number % every :: every]), found)
    execute(read(app, examples, {"stateful"}), found)
    return found


def read(app: Asked, examples: int, phases: set[str]) -> BaseSchema:
    enabled = [str(each in phases).lower() for each in ("coverage", "fuzzing", "stateful")]
    config = SchemathesisConfig.from_str(CONFIG % (examples, *enabled))
    document = schemathesis.openapi.from_wsgi("/api/v1/schema/", app, config=config)
    return document.exclude(path_regex=NOT_ASKED)


def execute(document: BaseSchema, found: Found) -> None:
    for event in from_schema(document).execute():
        if isinstance(event, events.NonFatalError):
            found.wrong.append(f"{event.label}: {event.info.format()}")
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.ScenarioFinished):
            found.wrong += wrong_in(event)
            if event.recorder.cases:
                found.asked_for[event.phase.value].add(event.label or "")


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
def test_a_ninth_is_answered_as_the_document_says(asked: Asked):
    check(asked, ask(asked, 1, every=3 * len(PRINCIPALS)), operations=6)


@pytest.mark.slow
@pytest.mark.secrets
@pytest.mark.parametrize("asked", PRINCIPALS, indirect=True)
def test_is_answered_as_the_document_says(asked: Asked):
    check(asked, ask(asked, EXAMPLES), operations=60)


def check(asked: Asked, found: Found, *, operations: int) -> None:
    wrong = list(dict.fromkeys(found.wrong))
    assert not wrong, f"{len(wrong)} failures:\n" + "\n\n".join(wrong[:40])
    assert all(len(found.asked_for[phase]) >= operations for phase in OF_OPERATIONS)
    assert found.asked_for["stateful"]
    assert asked.statuses[200] > operations  # it was let in
