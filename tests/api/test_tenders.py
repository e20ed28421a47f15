"""Cash and parts of a bill by the API: what may be sent, and what comes of two at once. It …"""

import pytest

from payments.models import PaidLine, Payment, StripeRequest
from stores.models import Order
from stores.services import pair_device
from tests.api.conftest import Tablet, post
from tests.api.test_races import at_once, outcomes


def pay(tablet, order, **body):
    return post(tablet, f"orders/{order.pk}/payments/", body)


def line_ids(tablet, order):
    return [line["id"] for line in tablet.get(f"/api/v1/orders/{order.pk}/").json()["lines"]]


@pytest.fixture
def bill(tablet, product):
    """Two lines of 20.00 each."""
    line = {"product": product.pk, "quantity": 2}
    return Order.objects.get(pk=post(tablet, "orders/", {"lines": [line, line]}).json()["id"])


def test_takes_cash_for_all_that_is_owed(tablet, order):
    response = pay(tablet, order, method="cash")

    paid = response.json()
    assert response.status_code == 202
    assert (paid["method"], paid["state"], paid["amount"], paid["split"]) == (
        "cash",
        "paid",
        20_00,
        None,
    )
    assert (paid["payment_intent"], paid["card"], paid["reader"]) == (None, None, None)
    assert paid["next_actions"] == ["refund"]
    assert not StripeRequest.objects.exists()
    shown = tablet.get(f"/api/v1/orders/{order.pk}/").json()
    assert (shown["status"], shown["paid_amount"], shown["due_amount"]) == ("paid", 20_00, 0)


def test_takes_lines_and_shows_what_is_covered(tablet, bill):
    _, second = line_ids(tablet, bill)

    paid = pay(tablet, bill, method="cash", split={"lines": [second]}).json()

    assert (paid["amount"], paid["split"]) == (20_00, {"lines": [second]})
    again = pay(tablet, bill, method="cash", split={"lines": [second]})
    assert (again.status_code, again.json()["code"]) == (409, "line_paid")
    shown = tablet.get(f"/api/v1/orders/{bill.pk}/").json()
    assert (shown["status"], shown["paid_amount"], shown["due_amount"]) == ("open", 20_00, 20_00)


def test_takes_shares_on_a_reader(tablet, bill, reader):
    sent = pay(tablet, bill, reader=reader.pk, split={"shares": 3}).json()

    assert (sent["state"], sent["amount"]) == ("sending", 13_34)
    assert sent["split"] == {"share": 1, "shares": 3}


@pytest.mark.parametrize("how", ["lines", "shares"])
def test_offers_no_change_of_the_order_while_a_part_is_open(tablet, bill, reader, how):
    split = {"shares": 2} if how == "shares" else {"lines": line_ids(tablet, bill)[:1]}
    part = pay(tablet, bill, reader=reader.pk, split=split).json()["id"]
    StripeRequest.objects.update(status="succeeded", finished_at=bill.created_at)
    Payment.objects.update(state="waiting_for_card", payment_intent_id="pi_part")

    shown = tablet.get(f"/api/v1/payments/{part}/").json()

    assert shown["next_actions"] == ["cancel", "check_status"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"method": "cheque"}, "method"),
        ({"method": "cash", "amount": 1}, "amount"),
        ({"method": "cash", "tendered": 50_00}, "tendered"),
        ({"method": "cash", "reader": 1}, "reader"),
        ({"method": "cash", "flow": "process"}, "flow"),
        ({"method": "cash", "split": {}}, "split"),
        ({"method": "cash", "split": {"shares": 1}}, "split.shares"),
        ({"method": "cash", "split": {"shares": 101}}, "split.shares"),
        ({"method": "cash", "split": {"lines": []}}, "split.lines"),
        ({"method": "cash", "split": {"lines": ["1"]}}, "split.lines.0"),
        ({"method": "cash", "split": {"shares": 2, "lines": [1]}}, "split"),
        ({"method": "cash", "split": {"amount": 1}}, "split.amount"),
    ],
)
def test_refuses_by_name_what_it_does_not_take(tablet, order, body, field):
    response = pay(tablet, order, **body)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert not Payment.objects.exists()


def test_says_to_cancel_the_card_first(tablet, stopped):
    response = pay(tablet, stopped.order, method="cash")

    refused = response.json()
    assert (response.status_code, refused["code"]) == (409, "order_has_open_payment")
    assert f"payment {stopped.pk}, or cancel it" in refused["next_action"]


def test_takes_no_line_of_another_store(tablet, bill, stranger):
    foreign = post(
        stranger, "orders/", {"lines": [{"description": "T", "unit_amount": 1_00, "quantity": 1}]}
    ).json()

    response = pay(tablet, bill, method="cash", split={"lines": [foreign["lines"][0]["id"]]})

    unknown = pay(tablet, bill, method="cash", split={"lines": [10**9]})
    assert response.status_code == unknown.status_code == 422
    assert response.json()["code"] == unknown.json()["code"] == "split_refused"


def test_keeps_a_line_by_its_id(tablet, bill, product):
    first, _ = line_ids(tablet, bill)
    pay(tablet, bill, method="cash", split={"lines": [first]})
    bill.refresh_from_db()

    def patch(*lines):
        return tablet.patch(
            f"/api/v1/orders/{bill.pk}/",
            {"lines": lines},
            format="json",
            headers={"If-Match": f'"{bill.version}"'},
        )

    gone = patch({"product": product.pk, "quantity": 9})
    assert (gone.status_code, gone.json()["code"]) == (409, "line_paid")
    assert f'{{"line": {first}}}' in gone.json()["next_action"]

    kept = patch({"product": product.pk, "quantity": 3}, {"line": first})
    assert kept.status_code == 200, kept.json()
    assert [line["id"] for line in kept.json()["lines"]][1] == first
    assert (kept.json()["total_amount"], kept.json()["due_amount"]) == (50_00, 30_00)


def test_a_new_order_keeps_nothing(tablet, bill):
    [first, _] = line_ids(tablet, bill)
    response = post(tablet, "orders/", {"lines": [{"line": first}]})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_line")


def test_gives_cash_back_within_the_tills_limit(tablet, order, store):
    payment = pay(tablet, order, method="cash").json()
    path = f"payments/{payment['id']}/refunds/"
    refused = post(tablet, path, {"amount": 1_00})
    assert (refused.status_code, refused.json()["code"]) == (403, "refund_not_allowed")

    store.cashier_refund_limit = 5_00
    store.save()
    given = post(tablet, path, {"amount": 1_00}).json()
    assert [refund["status"] for refund in given["refunds"]] == ["succeeded"]
    assert (given["amount_refunded"], given["amount_refundable"]) == (1_00, 19_00)


# Two at once


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_takes_either_the_cash_or_the_card(self, store, paired, order, reader):
        other = pair_device(store, "Second till")[1]
        calls = [
            lambda: pay(Tablet(paired[1]), order, method="cash"),
            lambda: pay(Tablet(other), order, reader=reader.pk),
        ]

        answers = at_once(calls * 4)

        assert outcomes(answers)[202, ""] == 1
        assert {status for status, _ in outcomes(answers)} == {202, 409}
        assert Payment.objects.filter(order=order).count() == 1

    def test_takes_cash_once(self, paired, order):
        answers = at_once([lambda: pay(Tablet(paired[1]), order, method="cash")] * 8)

        assert outcomes(answers) == {(202, ""): 1, (409, "order_not_payable"): 7}
        order.refresh_from_db()
        assert order.paid_amount == order.total_amount

    def test_has_one_line_paid_by_one(self, store, paired, bill):
        other = pair_device(store, "Second till")[1]
        [line, _] = line_ids(Tablet(paired[1]), bill)
        split = {"lines": [line]}

        answers = at_once(
            [
                lambda token=token: pay(Tablet(token), bill, method="cash", split=split)  # type: ignore[misc]
                for token in (paired[1], other) * 4
            ]
        )

        assert outcomes(answers) == {(202, ""): 1, (409, "line_paid"): 7}
        assert PaidLine.objects.filter(line=line).count() == 1

    def test_never_takes_more_shares_than_there_are(self, paired, bill):
        def share():
            return pay(Tablet(paired[1]), bill, method="cash", split={"shares": 4})

        answers = at_once([share] * 8)

        assert outcomes(answers)[202, ""] == 4
        assert sum(Payment.objects.values_list("amount", flat=True)) == bill.total_amount
