"""Two companies with every kind of row, and the words by which the rows of each are known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection, models, transaction
from django.test import Client

from stores.models import Store, SupportPerson
from stores.services import pair_device, revoke_device
from stores.services.sessions import look_as_support
from tests import factories
from tests.isolation.table import (
    FOREIGN,
    NAMED,
    OF_COMPANIES,
    OWN,
    PEOPLE,
    PLACES,
    PRINCIPALS,
    ROWS,
    SISTER,
    Who,
)

ABSENT = 10**9
WORD = re.compile(r"[\w.@+-]{7,}")  # an id, a name, an address: what may betray a row
APPS = ("stores", "payments", "terminal", "auth")


def every_model() -> list[type[models.Model]]:
    return [model for label in APPS for model in apps.get_app_config(label).get_models()]


def every_row() -> dict[tuple[Any, Any], models.Model]:
    rows = (row for model in every_model() for row in model._default_manager.all())
    return {(type(row), row.pk): row for row in rows}


def spread_ids() -> None:
    """No two rows of this test have an id in common, so that every id is one row's own."""
    with connection.cursor() as cursor:
        for number, model in enumerate(every_model(), start=1):
            pk = model._meta.pk
            if isinstance(pk, models.AutoField):
                sequence = f"pg_get_serial_sequence('{model._meta.db_table}', '{pk.column}')"
                cursor.execute(f"SELECT setval({sequence}, {number}0000000)")


def words_of(row: models.Model) -> Iterator[str]:
    """Its key, and every word of its own texts."""
    for each in row._meta.concrete_fields:
        value = getattr(row, each.attname)
        if each.primary_key or isinstance(value, str | UUID | dict | list):
            yield from WORD.findall(str(value))


@dataclass
class World:
    """`rows[model][place]` is one row of each; `words[place]` stand in no other place's rows."""

    rows: dict[type[models.Model], dict[str, Any]] = field(default_factory=dict)
    words: dict[str, set[str]] = field(default_factory=dict)
    stores: dict[str, Store] = field(default_factory=dict)

    def id(self, model: type[models.Model] | None, place: str | None) -> int:
        """Of the row of this place; None: of no row at all."""
        return ABSENT if place is None or model is None else int(self.rows[model][place].pk)

    def secrets(self, who: Who) -> set[str]:
        """What must not be shown to them."""
        return set().union(*(self.words[place] for place in who.hidden))


def fill(world: World, place: str, store: Store) -> None:
    """A row of every model, with names of its own."""
    world.stores[place] = store
    for model, make in ROWS.items():
        world.rows.setdefault(model, {})[place] = make(store)
    for model, name in NAMED.items():
        rows = model._default_manager.exclude(**{f"{name}__contains": "canary"})
        for row in rows:
            mine = f"{getattr(row, name)}_{place}_canary{row.pk}"
            model._default_manager.filter(pk=row.pk).update(**{name: mine})


def open_world() -> World:
    spread_ids()
    world, words = World(), dict[str, set[str]]()
    company = factories.AccountFactory.create(name="company_of_two_canary")
    seen = set(every_row())
    for place in (OWN, SISTER, FOREIGN):
        account = factories.AccountFactory.create() if place == FOREIGN else company
        fill(world, place, factories.StoreFactory.create(account=account))
        new = {key: row for key, row in every_row().items() if key not in seen}
        words[place] = {
            word
            for (model, _), row in new.items()
            if place != SISTER or model not in OF_COMPANIES
            for word in words_of(row)
        }
        seen |= new.keys()
    for place in PLACES:
        others = set().union(*(words[other] for other in PLACES if other != place))
        world.words[place] = words[place] - others
    return world


@pytest.fixture(scope="module")
def shared_world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """Made once for a module, in a transaction around those of its tests."""
    with django_db_blocker.unblock(), undone():
        yield open_world()


@pytest.fixture
def world(shared_world: World, db: None) -> World:
    """What a test does to it, the next one does not see."""
    return shared_world


@dataclass
class Visitor:
    """A principal's client; `see` looks whether an answer shows what is hidden from them."""

    name: str
    who: Who
    client: Client
    world: World
    token: str = ""

    def hidden(self, model: type[models.Model] | None) -> list[str]:
        """Where a row of this model is none of their business; a company's stores share some."""
        shared = model in OF_COMPANIES and OWN in self.who.sees
        return [place for place in self.who.asked_for if not (shared and place == SISTER)]

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        if method == "GET":
            answer = self.client.get(path, body or {}, **more)
        elif isinstance(body, dict):
            answer = self.client.post(path, body, **more)
        else:
            more.setdefault("content_type", "application/json")
            answer = self.client.generic(method, path, body or "", **more)
        self.client.cookies.pop("messages", None)  # each page shows its own only
        return answer

    def betrayed(self, answer: Any, sent: Iterable[Any] = ()) -> set[str]:
        """Hidden words in an answer, but those that the visitor sent."""
        text = answer.content.decode(errors="replace") + answer.headers.get("Location", "")
        known = {word for each in sent for word in WORD.findall(str(each))}
        return (set(WORD.findall(text)) & self.world.secrets(self.who)) - known


def visitor(world: World, name: str) -> Visitor:
    who, client, token = PRINCIPALS[name], Client(raise_request_exception=False), ""
    if name in PEOPLE:
        user: User = factories.UserFactory.create(is_superuser=who.is_superuser)
        for place in who.works:
            store = world.stores[place]
            factories.MembershipFactory.create(user=user, store=store, role=who.role)
        if who.is_support:
            SupportPerson.objects.create(user=user)
        client.force_login(user)
        if who.reason:
            session = client.session
            look_as_support(user, session, who.reason)
            session.save()
    elif who.works:
        device, token = pair_device(world.stores[who.works[0]], "Tablet")
        client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})
        if who.is_revoked:
            revoke_device(device)
        client.get("/api/v1/status/")  # it was seen; that is noted once a minute
    return Visitor(name, who, client, world, token)


@pytest.fixture
def visit(request: pytest.FixtureRequest, world: World, settings) -> Visitor:
    settings.WHITENOISE_USE_FINDERS = False
    return visitor(world, request.param)


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside has not happened."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # as far as `durable` is concerned
    with block:
        yield
        transaction.set_rollback(True)


def shape(answer: Any, *sent: Any) -> tuple[int, str, str]:
    """What an answer tells, but for the ids that were sent and a form's token."""
    text = answer.content.decode(errors="replace")
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
    location = answer.headers.get("Location", "")
    queued = getattr(answer.wsgi_request, "_messages", None)
    said = "".join(each.message for each in queued._queued_messages) if queued is not None else ""
    told = text + said
    for each in sent:
        told, location = told.replace(str(each), "ID"), location.replace(str(each), "ID")
    return answer.status_code, told, location


def digest() -> dict[str, str]:
    """Of every table of ours, so that one sees whether anything changed."""
    with connection.cursor() as cursor:
        found = {}
        for model in every_model():
            table = model._meta.db_table
            cursor.execute(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t")
            found[table] = cursor.fetchone()[0]
    return found
