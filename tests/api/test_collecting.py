"""Cards that are looked at first, and the rules about them, under `/api/v1/`. It …"""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import Payment
from tests import factories_money
from tests.api.conftest import post


@pytest.fixture
def collected(order, reader):
    """A card was read on the reader and nobody has confirmed it."""
    payment = factories_money.PaymentFactory.create(
        order=order, flow="collect", status="requires_confirmation", state="collected"
    )
    return factories_money.CollectedCardFactory.create(payment=payment, reader=reader)


def shown(tablet, action):
    return tablet.get(f"/api/v1/payments/{action.payment_id}/").json()


@pytest.mark.parametrize("confirm", ["automatic", "manual"])
def test_starts_a_payment_that_looks_at_the_card_first(tablet, order, reader, confirm):
    body = {"flow": "collect", "confirm": confirm}
    response = post(tablet, f"orders/{order.pk}/payments/", body)

    assert response.status_code == 202
    payment = Payment.objects.get()
    assert (payment.flow, payment.confirm) == ("collect", confirm)
    assert {name: response.json()[name] for name in body} == body
    assert payment.reader_actions.get().type == "collect_payment_method"


def test_takes_the_flow_from_the_store_if_the_till_names_none(tablet, order, reader):
    order.store.flow = "collect"
    order.store.save()

    response = post(tablet, f"orders/{order.pk}/payments/", {})

    assert (response.json()["flow"], response.json()["confirm"]) == ("collect", "automatic")


def test_refuses_to_wait_for_a_card_that_is_charged_at_once(tablet, order, reader):
    response = post(tablet, f"orders/{order.pk}/payments/", {"confirm": "manual"})

    assert (response.status_code, response.json()["code"]) == (422, "confirm_refused")
    assert not Payment.objects.exists()


def test_shows_the_card_and_how_long_it_waits(tablet, collected):
    body = shown(tablet, collected)

    until = body["collected"].pop("confirm_before")
    assert until == collected.confirm_before.isoformat().replace("+00:00", "Z")
    assert body["collected"] == {
        "brand": "visa",
        "funding": "debit",
        "country": "US",
        "last4": "4242",
        "read_method": "contactless_emv",
        "wallet": "",
        "notice": "",
    }
    assert body["next_actions"] == [
        *("confirm_payment_intent", "collect_payment_method", "cancel", "check_status")
    ]
    assert body["retryable"] is True
    assert "pm_test" not in str(body)


def test_offers_nothing_but_to_wait_once_the_time_is_over(tablet, collected):
    collected.confirm_before = timezone.now() - timedelta(seconds=1)
    collected.save()

    body = shown(tablet, collected)

    assert body["collected"]["confirm_before"] is None
    assert body["next_actions"] == ["cancel", "check_status"]
    response = post(tablet, f"payments/{collected.payment_id}/confirm_payment_intent/")
    assert (response.status_code, response.json()["code"]) == (409, "no_card_collected")


def test_shows_no_card_once_it_was_let_go(tablet, collected):
    collected.status, collected.ended_at = "canceled", timezone.now()
    collected.save()

    assert shown(tablet, collected)["collected"] is None


def test_confirms_once(tablet, collected):
    path = f"payments/{collected.payment_id}/confirm_payment_intent/"

    first, second = post(tablet, path), post(tablet, path)

    assert (first.status_code, first.json()["state"]) == (202, "authorizing")
    assert first.json()["next_actions"] == ["cancel", "check_status"]
    assert first.json()["collected"]["confirm_before"] is None
    assert (second.status_code, second.json()["code"]) == (409, "payment_busy")
    assert collected.payment.requests.get().path.endswith("/confirm_payment_intent")


def test_asks_for_another_card(tablet, collected):
    response = post(tablet, f"payments/{collected.payment_id}/collect_payment_method/")

    assert response.status_code == 202
    assert (response.json()["state"], response.json()["code"]) == ("collected", "another_card")
    assert response.json()["next_actions"] == ["cancel", "check_status"]
    assert collected.payment.requests.get().kind == "reader.cancel_action"


def test_lets_nobody_take_the_card_to_another_reader(tablet, collected):
    other = factories_money.ReaderFactory.create(location__store=collected.store)
    path = f"payments/{collected.payment_id}/collect_payment_method/"

    response = post(tablet, path, {"reader": other.pk})

    assert (response.status_code, response.json()["code"]) == (409, "payment_busy")


def test_tries_again_in_the_flow_of_the_payment(tablet, stopped):
    Payment.objects.update(flow="collect")

    before = tablet.get(f"/api/v1/payments/{stopped.pk}/").json()
    response = post(tablet, f"payments/{stopped.pk}/collect_payment_method/")

    assert before["next_actions"][:2] == ["collect_payment_method", "cancel"]
    assert before["retryable"] is True
    assert response.status_code == 202
    assert stopped.requests.get().path.endswith("/collect_payment_method")


def test_lists_the_rules_in_force(tablet, store):
    rule = factories_money.CardRuleFactory.create(store=store)
    factories_money.CardRuleFactory.create(store=store, is_active=False)

    body = tablet.get("/api/v1/card_rules/").json()

    assert body["results"] == [
        {
            "id": rule.pk,
            "store": store.pk,
            "position": 10,
            "brand": "",
            "funding": "prepaid",
            "country": "",
            "wallet": "",
            "effect": "refuse",
            "sentence": "Prepaid cards are not taken.",
        }
    ]
