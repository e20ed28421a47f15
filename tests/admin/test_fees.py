"""Fee plans and fees in the admin: who sees them, and who adds a plan. It …"""

import pytest

from payments.models import FeeMovement, FeePlan
from stores.models import Role
from tests import factories
from tests.admin.pages import make, page, url

REPORT = "/admin/payments/feemovement/report/"
EXPORT = "/admin/payments/feemovement/report.csv"
NAMES = ("basis_points", "fixed_amount", "minimum_amount", "cap_amount", "reason", "store")


@pytest.fixture
def as_owner(client, store):
    member = factories.MembershipFactory.create(store=store, role=Role.OWNER)
    client.force_login(member.user)
    return client


def form(store, **more):
    given = dict.fromkeys(NAMES, "") | {
        "account": store.account.pk,
        "currency": "usd",
        "basis_points": 250,
        "fixed_amount": 10,
        "minimum_amount": 0,
        "effective_from_0": "",
        "effective_from_1": "",
    }
    return given | more


def test_adds_a_plan_and_shows_what_it_makes(sign_in, store):
    client = sign_in("superuser")
    answer = client.post(url(FeePlan, "add"), form(store, cap_amount=200))

    assert answer.status_code == 302, answer.context["errors"]
    plan = FeePlan.objects.get()
    assert str(plan) == "2.5 % + 0.10 USD, at most 2.00 USD"
    assert plan.created_by is not None
    shown = client.get(page(plan)).content.decode()
    assert "10.00 USD: 0.35 USD" in shown
    assert "100.00 USD: 2.00 USD" in shown


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"basis_points": 10_001}, "from 0 to 100 %"),
        ({"effective_from_0": "2020-01-01", "effective_from_1": "00:00"}, "in the past"),
        ({"minimum_amount": 20, "cap_amount": 10}, "below the least"),
        ({"as_account": "on"}, "Only a store can follow"),
    ],
)
def test_says_what_is_wrong_with_a_plan(sign_in, store, wrong, said):
    answer = sign_in("superuser").post(url(FeePlan, "add"), form(store, **wrong))
    assert said in answer.content.decode()
    assert not FeePlan.objects.exists()


def test_lets_an_owner_look_at_the_own_plans_and_fees_and_nothing_else(
    as_owner, store, other_store
):
    for model in (FeePlan, FeeMovement):
        mine, theirs = make(model, store), make(model, other_store)
        listed = as_owner.get(url(model, "changelist")).context["cl"].queryset
        assert list(listed) == [mine]
        assert as_owner.get(page(mine)).status_code == 200
        assert as_owner.get(page(theirs)).status_code == 302
        assert as_owner.post(url(model, "add"), form(store)).status_code == 403
        assert as_owner.post(page(mine), form(store)).status_code == 403
    report = as_owner.get(REPORT).content.decode()
    export = b"".join(as_owner.get(EXPORT)).decode()
    for text in (report, export):
        assert store.account.name in text
        assert "Canary" not in text


@pytest.mark.parametrize("name", ["cashier", "manager", "newcomer"])
def test_shows_no_fees_to_those_below_an_owner(sign_in, store, name):
    rows = [make(FeePlan, store), make(FeeMovement, store)]
    client = sign_in(name)
    pages = [url(type(row), "changelist") for row in rows] + [page(row) for row in rows]
    for address in (*pages, REPORT, EXPORT):
        assert client.get(address).status_code in (302, 403)


def test_exports_names_that_no_spreadsheet_takes_for_a_formula(sign_in, store):
    store.account.name = "=1+1"
    store.account.save()
    make(FeeMovement, store)
    text = b"".join(sign_in("superuser").get(EXPORT)).decode()
    assert "'=1+1" in text
