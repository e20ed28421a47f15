"""Work that is handed out twice, and a COMMIT whose answer is lost: everything happens once."""

from contextlib import contextmanager
from threading import Barrier, Thread

import pytest
from django.db import connection
from rest_framework.test import APIClient

from payments import tasks
from payments.models import InboundEvent, Payment
from stores.models import ClientRequest, Order
from stores.services import pair_again
from terminal.services import sales

ENDS_US = """
CREATE FUNCTION end_us() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER end_us AFTER INSERT ON payments_payment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION end_us();
"""


@contextmanager
def connections_that_die_at_commit():
    """PostgreSQL ends the connection while it commits a new payment."""
    with connection.cursor() as cursor:
        cursor.execute(ENDS_US)
    try:
        yield
    finally:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION end_us() CASCADE")


def test_a_connection_lost_at_commit_is_a_503_and_the_same_request_again_one_payment(
    committed_shop,
):
    shop = committed_shop
    order = shop.order()
    tablet = APIClient(headers={"authorization": f"Bearer {pair_again(shop.device)}"})

    def pay():
        body = {"reader": shop.reader.pk}
        headers = {"idempotency-key": "one sale"}
        url = f"/api/v1/orders/{order.pk}/payments/"
        return tablet.post(url, body, format="json", headers=headers)

    with connections_that_die_at_commit():
        lost = pay()
    assert (lost.status_code, lost.json()["code"]) == (503, "database_unavailable")
    assert lost.json()["retryable"]
    assert not Payment.objects.exists()
    assert not ClientRequest.objects.exists()

    again, replay = pay(), pay()

    assert (again.status_code, replay.status_code) == (202, 202)
    assert replay["Idempotent-Replayed"] == "true"
    payment = shop.converse(Payment.objects.get())
    assert payment.state == "waiting_for_card"
    assert Order.objects.count() == 1


def test_a_task_that_the_broker_hands_out_again_finds_its_work_done(committed_shop):
    shop = committed_shop
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    for _ in range(3):
        tasks.converse(payment.pk)

    assert list(payment.requests.values_list("tries", flat=True)) == [1, 1]
    assert len(shop.simulator.exchanges("POST", "process_payment_intent")) == 1


def test_a_task_that_runs_twice_at_once_does_its_work_once(committed_shop):
    shop = committed_shop
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    together = Barrier(4)

    def run():
        try:
            together.wait()
            tasks.converse(payment.pk)
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(shop.simulator.exchanges("POST", "/v1/payment_intents")) == 1
    assert len(shop.simulator.exchanges("POST", "process_payment_intent")) == 1
    payment.refresh_from_db()
    assert payment.state == "waiting_for_card"


@pytest.mark.parametrize("times", [2, 5])
def test_an_event_that_is_handed_out_again_rings_once(committed_shop, times):
    shop = committed_shop
    payment = shop.sell()
    shop.tap()
    event = InboundEvent.objects.create(
        endpoint="00000000-0000-4000-8000-000000000000",
        event_id="evt_again",
        type="payment_intent.succeeded",
        object_id=payment.payment_intent_id,
        stripe_account=payment.stripe_account,
        created_at=payment.created_at,
        received_at=payment.created_at,
        next_try_at=payment.created_at,
        claimed_until=payment.created_at,
        body="{}",
    )
    tasks.handle_event(event.pk)
    payment = shop.converse(payment)
    assert payment.state == "paid"
    before = len(shop.simulator.exchanges())
    for _ in range(times - 1):
        tasks.handle_event(event.pk)
        shop.converse(payment)

    assert len(shop.simulator.exchanges()) == before
