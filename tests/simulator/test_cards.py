"""Test cards and amounts: https://docs.stripe.com/terminal/references/testing"""

import pytest
import stripe

APPROVED = {
    "visa": ("4242424242424242", "visa", "credit"),
    "visa_debit": ("4000056655665556", "visa", "debit"),
    "mastercard": ("5555555555554444", "mastercard", "credit"),
    "mastercard_debit": ("5200828282828210", "mastercard", "debit"),
    "mastercard_prepaid": ("5105105105105100", "mastercard", "prepaid"),
    "amex": ("378282246310005", "amex", "credit"),
    "amex2": ("371449635398431", "amex", "credit"),
    "discover": ("6011111111111117", "discover", "credit"),
    "discover2": ("6011000990139424", "discover", "credit"),
    "diners": ("3056930009020004", "diners", "credit"),
    "diners_14digits": ("36227206271667", "diners", "credit"),
    "jcb": ("3566002020360505", "jcb", "credit"),
    "unionpay": ("6200000000000005", "unionpay", "credit"),
    "eftpos_au_debit": ("6280000360000978", "eftpos_au", "debit"),
    "eftpos_au_visa_debit": ("4000050360000001", "eftpos_au", "debit"),
    "eftpos_au_debit_mastercard": ("5555050360000080", "eftpos_au", "debit"),
    "cartes_bancaires_visa": ("4000002500001001", "cartes_bancaires", "credit"),
    "cartes_bancaires_mastercard": ("5555552500001001", "cartes_bancaires", "credit"),
    "girocard_debit": ("4711009900000316877", "unknown", "debit"),
    "refund_fail": ("4000000000005126", "visa", "credit"),
}
DECLINED = {
    "charge_declined": ("4000000000000002", "card_declined", "generic_decline"),
    "insufficient_funds": ("4000000000009995", "card_declined", "insufficient_funds"),
    "lost_card": ("4000000000009987", "card_declined", "lost_card"),
    "stolen_card": ("4000000000009979", "card_declined", "stolen_card"),
    "expired_card": ("4000000000000069", "expired_card", None),
    "processing_error": ("4000000000000119", "processing_error", None),
}
CANADA = {"currency": "cad", "payment_method_types": ["card_present", "interac_present"]}


def details(intent):
    return intent.latest_charge.payment_method_details.card_present


@pytest.mark.parametrize("by", ["name", "number"])
@pytest.mark.parametrize("name", APPROVED)
def test_an_approved_card(simulator, name, by):
    number, brand, funding = APPROVED[name]
    paid = simulator.pay(card=name if by == "name" else number)
    assert paid.status == "succeeded"
    assert paid.amount_received == 1000
    card = details(paid)
    assert (card.brand, card.funding, card.last4) == (brand, funding, number[-4:])


@pytest.mark.parametrize("by", ["name", "number"])
@pytest.mark.parametrize("name", DECLINED)
def test_a_declined_card(simulator, name, by):
    number, code, decline_code = DECLINED[name]
    refused = simulator.pay(card=name if by == "name" else number)
    assert refused.status == "requires_payment_method"
    assert refused.payment_method is None
    error = refused.last_payment_error
    assert (error.type, error.code) == ("card_error", code)
    assert error.to_dict().get("decline_code") == decline_code
    charge = refused.latest_charge
    assert (charge.status, charge.paid, charge.captured) == ("failed", False, False)
    assert charge.failure_code == code
    assert charge.failure_message == error.message
    assert charge.id == error.charge
    assert charge.outcome.reason == (decline_code or code)
    assert simulator.events() == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "terminal.reader.action_failed",
    ]


def test_the_helper_takes_visa_when_it_is_told_nothing(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    simulator.process(reader, intent)
    simulator.v1.test_helpers.terminal.readers.present_payment_method(reader)
    assert details(simulator.read(intent)).last4 == "4242"


def test_the_helper_takes_a_number(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    simulator.process(reader, intent)
    params = {"type": "card_present", "card_present": {"number": "5555555555554444"}}
    simulator.v1.test_helpers.terminal.readers.present_payment_method(reader, params)
    assert details(simulator.read(intent)).brand == "mastercard"


def test_a_declined_card_can_make_the_helper_raise(simulator):
    simulator.tell("switches", declined_present_raises=True)
    reader, intent = simulator.reader(), simulator.intent()
    simulator.process(reader, intent)
    response = simulator.raw(
        "POST",
        f"/v1/test_helpers/terminal/readers/{reader}/present_payment_method",
        "type=card_present&card_present[number]=4000000000009995",
    )
    assert response.status_code == 402
    assert response.json()["error"]["decline_code"] == "insufficient_funds"
    assert simulator.v1.terminal.readers.retrieve(reader).action.status == "failed"


@pytest.mark.parametrize("card", ["4111111111111111", "gold", ""])
def test_a_card_that_is_no_test_card_is_refused_and_the_reader_waits_on(simulator, card):
    reader, intent = simulator.reader(), simulator.intent()
    simulator.process(reader, intent)
    if card:
        simulator.tell(f"readers/{reader}/present", status=400, card=card)
    assert simulator.v1.terminal.readers.retrieve(reader).action.status == "in_progress"
    assert simulator.present(reader)["action"]["status"] == "succeeded"


@pytest.mark.parametrize(
    ("ending", "decline_code"),
    [
        (1, "call_issuer"),
        (5, "generic_decline"),
        (55, "incorrect_pin"),
        (60, "online_or_offline_pin_required"),
        (65, "withdrawal_count_limit_exceeded"),
        (75, "pin_try_exceeded"),
    ],
)
def test_an_amount_can_decline(simulator, ending, decline_code):
    refused = simulator.pay(1000 + ending)
    assert refused.last_payment_error.code == "card_declined"
    assert refused.last_payment_error.decline_code == decline_code


@pytest.mark.parametrize(("ending", "method"), [(0, "none"), (2, "offline_pin"), (3, "online_pin")])
def test_an_amount_can_ask_for_a_pin(simulator, ending, method):
    paid = simulator.pay(1000 + ending)
    assert paid.status == "succeeded"
    assert details(paid).receipt.cardholder_verification_method == method


@pytest.mark.parametrize(
    ("ending", "decline_code"),
    [(2, "offline_pin_required"), (3, "online_or_offline_pin_required")],
)
def test_an_amount_that_asks_for_a_pin_can_decline(simulator, ending, decline_code):
    simulator.tell("switches", pin_amounts="decline")
    assert simulator.pay(1000 + ending).last_payment_error.decline_code == decline_code


def test_a_zero_decimal_amount_goes_by_its_last_two_digits(simulator):
    assert simulator.pay(105, currency="jpy").last_payment_error.decline_code == "generic_decline"


def test_amounts_can_mean_nothing(simulator):
    simulator.tell("switches", test_amounts=False)
    assert simulator.pay(1005).status == "succeeded"


@pytest.mark.parametrize(
    ("card", "method"), [("offline_pin_cvm", "offline_pin"), ("online_pin_cvm", "online_pin")]
)
def test_a_card_can_ask_for_a_pin(simulator, card, method):
    paid = simulator.pay(card=card)
    assert details(paid).receipt.cardholder_verification_method == method


@pytest.mark.parametrize(
    ("card", "refusal"),
    [
        ("offline_pin_sca_retry", "offline_pin_required"),
        ("online_pin_sca_retry", "online_or_offline_pin_required"),
    ],
)
def test_a_refused_tap_and_then_the_chip_are_two_charges(simulator, card, refusal):
    paid = simulator.pay(card=card)
    assert paid.status == "succeeded"
    second, first = simulator.v1.charges.list({"payment_intent": paid.id}).data
    assert (first.status, second.status) == ("failed", "succeeded")
    assert first.outcome.reason == refusal
    assert first.payment_method_details.card_present.read_method == "contactless_emv"
    assert second.payment_method_details.card_present.read_method == "contact_emv"
    assert paid.latest_charge.id == second.id
    assert paid.last_payment_error is None
    assert simulator.events()[1:] == [
        "charge.failed",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "payment_intent.succeeded",
        "terminal.reader.action_succeeded",
    ]


def test_the_refused_tap_can_go_without_a_failed_payment(simulator):
    simulator.tell("switches", sca_retry_emits_payment_failed=False)
    simulator.pay(card="offline_pin_sca_retry")
    assert "payment_intent.payment_failed" not in simulator.events()


def test_interac_is_captured_at_once_and_tells_its_own_details(simulator):
    paid = simulator.pay(card="interac", **CANADA)
    assert paid.status == "succeeded"
    found = paid.latest_charge.payment_method_details
    assert found.type == "interac_present"
    assert found.interac_present.brand == "interac"
    told = found.interac_present.to_dict()
    assert told["receipt"]["dedicated_file_name"] == "A0000002771010"
    for name in ("amount_authorized", "capture_before", "overcapture_supported", "wallet"):
        assert name not in told


@pytest.mark.parametrize(
    ("card", "status"), [("interac", "succeeded"), ("visa", "requires_capture")]
)
def test_manual_preferred_holds_what_can_be_held(simulator, card, status):
    options = {"card_present": {"capture_method": "manual_preferred"}}
    paid = simulator.pay(card=card, payment_method_options=options, **CANADA)
    assert paid.status == status


def test_interac_with_manual_capture_is_declined_where_it_is_accepted(simulator):
    simulator.tell("switches", interac_manual_capture="decline")
    refused = simulator.pay(card="interac", capture_method="manual", **CANADA)
    assert refused.status == "requires_payment_method"
    assert refused.last_payment_error.code == "card_declined"


def test_eftpos_with_manual_capture_is_declined(simulator):
    refused = simulator.pay(card="eftpos_au_debit", currency="aud", capture_method="manual")
    assert refused.last_payment_error.code == "card_declined"


def test_an_interac_card_is_not_taken_where_it_was_not_asked_for(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    simulator.process(reader, intent)
    simulator.tell(f"readers/{reader}/present", status=400, card="interac")


def test_the_default_card_is_interac_when_nothing_else_is_taken(simulator):
    reader = simulator.reader()
    intent = simulator.intent(currency="cad", payment_method_types=["interac_present"])
    simulator.process(reader, intent)
    simulator.present(reader)
    assert simulator.read(intent).latest_charge.payment_method_details.type == "interac_present"


def test_a_tip_is_added_and_told(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    simulator.process(reader, intent)
    simulator.v1.test_helpers.terminal.readers.present_payment_method(reader, {"amount_tip": 150})
    paid = simulator.read(intent)
    assert (paid.amount, paid.amount_received) == (1150, 1150)
    assert paid.amount_details.tip.amount == 150
    assert paid.latest_charge.amount == 1150
    assert details(paid).amount_authorized == 1150


def test_the_test_amount_includes_the_tip_and_a_decline_takes_it_off_again(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    simulator.process(reader, intent)
    simulator.present(reader, amount_tip=105)
    refused = simulator.read(intent)
    assert refused.last_payment_error.decline_code == "generic_decline"
    assert refused.amount == 1000
    assert refused.latest_charge.amount == 1105
    simulator.process(reader, intent)
    simulator.present(reader, amount_tip=200)
    assert simulator.read(intent).amount == 1200


def test_no_tip_where_it_is_not_asked_for(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    simulator.process(reader, intent, skip_tipping=True)
    simulator.tell(f"readers/{reader}/present", status=400, amount_tip=100)


def test_a_charge_tells_what_a_receipt_needs(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    simulator.process(reader, intent)
    simulator.present(reader)
    paid = simulator.read(intent)
    card = details(paid)
    assert card.reader == reader
    assert card.location == simulator.v1.terminal.readers.retrieve(reader).location
    receipt = card.receipt
    assert receipt.account_type == "credit"
    assert receipt.application_preferred_name == "Stripe Credit"
    assert receipt.dedicated_file_name == "A0000000031010"
    assert receipt.authorization_response_code == "3030"
    assert len(receipt.application_cryptogram) == 16
    assert receipt.authorization_code == paid.latest_charge.authorization_code
    assert receipt.terminal_verification_results
    assert receipt.transaction_status_information


def test_the_same_card_has_the_same_fingerprint(simulator):
    first, second, other = (details(simulator.pay(card=c)) for c in ("visa", "visa", "amex"))
    assert first.fingerprint == second.fingerprint != other.fingerprint


def test_the_payment_method_can_be_read(simulator):
    paid = simulator.pay()
    method = simulator.v1.payment_methods.retrieve(paid.payment_method)
    assert method.type == "card_present"
    assert method.card_present.last4 == "4242"
    assert method.customer is None


TYPED = {"number": "4242424242424242", "exp_month": 4, "exp_year": 2031}


def type_in(simulator, reader, **card):
    params = {"type": "card", "card": TYPED | card}
    return simulator.v1.test_helpers.terminal.readers.present_payment_method(reader, params)


def test_a_number_can_be_typed_where_card_is_taken(simulator):
    reader = simulator.reader()
    intent = simulator.intent(payment_method_types=["card_present", "card"])
    simulator.process(reader, intent)
    failed = type_in(simulator, reader, number="4000000000009995").action
    assert (failed.status, failed.failure_code) == ("failed", "card_declined")
    simulator.process(reader, intent)
    assert type_in(simulator, reader).action.status == "succeeded"
    charge = simulator.read(intent).latest_charge
    assert charge.payment_method_details.type == "card"
    assert charge.payment_method_details.card.exp_year == 2031


def test_a_payment_for_cards_online_only_is_not_for_a_reader(simulator):
    reader, intent = simulator.reader(), simulator.intent(payment_method_types=["card"])
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.process(reader, intent)
    assert (refused.value.http_status, refused.value.param) == (400, "payment_intent")
    assert simulator.v1.terminal.readers.retrieve(reader).action is None


def test_a_typed_number_can_be_planned_to_fail(simulator):
    reader = simulator.reader()
    intent = simulator.intent(payment_method_types=["card_present", "card"])
    simulator.tell(f"readers/{reader}", next={"outcome": "decline", "decline_code": "lost_card"})
    simulator.process(reader, intent)
    assert type_in(simulator, reader).action.api_error.decline_code == "lost_card"


def test_no_number_is_typed_where_card_is_not_taken(simulator):
    reader = simulator.reader()
    simulator.process(reader, simulator.intent())
    with pytest.raises(stripe.InvalidRequestError) as refused:
        type_in(simulator, reader)
    assert refused.value.param == "type"
