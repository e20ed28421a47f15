"""The device on the counter: network, power, the card in it, its screen, and who touches it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import stripe

from .conftest import SHOP

REFUSED = stripe.InvalidRequestError


def look(simulator, reader):
    return simulator.look(f"readers/{reader}")


def kind(simulator, reader):
    return look(simulator, reader)["screen"]["kind"]


def tell(simulator, reader, **settings):
    return simulator.tell(f"readers/{reader}", **settings)


def refusal(call, *args, **kwargs):
    with pytest.raises(REFUSED) as refused:
        call(*args, **kwargs)
    return refused.value


# The screen


def test_a_result_stays_for_three_seconds(simulator, reader, intent):
    assert kind(simulator, reader) == "splash"
    simulator.process(reader, intent)
    screen = look(simulator, reader)["screen"]
    assert (screen["kind"], screen["title"], screen["amount"]) == ("present", "Total", 1000)
    assert (screen["currency"], screen["can_cancel"]) == ("usd", False)
    simulator.present(reader)
    screen = look(simulator, reader)["screen"]
    assert (screen["kind"], screen["amount"]) == ("approved", 1000)
    assert 2000 < screen["until"] - simulator.look("clock")["now"] <= 3000
    simulator.tell("clock", advance=3)
    assert kind(simulator, reader) == "splash"


def test_a_decline_and_a_cancellation_are_shown_as_such(simulator, reader, intent):
    simulator.process(reader, intent, enable_customer_cancellation=True)
    assert look(simulator, reader)["screen"]["can_cancel"]
    simulator.present(reader, "insufficient_funds")
    screen = look(simulator, reader)["screen"]
    assert (screen["kind"], screen["message"]) == (
        "declined",
        "Your card has insufficient funds.",
    )
    simulator.process(reader, intent, enable_customer_cancellation=True)
    assert kind(simulator, reader) == "present"
    simulator.tell(f"readers/{reader}/cancel_by_customer")
    assert kind(simulator, reader) == "canceled"
    tell(simulator, reader, next={"outcome": "connection_error"})
    simulator.process(reader, intent)
    simulator.present(reader)
    assert kind(simulator, reader) == "failed"


def test_a_hold_that_may_grow_is_called_a_pre_authorization(simulator, reader):
    option = {"request_incremental_authorization_support": True}
    intent = simulator.intent(
        capture_method="manual", payment_method_options={"card_present": option}
    )
    simulator.process(reader, intent)
    screen = look(simulator, reader)["screen"]
    assert screen["pre_authorization"]
    assert screen["title"] == "Pre-authorization"


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ("offline", "offline"),
        ("off", "off"),
        ("busy_update", "updating"),
        ("settings_open", "settings"),
        ("card_left_in", "remove_card"),
        ("other_mode", "settings"),
        ("hardware_fault", "settings"),
        ("invalid_location", "splash"),
    ],
)
def test_the_screen_tells_the_condition(simulator, reader, condition, shown):
    tell(simulator, reader, condition=condition)
    assert kind(simulator, reader) == shown


def test_authorising_is_shown(simulator, reader, intent):
    tell(simulator, reader, authorization_ms=60_000)
    simulator.process(reader, intent)
    simulator.present(reader, amount_tip=50)
    screen = look(simulator, reader)["screen"]
    assert (screen["kind"], screen["amount"], screen["tip"]) == ("authorizing", 1050, 50)


def test_the_collected_card_is_shown_until_it_must_be_confirmed(simulator, reader, intent):
    simulator.v1.terminal.readers.collect_payment_method(reader, {"payment_intent": intent.id})
    simulator.present(reader)
    screen = look(simulator, reader)["screen"]
    assert screen["kind"] == "collected"
    assert 29_000 < screen["until"] - simulator.look("clock")["now"] <= 30_000


def test_an_idle_reader_shows_the_picture_of_its_configuration(simulator):
    picture = ("splash.png", b"\x89PNG\r\n\x1a\n")
    made = simulator.http.post(
        "/v1/files",
        data={"purpose": "terminal_reader_splashscreen"},
        files={"file": picture},
        headers={"Authorization": "Bearer sk_test_x"},
    ).json()
    settings = {"bbpos_wisepos_e": {"splashscreen": made["id"]}}
    configuration = simulator.v1.terminal.configurations.create(settings)
    location = simulator.location()
    params = {"configuration_overrides": configuration.id}
    simulator.v1.terminal.locations.update(location, params)
    for code, shown in (("simulated-wpe", made["id"]), ("simulated-s700", None)):
        reader = simulator.reader(location=location, registration_code=code)
        assert look(simulator, reader)["screen"]["splashscreen"] == shown


def test_a_reader_that_is_not_there_is_not_found(simulator):
    assert simulator.http.get("/_simulator/readers/tmr_none").status_code == 404


# Conditions


def test_settings_make_a_reader_busy(simulator, reader, intent):
    tell(simulator, reader, condition="settings_open")
    assert refusal(simulator.process, reader, intent).code == "terminal_reader_busy"


def test_a_broken_reader_says_so(simulator, reader, intent):
    tell(simulator, reader, condition="hardware_fault")
    assert refusal(simulator.process, reader, intent).code == "terminal_reader_hardware_fault"


def test_a_reader_in_the_wrong_place_takes_no_payments(simulator, reader, intent):
    tell(simulator, reader, condition="invalid_location")
    code = "terminal_reader_invalid_location_for_payment"
    assert refusal(simulator.process, reader, intent).code == code
    assert simulator.v1.terminal.readers.cancel_action(reader).action is None


@pytest.mark.parametrize(
    ("country", "currency", "taken"),
    [("US", "usd", True), ("US", "cad", False), ("CA", "cad", False)],
)
def test_payments_are_local_only(simulator, country, currency, taken):
    simulator.tell("reset")
    reader = simulator.reader(location=simulator.location(country=country))
    intent = simulator.intent(currency=currency)
    if taken:
        assert simulator.process(reader, intent).action
    else:
        code = "terminal_reader_invalid_location_for_payment"
        assert refusal(simulator.process, reader, intent).code == code


def test_a_reader_that_moved_to_another_account_is_unknown(simulator, reader, intent):
    tell(simulator, reader, condition="moved")
    assert refusal(simulator.process, reader, intent).code == "resource_missing"
    assert refusal(simulator.v1.terminal.readers.retrieve, reader).http_status == 404
    assert simulator.v1.terminal.readers.list().data == []
    tell(simulator, reader, condition=None)
    assert simulator.v1.terminal.readers.retrieve(reader).id == reader


def test_a_reader_that_moved_to_another_location_says_so(simulator, reader):
    location = simulator.location()
    tell(simulator, reader, location=location)
    assert simulator.v1.terminal.readers.retrieve(reader).location == location
    simulator.account()
    for wrong in ("tml_none", simulator.location(SHOP)):
        simulator.tell(f"readers/{reader}", status=400, location=wrong)


def test_without_power_a_reader_forgets_but_stripe_does_not(simulator, reader, intent):
    simulator.process(reader, intent)
    tell(simulator, reader, condition="off")
    assert refusal(simulator.process, reader, intent).code == "terminal_reader_offline"
    assert simulator.action(reader).status == "in_progress"
    tell(simulator, reader, condition=None)
    assert kind(simulator, reader) == "booting"
    assert refusal(simulator.process, reader, intent).code == "terminal_reader_offline"
    simulator.tell("clock", advance=30)
    assert kind(simulator, reader) == "splash"
    assert simulator.action(reader).status == "in_progress"
    simulator.tell(f"readers/{reader}/present", status=400)
    assert simulator.process(reader, intent).action.status == "in_progress"


@pytest.mark.parametrize("condition", ["offline", "off"])
def test_cut_off_while_authorising_the_action_hangs_and_the_bank_approves(
    simulator, reader, intent, condition
):
    tell(simulator, reader, authorization_ms=5_000)
    simulator.process(reader, intent)
    simulator.present(reader)
    tell(simulator, reader, condition=condition)
    simulator.tell("clock", advance=60)
    assert simulator.read(intent).status == "succeeded"
    assert simulator.action(reader).status == "in_progress"
    tell(simulator, reader, condition=None)
    simulator.tell("clock", advance=31)
    assert simulator.v1.terminal.readers.cancel_action(reader).action is None


def until(simulator, hour, zone):
    """Seconds until it is that hour there."""
    now = datetime.fromtimestamp(simulator.look("clock")["now"] / 1000, ZoneInfo(zone))
    then = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    then += timedelta(days=1) if then <= now else timedelta()
    return then.timestamp() - now.timestamp()


@pytest.mark.parametrize(
    ("country", "zone", "window"),
    [
        ("US", "America/New_York", None),
        ("GB", "Europe/London", None),
        ("US", "America/New_York", {"start_hour": 4, "end_hour": 6}),
    ],
)
def test_a_reader_reboots_daily_where_it_stands_at_midnight_or_in_its_window(
    simulator, country, zone, window
):
    location = simulator.location(country=country)
    if window:
        made = simulator.v1.terminal.configurations.create({"reboot_window": window})
        params = {"configuration_overrides": made.id}
        simulator.v1.terminal.locations.update(location, params)
    reader, intent = simulator.reader(location=location), simulator.intent()
    assert tell(simulator, reader, reboots=True)["reboots"]
    hour = window["start_hour"] if window else 0
    for _ in range(2):
        simulator.process(reader, intent)
        simulator.tell("clock", advance=until(simulator, hour, zone) - 2)
        assert kind(simulator, reader) == "present"
        simulator.tell("clock", advance=3)
        assert kind(simulator, reader) == "booting"
        assert simulator.action(reader).status == "in_progress"
        simulator.tell("clock", advance=60)
        assert kind(simulator, reader) == "splash"


def test_a_reader_does_not_reboot_unless_it_is_told_to(simulator, reader, intent):
    tell(simulator, reader, reboots=True)
    tell(simulator, reader, reboots=False)
    simulator.process(reader, intent)
    simulator.tell("clock", advance=until(simulator, 0, "America/New_York") + 1)
    assert kind(simulator, reader) == "present"


def test_a_reboot_waits_until_the_bank_has_answered(simulator, reader, intent):
    tell(simulator, reader, reboots=True, authorization_ms=10_000)
    simulator.process(reader, intent)
    simulator.tell("clock", advance=until(simulator, 0, "America/New_York") - 2)
    simulator.present(reader)
    simulator.tell("clock", advance=4)
    assert kind(simulator, reader) == "authorizing"
    simulator.tell("clock", advance=60)
    assert simulator.action(reader).status == "succeeded"
    assert kind(simulator, reader) == "booting"


# The customer's hands


def test_a_card_can_be_inserted_and_forgotten(simulator, reader, intent):
    simulator.process(reader, intent)
    simulator.present(reader, method="insert", leave_in=True)
    details = simulator.read(intent).latest_charge.payment_method_details.card_present
    assert details.read_method == "contact_emv"
    assert kind(simulator, reader) == "approved"
    other = simulator.intent()
    assert refusal(simulator.process, reader, other).code == "terminal_reader_busy"
    simulator.tell("clock", advance=3)
    assert kind(simulator, reader) == "remove_card"
    simulator.tell(f"readers/{reader}/remove_card")
    assert simulator.process(reader, other).action.status == "in_progress"
    simulator.tell(f"readers/{reader}/remove_card", status=400)


def test_a_card_can_be_swiped_but_not_waved(simulator, reader, intent):
    simulator.process(reader, intent)
    simulator.tell(f"readers/{reader}/present", status=400, method="wave")
    simulator.present(reader, method="swipe")
    details = simulator.read(intent).latest_charge.payment_method_details.card_present
    assert details.read_method == "magnetic_stripe_track2"


@pytest.mark.parametrize(("amount", "wrong_is_right"), [(1002, False), (1003, True)])
def test_a_pin_is_asked_for_and_checked(simulator, reader, amount, wrong_is_right):
    intent = simulator.intent(amount)
    simulator.process(reader, intent)
    simulator.present(reader, ask_pin=True, method="insert")
    assert look(simulator, reader)["state"] == "entering_pin"
    assert kind(simulator, reader) == "pin"
    cancel = simulator.v1.terminal.readers.cancel_action
    assert refusal(cancel, reader).code == "terminal_reader_busy"
    simulator.tell(f"readers/{reader}/pin", status=400, digits="12")
    simulator.tell(f"readers/{reader}/pin", digits="9999")
    if not wrong_is_right:
        assert look(simulator, reader)["screen"]["message"] == "Wrong PIN, try again"
        simulator.tell(f"readers/{reader}/pin", digits="1234")
    assert simulator.read(intent).status == "succeeded"
    simulator.tell(f"readers/{reader}/pin", status=400, digits="1234")


def test_three_wrong_pins_are_a_decline(simulator, reader, intent):
    simulator.process(reader, intent)
    simulator.present(reader, "offline_pin_cvm", ask_pin=True)
    for _ in range(3):
        simulator.tell(f"readers/{reader}/pin", digits="0000")
    assert simulator.action(reader).api_error.decline_code == "incorrect_pin"


def test_a_card_without_pin_is_not_asked_for_one(simulator, reader, intent):
    simulator.process(reader, intent)
    simulator.present(reader, ask_pin=True)
    assert simulator.read(intent).status == "succeeded"


def test_an_inserted_card_needs_no_second_reading(simulator, reader, intent):
    simulator.process(reader, intent)
    simulator.present(reader, "offline_pin_sca_retry", method="insert")
    assert len(simulator.v1.charges.list({"payment_intent": intent.id}).data) == 1


# What can be planned


def test_a_card_can_be_unreadable_a_few_times(simulator, reader, intent):
    tell(simulator, reader, next={"outcome": "read_error", "count": 3})
    simulator.process(reader, intent)
    for _ in range(3):
        simulator.present(reader)
        assert simulator.action(reader).status == "in_progress"
    simulator.present(reader)
    assert simulator.action(reader).status == "succeeded"


def test_a_bank_can_approve_a_part(simulator, reader):
    intent = simulator.intent(5000, capture_method="manual")
    tell(simulator, reader, next={"outcome": "partial", "amount": 2000})
    simulator.process(reader, intent)
    simulator.present(reader)
    assert simulator.action(reader).status == "succeeded"
    held = simulator.read(intent)
    assert (held.amount, held.amount_capturable) == (5000, 2000)


@pytest.mark.parametrize("plan", [{"outcome": "partial"}, {"outcome": "explode"}, {"count": "x"}])
def test_a_plan_must_make_sense(simulator, reader, plan):
    simulator.tell(f"readers/{reader}", status=400, next=plan)


# The tray


def test_the_tray_names_every_card_in_plain_words(simulator, reader):
    cards = simulator.look("cards")["cards"]
    assert {card["group"] for card in cards} == {
        *("approves", "wants PIN", "SCA", "declines", "special"),
    }
    assert len({card["label"] for card in cards}) == len({card["name"] for card in cards})
    visa = next(card for card in cards if card["name"] == "visa")
    assert visa == {
        "name": "visa",
        "label": "Visa",
        "number": "•••• 4242",
        "brand": "visa",
        "type": "card_present",
        "happens": "Approved.",
        "group": "approves",
    }
    for card in cards:
        types = ["card_present", "interac_present"]
        intent = simulator.intent(currency="cad", payment_method_types=types)
        simulator.process(reader, intent)
        simulator.present(reader, card["name"])
        approved = simulator.action(reader).status == "succeeded"
        assert approved == (card["group"] != "declines"), card["name"]
