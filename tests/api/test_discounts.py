"""`/api/v1/orders/{id}/discount/`. It …"""

import pytest

from stores.models import ClientRequest, Discount, FailedTry, Membership, Role
from stores.principals import Principal
from stores.services import cashiers
from tests import factories
from tests.api.conftest import post

PART = {"basis_points": 1_000, "reason": "loyalty"}


@pytest.fixture(autouse=True)
def quick(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _up_to_five(store):
    store.cashier_discount_limit = 5_00
    store.save()


@pytest.fixture
def boss(store) -> Membership:
    person = factories.MembershipFactory.create(store=store, role=Role.OWNER)
    cashiers.set_pin(person, "80351", by=Principal.of_user(person.user))
    return person


def give(client, order, body=PART, **headers):
    return post(client, f"orders/{order.pk}/discount/", body, **headers)


def approved_by(boss, pin="80351"):
    return PART | {"basis_points": 5_000, "approver": {"cashier": boss.pk, "pin": pin}}


def test_shows_what_came_off_the_order_and_each_line(tablet, order, device):
    [line] = order.lines.all()
    made = give(tablet, order, {"line": line.pk, "amount_off": 150, "reason": "damaged"})
    body = give(tablet, order, PART | {"note": "Jenny"}).json()

    assert made.status_code == 200
    assert made["ETag"] == '"2"'
    assert (body["discount_amount"], body["total_amount"]) == (1_50 + 1_85, 16_65)
    assert body["lines"][0]["discount_amount"] == 3_35
    own, of_order = body["discounts"]
    assert (own["line"], own["amount_off"], own["basis_points"]) == (line.pk, 150, None)
    assert of_order["line"] is None
    assert (of_order["basis_points"], of_order["amount"]) == (1_000, 1_85)
    assert (of_order["reason"], of_order["note"], of_order["device"]) == (
        "loyalty",
        "Jenny",
        device.pk,
    )
    gone = post(tablet, f"orders/{order.pk}/remove_discount/", {"line": line.pk}).json()
    assert [each["line"] for each in gone["discounts"]] == [None]
    gone = post(tablet, f"orders/{order.pk}/remove_discount/").json()
    assert (gone["discounts"], gone["total_amount"]) == ([], 20_00)


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "staff"},
        {"reason": "staff", "amount_off": 1, "basis_points": 1},
        {"amount_off": 1},
        {"reason": "birthday", "amount_off": 1},
        {"reason": "staff", "amount_off": 0},
        {"reason": "staff", "amount_off": -1},
        {"reason": "staff", "amount_off": "1"},
        {"reason": "staff", "basis_points": 10_001},
        {"reason": "staff", "basis_points": 1, "approved_by": 1},
        {"reason": "staff", "basis_points": 1, "approver": {"pin": "80351"}},
    ],
)
def test_refuses_what_is_no_discount(tablet, order, body):
    answer = give(tablet, order, body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert not Discount.objects.exists()


def test_says_what_stands_in_the_way(tablet, order, approved):
    answer = give(tablet, order)

    assert (answer.status_code, answer.json()["code"]) == (409, "order_has_open_payment")


def test_gives_it_to_the_version_that_was_seen(tablet, order):
    assert give(tablet, order, if_match='"9"').status_code == 412


def test_gives_it_once_under_a_key(tablet, order):
    first = give(tablet, order, idempotency_key="k")
    again = give(tablet, order, idempotency_key="k")

    assert again["Idempotent-Replayed"] == "true"
    assert first.json()["version"] == again.json()["version"] == 2


def test_is_another_stores_secret(stranger, order):
    assert give(stranger, order).status_code == 404


def test_has_a_second_person_enter_their_pin_above_the_limit(tablet, order, boss, device):
    refused = give(tablet, order, PART | {"basis_points": 5_000})
    assert (refused.status_code, refused.json()["code"]) == (403, "discount_not_allowed")
    assert "PIN" in refused.json()["next_action"]

    body = give(tablet, order, approved_by(boss), idempotency_key="k").json()

    assert body["discount_amount"] == 10_00
    [given] = body["discounts"]
    assert (given["device"], given["user"], given["approved_by"]) == (
        device.pk,
        None,
        boss.user_id,
    )
    # Whoever works on the tablet is who it was.
    assert tablet.get("/api/v1/cashier/").json()["cashier"] is None
    assert not FailedTry.objects.exists()


def test_counts_wrong_pins_though_nothing_else_is_kept(tablet, order, boss):
    answers = [
        give(tablet, order, approved_by(boss, "0000"), idempotency_key="k").json()["code"]
        for _ in range(6)
    ]

    assert answers == ["pin_refused"] * 5 + ["too_many_tries"]
    assert give(tablet, order, approved_by(boss)).json()["code"] == "too_many_tries"
    assert not Discount.objects.exists()


def test_keeps_nothing_of_a_pin_with_the_key(tablet, order, boss):
    give(tablet, order, approved_by(boss), idempotency_key="k")
    cashiers.set_pin(boss, "4711", by=Principal.of_user(boss.user))

    again = give(tablet, order, approved_by(boss, "4711"), idempotency_key="k")

    assert again["Idempotent-Replayed"] == "true"
    assert ClientRequest.objects.count() == 1


def test_knows_no_second_person_of_another_store(tablet, order, boss):
    elsewhere = factories.MembershipFactory.create(role=Role.OWNER)
    cashiers.set_pin(elsewhere, "80351", by=Principal.of_user(elsewhere.user))

    assert give(tablet, order, approved_by(elsewhere)).json()["code"] == "pin_refused"


def test_lets_no_cashier_be_the_second_person(tablet, order, store, boss):
    other = factories.MembershipFactory.create(store=store, role=Role.CASHIER)
    cashiers.set_pin(other, "80351", by=Principal.of_user(boss.user))

    answer = give(tablet, order, approved_by(other))

    assert (answer.status_code, answer.json()["code"]) == (403, "not_the_second_person")


def test_leaves_nothing_to_give_away_without_a_right(tablet, order, store):
    store.cashier_discount_limit = 0
    store.save()

    answer = give(tablet, order)

    assert (answer.status_code, answer.json()["code"]) == (403, "discount_not_allowed")
