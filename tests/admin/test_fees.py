"""Fee plans and fees in the admin: who sees them, and who adds a plan. It …"""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.admin import words
from payments.models import FeeMovement, FeePlan
from stores.models import Role
from tests import factories
from tests.admin.pages import make, page, url
from tests.factories_money import PaidPaymentFactory, plan_fee, take_fee

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
        "basis_points": "2.5",
        "fixed_amount": "0.10",
        "minimum_amount": 0,
        "effective_from_0": "",
        "effective_from_1": "",
        "_seen": "yes",
    }
    return given | more


def test_adds_a_plan_and_shows_what_it_makes(sign_in, store):
    client = sign_in("superuser")
    answer = client.post(url(FeePlan, "add"), form(store, cap_amount="2.00"))

    assert answer.status_code == 302, answer.context["errors"]
    plan = FeePlan.objects.get()
    assert str(plan) == "2.5 % + 0.10 USD, at most 2.00 USD"
    assert plan.created_by is not None
    shown = client.get(page(plan)).content.decode()
    told = shown.split("Share</", 1)[1].split("Includes tips", 1)[0]
    assert [each in told for each in ("2.5 %", "0.10 USD", "0.00 USD", "2.00 USD")] == [True] * 4
    assert "10.00 USD: 0.35 USD" in shown
    assert "100.00 USD: 2.00 USD" in shown


def test_offers_no_amounts_at_first(sign_in, store):
    form = sign_in("superuser").get(url(FeePlan, "add")).context["adminform"].form
    names = ("basis_points", "fixed_amount", "minimum_amount", "cap_amount")
    assert [str(form[name].value()) for name in names] == ["0", "0", "0", ""]


def test_shows_what_a_plan_makes_before_it_is_saved(sign_in, store):
    plan_fee(store, 100)
    last_month = timezone.now().replace(day=1) - timedelta(days=2)
    order = factories.OrderFactory.create(store=store, net_amount=10_000)
    PaidPaymentFactory.create(order=order, created_at=last_month, application_fee_amount=100)
    client = sign_in("superuser")
    given = form(store, basis_points=3, fixed_amount=0) | {"store": store.pk}
    given.pop("_seen")
    shown = client.post(url(FeePlan, "add"), given)

    assert FeePlan.objects.count() == 1
    assert shown.context["examples"] == [
        [words.money(each, "usd") for each in line]
        for line in [(500, 5, 15), (2_500, 25, 75), (10_000, 100, 300)]
    ]
    assert (shown.context["payments"], shown.context["taken"]) == (1, words.money(100, "usd"))
    assert shown.context["would_be"] == words.money(300, "usd")
    sent = dict(shown.context["given"]) | {"_seen": "yes"}
    assert client.post(url(FeePlan, "add"), sent).status_code == 302
    assert FeePlan.objects.filter(basis_points=300).exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"basis_points": "100.01"}, "less than or equal to 100"),
        ({"effective_from_0": "2020-01-01", "effective_from_1": "00:00"}, "in the past"),
        ({"minimum_amount": "0.20", "cap_amount": "0.10"}, "below the least"),
        ({"cap_amount": "2.005"}, "is not an amount in USD. Write it like 12.34."),
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


def test_lists_the_newest_first_whenever_they_came_to_be_known(as_owner, store):
    newer, older = (
        take_fee(PaidPaymentFactory.create(order__store=store), 100, created_at=at)
        for at in (timezone.now(), timezone.now() - timedelta(days=3))
    )
    listed = as_owner.get(url(FeeMovement, "changelist")).context["cl"].result_list
    assert list(listed) == [newer, older]
