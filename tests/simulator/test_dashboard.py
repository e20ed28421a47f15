"""What a person does in Stripe's Dashboard, by the control API."""

from .conftest import SHOP, on


def newest(simulator, account=""):
    return simulator.v1.events.list({"limit": 1}, on(account)).data[0]


def press(simulator, act, **body):
    return simulator.tell(f"dashboard/{act}", **body)


def test_a_person_refunds_a_payment_and_no_request_is_named(simulator):
    simulator.account()
    paid = simulator.pay(1000, account=SHOP)
    made = press(simulator, "refund", account=SHOP, id=paid.id, amount=400, metadata={"a": "b"})
    assert (made["amount"], made["metadata"]) == (400, {"a": "b"})
    event = newest(simulator, SHOP)
    assert event.type == "charge.refunded"
    assert event["request"].to_dict() == {"id": None, "idempotency_key": None}
    charge = paid.latest_charge.id
    assert press(simulator, "refund", account=SHOP, id=charge)["amount"] == 600


def test_a_person_captures_and_cancels(simulator):
    held, other = (simulator.pay(4000, capture_method="manual") for _ in range(2))
    captured = press(simulator, "capture", id=held.id, amount_to_capture=3000)
    assert (captured["status"], captured["amount_received"]) == ("succeeded", 3000)
    canceled = press(simulator, "cancel", id=other.id, cancellation_reason="abandoned")
    assert (canceled["status"], canceled["cancellation_reason"]) == ("canceled", "abandoned")
    assert newest(simulator)["request"]["id"] is None


def test_what_stripe_refuses_a_person_is_refused_too(simulator):
    paid = simulator.pay(1000)
    answer = press(simulator, "refund", status=400, id=paid.id, amount=1001)
    assert answer["error"]["param"] == "amount"
    assert press(simulator, "capture", status=400, id=paid.id)["error"]["code"]
    press(simulator, "capture", status=400, id=paid.id, nonsense=1)
    press(simulator, "capture", status=404, id="pi_none")
    press(simulator, "refund", status=404, id=paid.id, account="acct_none")


def test_a_bank_sends_a_refund_back(simulator):
    paid = simulator.pay(1000)
    made = press(simulator, "refund", id=paid.id)
    failed = press(simulator, "refund_fail", id=made["id"], failure_reason="lost_or_stolen_card")
    assert (failed["status"], failed["failure_reason"]) == ("failed", "lost_or_stolen_card")
    assert not simulator.read(paid).latest_charge.refunded
    press(simulator, "refund_fail", status=400, id=made["id"], failure_reason="bored")
    press(simulator, "refund_fail", status=404, id="re_none")


def test_a_person_withdraws_a_refund_that_waits_for_funds(simulator):
    simulator.tell("switches", refund_over_balance="wait")
    paid = simulator.pay(1000)
    made = press(simulator, "refund", id=paid.id)
    assert made["status"] == "pending"
    canceled = press(simulator, "refund_cancel", id=made["id"])
    assert (canceled["status"], canceled["failure_reason"]) == ("canceled", "merchant_request")
    charge = simulator.read(paid).latest_charge
    assert (charge.refunded, charge.amount_refunded) == (False, 0)
    press(simulator, "refund_cancel", status=400, id=made["id"])


def test_a_person_pays_out_and_moves_money(simulator):
    shop = simulator.account()
    simulator.pay(10_000)
    simulator.tell("clock", advance=2 * 24 * 3600)
    made = press(simulator, "transfer", amount=1000, currency="usd", destination=shop)
    press(simulator, "transfer_reverse", id=made["id"], amount=400)
    payout = press(simulator, "payout", account=shop, amount=600, currency="usd")
    assert press(simulator, "payout_cancel", account=shop, id=payout["id"])["status"] == "canceled"


def test_a_person_answers_a_dispute(simulator):
    made = press(simulator, "dispute", id=simulator.pay().id)
    evidence = {"customer_name": "Ann"}
    sent = press(simulator, "dispute_respond", id=made["id"], evidence=evidence, submit=False)
    assert sent["evidence"]["customer_name"] == "Ann"
    assert press(simulator, "dispute_accept", id=made["id"])["status"] == "lost"
