"""Each promise, kept and broken, over facts made by hand: a checker must be able to fail."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from retail.checker import violations
from retail.checker.facts import AtStripe, Books

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Facts = dict[str, list[dict[str, Any]]]


def sale() -> tuple[Facts, Facts]:
    """A paid sale of 1000 with a tip of 200, as our books and Stripe tell it."""
    payment = {
        "id": 1, "uuid": "u1", "store_id": 1, "order_id": 1, "payment_intent_id": "pi_1",
        "status": "succeeded", "state": "paid", "stripe_account": "acct_1", "destination": "",
        "amount": 1000, "tip_amount": 200, "currency": "usd", "livemode": False,
        "amount_capturable": 0, "amount_received": 1200, "application_fee_amount": 12,
        "latest_charge_id": "ch_1", "amount_refunded": 300, "capture_before": None,
        "lease_until": None, "promised": {}, "method": "card", "created_at": NOW, "ended_at": NOW,
        "detached_at": None, "rung_at": None,
        "next_read_at": None, "moved_at": NOW, "fee_plan_id": 1,
    }  # fmt: skip
    request = {
        "id": 1, "payment_id": 1, "kind": "payment_intent.create", "path": "/v1/payment_intents",
        "stripe_account": "acct_1", "idempotency_key": "create:u1:1", "status": "succeeded",
        "params": {"amount": 1000, "currency": "usd"}, "next_try_at": NOW,
    }  # fmt: skip
    books: Facts = {
        "stores": [
            {"id": 1, "account_id": 1, "account": "acct_1", "stripe_account": "acct_1"},
        ],
        "fee_plans": [{"id": 1, "account_id": 1, "store_id": None, "effective_from": NOW}],
        "orders": [
            {
                "id": 1, "status": "paid", "total_amount": 1000, "refunded_amount": 300,
                "paid_amount": 1000, "held_amount": 0,
            }
        ],
        "payments": [payment],
        "refunds": [
            {
                "id": 1, "uuid": "r1", "payment_id": 1, "refund_id": "re_1", "amount": 300,
                "status": "succeeded", "in_person": False, "updated_at": NOW,
            }
        ],
        "requests": [request],
        "readers": [{"id": 1, "stripe_account": "acct_1"}],
        "actions": [{"id": 1, "reader_id": 1, "payment_id": 1, "status": "succeeded"}],
        "events": [
            {
                "stripe_account": "acct_1", "event_id": "evt_1", "status": "handled",
                "next_try_at": NOW,
            }
        ],
        "log": [log("requires_payment_method"), log("succeeded")],
    }  # fmt: skip
    stripe: Facts = {
        "intents": [
            {
                "id": "pi_1", "account": "acct_1", "metadata": {"payment": "u1"},
                "status": "succeeded", "amount": 1200, "amount_capturable": 0,
                "amount_received": 1200, "currency": "usd", "livemode": False,
                "latest_charge": "ch_1", "application_fee_amount": 12,
            }
        ],
        "charges": [charge("ch_1")],
        "refunds": [refund("re_1", 300, refund="r1")],
        "exchanges": [
            exchange("payment_intents.create", "/v1/payment_intents", "create:u1:1", amount=1000),
            exchange("payment_intents.capture", "/v1/payment_intents/pi_1/capture"),
        ],
        "deliveries": [
            {
                "url": "http://x/hooks/1", "outcome": "delivered", "account": "acct_1",
                "event": "evt_1",
            }
        ],
    }  # fmt: skip
    return books, stripe


def charge(id: str) -> dict[str, Any]:
    return {
        "id": id, "payment_intent": "pi_1", "status": "succeeded", "amount": 1200,
        "amount_captured": 1200, "captured": True, "created": int(NOW.timestamp()),
        "application_fee_amount": 12,
    }  # fmt: skip


def refund(id: str, amount: int, **metadata: str) -> dict[str, Any]:
    return {
        "id": id, "payment_intent": "pi_1", "charge": "ch_1", "amount": amount,
        "status": "succeeded", "metadata": metadata, "created": int(NOW.timestamp()),
    }  # fmt: skip


def log(status: str, **more: Any) -> dict[str, Any]:
    row = {"payment_id": 1, "verb": "status", "new": "", "at": NOW, "data": {"status": status}}
    return row | more


def exchange(operation: str, path: str, key: str = "", **params: Any) -> dict[str, Any]:
    return {
        "operation": operation, "path": path, "idempotency_key": key or None, "status": 200,
        "replayed": False, "account": "acct_1", "params": params, "response": {},
    }  # fmt: skip


def broken(books: Facts, stripe: Facts) -> set[str]:
    found = violations(Books(NOW, **books), AtStripe(**stripe), settled=True)  # type: ignore[arg-type]
    return {each.rule for each in found}


def test_a_sale_that_went_well_breaks_no_promise():
    assert broken(*sale()) == set()


def second_intent(books, stripe):
    stripe["intents"].append(stripe["intents"][0] | {"id": "pi_2", "amount_received": 0})


def two_open_payments(books, stripe):
    books["orders"][0]["status"] = "open"
    for number in (2, 3):
        books["payments"].append(
            books["payments"][0]
            | {"id": number, "uuid": f"u{number}", "payment_intent_id": f"pi_{number}"}
            | {"status": "requires_payment_method", "amount_received": 0, "latest_charge_id": ""}
        )
        stripe["intents"].append(
            stripe["intents"][0]
            | {"id": f"pi_{number}", "metadata": {"payment": f"u{number}"}, "amount_received": 0}
            | {"status": "requires_payment_method", "latest_charge": None}
        )


def too_much_taken(books, stripe):
    stripe["intents"][0]["amount_received"] = books["payments"][0]["amount_received"] = 1600


def captured_twice(books, stripe):
    stripe["exchanges"].append(dict(stripe["exchanges"][1]))


def two_good_charges(books, stripe):
    stripe["charges"].append(charge("ch_2"))


def paid_without_money(books, stripe):
    stripe["intents"][0]["status"] = "requires_capture"


def money_forgotten(books, stripe):
    books["orders"][0]["status"] = "open"


def another_fee(books, stripe):
    stripe["charges"][0]["application_fee_amount"] = 13


def plan_of_somebody_else(books, stripe):
    books["fee_plans"][0]["account_id"] = 2


def plan_of_another_store(books, stripe):
    books["fee_plans"][0]["store_id"] = 2


def plan_that_had_not_begun(books, stripe):
    books["fee_plans"][0]["effective_from"] = NOW + timedelta(seconds=1)


def open_without_a_plan(books, stripe):
    books["payments"][0] |= {"fee_plan_id": None, "ended_at": None}


def refunded_too_much(books, stripe):
    stripe["refunds"] += [refund("re_2", 901)]


def refunded_twice_for_one_row(books, stripe):
    stripe["refunds"] += [refund("re_2", 300, refund="r1")]


def refund_not_in_the_books(books, stripe):
    stripe["refunds"] += [refund("re_2", 100)]


def refund_that_stripe_does_not_have(books, stripe):
    stripe["refunds"].clear()


def refund_of_another_amount(books, stripe):
    stripe["refunds"][0]["amount"] = 200


def refund_called_failed_too_soon(books, stripe):
    books["refunds"][0]["status"] = "failed"


def refund_called_refused_that_was_made(books, stripe):
    books["refunds"][0] |= {"status": "refused", "refund_id": None}
    books["payments"][0]["amount_refunded"] = books["orders"][0]["refunded_amount"] = 0


def refund_that_failed_unnoticed(books, stripe):
    stripe["refunds"][0]["status"] = "failed"


def refund_not_in_the_sum_of_the_payment(books, stripe):
    books["payments"][0]["amount_refunded"] = books["orders"][0]["refunded_amount"] = 0


def refund_not_in_the_sum_of_the_order(books, stripe):
    books["orders"][0]["refunded_amount"] = 0


def dispute_not_in_the_books(books, stripe):
    stripe["disputes"] = [
        {"id": "dp_1", "payment_intent": "pi_1", "status": "needs_response", "amount": 1200}
    ]


def refund_forgotten(books, stripe):
    books["refunds"].append(
        books["refunds"][0]
        | {"id": 2, "uuid": "r2", "refund_id": None, "status": "requested"}
        | {"updated_at": NOW - timedelta(minutes=5)}
    )


def intent_unknown_to_stripe(books, stripe):
    books["payments"][0]["payment_intent_id"] = "pi_9"


def books_lag(books, stripe):
    books["payments"][0] |= {"status": "requires_capture", "amount_received": 0}


def two_actions_on_one_reader(books, stripe):
    books["actions"] += [
        {"id": n, "reader_id": 1, "payment_id": n - 1, "status": "in_progress"} for n in (2, 3)
    ]
    books["payments"].append(books["payments"][0] | {"id": 2, "uuid": "u2"})


def card_parked(books, stripe):
    books["actions"][0] |= {"status": "collected", "collected_at": NOW - timedelta(seconds=31)}


READER = "/v1/terminal/readers/tmr_1"


def payment_on_reader(stripe, status="in_progress"):
    shown: dict[str, Any] = {"type": "process_payment_intent", "status": status}
    shown["process_payment_intent"] = {"payment_intent": "pi_other"}
    sent = exchange("readers.process_payment_intent", f"{READER}/process_payment_intent")
    stripe["exchanges"].append(sent | {"response": {"action": shown}})


def command_to_reader(books, stripe, verb):
    sent = exchange(f"readers.{verb}", f"{READER}/{verb}", "command:u1")
    stripe["exchanges"].append(sent)
    ours = {"id": 2, "idempotency_key": "command:u1", "path": sent["path"]}
    books["requests"].append(books["requests"][0] | ours | {"kind": f"reader.{verb}"})


def somebody_else_stopped(books, stripe):
    payment_on_reader(stripe)
    command_to_reader(books, stripe, "cancel_action")


def payment_replaced_by_a_cart(books, stripe):
    payment_on_reader(stripe)
    command_to_reader(books, stripe, "set_reader_display")


def payment_replaced_by_a_form(books, stripe):
    payment_on_reader(stripe)
    command_to_reader(books, stripe, "collect_inputs")


def payment_replaced_by_a_card_to_save(books, stripe):
    payment_on_reader(stripe)
    command_to_reader(books, stripe, "process_setup_intent")


def on_a_reader(books, stripe, amount, status="succeeded", told=1000, **intent):
    """The order was to be changed to this amount, and then the payment went to a reader."""
    changed: dict[str, Any] = {"kind": "payment_intent.update", "idempotency_key": "update:u1:1"}
    sent = {"kind": "reader.process_payment_intent", "idempotency_key": "process:u1:1"}
    paths = "/v1/payment_intents/pi_1", "/v1/terminal/readers/tmr_1/process_payment_intent"
    changed |= {"params": {"amount": amount}, "status": status, "path": paths[0]}
    first = books["requests"][0]
    books["requests"] += [first | {"id": 2} | changed]
    books["requests"] += [first | {"id": 3, "params": {}, "path": paths[1]} | sent]
    names = "payment_intents.update", "readers.process_payment_intent"
    update = exchange(names[0], paths[0], "update:u1:1", amount=amount)
    response = {"object": "payment_intent", "id": "pi_1", "amount": told} | intent
    stripe["exchanges"] += [
        update | {"response": response},
        exchange(names[1], paths[1], "process:u1:1", payment_intent="pi_1"),
    ]


def old_amount_on_a_reader(books, stripe):
    on_a_reader(books, stripe, 3600, told=1000)


def amount_that_was_given_up_on_a_reader(books, stripe):
    on_a_reader(books, stripe, 3600, status="abandoned", told=3600)


def status_went_back(books, stripe):
    books["log"].append(log("requires_capture"))


def failed_while_charged(books, stripe):
    later = NOW + timedelta(seconds=5)
    books["log"].append(log("succeeded", verb="state", new="declined", at=later))


def key_for_another_path(books, stripe):
    stripe["exchanges"][0]["path"] = "/v1/refunds"


def amount_not_written_down(books, stripe):
    stripe["exchanges"][0]["params"]["amount"] = 999


def request_in_another_account(books, stripe):
    books["requests"][0]["stripe_account"] = "acct_2"
    stripe["exchanges"][0]["account"] = "acct_2"


def reader_of_another_account(books, stripe):
    books["readers"][0]["stripe_account"] = ""


def event_lost(books, stripe):
    books["events"].clear()


def request_forgotten(books, stripe):
    books["requests"][0] |= {"status": "planned", "next_try_at": NOW - timedelta(minutes=5)}


def event_forgotten(books, stripe):
    books["events"][0] |= {"status": "received", "next_try_at": NOW - timedelta(minutes=5)}


def spinner(books, stripe):
    books["payments"][0] |= {"state": "checking", "moved_at": NOW - timedelta(minutes=5)}


def hold_expired(books, stripe):
    ended = NOW - timedelta(minutes=1)
    books["payments"][0] |= {"status": "requires_capture", "capture_before": ended}


# Cash, parts of a bill, and payments that were detached


def add_cash(books, amount, **more):
    """A second payment of the order, in cash."""
    books["payments"].append(
        books["payments"][0]
        | {"id": 2, "uuid": "u2", "payment_intent_id": None, "method": "cash", "amount": amount}
        | {"status": "succeeded", "amount_received": amount, "tip_amount": 0, "amount_refunded": 0}
        | {"latest_charge_id": "", "application_fee_amount": 0, "stripe_account": ""}
        | {"fee_plan_id": None}
        | more
    )
    books["orders"][0]["paid_amount"] += amount


def owe_more(books, amount):
    books["orders"][0]["total_amount"] += amount


def detach(books, stripe):
    """The card was in doubt, its manager detached it, cash was taken, and it was canceled."""
    nothing = {"status": "canceled", "amount_received": 0}
    books["payments"][0] |= nothing | {
        "tip_amount": 0, "amount_refunded": 0, "application_fee_amount": 0,
        "detached_at": NOW - MINUTE, "detached_by_id": 7, "detach_reason": "Stripe is away.",
    }  # fmt: skip
    stripe["charges"][0]["application_fee_amount"] = 0
    books["orders"][0] |= {"paid_amount": 0, "refunded_amount": 0}
    books["log"] = [
        log("requires_payment_method", at=NOW - MINUTE),
        log("", verb="detached", at=NOW - MINUTE),
        log("canceled"),
    ]
    books["refunds"], stripe["refunds"] = [], []
    books["incidents"] = []
    stripe["intents"][0] |= nothing | {"application_fee_amount": 0}
    add_cash(books, 1000, created_at=NOW - MINUTE / 2, detached_at=None)


def charge_after_all(books, stripe):
    detach(books, stripe)
    charged = {"status": "succeeded", "amount_received": 1000}
    books["payments"][0] |= charged
    stripe["intents"][0] |= charged


def hold_after_all(books, stripe):
    detach(books, stripe)
    held = {"status": "requires_capture", "amount_capturable": 1000}
    books["payments"][0] |= held
    stripe["intents"][0] |= held


def more_cash_than_is_owed(books, stripe):
    add_cash(books, 500)


def paid_with_too_little_cash(books, stripe):
    owe_more(books, 500)
    add_cash(books, 499)


def cash_forgotten(books, stripe):
    owe_more(books, 500)
    add_cash(books, 500)
    books["orders"][0]["status"] = "open"


def cash_not_in_the_sum_of_the_order(books, stripe):
    owe_more(books, 500)
    add_cash(books, 500)
    books["orders"][0]["paid_amount"] -= 500


def hold_not_in_the_sum_of_the_order(books, stripe):
    owe_more(books, 500)
    add_cash(books, 500, status="requires_capture", amount_received=0, method="card")
    books["orders"][0]["paid_amount"] -= 500


def detached_money_in_the_sum_of_the_order(books, stripe):
    charge_after_all(books, stripe)
    books["orders"][0]["paid_amount"] += 1000


def cash_while_a_card_was_open(books, stripe):
    owe_more(books, 500)
    add_cash(books, 500, created_at=NOW - MINUTE)


def part_while_another_was_only_processing(books, stripe):
    cash_while_a_card_was_open(books, stripe)
    books["log"].insert(0, log("processing", at=NOW - 2 * MINUTE))


def detached_by_nobody(books, stripe):
    detach(books, stripe)
    books["payments"][0]["detached_by_id"] = None


def detached_for_no_reason(books, stripe):
    detach(books, stripe)
    books["payments"][0]["detach_reason"] = ""


def detached_in_silence(books, stripe):
    detach(books, stripe)
    books["log"] = [row for row in books["log"] if row["verb"] != "detached"]


@pytest.mark.parametrize(
    ("break_it", "rule"),
    [
        (second_intent, "S1"),
        (two_open_payments, "S1"),
        (too_much_taken, "S1"),
        (captured_twice, "S2"),
        (two_good_charges, "S2"),
        (paid_without_money, "S3"),
        (money_forgotten, "S3"),
        (another_fee, "S3"),
        (plan_of_somebody_else, "S3"),
        (plan_of_another_store, "S3"),
        (plan_that_had_not_begun, "S3"),
        (open_without_a_plan, "S3"),
        (refunded_too_much, "S8"),
        (refunded_twice_for_one_row, "S8"),
        (refund_not_in_the_books, "X2"),
        (refund_that_stripe_does_not_have, "X2"),
        (refund_of_another_amount, "X2"),
        (refund_called_failed_too_soon, "X2"),
        (refund_that_failed_unnoticed, "X2"),
        (refund_not_in_the_sum_of_the_payment, "S13"),
        (refund_not_in_the_sum_of_the_order, "S13"),
        (dispute_not_in_the_books, "X2"),
        (refund_forgotten, "L6"),
        (intent_unknown_to_stripe, "X1"),
        (books_lag, "X1"),
        (two_actions_on_one_reader, "S5"),
        (somebody_else_stopped, "S5"),
        (payment_replaced_by_a_cart, "S5"),
        (payment_replaced_by_a_form, "S5"),
        (payment_replaced_by_a_card_to_save, "S5"),
        (card_parked, "S7"),
        (status_went_back, "S6"),
        (failed_while_charged, "U1"),
        (key_for_another_path, "S10"),
        (amount_not_written_down, "S4"),
        (old_amount_on_a_reader, "S4"),
        (amount_that_was_given_up_on_a_reader, "S4"),
        (request_in_another_account, "T2"),
        (reader_of_another_account, "T2"),
        (event_lost, "S9"),
        (request_forgotten, "L6"),
        (event_forgotten, "L8"),
        (spinner, "L7"),
        (hold_expired, "L4"),
        (more_cash_than_is_owed, "S1"),
        (paid_with_too_little_cash, "S3"),
        (cash_forgotten, "S3"),
        (cash_not_in_the_sum_of_the_order, "S13"),
        (hold_not_in_the_sum_of_the_order, "S13"),
        (detached_money_in_the_sum_of_the_order, "S13"),
        (cash_while_a_card_was_open, "S14"),
        (part_while_another_was_only_processing, "S14"),
        (detached_by_nobody, "S14"),
        (detached_for_no_reason, "S14"),
        (detached_in_silence, "S14"),
        (charge_after_all, "S1"),
        (hold_after_all, "S1"),
    ],
)
def test_a_broken_promise_is_named(break_it, rule):
    books, stripe = sale()
    break_it(books, stripe)
    assert rule in broken(books, stripe)


def test_a_refund_called_refused_that_was_made_is_named_before_all_is_settled():
    books, stripe = sale()
    refund_called_refused_that_was_made(books, stripe)
    found = violations(Books(NOW, **books), AtStripe(**stripe), settled=False)  # type: ignore[arg-type]
    assert [each.rule for each in found] == ["X2"]


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_a_cart_after_a_payment_replaces_nothing(status):
    books, stripe = sale()
    payment_on_reader(stripe, status)
    command_to_reader(books, stripe, "set_reader_display")
    assert broken(books, stripe) == set()


def test_a_cart_that_stripe_refused_replaces_nothing():
    books, stripe = sale()
    payment_replaced_by_a_cart(books, stripe)
    stripe["exchanges"][-1]["status"] = 400
    assert broken(books, stripe) == set()


@pytest.mark.parametrize("kind", ["reader.confirm_payment_intent", "reader.cancel_action"])
def test_a_card_that_somebody_decided_about_is_not_parked(kind):
    books, stripe = sale()
    card_parked(books, stripe)
    books["requests"][0] |= {"kind": kind, "created_at": NOW - timedelta(seconds=5)}
    assert "S7" not in broken(books, stripe)


@pytest.mark.parametrize(
    "how",
    [
        {"amount": 3600, "told": 3600},
        {"amount": 3600, "told": 1000, "status": "refused"},
        {"amount": 3600, "told": 1000, "status": "sent"},
        {"amount": 3600, "told": 3600, "status": "sent"},
        {"amount": 3600, "told": 4000, "amount_details": {"tip": {"amount": 400}}},
    ],
    ids=str,
)
def test_a_reader_may_ask_for_what_is_owed_and_for_what_nobody_knows_yet(how):
    books, stripe = sale()
    on_a_reader(books, stripe, **how)
    assert "S4" not in broken(books, stripe)


def test_a_card_just_read_is_not_parked():
    books, stripe = sale()
    card_parked(books, stripe)
    books["actions"][0]["collected_at"] = NOW - timedelta(seconds=29)
    assert "S7" not in broken(books, stripe)


def test_a_card_is_not_called_parked_by_a_clock_that_was_moved():
    books, stripe = sale()
    card_parked(books, stripe)
    found = violations(Books(NOW, **books), AtStripe(**stripe, skew=31.0), settled=False)
    assert "S7" not in {each.rule for each in found}


def test_a_hold_that_was_let_go_is_no_refund():
    books, stripe = sale()
    stripe["refunds"].append(refund("re_9", 400) | {"created": int(NOW.timestamp()) - 60})
    stripe["charges"][0]["amount"] = 1600
    assert broken(books, stripe) == set()


def test_a_release_after_the_clock_was_moved_is_not_compared_by_the_minute():
    books, stripe = sale()
    failed_while_charged(books, stripe)
    found = violations(Books(NOW, **books), AtStripe(**stripe, skew=3600.0), settled=False)
    assert "U1" not in {each.rule for each in found}


def test_what_a_destination_charge_pays_on_is_no_second_charge():
    books, stripe = sale()
    paid_on = {"payment_intent": None, "account": "acct_2", "amount": 1000, "amount_captured": 1000}
    stripe["charges"] += [stripe["charges"][0] | paid_on | {"id": f"py_{n}"} for n in range(2)]
    assert broken(books, stripe) == set()


def test_an_answer_that_is_not_stripes_tells_nothing():
    books, stripe = sale()
    garbage = {"response": "<html>"}
    path = "/v1/payment_intents/pi_1/capture"
    stripe["exchanges"] += [
        exchange("payment_intents.capture", path) | garbage,
        exchange("readers.process_payment_intent", "/v1/terminal/readers/tmr_1/x") | garbage,
    ]
    assert broken(books, stripe) == set()


def test_cash_beside_a_card_breaks_no_promise():
    books, stripe = sale()
    owe_more(books, 500)
    add_cash(books, 500)
    assert broken(books, stripe) == set()


def test_cash_after_a_payment_that_was_never_at_stripe_is_not_too_soon():
    books, stripe = sale()
    cash_while_a_card_was_open(books, stripe)
    books["payments"][0]["ended_at"] = NOW - MINUTE
    assert broken(books, stripe) == set()


def test_cash_for_a_payment_that_was_detached_breaks_no_promise():
    books, stripe = sale()
    detach(books, stripe)
    assert broken(books, stripe) == set()


def test_money_of_a_detached_payment_is_no_secret_once_an_incident_names_it():
    books, stripe = sale()
    charge_after_all(books, stripe)
    books["incidents"].append({"payment_id": 1, "kind": "paid_twice"})
    assert broken(books, stripe) == set()


def test_a_detached_payment_that_was_charged_and_refunded_needs_no_incident():
    books, stripe = sale()
    charge_after_all(books, stripe)
    books["payments"][0]["amount_refunded"] = books["orders"][0]["refunded_amount"] = 1000
    books["refunds"] = [
        {
            "id": 1, "uuid": "r1", "payment_id": 1, "refund_id": "re_1", "amount": 1000,
            "status": "succeeded", "in_person": False, "updated_at": NOW,
        }
    ]  # fmt: skip
    stripe["refunds"] = [refund("re_1", 1000, refund="r1")]
    assert broken(books, stripe) == set()
