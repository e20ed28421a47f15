"""Tips on the reader: https://docs.stripe.com/terminal/features/collecting-tips/on-reader"""

import pytest

PERCENTAGES = {"usd": {"percentages": [10, 15, 20]}}
SMART = {
    "usd": {
        "percentages": [10, 15, 20],
        "fixed_amounts": [100, 200, 300],
        "smart_tip_threshold": 1000,
    }
}


def reader_with(simulator, tipping, country="US"):
    """A reader whose location has this configuration."""
    configuration = simulator.v1.terminal.configurations.create({"tipping": tipping})
    location = simulator.location(country=country)
    params = {"configuration_overrides": configuration.id}
    simulator.v1.terminal.locations.update(location, params)
    return simulator.reader(location=location)


def shown(simulator, reader):
    return simulator.look(f"readers/{reader}")


def choices(simulator, reader):
    screen = shown(simulator, reader)["screen"]
    return [(each["label"], each["amount"]) for each in screen["tip_choices"]]


@pytest.fixture
def reader(simulator):
    return reader_with(simulator, PERCENTAGES)


def test_the_tip_comes_before_the_card(simulator, reader):
    intent = simulator.intent(1050)
    simulator.process(reader, intent)
    asked = shown(simulator, reader)
    assert (asked["state"], asked["screen"]["kind"]) == ("choosing_tip", "tip")
    assert asked["screen"]["custom_tip"]
    assert choices(simulator, reader) == [("10%", 105), ("15%", 158), ("20%", 210)]
    simulator.tell(f"readers/{reader}/tip", amount=158)
    screen = shown(simulator, reader)["screen"]
    assert (screen["kind"], screen["amount"], screen["tip"]) == ("present", 1208, 158)
    simulator.present(reader)
    paid = simulator.read(intent)
    assert (paid.amount, paid.amount_received, paid.latest_charge.amount) == (1208, 1208, 1208)
    assert paid.amount_details.tip.amount == 158
    assert shown(simulator, reader)["screen"]["amount"] == 1208


def test_the_helper_gives_no_tip_unless_it_is_told(simulator, reader):
    helper = simulator.v1.test_helpers.terminal.readers.present_payment_method
    for params, tip in (({}, 0), ({"amount_tip": 99}, 99)):
        intent = simulator.intent()
        simulator.process(reader, intent)
        helper(reader, params)
        paid = simulator.read(intent)
        assert (paid.amount, paid.amount_details.tip.amount) == (1000 + tip, tip)


def test_no_tip_is_0_and_not_asked_is_nothing(simulator, reader):
    plain = simulator.intent()
    simulator.process(reader, plain, skip_tipping=True)
    assert shown(simulator, reader)["state"] == "waiting_for_card"
    simulator.present(reader)
    assert simulator.read(plain).amount_details.tip.to_dict() == {}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"tipping": {"amount_eligible": 500}}, [("10%", 50), ("15%", 75), ("20%", 100)]),
        ({"tipping": {"amount_eligible": 1000}}, [("10%", 100), ("15%", 150), ("20%", 200)]),
        ({"tipping": {"amount_eligible": 0}}, []),
    ],
)
def test_what_is_eligible_is_the_base(simulator, reader, config, expected):
    simulator.process(reader, simulator.intent(), **config)
    assert choices(simulator, reader) == expected
    assert (shown(simulator, reader)["state"] == "choosing_tip") == bool(expected)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (999, [("$1.00 usd", 100), ("$2.00 usd", 200), ("$3.00 usd", 300)]),
        (1000, [("10%", 100), ("15%", 150), ("20%", 200)]),
    ],
)
def test_smart_tips_are_amounts_below_the_threshold(simulator, amount, expected):
    reader = reader_with(simulator, SMART)
    simulator.process(reader, simulator.intent(amount))
    assert choices(simulator, reader) == expected


def test_fixed_amounts(simulator):
    reader = reader_with(simulator, {"usd": {"fixed_amounts": [100, 200, 300]}})
    simulator.process(reader, simulator.intent())
    assert [amount for _, amount in choices(simulator, reader)] == [100, 200, 300]


def test_a_currency_or_country_without_tips_is_not_asked(simulator, reader):
    simulator.process(reader, simulator.intent(currency="cad"))
    assert shown(simulator, reader)["state"] == "waiting_for_card"
    elsewhere = reader_with(simulator, PERCENTAGES, country="TH")
    simulator.process(elsewhere, simulator.intent())
    assert shown(simulator, elsewhere)["state"] == "waiting_for_card"


def test_the_default_of_the_account_holds_where_the_location_says_nothing(simulator):
    configurations = simulator.v1.terminal.configurations
    default = configurations.list({"is_account_default": True}).data[0]
    configurations.update(default.id, {"tipping": {"usd": {"percentages": [1, 2, 3]}}})
    plain, with_other = simulator.reader(), reader_with(simulator, PERCENTAGES)
    for reader, first in ((plain, "1%"), (with_other, "10%")):
        simulator.process(reader, simulator.intent())
        assert choices(simulator, reader)[0][0] == first
    configurations.update(default.id, {"tipping": ""})
    simulator.process(plain, simulator.intent())
    assert shown(simulator, plain)["state"] == "waiting_for_card"


def test_a_tip_counts_for_the_test_amounts(simulator, reader):
    intent = simulator.intent(1000)
    simulator.process(reader, intent)
    simulator.tell(f"readers/{reader}/tip", amount=5)
    simulator.present(reader)
    assert simulator.read(intent).last_payment_error.decline_code == "generic_decline"


def test_a_tip_is_chosen_once_and_when_asked_for(simulator, reader):
    simulator.tell(f"readers/{reader}/tip", status=400, amount=100)
    simulator.process(reader, simulator.intent())
    simulator.tell(f"readers/{reader}/tip", status=400, amount=-1)
    simulator.tell(f"readers/{reader}/tip", amount=0)
    simulator.tell(f"readers/{reader}/tip", status=400, amount=100)


def test_a_customer_may_cancel_instead_of_tipping(simulator, reader):
    simulator.process(reader, simulator.intent(), enable_customer_cancellation=True)
    assert shown(simulator, reader)["screen"]["can_cancel"]
    simulator.tell(f"readers/{reader}/cancel_by_customer")
    assert shown(simulator, reader)["screen"]["kind"] == "canceled"


def test_a_tip_can_be_absurd(simulator):
    reader = simulator.reader()
    intent = simulator.intent(1183)
    simulator.process(reader, intent)
    simulator.tell(f"readers/{reader}/present", amount_tip=444444)
    paid = simulator.v1.payment_intents.retrieve(intent.id)
    assert (paid.amount_received, paid.amount_details.tip.amount) == (445627, 444444)
