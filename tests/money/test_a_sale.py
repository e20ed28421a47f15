"""One order, one PaymentIntent, one reader: the way of a sale."""


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
