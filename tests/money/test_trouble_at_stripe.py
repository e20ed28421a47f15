"""When Stripe is slow, silent or refuses our key: no storm, a word to everybody, and an end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import Circuit, Incident
from payments.services import circuits, intents, watching
from payments.transitions import circuits as counting
from terminal.services import sales
from tests.stripe_double import KEY

NOW = timezone.now()


def counted(*steps, circuit=None):
    """`(calls, failures, seconds after NOW)` each."""
    circuit = circuit or Circuit(name="GET /v1/charges", since=NOW)
    for calls, failures, seconds in steps:
        counting.count(circuit, calls, failures, NOW + timedelta(seconds=seconds))
    return circuit


@pytest.mark.parametrize(
    ("steps", "is_open"),
    [
        ([(4, 4, 0)], False),
        ([(5, 5, 0)], True),
        ([(20, 5, 0)], False),
        ([(4, 4, 0), (4, 4, 31)], False),
        ([(5, 5, 0), (2, 0, 5)], True),
        ([(5, 5, 0), (3, 0, 5)], False),
        ([(5, 5, 0), (2, 0, 5), (1, 1, 6), (2, 0, 7)], True),
    ],
)
def test_it_opens_when_half_of_the_calls_fail_and_closes_by_good_answers(steps, is_open):
    assert (counted(*steps).opened_at is not None) is is_open


def test_a_circuit_nobody_tries_is_over_after_a_minute():
    circuit = counted((5, 5, 0))
    assert counting.is_open(circuit, NOW + timedelta(seconds=59))
    assert not counting.is_open(circuit, NOW + timedelta(seconds=61))
    assert counting.calm_down(circuit, NOW + timedelta(seconds=61))


def test_while_it_is_open_tries_pause_people_are_told_and_it_closes_by_itself(shop):
    shop.simulator.fault("payment_intents.create", "before", "503", count=5)
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    for _ in range(5):
        payment = shop.later(payment, 60)
    trouble = circuits.trouble()
    assert trouble is not None
    assert trouble.kind == "degraded"
    assert Incident.objects.get().kind == "stripe_degraded"

    payment = shop.converse(payment)
    assert trouble.message in payment.message
    [request] = payment.requests.all()
    assert request.next_try_at - timezone.now() > timedelta(seconds=9)

    # A person's own sale is tried at once, and says so.
    other = sales.sell(shop.order(), shop.other_reader, by=shop.by)
    assert trouble.message in other.message
    assert shop.converse(other).state == "waiting_for_card"

    assert shop.later(payment).state == "waiting_for_card"
    for _ in range(3):
        watching._write("POST /v1/payment_intents", 1, 0)
    assert circuits.trouble() is None
    assert Incident.objects.get().resolved_at is not None


def test_a_busy_reader_or_a_decline_is_no_trouble_at_stripe(shop):
    shop.simulator.reader(shop.reader, condition="busy_update")
    payment = shop.sell()
    for _ in range(6):
        payment = shop.later(payment, 20)
    assert not Circuit.objects.filter(opened_at__isnull=False).exists()


def test_a_refused_key_opens_at_once_costs_no_storm_and_refuses_the_next_sale(shop):
    waiting = shop.sell()
    shop.simulator.call("keys/revoke", {"key": KEY})
    waiting = shop.ring(waiting)
    assert waiting.state == "needs_attention"
    trouble = circuits.trouble()
    assert trouble is not None
    assert trouble.kind == "key_refused"
    assert {told.kind for told in Incident.objects.all()} == {"account_refused", "key_refused"}
    with pytest.raises(intents.KeyRefused):
        sales.sell(shop.order(), shop.other_reader, by=shop.by)

    before = len(shop.simulator.exchanges())
    for _ in range(20):
        waiting = shop.converse(waiting)
    assert len(shop.simulator.exchanges()) == before

    shop.simulator.call("keys/restore", {"key": KEY})
    waiting = shop.later(waiting, 900)
    assert waiting.state == "waiting_for_card"
    assert circuits.trouble() is None
    assert not Incident.objects.filter(resolved_at=None).exists()


def test_what_is_slow_counts_as_what_fails(shop, settings):
    settings.STRIPE_READ_TIMEOUT = 0.0
    watching.forget()
    shop.sell()
    assert Circuit.objects.filter(failures__gt=0).exists()


def test_ids_do_not_make_calls_different():
    assert circuits.name_of("post", "/v1/payment_intents/pi_1Ab/capture") == (
        "POST /v1/payment_intents/…/capture"
    )
    assert circuits.name_of("get", "/v1/payment_intents") == "GET /v1/payment_intents"
