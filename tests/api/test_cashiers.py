"""Who works on a tablet. It …"""

from datetime import timedelta

import pytest
from django.utils import timezone

from stores.errors import NotForYou, PinTooWeak
from stores.models import CashierSession, Device, LogEntry, Membership, Role
from stores.principals import Principal, Right
from stores.services import cashiers, hash_token
from tests import factories
from tests.api.conftest import Tablet, post

pytestmark = pytest.mark.django_db
LINES = {"lines": [{"description": "Coffee", "unit_amount": 4_50, "quantity": 1}]}


@pytest.fixture(autouse=True)
def quick(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def boss(store) -> Principal:
    return Principal.of_user(factories.MembershipFactory.create(store=store, role=Role.OWNER).user)


def person(store, boss, role=Role.CASHIER, pin="4711") -> Membership:
    membership = factories.MembershipFactory.create(store=store, role=role)
    cashiers.set_pin(membership, pin, by=boss)
    return membership


def enter(tablet, membership, pin="4711"):
    return post(tablet, "cashier/", {"cashier": membership.pk, "pin": pin})


def test_names_the_cashier_in_order_and_log(tablet, store, boss, device):
    anna = person(store, boss)
    assert [row["id"] for row in tablet.get("/api/v1/cashiers/").json()["results"]] == [anna.pk]

    answer = enter(tablet, anna)
    assert answer.status_code == 200
    assert answer.json()["cashier"] == {
        "id": anna.pk,
        "name": anna.user.username,
        "role": "cashier",
    }
    made = post(tablet, "orders/", LINES, idempotency_key="k")
    assert made.status_code == 201

    entry = LogEntry.objects.get(subject="order", verb="created")
    assert (entry.actor_kind, entry.device, entry.user) == ("device", device, anna.user)
    assert entry.order is not None
    assert entry.order.created_by == anna.user


def test_stores_no_pin_in_clear_nor_tells_it(tablet, store, boss):
    anna = person(store, boss, pin="80351")

    assert "80351" not in str(list(Membership.objects.values()))
    assert "80351" not in str(list(LogEntry.objects.values()))
    assert "pin" not in tablet.get("/api/v1/cashiers/").content.decode()
    assert anna.pin_hash.startswith("md5$")


@pytest.mark.parametrize("pin", ["1111", "1234", "9876", "123", "123456789", "12a4"])
def test_takes_no_pin_that_everybody_tries_first(store, boss, pin):
    with pytest.raises(PinTooWeak):
        person(store, boss, pin=pin)


def test_sells_nothing_without_a_pin_where_the_store_wants_one(tablet, store, boss, order):
    store.pin_required = True
    store.save()
    anna = person(store, boss)

    refused = post(tablet, "orders/", LINES)
    assert (refused.status_code, refused.json()["code"]) == (403, "cashier_needed")
    assert tablet.get("/api/v1/orders/").status_code == 200
    enter(tablet, anna)
    assert post(tablet, "orders/", LINES).status_code == 201
    assert tablet.delete("/api/v1/cashier/").status_code == 204
    assert post(tablet, "orders/", LINES).status_code == 403
    assert LogEntry.objects.filter(verb="cashier_out", user=anna.user).exists()


def test_ends_when_nothing_was_done_for_a_while_and_looking_is_nothing(tablet, store, boss):
    enter(tablet, person(store, boss))
    then = timezone.now() - timedelta(minutes=9)
    CashierSession.objects.update(used_at=then)

    tablet.get("/api/v1/orders/")
    assert CashierSession.objects.get().used_at == then
    post(tablet, "orders/", LINES)
    assert CashierSession.objects.get().used_at > then
    CashierSession.objects.update(used_at=timezone.now() - timedelta(minutes=11))

    assert tablet.get("/api/v1/cashier/").json() == {"cashier": None, "until": None}


@pytest.mark.parametrize("how", ["dismissed", "inactive", "new pin", "tablet paired again"])
def test_ends_at_once_with_what_it_rests_on(tablet, store, boss, device, how):
    anna = person(store, boss)
    enter(tablet, anna)

    if how == "dismissed":
        anna.delete()
    elif how == "inactive":
        anna.user.is_active = False
        anna.user.save()
    elif how == "new pin":
        cashiers.set_pin(anna, "8035", by=boss)
    else:
        from stores.services import pair_again

        tablet = Tablet(pair_again(device))

    assert tablet.get("/api/v1/cashier/").json()["cashier"] is None


def test_refuses_a_wrong_pin_in_the_same_words_as_a_stranger(tablet, store, boss):
    anna = person(store, boss)
    elsewhere = factories.MembershipFactory.create(role=Role.OWNER)
    theirs = Principal.of_user(elsewhere.user)
    cashiers.set_pin(elsewhere, "4711", by=theirs)

    answers = [enter(tablet, anna, "8035"), enter(tablet, elsewhere)]
    answers.append(post(tablet, "cashier/", {"cashier": 10**9, "pin": "4711"}))

    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1
    assert not CashierSession.objects.exists()


def test_knows_nobody_whose_login_is_shut(tablet, store, boss):
    anna = person(store, boss)
    anna.user.is_active = False
    anna.user.save()

    assert tablet.get("/api/v1/cashiers/").json()["results"] == []
    assert enter(tablet, anna).json()["code"] == "pin_refused"
    assert not CashierSession.objects.exists()


def test_counts_wrong_pins_per_tablet(tablet, store, boss):
    anna = person(store, boss)
    for _ in range(5):
        enter(tablet, anna, "8035")

    refused = enter(tablet, anna)

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_tries")
    assert "Try again at" in refused.json()["detail"]


def test_lets_a_managers_pin_do_what_a_manager_may_in_this_store_only(tablet, store, boss, device):
    manager = person(store, boss, Role.MANAGER)
    other = factories.MembershipFactory.create(user=manager.user, role=Role.MANAGER).store
    session = cashiers.sign_in(device, manager.pk, "4711")

    principal = Principal.of_device(device)
    assert session.membership == manager
    assert principal.may(Right.APPROVE, store.pk)
    assert not principal.may(Right.APPROVE, other.pk)
    assert not principal.may(Right.MANAGE_PEOPLE, store.pk)


def test_lets_nobody_set_the_pin_of_one_above_them(store, boss):
    manager = Principal.of_user(
        factories.MembershipFactory.create(store=store, role=Role.MANAGER).user
    )
    owner = factories.MembershipFactory.create(store=store, role=Role.OWNER)
    cashier = factories.MembershipFactory.create(store=store)

    cashiers.set_pin(cashier, "4711", by=manager)
    with pytest.raises(NotForYou):
        cashiers.set_pin(owner, "4711", by=manager)
    with pytest.raises(NotForYou):
        cashiers.set_pin(cashier, "4711", by=Principal.of_user(cashier.user))


def test_is_for_tablets_only(client, store, cashier):
    client.force_login(cashier)

    assert client.get("/api/v1/cashiers/").status_code == 403


# The tablet's own token


def test_gives_a_new_token_for_the_old_which_works_a_little_longer(tablet, device):
    old = Device.objects.get().token_hash
    answer = post(tablet, "token/")
    fresh = answer.json()["token"]

    assert answer["Cache-Control"] == "no-store"
    assert tablet.get("/api/v1/orders/").status_code == 200
    assert Tablet(fresh).get("/api/v1/orders/").status_code == 200
    known = Device.objects.get()
    assert (known.token_hash, known.old_token_hash) == (hash_token(fresh), old)
    Device.objects.update(old_token_until=timezone.now())
    assert tablet.get("/api/v1/orders/").status_code == 401
    assert Tablet(fresh).get("/api/v1/orders/").status_code == 200


def test_gives_another_new_token_when_the_answer_was_lost(tablet, device):
    lost = post(tablet, "token/").json()
    again = post(tablet, "token/").json()

    assert again["old_token_until"] == lost["old_token_until"]  # it is no longer good for that
    assert Tablet(lost["token"]).get("/api/v1/orders/").status_code == 401
    assert Tablet(again["token"]).get("/api/v1/orders/").status_code == 200


def test_shuts_out_both_tokens_of_a_revoked_tablet(tablet, device):
    from stores.services import revoke_device

    fresh = Tablet(post(tablet, "token/").json()["token"])
    revoke_device(device)

    assert tablet.get("/api/v1/orders/").status_code == 401
    assert fresh.get("/api/v1/orders/").status_code == 401
