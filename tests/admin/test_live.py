"""The pages of a payment, a reader and an incident, and how they follow. It …"""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import Incident, Payment, RequestStatus, State
from payments.services import circuits
from terminal.models import Reader
from tests import factories_money
from tests.admin.pages import make, page

FOLLOWED = [Payment, Reader, Incident]
followed = pytest.mark.parametrize("model", FOLLOWED, ids=lambda model: model.__name__)


def state(client, row, stamp=""):
    return client.get(page(row, "state"), {"stamp": stamp})


@followed
def test_tells_strangers_nothing(sign_in, store, model):
    row = make(model, store)

    answer = state(sign_in("stranger"), row)

    assert answer.status_code == 404
    assert store.name not in answer.content.decode()


@followed
def test_sends_the_page_only_when_it_is_news(sign_in, store, model):
    row = make(model, store)
    client = sign_in("cashier")
    live = client.get(page(row)).context["live"]

    known = state(client, row, live.stamp).json()
    news = state(client, row, "old").json()

    assert "html" not in known
    assert 'class="panel now"' in news["html"]
    assert news["stamp"] == known["stamp"] == live.stamp


def test_follows_every_second_while_something_is_on_its_way(sign_in, store):
    request = factories_money.StripeRequestFactory.create(payment=make(Payment, store))
    client = sign_in("cashier")

    waiting = state(client, request.payment).json()
    request.status, request.finished_at = RequestStatus.SUCCEEDED, timezone.now()
    request.save()
    done = state(client, request.payment, waiting["stamp"]).json()

    assert waiting["seconds"] == 1
    assert "Capture: about to be sent to Stripe." in waiting["html"]
    assert done["seconds"] > 1
    assert "about to be sent" not in done["html"]


def test_tells_nobody_to_capture_what_is_being_captured(sign_in, store):
    payment = factories_money.ApprovedPaymentFactory.create(order__store=store)
    factories_money.StripeRequestFactory.create(payment=payment)

    html = state(sign_in("cashier"), payment).json()["html"]

    assert "Capture or release" not in html
    assert "Next:" not in html


def test_says_that_an_answer_is_missing_and_comes_by_itself(sign_in, store):
    factories_money.StripeRequestFactory.create(payment=make(Payment, store), tries=2)

    html = state(sign_in("cashier"), Payment.objects.get()).json()["html"]

    assert "no clear answer yet. Try 3 comes by itself." in html


def test_asks_no_more_about_what_cannot_change(sign_in, store):
    payment = factories_money.PaidPaymentFactory.create(order__store=store)

    assert state(sign_in("cashier"), payment).json()["seconds"] is None


@pytest.mark.parametrize("state_of_till", State.values)
def test_says_what_to_do_next_in_every_state(sign_in, store, state_of_till):
    payment = make(Payment, store)
    Payment.objects.filter(pk=payment.pk).update(state=state_of_till)

    html = sign_in("cashier").get(page(payment)).content.decode()

    assert "<strong>Next:</strong>" in html


def test_follows_a_reader_until_the_click_is_answered(sign_in, store):
    reader = make(Reader, store)
    client = sign_in("cashier")
    client.post(page(reader, "refresh"))

    asked = state(client, reader).json()
    now = timezone.now() + timedelta(seconds=1)
    Reader.objects.filter(pk=reader.pk).update(rung_at=None, read_at=now, status="offline")
    answered = state(client, reader, asked["stamp"]).json()

    assert asked["seconds"] == 1
    assert "Stripe is being asked about this reader." in asked["html"]
    assert "Stripe is being asked" not in answered["html"]
    assert "Offline" in answered["html"]
    assert "offline" in answered["headline"]


def test_says_that_stripe_could_not_be_asked(sign_in, store):
    reader = make(Reader, store)
    Reader.objects.filter(pk=reader.pk).update(read_error="Stripe could not be asked: no route.")

    html = sign_in("cashier").get(page(reader)).content.decode()

    assert "Stripe could not be asked: no route." in html


def test_shows_the_whole_story_of_a_payment(sign_in, store):
    action = factories_money.ReaderActionFactory.create(payment=make(Payment, store))
    payment = action.sale
    request = factories_money.StripeRequestFactory.create(payment=payment)
    incident = factories_money.IncidentFactory.create(payment=payment)

    html = sign_in("cashier").get(page(payment)).content.decode()

    assert f"Order {payment.order.number}" in html
    assert "10.00 USD" in html
    assert action.reader.label in html
    assert page(request) in html
    assert page(incident) in html
    assert "Payment of 10.00 USD." in html


@pytest.mark.parametrize(
    ("base", "is_linked"),
    [
        ("https://api.stripe.com", True),
        ("http://127.0.0.1:12111", False),
        ("https://api.stripe.com.evil", False),
    ],
)
def test_links_to_stripe_only_when_it_is_stripe(sign_in, store, settings, base, is_linked):
    settings.STRIPE_API_BASE = base
    payment = make(Payment, store)

    html = sign_in("cashier").get(page(payment)).content.decode()

    address = f"https://dashboard.stripe.com/{store.stripe_account}/test/payments/"
    assert (address + payment.payment_intent_id in html) is is_linked
    assert payment.payment_intent_id in html


@followed
def test_follows_in_a_fixed_number_of_statements(
    sign_in, store, model, django_assert_max_num_queries
):
    row = make(model, store)
    payment = row if model is Payment else make(Payment, store)
    reader = row if model is Reader else make(Reader, store)
    client = sign_in("manager")

    def statements():
        circuits.forget()  # else only the first page of a second asks about Stripe
        with django_assert_max_num_queries(100) as seen:
            assert state(client, row).status_code == 200
        return len(seen)

    def more(attempt):
        factories_money.StripeRequestFactory.create(
            payment=payment, status="succeeded", finished_at=timezone.now()
        )
        factories_money.ReaderActionFactory.create(
            payment=payment,
            reader=reader,
            attempt=attempt,
            status="failed",
            ended_at=timezone.now(),
        )

    more(1)
    few = statements()
    for attempt in range(2, 30):
        more(attempt)

    assert statements() == few <= 25


@followed
def test_asks_the_database_little_when_there_is_no_news(
    sign_in, store, model, django_assert_max_num_queries
):
    row = make(model, store)
    client = sign_in("cashier")
    stamp = state(client, row).json()["stamp"]

    # One of them asks for the second factor of someone who gave none.
    with django_assert_max_num_queries(8):
        assert "html" not in state(client, row, stamp).json()
