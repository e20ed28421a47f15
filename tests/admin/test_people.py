"""Owners look after the people of their own stores, and after nobody else. It …"""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from stores.models import LogEntry, Membership, Role, SupportPerson
from tests import factories

pytestmark = pytest.mark.django_db
SECRET = "correct horse battery"
USERS = "/admin/auth/user/"
WORKS = "/admin/stores/membership/"


@pytest.fixture
def store():
    return factories.StoreFactory.create()


@pytest.fixture
def owner(store):
    return factories.MembershipFactory.create(store=store, role=Role.OWNER).user


@pytest.fixture
def as_owner(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def clerk(store):
    return factories.MembershipFactory.create(store=store).user


@pytest.fixture
def foreigner():
    return factories.MembershipFactory.create(role=Role.OWNER)


def form(user, **changed):
    return {"username": user.username, "is_active": "on", **changed}


def new(store, **more):
    return {
        "username": "new",
        "usable_password": "true",
        "password1": SECRET,
        "password2": SECRET,
        "store": store.pk,
        "role": "cashier",
        **more,
    }


def test_adds_a_person_to_an_own_store(as_owner, owner, store):
    answer = as_owner.post(f"{USERS}add/", new(store))

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    made = User.objects.get(username="new")
    assert (made.is_staff, made.is_superuser) == (True, False)
    assert made.memberships.get().role == "cashier"
    assert LogEntry.objects.get(verb="employed").user == owner


def test_adds_nobody_to_a_foreign_store(as_owner, foreigner):
    answer = as_owner.post(f"{USERS}add/", new(foreigner.store))

    assert "store" in answer.context["adminform"].form.errors
    assert not User.objects.filter(username="new").exists()


@pytest.mark.parametrize(
    "flag", ["is_superuser", "is_staff", "user_permissions", "groups", "support_person"]
)
@pytest.mark.parametrize("whose", ["own", "clerk"])
def test_gives_nobody_a_flag_of_the_platform(as_owner, owner, clerk, flag, whose):
    user = owner if whose == "own" else clerk
    User.objects.filter(pk=clerk.pk).update(is_staff=False)

    as_owner.post(f"{USERS}{user.pk}/change/", form(user, **{flag: "1"}))

    user.refresh_from_db()
    assert not user.is_superuser
    assert user.is_staff == (whose == "own")
    assert not user.user_permissions.exists()
    assert not SupportPerson.objects.exists()


@pytest.mark.parametrize("who", ["foreign", "shared", "platform", "support"])
@pytest.mark.parametrize("page", ["change", "password"])
def test_touches_no_login_that_is_not_its_own(as_owner, store, foreigner, who, page):
    user = foreigner.user
    if who != "foreign":
        factories.MembershipFactory.create(store=store, user=user, role=Role.CASHIER)
    if who in ("platform", "support"):
        foreigner.delete()
    if who == "platform":
        User.objects.filter(pk=user.pk).update(is_superuser=True)
    if who == "support":
        SupportPerson.objects.create(user=user)
    before = User.objects.values().get(pk=user.pk)
    sent = form(user, email="mine@evil.example", password1=SECRET, password2=SECRET)

    answer = as_owner.post(f"{USERS}{user.pk}/{page}/", sent)

    assert answer.status_code in (302, 403, 404)
    assert User.objects.values().get(pk=user.pk) == before
    as_owner.post(USERS, {"action": "reset_second_factor", "_selected_action": [user.pk]})
    assert not LogEntry.objects.filter(verb="second_factor_reset").exists()


def test_shows_no_foreign_person_anywhere(as_owner, foreigner, clerk):
    completing = "/admin/autocomplete/?app_label=stores&model_name=membership&field_name=user"
    for address in (USERS, WORKS, f"{completing}&term=person", f"{USERS}?q=person"):
        text = as_owner.get(address).content.decode()
        assert clerk.username in text
        assert f">{foreigner.user.username}<" not in text, address
        assert f'"{foreigner.user.username}"' not in text, address
        assert foreigner.store.name not in text, address
    assert as_owner.get(f"{WORKS}{foreigner.pk}/change/").status_code == 302
    assert as_owner.get(f"{USERS}{foreigner.user.pk}/change/").status_code == 302


def test_changes_and_ends_what_somebody_is_and_writes_it_down(as_owner, owner, clerk):
    membership = clerk.memberships.get()

    as_owner.post(f"{WORKS}{membership.pk}/change/", {"role": "manager"})
    entry = LogEntry.objects.get(verb="role_changed")
    assert (entry.old, entry.new, entry.user) == ("cashier", "manager", owner)
    as_owner.post(f"{WORKS}{membership.pk}/delete/", {"post": "yes"})

    assert not Membership.objects.filter(pk=membership.pk).exists()
    assert LogEntry.objects.filter(verb="dismissed").exists()


@pytest.mark.parametrize("role", [Role.CASHIER, Role.MANAGER])
def test_lets_no_lower_role_manage_people(client, store, clerk, role):
    me = factories.MembershipFactory.create(store=store, role=role)
    client.force_login(me.user)

    client.post(f"{WORKS}{me.pk}/change/", {"role": "owner"})
    client.post(f"{WORKS}add/", {"user": me.user.pk, "store": store.pk, "role": "owner"})
    client.post(f"{WORKS}{clerk.memberships.get().pk}/delete/", {"post": "yes"})
    client.post(f"{USERS}add/", new(store))
    client.post(f"{USERS}{clerk.pk}/password/", {"password1": SECRET, "password2": SECRET})

    me.refresh_from_db()
    assert me.role == role
    assert clerk.memberships.exists()
    assert not User.objects.filter(username="new").exists()
    assert not LogEntry.objects.exists()


def test_gives_a_new_password_and_writes_it_down(as_owner, clerk):
    before = clerk.password
    answer = as_owner.post(
        f"{USERS}{clerk.pk}/password/",
        {"usable_password": "true", "password1": SECRET, "password2": SECRET},
    )

    clerk.refresh_from_db()
    assert answer.status_code == 302
    assert clerk.password != before
    assert LogEntry.objects.filter(verb="login_changed", message__contains="password").exists()


def test_calls_people_by_their_names_where_they_work(as_owner, clerk, store):
    clerk.first_name, clerk.last_name = "Jenny", "Rosen"
    clerk.save()

    listed = as_owner.get(WORKS).content.decode()
    shown = as_owner.get(f"{WORKS}{clerk.memberships.get().pk}/change/").content.decode()

    assert "Jenny Rosen" in listed
    assert clerk.username in listed
    assert f"Jenny Rosen at {store}" in shown


def test_sets_a_pin(as_owner, clerk):
    membership = clerk.memberships.get()
    address = reverse("admin:stores_membership_pin", args=[membership.pk])

    assert "too easy" in as_owner.post(address, {"pin": "1111"}).content.decode()
    assert as_owner.post(address, {"pin": "4711"}).status_code == 302

    membership.refresh_from_db()
    assert membership.pin_hash


def test_lets_the_platforms_owner_name_its_support(client, clerk):
    client.force_login(factories.UserFactory.create(is_superuser=True))
    client.post("/admin/stores/supportperson/add/", {"user": clerk.pk})
    assert SupportPerson.objects.get().user == clerk

    client.post(f"/admin/stores/supportperson/{clerk.pk}/delete/", {"post": "yes"})

    assert not SupportPerson.objects.exists()
    assert LogEntry.objects.filter(verb="support_removed").exists()
