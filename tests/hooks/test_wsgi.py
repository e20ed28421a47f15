"""Under a WSGI server webhooks take a short cut, and everything else does not."""

import pytest
from django.test import RequestFactory

from payments.models import InboundEvent
from retail import hooks, urls, wsgi
from tests.hooks.conftest import WSGI, Door, make_endpoint, make_event, through_wsgi

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def short_cut(client) -> Door:
    return Door(client, make_endpoint(), way=WSGI)


def test_a_webhook_never_meets_django(short_cut, monkeypatch):
    monkeypatch.setattr(wsgi, "django_application", None)

    assert short_cut.deliver(make_event()).status_code == 200
    assert InboundEvent.objects.count() == 1


def test_both_doors_of_the_url_map_are_known_to_the_short_cut():
    patterns = [str(getattr(each, "pattern", "")) for each in urls.urlpatterns]
    doors = [pattern for pattern in patterns if pattern.startswith("hooks/")]
    assert len(doors) == 2
    for door in doors:
        path = "/" + door.replace("<uuid:endpoint>", "00000000-0000-4000-8000-00000000000f")
        assert hooks.endpoint_of(path)


@pytest.mark.parametrize("path", ["/admin/login/", "/hooks/", "/hooks/other/", "/hooks/reader/7/"])
def test_everything_else_goes_through_django_and_its_middleware(path):
    answer = through_wsgi(RequestFactory().get(path).environ)

    assert answer.status_code == (200 if path.startswith("/admin/") else 404)
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_an_answer_to_HEAD_has_no_body(short_cut):
    answer = short_cut.send("HEAD", "")
    assert (answer.status_code, answer.content) == (405, b"")


@pytest.mark.parametrize("length", ["x", "-5", "0"])
def test_a_length_that_is_none_reads_nothing(short_cut, length):
    assert short_cut.post("{}", "t=1,v1=0", CONTENT_LENGTH=length).status_code == 400
