"""One order, one PaymentIntent, one reader: the way of a sale."""

from payments.services import captures, refunds
from stores.models import LogEntry
from stores.principals import SYSTEM


def test_a_sale_is_paid_when_the_card_is_presented(shop):
    payment = shop.sell()
    assert (payment.state, payment.status) == ("waiting_for_card", "requires_payment_method")

    shop.tap()
    payment = shop.ring(payment)

    assert (payment.state, payment.status) == ("paid", "succeeded")
    assert payment.amount_received == payment.amount == 2_500
    assert payment.card["last4"] == "4242"
    payment.order.refresh_from_db()
    assert payment.order.status == "paid"


def test_the_log_names_the_request_of_stripe_that_each_change_came_of(shop):
    """Its rows are sealed; those of requests are not."""
    payment = shop.sell(capture_method="manual")
    shop.tap()
    payment = captures.capture(shop.ring(payment), by=shop.by)
    assert shop.converse(payment).state == "paid"
    refunds.refund(payment, by=SYSTEM, amount=500)
    shop.converse(payment)

    asked = set(payment.requests.values_list("stripe_request_id", flat=True))
    named = [
        (row.verb, row.new, row.data["stripe_request"])
        for row in LogEntry.objects.of_payment(payment.pk)
        if "stripe_request" in row.data
    ]
    assert {("state", "waiting_for_card"), ("state", "paid")} <= {each[:2] for each in named}
    assert len(asked) == 4
    assert {stripe_id for *_, stripe_id in named} == asked


def test_an_automatic_sale_costs_two_posts_and_one_get(shop):
    before = len(shop.simulator.exchanges())
    payment = shop.sell()
    shop.tap()
    shop.ring(payment)

    asked = shop.simulator.exchanges()[before:]
    assert [e["method"] for e in asked] == ["POST", "POST", "GET"]


def test_a_paid_sale_leaves_no_old_word_of_stripe_that_its_reader_is_busy(shop):
    payment = shop.sell()
    shop.reader.refresh_from_db()
    assert shop.reader.action["status"] == "in_progress"

    shop.tap()
    shop.ring(payment)

    shop.reader.refresh_from_db()
    assert shop.reader.action == {}
