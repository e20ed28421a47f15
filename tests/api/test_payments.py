"""`/api/v1/orders/{id}/payments/` and `/api/v1/payments/`. It …"""

from datetime import UTC, datetime

import pytest

from payments.models import Payment, StripeRequest
from stores.models import LogEntry
from terminal.models import ReaderAction
from tests import factories, factories_money
from tests.api.conftest import post


def start(tablet, order, body=None, **headers):
    return post(tablet, f"orders/{order.pk}/payments/", body or {}, **headers)


def test_promises_one_payment_intent_and_one_reader_action(tablet, order, reader, device):
    response = start(tablet, order, {"reader": reader.pk})

    assert response.status_code == 202
    payment, body = Payment.objects.get(), response.json()
    assert response["Location"] == f"http://testserver/api/v1/payments/{payment.pk}/"
    assert response["ETag"] == '"1"'
    assert (body["state"], body["status"], body["payment_intent"]) == ("sending", "", None)
    assert (body["amount"], body["currency"], body["order_number"]) == (20_00, "usd", order.number)
    assert body["reader"] == {"id": reader.pk, "stripe_id": reader.stripe_id, "label": reader.label}
    assert (body["next_actions"], body["retryable"]) == (["cancel", "check_status"], False)
    assert body["card"] is None
    assert "application_fee_amount" not in body
    assert StripeRequest.objects.get().kind == "payment_intent.create"
    assert ReaderAction.objects.get().reader == reader
    assert payment.device == device


def test_takes_the_capture_method_from_the_till_if_it_sends_one(tablet, order, reader):
    response = start(tablet, order, {"capture_method": "manual"})

    assert (response.status_code, response.json()["capture_method"]) == (202, "manual")


@pytest.mark.parametrize("field", ["amount", "currency", "application_fee_amount", "price"])
def test_takes_no_amount_from_a_till(tablet, order, reader, field):
    response = start(tablet, order, {field: 1})

    assert response.status_code == 400
    assert response.json()["errors"] == {field: ["Unknown field."]}
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    "body", [{"capture_method": "later"}, {"flow": "swipe"}, {"confirm": "never"}, {"reader": "1"}]
)
def test_refuses_what_it_does_not_know(tablet, order, reader, body):
    response = start(tablet, order, body)

    assert (response.status_code, list(response.json()["errors"])) == (400, list(body))


class TestReader:
    """Without a reader named it …"""

    def test_takes_the_only_one(self, tablet, order, reader):
        factories_money.ReaderFactory.create(location__store=order.store, is_active=False)
        factories_money.ReaderFactory.create()  # another store's

        assert start(tablet, order).json()["reader"]["id"] == reader.pk

    def test_takes_the_tablets_own(self, tablet, order, reader, device):
        own = factories_money.ReaderFactory.create(location__store=order.store)
        factories_money.DefaultReaderFactory.create(device=device, reader=own)

        assert start(tablet, order).json()["reader"]["id"] == own.pk

    def test_asks_for_one_of_several(self, tablet, order, reader):
        factories_money.ReaderFactory.create(location__store=order.store)

        response = start(tablet, order)

        assert (response.status_code, response.json()["code"]) == (422, "reader_required")

    def test_says_that_there_is_none(self, tablet, order):
        factories_money.ReaderFactory.create()  # another store's

        response = start(tablet, order)

        assert (response.status_code, response.json()["code"]) == (422, "store_has_no_reader")

    def test_knows_no_reader_of_another_store(self, tablet, order, reader):
        foreign = factories_money.ReaderFactory.create()

        answers = [start(tablet, order, {"reader": pk}) for pk in (foreign.pk, 10**9)]

        assert [answer.status_code for answer in answers] == [422, 422]
        assert answers[0].json() == answers[1].json()
        assert answers[0].json()["code"] == "reader_not_usable"


def test_refuses_a_second_payment_of_the_order(tablet, order, reader):
    start(tablet, order)

    response = start(tablet, order)

    body = response.json()
    assert (response.status_code, body["code"]) == (409, "order_has_open_payment")
    assert body["next_action"]
    assert Payment.objects.count() == 1


def test_names_the_sale_that_has_the_reader(tablet, order, reader):
    other = factories.OrderFactory.create(store=order.store, number=77)
    start(tablet, other)

    response = start(tablet, order)

    body = response.json()
    assert (response.status_code, body["code"]) == (409, "terminal_reader_busy")
    assert "order 77" in body["detail"]
    assert body["retryable"] is True
    assert Payment.objects.count() == 1


def test_tries_again_with_another_card(tablet, stopped, reader):
    before = tablet.get(f"/api/v1/payments/{stopped.pk}/").json()

    response = post(tablet, f"payments/{stopped.pk}/process_payment_intent/")

    assert before["next_actions"] == [
        "process_payment_intent",
        "cancel",
        "change_order",
        "check_status",
    ]
    assert before["retryable"] is True
    assert response.status_code == 202
    assert response.json()["state"] == "sending"
    assert [action.attempt for action in stopped.reader_actions.order_by("pk")] == [1, 2]
    assert stopped.requests.get().params["payment_intent"] == stopped.payment_intent_id


@pytest.mark.parametrize(
    ("changes", "movable"),
    [
        ({}, True),
        ({"state": "checking"}, True),
        ({"state": "authorizing"}, False),
        ({"attention": "Call support.", "state": "needs_attention"}, False),
        ({"cancel_requested_at": datetime(2026, 5, 1, tzinfo=UTC)}, False),
        ({"status": "requires_confirmation", "flow": "collect"}, False),
        ({"status": "requires_action"}, False),
        ({"status": "requires_capture", "state": "approved"}, False),
    ],
    ids=str,
)
def test_tells_whether_a_payment_may_move(tablet, store, order, changes, movable):
    """As the service does, which is asked behind the back of the list."""
    payment = factories_money.PaymentFactory.create(
        order=order, **({"state": "waiting_for_card"} | changes)
    )
    factories_money.ReaderActionFactory.create(payment=payment)
    other = factories_money.ReaderFactory.create(location__store=store)

    shown = tablet.get(f"/api/v1/payments/{payment.pk}/").json()
    assert shown["movable"] is movable
    moved = post(tablet, f"payments/{payment.pk}/process_payment_intent/", {"reader": other.pk})
    if shown["state"] != "authorizing":  # a card may yet be declined: not refused, not offered
        assert (moved.status_code == 202) is movable
    if movable:
        assert moved.json()["movable"] is False


def test_a_payment_that_is_on_no_reader_is_not_movable(tablet, stopped):
    assert tablet.get(f"/api/v1/payments/{stopped.pk}/").json()["movable"] is False


def test_tries_again_on_another_reader(tablet, stopped, reader):
    other = factories_money.ReaderFactory.create(location__store=stopped.store)
    foreign = factories_money.ReaderFactory.create()
    url = f"payments/{stopped.pk}/process_payment_intent/"

    refused = post(tablet, url, {"reader": foreign.pk})
    response = post(tablet, url, {"reader": other.pk})

    assert (refused.status_code, refused.json()["code"]) == (422, "reader_not_usable")
    assert response.json()["reader"]["id"] == other.pk


def test_cancels_a_payment(tablet, stopped):
    response = post(tablet, f"payments/{stopped.pk}/cancel/")

    assert response.status_code == 202
    assert stopped.requests.get().kind == "payment_intent.cancel"
    assert response.json()["next_actions"] == ["check_status"]


def test_captures_what_is_held_with_a_tip(tablet, approved):
    before = tablet.get(f"/api/v1/payments/{approved.pk}/").json()

    response = post(tablet, f"payments/{approved.pk}/capture/", {"tip_amount": 3_00})

    assert before["next_actions"] == ["capture", "cancel", "check_status"]
    assert before["highest_tip"] == 50_00
    assert before["card"] == {"brand": "visa", "last4": "4242", "funding": "", "read_method": ""}
    assert (response.status_code, response.json()["tip_amount"]) == (202, 3_00)
    assert response.json()["highest_tip"] == 0
    assert approved.requests.get().params["amount_to_capture"] == 23_00


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"tip_amount": 50_01}, 422),
        ({"tip_amount": -1}, 400),
        ({"tip_amount": 1.5}, 400),
        ({"amount_to_capture": 1}, 400),
    ],
)
def test_captures_nothing_else(tablet, approved, body, status):
    response = post(tablet, f"payments/{approved.pk}/capture/", body)

    assert response.status_code == status
    assert not approved.requests.exists()


def test_rings_when_asked_to_check(tablet, stopped):
    response = post(tablet, f"payments/{stopped.pk}/check_status/")

    stopped.refresh_from_db()
    assert response.status_code == 202
    assert stopped.rung_at is not None


def test_refuses_what_the_payment_is_past(tablet, order, reader):
    paid = factories_money.PaidPaymentFactory.create(order=order)
    refusals = {"process_payment_intent": 409, "cancel": 409, "capture": 409, "check_status": 202}

    answers = {verb: post(tablet, f"payments/{paid.pk}/{verb}/") for verb in refusals}

    assert {verb: answer.status_code for verb, answer in answers.items()} == refusals
    assert answers["check_status"].json()["next_actions"] == ["refund"]


def test_tells_the_whole_story(tablet, stopped, order):
    LogEntry.objects.write(
        store=order.store,
        subject="payment",
        subject_id=stopped.pk,
        verb="state",
        message="Declined.",
        payment_id=stopped.pk,
    )
    factories_money.StripeRequestFactory.create(
        payment=stopped,
        kind="payment_intent.create",
        params={"amount": 1_234_56},
        stripe_request_id="req_1",
    )
    factories_money.InboundEventFactory.create(
        object_id=stopped.payment_intent_id,
        stripe_account=stopped.stripe_account,
        event_id="evt_ours",
        type="payment_intent.payment_failed",
    )
    factories_money.InboundEventFactory.create(object_id=stopped.payment_intent_id)

    body = tablet.get(f"/api/v1/payments/{stopped.pk}/timeline/").json()

    assert body["payment"] == stopped.pk
    assert [(one["kind"], one["stripe_id"]) for one in body["entries"]] == [
        ("log", ""),
        ("request", "req_1"),
        ("event", "evt_ours"),
    ]
    assert body["entries"][0]["text"] == "Declined."
    assert body["entries"][1]["text"].startswith(
        "Asked Stripe to create a payment of 1,234.56 USD."
    )
    assert body["entries"][2]["text"] == "Stripe told us that the card was not charged."


def test_a_part_is_captured_by_the_ids_of_lines(tablet, approved):
    lines = tablet.get(f"/api/v1/orders/{approved.order_id}/").json()["lines"]

    unknown = post(tablet, f"payments/{approved.pk}/capture/", {"lines": [10**9]})
    none = post(tablet, f"payments/{approved.pk}/capture/", {"lines": []})
    known = post(
        tablet, f"payments/{approved.pk}/capture/", {"lines": [line["id"] for line in lines]}
    )

    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_line")
    assert (none.status_code, none.json()["code"]) == (422, "nothing_to_capture")
    assert known.status_code == 202


def test_a_capture_takes_no_amount(tablet, approved):
    answer = post(tablet, f"payments/{approved.pk}/capture/", {"amount_to_capture": 1})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["amount_to_capture"])


def test_a_high_tip_and_another_sum_need_a_word(tablet, approved):
    Payment.objects.filter(pk=approved.pk).update(
        reader_tip_amount=444_444, amount_capturable=approved.amount + 444_444
    )
    tip = post(tablet, f"payments/{approved.pk}/capture/")
    assert (tip.status_code, tip.json()["code"]) == (409, "tip_not_confirmed")
    Payment.objects.filter(pk=approved.pk).update(reader_tip_amount=None, amount_capturable=700)
    less = post(tablet, f"payments/{approved.pk}/capture/")
    assert (less.status_code, less.json()["code"]) == (409, "amount_differs")
    taken = post(tablet, f"payments/{approved.pk}/capture/", {"accept_difference": True})
    assert taken.status_code == 202
    assert StripeRequest.objects.get().params["amount_to_capture"] == 700


def test_more_is_held_for_new_lines_where_the_card_allows_it(tablet, approved, product):
    body = {"lines": [{"product": product.pk, "quantity": 1}]}
    path = f"payments/{approved.pk}/increment_authorization/"
    refused = post(tablet, path, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "increment_not_possible")

    Payment.objects.filter(pk=approved.pk).update(incremental_authorization_supported=True)
    shown = tablet.get(f"/api/v1/payments/{approved.pk}/").json()
    assert "increment_authorization" in shown["next_actions"]
    assert post(tablet, path, body).status_code == 202
    assert StripeRequest.objects.get().params["amount"] == approved.amount + 10_00
