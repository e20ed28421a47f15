"""What managers and the platform see of the nightly comparisons."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from payments.models import Difference, Reconciliation
from stores.models import Membership, SupportPerson
from stores.services import sessions
from tests import factories


@pytest.fixture
def compared(store):
    """One night of the store's account, with a line of this store and one of its sister's."""
    now = timezone.now()
    row = Reconciliation.objects.create(
        stripe_account=store.stripe_account, since=now, until=now, counted={"charges": 9}
    )
    sister = factories.StoreFactory.create(account=store.account, charge_model=store.charge_model)
    for place, where in (("pi_here", store), ("pi_there", sister), ("pi_nowhere", None)):
        Difference.objects.create(
            reconciliation=row, store=where, object_id=place, kind="unknown_here", outcome="told"
        )
    return row


def client_of(user) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


@pytest.fixture
def manager(store):
    user = User.objects.create_user("manager", is_staff=True)
    Membership.objects.create(user=user, store=store, role="manager")
    return client_of(user)


@pytest.fixture
def platform(db):
    return client_of(User.objects.create_superuser("platform"))


def results(client, path):
    return client.get(f"/api/v1/{path}").json()["results"]


def test_a_manager_sees_the_lines_of_own_stores_and_no_count_of_others(manager, compared):
    [row] = results(manager, "reconciliations/")
    assert (row["id"], row["differences"], row["told"]) == (compared.pk, 1, 1)
    assert row["counted"] is None
    assert [line["object"] for line in results(manager, "differences/")] == ["pi_here"]
    assert len(results(manager, f"differences/?reconciliation={compared.pk}&outcome=told")) == 1


def test_the_platform_sees_all(platform, compared):
    [row] = results(platform, "reconciliations/")
    assert (row["differences"], row["counted"]) == (3, {"charges": 9})
    assert len(results(platform, "differences/")) == 3


def test_support_with_a_reason_reads_all(compared):
    person = User.objects.create_user("support", is_staff=True)
    SupportPerson.objects.create(user=person)
    support = client_of(person)
    assert results(support, "differences/") == []
    session = support.session
    sessions.look_as_support(person, session, "Ticket 7: a payment is missing")
    session.save()

    [row] = results(support, "reconciliations/")
    assert (row["differences"], row["told"]) == (3, 3)
    assert len(results(support, "differences/")) == 3


def test_tablets_and_cashiers_see_nothing(tablet, store, compared):
    user = User.objects.create_user("cashier", is_staff=True)
    Membership.objects.create(user=user, store=store, role="cashier")
    for client in (tablet, client_of(user)):
        assert results(client, "reconciliations/") == []
        assert results(client, "differences/") == []


def test_a_manager_of_another_company_sees_nothing(compared):
    user = User.objects.create_user("stranger", is_staff=True)
    Membership.objects.create(user=user, store=factories.StoreFactory.create(), role="manager")
    stranger = client_of(user)
    assert results(stranger, "reconciliations/") == []
    assert results(stranger, f"differences/?reconciliation={compared.pk}") == []
