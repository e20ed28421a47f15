"""The API by principal: what is hidden from one answers like what is not there. It …"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db.models import Model

from stores.models import Order, Product
from tests import factories, factories_money
from tests.isolation.conftest import ABSENT, Visitor, digest, shape, undone, visitor
from tests.isolation.table import API, FILTERS, FOREIGN, LINE, OWN, PRINCIPALS, SISTER

OPENAPI = yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml").read_text()
)
every_principal = pytest.mark.parametrize("visit", PRINCIPALS, indirect=True)
METHODS = ("get", "post", "patch", "put", "delete")


def operations(path: str) -> dict[str, Any]:
    found = OPENAPI["paths"].get("/api/v1/" + path.replace("<int:pk>", "{id}"), {})
    return {name: operation for name, operation in found.items() if name in METHODS}


ASKED = {path: entry for path, entry in API.items() if not path.startswith("live/")}
WITH_ID = {path: entry for path, entry in ASKED.items() if entry.model}
LISTS = [
    path
    for path in ASKED
    if any(
        each["name"] == "limit" for each in operations(path).get("get", {}).get("parameters", [])
    )
]


def address(path: str, pk: int) -> str:
    return "/api/v1/" + path.replace("<int:pk>", str(pk))


def filled(body: Any, visit: Visitor, place: str | None) -> Any:
    """The body with ids of rows of this place for its models."""
    if isinstance(body, type) and issubclass(body, Model):
        return visit.world.id(body, place)
    if isinstance(body, dict):
        return {name: filled(value, visit, place) for name, value in body.items()}
    return [filled(each, visit, place) for each in body] if isinstance(body, list) else body


@every_principal
def test_answers_a_hidden_id_like_an_absent_one(visit: Visitor):
    before, wrong = digest(), []
    for path, entry in WITH_ID.items():
        for method in operations(path):
            for body in entry.bodies or [{}]:
                ask = ask_of(visit, method, path, body)
                absent = ask(ABSENT)
                for place in visit.hidden(entry.model):
                    pk = visit.world.id(entry.model, place)
                    answer = ask(pk)
                    told = shape(answer, pk) == shape(absent, ABSENT)
                    if not told or answer.status_code not in (401, 403, 404):
                        wrong.append((method, path, place, answer.status_code, answer.content))
                    assert not visit.betrayed(answer, [pk]), (method, path, place)

    assert wrong == []
    assert digest() == before


def ask_of(visit: Visitor, method: str, path: str, body: Any) -> Any:
    text = json.dumps(filled(body, visit, OWN)) if method != "get" else None
    return lambda pk: visit.ask(
        method.upper(), address(path, pk), text, headers={"If-Match": '"1"'}
    )


@pytest.mark.parametrize("visit", ["a manager", "an owner", "the platform's owner"], indirect=True)
def test_finds_what_is_ones_own(visit: Visitor):
    """Else all of this would be as true of an API that answers 404 to everything."""
    for path, entry in WITH_ID.items():
        for method in operations(path):
            with undone():
                answer = ask_of(visit, method, path, {})(visit.world.id(entry.model, OWN))
            assert answer.status_code not in (401, 403, 404, 500), (method, path)


@pytest.mark.parametrize("visit", ["support"], indirect=True)
def test_lets_support_look_and_change_nothing(visit: Visitor):
    before = digest()
    for path, entry in ASKED.items():
        pk = visit.world.id(entry.model, OWN) if entry.model else 0
        for method in operations(path):
            for body in (entry.bodies or [{}]) if method != "get" else [{}]:
                answer = ask_of(visit, method, path, body)(pk)
                looks = method == "get" or path == "pair/"
                # Some addresses are for tablets only; what was not paid has no receipt.
                allowed = (200, 204, 302, 400, 403, 409) if looks else (403,)
                assert answer.status_code in allowed, (method, path, answer.content)
    assert digest() == before


def bodies() -> Iterator[tuple[str, str, Any]]:
    for path, entry in ASKED.items():
        for method in operations(path):
            yield from ((method, path, body) for body in entry.bodies if method != "get")


@pytest.mark.parametrize(
    "visit", [name for name, who in PRINCIPALS.items() if who.sees and who.hidden], indirect=True
)
def test_answers_a_hidden_id_in_a_body_like_an_absent_one(visit: Visitor):
    own = visit.who.sees[0]
    for method, path, body in bodies():
        model = API[path].model
        url = address(path, visit.world.id(model, own)) if model else address(path, 0)

        def ask(place, url=url, method=method, body=body):
            with undone():
                text = json.dumps(filled(body, visit, place))
                return visit.ask(method.upper(), url, text, headers={"If-Match": '"1"'})

        absent = ask(None)
        for place in visit.who.asked_for:
            answer = ask(place)
            sent = [visit.world.id(each, place) for each in models_in(body)]
            assert told(answer, sent) == told(absent, [ABSENT]), (method, path, body)
            assert not visit.betrayed(answer, sent)


def models_in(body: Any) -> list[type[Model]]:
    if isinstance(body, type):
        return [body]
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return [model for each in inner for model in models_in(each)]


def told(answer: Any, sent: list[int]) -> tuple[int, Any]:
    text = answer.content.decode()
    for each in sent:
        text = text.replace(str(each), "ID")
    document = json.loads(text or "{}")
    changing = ("id", "created_at", "updated_at", "requested_at", "decided_at", "number")
    return answer.status_code, {name: document[name] for name in document if name not in changing}


@every_principal
def test_lists_nothing_that_is_hidden_however_it_is_asked(visit: Visitor):
    for path in LISTS:
        for query in queries(visit, path):
            answer = visit.ask("GET", address(path, 0), query)
            assert answer.status_code in (200, 400, 401, 403), (path, query)
            assert not visit.betrayed(answer, query.values()), (path, query)


def queries(visit: Visitor, path: str) -> Iterator[dict[str, Any]]:
    yield from ({}, {"limit": 100}, {"limit": 1}, {"after": 0}, {"after": ABSENT})
    for parameter in operations(path)["get"]["parameters"]:
        name, schema = parameter["name"], parameter["schema"]
        yield from ({name: word} for word in schema.get("enum", ()))
        for place in visit.who.asked_for:
            if name in FILTERS:
                yield {name: visit.world.id(FILTERS[name], place)}
            elif name == "after":
                yield {name: max(map(int, filter(str.isdigit, visit.world.words[place])))}
    for word in ("search", "q", "ordering", "order_by", "expand", "include", "fields", "format"):
        yield {word: "store__account__name"}


@every_principal
def test_filters_by_a_hidden_id_as_by_an_absent_one(visit: Visitor):
    for path in LISTS:
        for parameter in operations(path)["get"]["parameters"]:
            name = parameter["name"]
            if name in ("limit", "after") or "enum" in parameter["schema"]:
                continue
            assert name in FILTERS, f"{path}?{name}= is not in tests/isolation/table.py"
            absent = visit.ask("GET", address(path, 0), {name: ABSENT})
            for place in visit.hidden(FILTERS[name]):
                pk = visit.world.id(FILTERS[name], place)
                answer = visit.ask("GET", address(path, 0), {name: pk})
                assert shape(answer, pk) == shape(absent, ABSENT), (path, name, place)


@every_principal
def test_refuses_a_parameter_it_does_not_know(visit: Visitor):
    """A filter that is spelt wrongly must not show everything."""
    for path, entry in ASKED.items():
        if path in ("schema/", "docs/", ""):
            continue
        pk = visit.world.id(entry.model, visit.who.sees[0]) if entry.model and visit.who.sees else 1
        for method in operations(path):
            answer = visit.ask(
                method.upper(), address(path, pk) + "?stores=1", "{}" if method != "get" else None
            )
            refused = (400,) if visit.who.is_let_in or path == "pair/" else (401, 403)
            if visit.who.is_support and method != "get":
                refused = (400, 403)  # may do nothing anyway
            assert answer.status_code in refused, (method, path)


def test_replays_nothing_under_the_key_of_another(world):
    """The same key and body, sent by others, is another request."""
    body = json.dumps({"lines": [LINE]})
    first = visitor(world, "a device").ask(
        "POST", "/api/v1/orders/", body, headers={"Idempotency-Key": "shared"}
    )
    assert first.status_code == 201
    for name in ("a foreign device", "a foreign manager", "a manager"):
        answer = visitor(world, name).ask(
            "POST", "/api/v1/orders/", body, headers={"Idempotency-Key": "shared"}
        )
        assert answer.status_code == 201
        assert "Idempotent-Replayed" not in answer.headers
        assert answer.json()["id"] != first.json()["id"]


def test_sells_no_product_of_the_sister_store(world):
    """Its manager may see it, and still no order mixes stores."""
    manager = visitor(world, "a manager of two stores")
    line = {"product": world.id(Product, SISTER), "quantity": 1}
    body = {"store": world.stores[OWN].pk, "lines": [line]}

    assert manager.ask("POST", "/api/v1/orders/", json.dumps(body)).status_code in (400, 422)
    assert FOREIGN in manager.who.hidden


def test_tells_nothing_of_a_default_reader_that_is_not_the_tablets(world):
    order = world.rows[Order][OWN]
    factories_money.DefaultReaderFactory.create(
        device=factories.DeviceFactory.create(store=order.store),
        reader=factories_money.ReaderFactory.create(location__store=order.store),
    )

    answer = visitor(world, "a device").ask("POST", f"/api/v1/orders/{order.pk}/payments/", "{}")

    assert answer.json()["code"] == "reader_required"
