"""Capturing in bulk from the list of payments. It …"""

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from payments.models import CaptureRun, Payment, RunPayment, StripeRequest
from tests import factories, factories_money
from tests.admin.pages import page

LIST = reverse("admin:payments_payment_changelist")
MANY = reverse("admin:payments_payment_capture_many")


def held(store, **more):
    order = factories.OrderFactory.create(store=store)
    return factories_money.ApprovedPaymentFactory.create(order=order, **more)


def choose(client, *payments):
    chosen = [payment.pk for payment in payments]
    return client.post(LIST, {"action": "capture_chosen", "_selected_action": chosen, "index": "0"})


def answer(client, asked):
    return client.post(MANY, {"key": asked.context["key"], "payments": asked.context["ids"]})


def test_asks_about_the_chosen_then_starts_one_run(sign_in, store):
    payments = [held(store), held(store)]
    client = sign_in("manager")

    asked = choose(client, *payments)
    assert "Capture 2 payments" in asked.content.decode()
    assert not CaptureRun.objects.exists()

    first, again = answer(client, asked), answer(client, asked)
    run = CaptureRun.objects.get()
    assert first.url == again.url == page(run)
    assert {row.payment for row in run.payments.all()} == set(payments)
    assert "0 of 2" in client.get(page(run)).content.decode()


def test_follows_the_run(sign_in, store):
    row = factories_money.RunPaymentFactory.create(payment=held(store))
    client = sign_in("cashier")
    shown = client.get(page(row.run, "state")).json()
    assert (shown["headline"], shown["seconds"]) == ("0 of 1 payments are through.", 1.0)

    RunPayment.objects.update(refused="Is the tip meant?")
    news = client.get(page(row.run, "state"), {"stamp": shown["stamp"]}).json()

    assert "Is the tip meant?" in news["html"]
    assert news["seconds"] is None


def test_asks_about_all_that_end_today_and_says_what_is_left_out(sign_in, store):
    now = timezone.now()
    today = held(store, capture_before=now)
    held(store, capture_before=now + timedelta(days=3))
    odd = held(store, capture_before=now)
    type(odd).objects.filter(pk=odd.pk).update(amount_capturable=odd.amount - 1)

    asked = sign_in("manager").get(MANY)

    assert asked.context["ids"] == str(today.pk)
    assert "decide about it on its own page" in asked.content.decode()


def test_says_when_there_is_nothing_to_capture(sign_in, store):
    client = sign_in("manager")

    assert "No hold of your stores ends today." in client.get(MANY).content.decode()
    assert client.post(MANY, {"payments": "x,²,9", "key": "?"}).url == LIST


def test_is_for_managers(sign_in, store):
    payment = held(store)
    client = sign_in("cashier")

    assert client.get(MANY).status_code == 403
    assert client.post(MANY, {"payments": payment.pk}).status_code == 403
    choose(client, payment)
    assert "Capture all that expire today" not in client.get(LIST).content.decode()
    assert not CaptureRun.objects.exists()


def test_takes_no_payment_of_another_store(sign_in, store, other_store):
    theirs = held(other_store)
    client = sign_in("manager")

    asked = choose(client, theirs)
    assert asked.status_code == 302 or str(theirs.pk) not in asked.context["ids"]
    client.post(MANY, {"payments": theirs.pk, "key": "0" * 32})

    assert not CaptureRun.objects.exists()


def test_shows_of_a_run_over_two_stores_ones_own_only(sign_in, store, other_store):
    mine = factories_money.RunPaymentFactory.create(payment=held(store))
    factories_money.RunPaymentFactory.create(run=mine.run, payment=held(other_store))

    html = sign_in("manager").get(page(mine.run)).content.decode()

    assert "0 of 1" in html
    assert "Canary" not in html


def test_asks_the_database_as_much_for_many_as_for_one(
    sign_in, store, django_assert_num_queries, django_assert_max_num_queries
):
    row = factories_money.RunPaymentFactory.create(payment=held(store))
    client = sign_in("manager")
    client.get(page(row.run, "state"))
    with django_assert_max_num_queries(20) as few:
        client.get(page(row.run, "state"))
    for _ in range(5):
        factories_money.RunPaymentFactory.create(run=row.run, payment=held(store))

    with django_assert_num_queries(len(few)):
        client.get(page(row.run, "state"))


@pytest.mark.parametrize("name", ["manager", "superuser"])
def test_offers_the_action_to_those_who_may(sign_in, store, name):
    held(store)
    html = sign_in(name).get(LIST).content.decode()

    assert "Capture the selected payments" in html
    assert "Capture all that expire today" in html


def test_says_in_the_list_what_was_asked_and_what_came_out(
    sign_in, store, other_store, django_assert_max_num_queries
):
    runs = reverse("admin:payments_capturerun_changelist")
    run = factories_money.CaptureRunFactory.create()
    rows = [
        factories_money.RunPaymentFactory.create(run=run, payment=held(store)) for _ in range(4)
    ]
    factories_money.RunPaymentFactory.create(run=run, payment=held(other_store))
    client = sign_in("manager")

    def listed():
        with django_assert_max_num_queries(30):
            return strip_tags(client.get(runs).content.decode())

    assert "At work 0 of 4 asked" in listed()
    asked = [factories_money.StripeRequestFactory.create(payment=row.payment) for row in rows[:3]]
    for row, request in zip(rows, asked, strict=False):
        RunPayment.objects.filter(pk=row.pk).update(request=request)
    RunPayment.objects.filter(pk=rows[3].pk).update(refused="Is the tip meant?")
    Payment.objects.filter(pk=rows[0].payment_id).update(
        status="succeeded", amount_received=F("amount"), amount_capturable=0, ended_at=Now()
    )
    assert "At work 4 of 4 asked; 1 captured, 1 refused" in listed()
    Payment.objects.filter(pk=rows[1].payment_id).update(
        status="succeeded", amount_received=F("amount"), amount_capturable=0, ended_at=Now()
    )
    StripeRequest.objects.filter(pk=asked[2].pk).update(status="refused", finished_at=Now())
    assert "Done, with refusals 4 of 4 asked; 2 captured, 2 refused" in listed()
