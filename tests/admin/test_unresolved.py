"""The board of what is unresolved: why, what resolves it, and its button. It …"""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from payments.models import Dispute, Incident, Payment, State
from payments.services import circuits
from payments.services.requests import raise_incident
from stores.models import Role
from stores.sentences import said, together
from tests import factories, factories_money
from tests.admin.pages import page
from tests.api.test_unresolved import waiting

BOARD = reverse("admin:payments_payment_unresolved")
STATE = reverse("admin:payments_payment_unresolved_state")
TROUBLE = reverse("admin:trouble")
BACK = "?back=unresolved"


def held(store, **more):
    order = factories.OrderFactory.create(store=store)
    return factories_money.ApprovedPaymentFactory.create(order=order, **more)


def seen(client):
    return client.get(BOARD).content.decode()


def test_says_that_everything_is_resolved(sign_in, store):
    assert "Everything is resolved." in seen(sign_in("cashier"))


def test_is_for_those_who_are_signed_in(client, store):
    for url in (BOARD, STATE):
        assert client.get(url).status_code == 302


def test_tells_strangers_nothing(sign_in, store):
    held(store)
    raise_incident("reader_moved", together("A reader is elsewhere."), store=store)
    stranger = sign_in("stranger")

    assert store.name not in seen(stranger)
    assert "A reader is elsewhere." not in seen(stranger)
    assert store.name not in stranger.get(STATE).json()["html"]


def test_asks_stripe_at_once_and_comes_back(sign_in, store):
    payment = waiting(store, state=State.CHECKING)
    client = sign_in("cashier")
    url = page(payment, "check-status") + BACK

    assert f'<form method="post" action="{url}"' in seen(client)
    assert client.get(url).status_code == 302
    assert not Payment.objects.filter(rung_at__isnull=False).exists()

    assert client.post(url).url == BOARD
    assert Payment.objects.filter(rung_at__isnull=False).exists()
    html = seen(client)
    assert "Stripe is being asked how the payment stands." in html
    assert url not in html


@pytest.mark.parametrize(
    ("make", "name", "effect"),
    [
        (held, "capture", "Release the hold instead to charge nothing."),
        (lambda store: waiting(store, state=State.DECLINED), "cancel", "Cancels it at Stripe"),
    ],
)
def test_asks_before_money_moves_and_comes_back(sign_in, store, make, name, effect):
    payment = make(store)
    client = sign_in("manager")
    url = page(payment, name) + BACK

    html = seen(client)
    assert effect in html
    assert f'href="{url}"' in html
    question = client.get(url)
    assert f'href="{BOARD}"' in question.content.decode()
    payment.refresh_from_db()
    assert not payment.requests.exists()
    assert client.post(url, {"stamp": question.context["question"].stamp}).url == BOARD
    assert payment.requests.exists()


def charged_twice(store, user):
    payment = factories_money.PaidPaymentFactory.create(order__store=store)
    Payment.objects.filter(pk=payment.pk).update(
        detached_at=timezone.now(), detached_by=user, detach_reason="Stripe was down"
    )
    raise_incident("paid_twice", together("Paid twice."), payment=payment)
    return payment


def test_offers_a_refund_of_what_was_charged_after_all(sign_in, staff, store):
    payment = charged_twice(store, staff["manager"])

    html = seen(sign_in("manager"))

    assert "Charged twice: to be given back" in html
    assert f'href="{page(payment, "refund")}{BACK}"' in html


def test_offers_a_cashier_no_button_that_is_refused(sign_in, staff, store):
    payment = charged_twice(store, staff["manager"])

    html = seen(sign_in("cashier"))

    assert page(payment, "refund") not in html
    assert "A manager of the store may do this: refund." in html


def test_resolves_an_incident_with_a_note_and_comes_back(sign_in, store):
    payment = factories_money.PaidPaymentFactory.create(order__store=store)
    raise_incident("refund_failed", together("The bank sent 5.00 back."), payment=payment)
    client = sign_in("manager")
    url = page(Incident.objects.get(), "resolve") + BACK

    html = seen(client)
    assert "The bank sent 5.00 back." in html
    assert f'href="{url}"' in html
    assert client.post(url, {"resolution": "Given in cash."}).url == BOARD
    assert "Everything is resolved." in seen(client)


def test_says_until_when_a_dispute_is_answered_and_where(sign_in, store, settings):
    payment = factories_money.PaidPaymentFactory.create(order__store=store)
    dispute = factories_money.DisputeFactory.create(
        payment=payment, respond_before=timezone.now() + timedelta(hours=2)
    )
    raise_incident("disputed", together("The bank took it back."), payment=payment)
    client = sign_in("manager")

    html = seen(client)
    assert "The bank took it back." in html
    assert "before pressing" in html
    assert "Answer before" in html
    assert f'href="{page(dispute)}">Answer the dispute</a>' in html
    assert page(Incident.objects.get(), "resolve") not in html

    settings.STRIPE_API_BASE = "https://api.stripe.com"
    assert f'/test/disputes/{dispute.dispute_id}">Answer the dispute</a>' in seen(client)

    Dispute.objects.update(status="under_review")
    assert page(Incident.objects.get(), "resolve") in seen(client)


def test_shows_incidents_that_are_about_no_payment(sign_in, store):
    raise_incident("reader_moved", together("A reader is elsewhere."), store=store)

    assert "A reader is elsewhere." in seen(sign_in("cashier"))


def test_puts_the_nearest_deadline_first_and_marks_what_presses(sign_in, store):
    now = timezone.now()
    later = held(store, capture_before=now + timedelta(hours=40))
    sooner = held(store, capture_before=now + timedelta(hours=2))

    html = seen(sign_in("manager"))

    assert html.index(page(sooner, "capture")) < html.index(page(later, "capture"))
    assert html.count("Expires soon:") == 1


def test_sends_the_board_only_when_it_is_news(sign_in, store):
    payment = waiting(store, state=State.CHECKING)
    client = sign_in("cashier")

    first = client.get(STATE, {"stamp": "old"}).json()
    known = client.get(STATE, {"stamp": first["stamp"]}).json()
    Payment.objects.filter(pk=payment.pk).update(
        state=State.CANCELED, status="canceled", ended_at=timezone.now()
    )
    news = client.get(STATE, {"stamp": first["stamp"]}).json()

    assert first["headline"] == "1 unresolved."
    assert "html" not in known
    assert news["headline"] == "Everything is resolved."


def test_is_counted_on_the_first_page_and_in_the_banner(sign_in, store, monkeypatch):
    held(store)
    client = sign_in("cashier")
    index = client.get("/admin/").content.decode()
    assert f'href="{BOARD}">Unresolved payments <strong class="count">1</strong>' in index

    trouble = circuits.Trouble(
        "degraded", said("Stripe is slow."), said("Wait."), timezone.now(), []
    )
    monkeypatch.setattr(circuits, "trouble", lambda: trouble)
    assert f'<a href="{BOARD}">1 unresolved</a>' in client.get(BOARD).content.decode()


def test_tells_an_open_page_that_stripe_is_slow_and_that_it_is_not_any_more(
    sign_in, store, monkeypatch
):
    client = sign_in("cashier")
    page = client.get(BOARD).content.decode()
    assert (
        f'<div id="trouble" class="standing px-4" role="status" data-url="{TROUBLE}" hidden>'
        in page
    )
    assert client.get(TROUBLE).json() == {"html": ""}

    trouble = circuits.Trouble(
        "degraded", said("Stripe is slow."), said("Wait."), timezone.now(), []
    )
    monkeypatch.setattr(circuits, "trouble", lambda: trouble)
    shown = client.get(TROUBLE).json()["html"]
    assert shown in client.get(BOARD).content.decode()
    assert "Stripe is slow. Wait." in shown

    assert sign_in("newcomer").get(TROUBLE).status_code == 200
    client.logout()
    assert client.get(TROUBLE).status_code == 302


def test_costs_the_same_however_much_is_unresolved(
    sign_in, store, staff, django_assert_max_num_queries
):
    factories.MembershipFactory.create(
        user=staff["manager"], store=factories.StoreFactory.create(), role=Role.OWNER
    )
    client = sign_in("manager")

    def more():
        held(store)
        waiting(store, state=State.CHECKING)
        waiting(store, state=State.DECLINED)
        paid = factories_money.PaidPaymentFactory.create(order__store=store)
        raise_incident("refund_failed", together("Sent back."), payment=paid)

    def statements():
        circuits.forget()
        with django_assert_max_num_queries(100) as asked:
            client.get(STATE)
        return len(asked)

    more()
    few = statements()
    for _ in range(5):
        more()

    assert statements() == few <= 13
