"""The admin by principal: pages, lists, filters, forms, actions, completions. It …"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.admin.options import ModelAdmin
from django.db.models import ForeignKey, Model

from tests.isolation.conftest import ABSENT, Visitor, digest, shape, undone
from tests.isolation.table import PEOPLE, PRINCIPALS, ROWS
from tests.routes import routes

MODELS = [model for model in site._registry if model in ROWS]
LOOKUPS = ("store__name__startswith", "store__account__name__contains")
OUTSIDE = [name for name in PRINCIPALS if name not in PEOPLE]
with_secrets = pytest.mark.parametrize(
    "visit", [name for name, who in PEOPLE.items() if who.hidden], indirect=True
)


def base(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def pages(model: type[Model]) -> list[str]:
    """Its pages with an id, with `%s` for that."""
    found = [route for route in routes() if route.startswith(base(model) + "<")]
    return [re.sub(r"<\w+:\w+>", "%s", route) for route in found]


PAGES = {model: pages(model) for model in MODELS}


@pytest.mark.parametrize("visit", OUTSIDE, indirect=True)
def test_sends_everybody_else_to_log_in(visit: Visitor):
    for model in MODELS:
        for page in (base(model), base(model) + "add/", *PAGES[model]):
            pk = visit.world.id(model, "own")
            answer = visit.ask("GET", page % pk if "%s" in page else page)
            assert answer.status_code in (301, 302), page
            if answer.status_code == 302:
                assert answer.headers["Location"].startswith("/admin/login/"), page
    assert visit.ask("GET", "/admin/autocomplete/").status_code == 302


@with_secrets
def test_answers_a_hidden_id_like_an_absent_one(visit: Visitor):
    before, wrong = digest(), []
    for model in MODELS:
        for page in PAGES[model]:
            for method, body in (("GET", None), ("POST", {"post": "yes"})):
                absent = visit.ask(method, page % ABSENT, body)
                for place in visit.hidden(model):
                    pk = visit.world.id(model, place)
                    answer = visit.ask(method, page % pk, body)
                    if shape(answer, pk) != shape(absent, ABSENT):
                        wrong.append((page, place, answer.status_code, absent.status_code))
                    assert not visit.betrayed(answer, [pk]), (page, place)

    assert wrong == []
    assert digest() == before


@pytest.mark.parametrize("visit", ["an owner", "the platform's owner"], indirect=True)
def test_shows_what_is_ones_own(visit: Visitor):
    shown = 0
    for model in MODELS:
        answer = visit.ask("GET", f"{base(model)}{visit.world.id(model, 'own')}/change/")
        assert answer.status_code in (200, 302, 403), model
        shown += answer.status_code == 200
    assert shown >= (len(MODELS) if visit.who.is_superuser else 20)


@pytest.mark.parametrize("visit", ["support"], indirect=True)
def test_lets_support_look_and_change_nothing(visit: Visitor):
    before = digest()
    for model in MODELS:
        pk = visit.world.id(model, "own")
        looked = visit.ask("GET", f"{base(model)}{pk}/change/")
        assert looked.status_code in (200, 302, 403, 404), model
        for page in (base(model) + "add/", *(each % pk for each in PAGES[model])):
            answer = visit.ask("POST", page, {"post": "yes"})
            assert answer.status_code in (302, 403, 404, 405), page
    assert digest() == before


@with_secrets
def test_lists_nothing_that_is_hidden_however_it_is_asked(visit: Visitor):
    for model in MODELS:
        for query in queries(visit, model):
            answer = visit.ask("GET", base(model), query)
            refused = answer.status_code == 302 and answer.headers["Location"].endswith("?e=1")
            assert refused or answer.status_code in (200, 403, 400), (model, query)
            assert not visit.betrayed(answer, query.values()), (model, query)


def queries(visit: Visitor, model: type[Model]) -> Iterator[dict[str, Any]]:
    admin = site._registry[model]
    columns = [str(number) for number in range(1, len(admin.list_display) + 1)]
    yield from ({"q": "canary"}, {"all": "", "o": ".".join(columns)})
    for lookup in LOOKUPS:
        yield {lookup: "1"}
    for place in visit.hidden(model):
        yield {"q": str(visit.world.id(model, place))}
        for each in admin.list_filter:
            name = each[0] if isinstance(each, tuple) else each
            related = related_to(model, name)
            if related in visit.world.rows:
                yield {f"{name}__id__exact": visit.world.id(related, place)}


def related_to(model: type[Model], name: Any) -> Any:
    if not isinstance(name, str) or "__" in name:
        return None
    return model._meta.get_field(name).related_model


@with_secrets
def test_does_nothing_to_hidden_rows_in_bulk(visit: Visitor):
    before = digest()
    for model in MODELS:
        admin: ModelAdmin[Any] = site._registry[model]
        for action in ["delete_selected", *map(str, admin.actions or ())]:
            body = {"action": action, "_selected_action": [ABSENT]}
            absent = visit.ask("POST", base(model), body)
            for place in visit.hidden(model):
                pk = visit.world.id(model, place)
                answer = visit.ask("POST", base(model), body | {"_selected_action": [pk]})
                assert shape(answer, pk)[::2] == shape(absent, ABSENT)[::2], (model, action)
                assert not visit.betrayed(answer, [pk]), (model, action)
    assert digest() == before


def choices(model: type[Model]) -> list[ForeignKey[Any, Any]]:
    return [each for each in model._meta.concrete_fields if isinstance(each, ForeignKey)]


@with_secrets
def test_completes_nothing_that_is_hidden(visit: Visitor):
    for model in MODELS:
        for each in choices(model):
            asked = {
                "app_label": model._meta.app_label,
                "model_name": model._meta.model_name,
                "field_name": each.name,
            }
            for term in ("", "canary"):
                answer = visit.ask("GET", "/admin/autocomplete/", asked | {"term": term})
                assert answer.status_code in (200, 403), asked
                assert not visit.betrayed(answer), asked


@with_secrets
def test_takes_a_hidden_id_in_a_form_like_an_absent_one(visit: Visitor):
    own = (visit.who.sees or ("own",))[0]
    for model in MODELS:
        for page in (f"{base(model)}add/", f"{base(model)}{visit.world.id(model, own)}/change/"):
            opened = visit.ask("GET", page)
            assert not visit.betrayed(opened), page
            if opened.status_code != 200:
                continue
            known = [each for each in choices(model) if each.related_model in visit.world.rows]
            asked_for = [each for each in known if f'name="{each.name}"' in opened.content.decode()]
            unasked = [each for each in known if each not in asked_for]
            for together in [[each] for each in asked_for] + [unasked] * bool(unasked):
                with undone():
                    absent = visit.ask("POST", page, {each.name: ABSENT for each in together})
                for place in visit.who.asked_for:
                    ids = {each.name: id_of(visit, each, place) for each in together}
                    with undone():
                        answer = visit.ask("POST", page, ids)
                    told = shape(answer, *ids.values())
                    assert told[::2] == shape(absent, ABSENT)[::2], (page, ids)
                    assert not visit.betrayed(answer, ids.values()), (page, ids)


def id_of(visit: Visitor, field: ForeignKey[Any, Any], place: str) -> int:
    """Of what the field points to; of nothing where that is no secret."""
    model = field.related_model
    return visit.world.id(model, place if place in visit.hidden(model) else None)


@with_secrets
def test_links_to_nothing_that_is_hidden(visit: Visitor):
    """`r/…` leads from a content type and an id to a page."""
    from django.contrib.contenttypes.models import ContentType

    for model in MODELS:
        number = ContentType.objects.get_for_model(model).pk
        absent = visit.ask("GET", f"/admin/r/{number}/{ABSENT}/")
        for place in visit.hidden(model):
            pk = visit.world.id(model, place)
            answer = visit.ask("GET", f"/admin/r/{number}/{pk}/")
            assert answer.status_code == absent.status_code == 404, model
            assert not visit.betrayed(answer, [pk]), model


@with_secrets
def test_names_nothing_that_is_hidden_on_pages_of_no_model(visit: Visitor):
    for page in (
        "/admin/",
        "/admin/stores/",
        "/admin/payments/",
        "/admin/terminal/",
        "/admin/auth/",
        *(f"/admin/search/?s={words}" for words in ("canary", "pi_", "a", "1", "4242")),
    ):
        assert not visit.betrayed(visit.ask("GET", page)), page
    assert visit.world.secrets(visit.who)
