"""The list of payments that are not settled: why, what settles it, and what that will do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import Payment, Refund, State
from payments.services.refund_merging import merge_refund
from payments.services.requests import raise_incident
from stores.sentences import together
from tests import factories
from tests.factories_money import (
    ApprovedPaymentFactory,
    PaidPaymentFactory,
    PaymentFactory,
    RefundFactory,
)


def waiting(store, seconds=3600, **more):
    """An open payment of the store that nothing happened to for so long."""
    order = factories.OrderFactory.create(store=store)
    moved = timezone.now() - timedelta(seconds=seconds)
    return PaymentFactory.create(order=order, **{"moved_at": moved, **more})


def listed(client):
    return client.get("/api/v1/unresolved/").json()["results"]


def test_a_settled_shop_has_an_empty_list(tablet, store):
    PaymentFactory.create(
        order=factories.OrderFactory.create(store=store),
        status="succeeded",
        state=State.PAID,
        ended_at=timezone.now(),
    )
    assert listed(tablet) == []


def test_a_hold_is_to_be_captured_before_it_expires(tablet, store):
    order = factories.OrderFactory.create(store=store)
    payment = ApprovedPaymentFactory.create(order=order)
    [case] = listed(tablet)
    assert (case["kind"], case["action"]) == ("not_captured", "capture")
    assert case["payment"] == payment.pk
    assert case["before"] is not None
    assert "Release the hold instead" in case["effect"]


@pytest.mark.parametrize(
    ("state", "kind", "action"),
    [
        (State.CHECKING, "unknown", "check_status"),
        (State.SENDING, "unknown", "check_status"),
        (State.DECLINED, "left_open", "cancel"),
        (State.STOPPED, "left_open", "cancel"),
    ],
)
def test_what_waits_too_long_is_listed_with_what_settles_it(tablet, store, state, kind, action):
    waiting(store, state=state)
    [case] = listed(tablet)
    assert (case["kind"], case["action"]) == (kind, action)
    assert case["message"]
    assert case["effect"]


@pytest.mark.parametrize(
    ("state", "seconds"),
    [(State.CHECKING, 20), (State.DECLINED, 600), (State.WAITING_FOR_CARD, 6000)],
)
def test_what_ends_by_itself_is_given_its_time(tablet, store, state, seconds):
    waiting(store, seconds, state=state)
    assert listed(tablet) == []


def test_a_cancel_that_stripe_has_not_confirmed_is_listed(tablet, store):
    asked = timezone.now() - timedelta(minutes=2)
    waiting(store, state=State.CHECKING, cancel_requested_at=asked)
    assert [case["kind"] for case in listed(tablet)] == ["cancel_pending"]


def test_an_incident_lists_even_a_paid_payment_until_it_is_resolved(tablet, store):
    payment = waiting(store, state=State.PAID, status="succeeded", ended_at=timezone.now())
    raise_incident("moved_backwards", together("Stripe said less."), payment=payment)
    assert [case["action"] for case in listed(tablet)] == ["resolve"]
    payment.incidents.update(resolved_at=timezone.now())
    assert listed(tablet) == []


def test_nobody_sees_another_store(tablet, store):
    waiting(factories.StoreFactory.create(), state=State.CHECKING)
    assert listed(tablet) == []


def test_the_list_costs_the_same_however_long_it_is(tablet, store, django_assert_max_num_queries):
    waiting(store, state=State.CHECKING)
    with django_assert_max_num_queries(4):
        assert len(listed(tablet)) == 1
    for _ in range(5):
        waiting(store, state=State.CHECKING)
    with django_assert_max_num_queries(4):
        assert len(listed(tablet)) == 6
    assert Payment.objects.count() == 6


def test_a_refund_that_is_not_known_to_be_made_is_listed_after_half_a_minute(tablet, store):
    paid = PaidPaymentFactory.create(order=factories.OrderFactory.create(store=store))
    asked = {"payment": paid, "status": "requested", "refund_id": None, "ended_at": None}
    refund = RefundFactory.create(**asked)
    assert listed(tablet) == []

    Refund.objects.filter(pk=refund.pk).update(updated_at=timezone.now() - timedelta(seconds=31))
    [case] = listed(tablet)
    assert (case["kind"], case["action"]) == ("refund_pending", "check_status")
    assert case["payment"] == paid.pk


def test_an_incident_is_told_in_the_language_that_is_asked_for(tablet, store):
    payment = PaidPaymentFactory.create(order__store=store)
    merge_refund(
        payment,
        {"id": "re_1", "status": "canceled", "amount": 1_250_00, "created": 1_764_000_000},
    )

    [english], [spanish], [canadian] = (
        tablet.get("/api/v1/unresolved/", headers={"Accept-Language": language}).json()["results"]
        for language in ("en", "es", "fr-CA")
    )

    assert english["message"] == payment.incidents.get().message
    assert spanish["message"] == (
        "El reembolso de 1,250.00 USD se canceló. El cliente no recibió el dinero: reembolse de"
        " nuevo, o páguelo en efectivo."
    )
    assert canadian["message"] == (
        "Le remboursement de 1\xa0250,00 USD a été annulé. Le client n’a pas reçu l’argent\xa0:"  # noqa: RUF001
        " remboursez de nouveau, ou rendez-le comptant."
    )
