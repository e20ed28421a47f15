"""The pages of what goes wrong say what to do, in the reader's language. It …"""

import pytest
from django.test import Client
from django.views.defaults import server_error

from stores.models import Role
from tests import factories


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/nothing/", "/admin/nothing/"])
def test_says_that_there_is_no_such_page(sign_in, store, address):
    answer = sign_in("cashier").get(address)

    assert answer.status_code == 404
    html = answer.content.decode()
    assert "There is no such page" in html
    assert 'href="/admin/"' in html


def test_says_why_something_is_not_allowed(sign_in, store):
    answer = sign_in("cashier").get("/admin/stores/store/add/")

    assert answer.status_code == 403
    assert "Ask a manager of the store" in answer.content.decode()


@pytest.mark.django_db
def test_tells_whom_a_form_is_stale_to_send_it_again():
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", HTTP_ACCEPT_LANGUAGE="es")

    assert answer.status_code == 403
    assert "Envíelo otra vez" in answer.content.decode()


def test_says_of_our_own_faults_where_to_look_before_trying_again(rf):
    """Without a person and without the database, which may be what is broken."""
    answer = server_error(rf.get("/admin/"))

    assert answer.status_code == 500
    assert "look at the payment before you try again" in answer.content.decode()


@pytest.mark.django_db
def test_leads_from_the_bare_host_to_the_admin(client):
    assert client.get("/").url == "/admin/"


def test_lets_an_owner_set_a_password_from_the_persons_page(sign_in, store):
    owner = factories.UserFactory.create(username="owner.here")
    factories.MembershipFactory.create(user=owner, store=store, role=Role.OWNER)
    person = factories.UserFactory.create(username="somebody")
    factories.MembershipFactory.create(user=person, store=store, role=Role.CASHIER)
    client = Client()
    client.force_login(owner)

    html = client.get(f"/admin/auth/user/{person.pk}/change/").content.decode()

    assert f'href="/admin/auth/user/{person.pk}/password/"' in html
    assert "pbkdf2" not in html
