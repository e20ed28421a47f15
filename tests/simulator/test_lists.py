"""Pages and expansion: https://docs.stripe.com/api/pagination, /expanding_objects"""

import pytest
import stripe

from .conftest import SHOP


@pytest.fixture
def many(simulator):
    """Twenty-five PaymentIntents, newest first."""
    return [simulator.intent(1000 + number).id for number in range(25)][::-1]


def ids(page):
    return [each.id for each in page.data]


def test_a_page_has_ten_newest_first(simulator, many):
    page = simulator.v1.payment_intents.list()
    assert ids(page) == many[:10]
    assert page.has_more
    assert page.url == "/v1/payment_intents"


def test_the_sdk_pages_through_everything_both_ways(simulator, many):
    forward = simulator.v1.payment_intents.list({"limit": 7})
    assert [each.id for each in forward.auto_paging_iter()] == many
    backward = simulator.v1.payment_intents.list({"limit": 7, "ending_before": many[-1]})
    assert [each.id for each in backward.auto_paging_iter()] == many[:-1][::-1]


def test_a_cursor_stands_outside_the_page(simulator, many):
    page = simulator.v1.payment_intents.list({"limit": 3, "starting_after": many[4]})
    assert ids(page) == many[5:8]
    page = simulator.v1.payment_intents.list({"limit": 3, "ending_before": many[4]})
    assert ids(page) == many[1:4]
    assert page.has_more
    page = simulator.v1.payment_intents.list({"limit": 5, "ending_before": many[5]})
    assert ids(page) == many[:5]
    assert not page.has_more


def test_the_last_page_knows_it_is_the_last(simulator, many):
    page = simulator.v1.payment_intents.list({"starting_after": many[14]})
    assert ids(page) == many[15:]
    assert not page.has_more


@pytest.mark.parametrize("limit", [0, 101, -1])
def test_a_limit_is_from_1_to_100(simulator, limit):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.v1.payment_intents.list({"limit": limit})
    assert refused.value.param == "limit"


def test_two_cursors_exclude_each_other(simulator, many):
    cursors = {"starting_after": many[0], "ending_before": many[1]}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.v1.payment_intents.list(cursors)
    assert refused.value.code == "parameters_exclusive"


def test_a_cursor_that_does_not_exist_is_refused(simulator):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.v1.payment_intents.list({"starting_after": "pi_none"})
    assert refused.value.code == "resource_missing"
    assert refused.value.param == "starting_after"
    assert refused.value.user_message == "No such payment_intent: 'pi_none'"


def test_an_object_that_was_deleted_is_no_cursor(simulator):
    locations = [simulator.location() for _ in range(3)]
    simulator.v1.terminal.locations.delete(locations[1])
    with pytest.raises(stripe.InvalidRequestError, match="No such location"):
        simulator.v1.terminal.locations.list({"ending_before": locations[1]})


def test_a_cursor_of_another_account_or_kind_is_refused(simulator):
    simulator.account()
    intent = simulator.intent(account=SHOP)
    for cursor in (intent.id, simulator.location()):
        with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
            simulator.v1.payment_intents.list({"starting_after": cursor})


def test_a_limit_out_of_range_is_repeated(simulator):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.v1.payment_intents.list({"limit": 101})
    message = "This value must be less than or equal to 100 (it currently is '101')."
    assert refused.value.user_message == message


def test_a_list_can_be_narrowed_by_creation(simulator):
    early = simulator.intent()
    simulator.tell("clock", advance=100)
    late = simulator.intent()
    since = simulator.v1.payment_intents.list({"created": {"gt": early.created}})
    until = simulator.v1.payment_intents.list({"created": {"lte": early.created}})
    exact = simulator.v1.payment_intents.list({"created": late.created})
    between = {"gte": early.created, "lt": late.created}
    assert ids(simulator.v1.payment_intents.list({"created": between})) == [early.id]
    assert ids(simulator.v1.payment_intents.list({"created": {"gt": late.created}})) == []
    assert ids(since) == [late.id]
    assert ids(until) == [early.id]
    assert ids(exact) == [late.id]


def test_a_deleted_object_leaves_the_others_in_place(simulator):
    locations = [simulator.location() for _ in range(4)]
    simulator.v1.terminal.locations.delete(locations[1])
    listed = ids(simulator.v1.terminal.locations.list())
    assert listed == [locations[3], locations[2], locations[0]]


def test_expansion_replaces_ids_up_to_four_deep(simulator):
    paid = simulator.pay()
    path = "latest_charge.balance_transaction.source.payment_intent"
    intent = simulator.v1.payment_intents.retrieve(paid.id, {"expand": [path, "payment_method"]})
    charge = intent.latest_charge
    assert charge.balance_transaction.source.payment_intent.id == paid.id
    assert intent.payment_method.type == "card_present"
    assert simulator.v1.payment_intents.retrieve(paid.id).latest_charge == charge.id


def test_lists_inside_objects_are_included_and_expanded(simulator):
    paid = simulator.pay()
    simulator.v1.refunds.create({"payment_intent": paid.id})
    expand = ["latest_charge.refunds", "latest_charge.refunds.data.balance_transaction"]
    charge = simulator.v1.payment_intents.retrieve(paid.id, {"expand": expand}).latest_charge
    assert charge.refunds.data[0].balance_transaction.type == "refund"
    listed = simulator.v1.charges.list({"expand": ["data.refunds", "data.payment_intent"]})
    assert listed.data[0].refunds.data[0].charge == charge.id
    assert listed.data[0].payment_intent.id == paid.id


def test_five_levels_are_refused(simulator):
    paid = simulator.pay()
    path = "latest_charge.balance_transaction.source.payment_intent.latest_charge"
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        simulator.v1.payment_intents.retrieve(paid.id, {"expand": [path]})


def test_a_list_is_expanded_through_data(simulator):
    simulator.pay()
    page = simulator.v1.payment_intents.list({"expand": ["data.latest_charge.balance_transaction"]})
    assert page.data[0].latest_charge.balance_transaction.type == "charge"
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        simulator.v1.payment_intents.list({"expand": ["latest_charge"]})


def test_a_reader_shows_its_location_and_its_payment(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    simulator.process(reader, intent)
    expand = ["location", "action.process_payment_intent.payment_intent"]
    shown = simulator.v1.terminal.readers.retrieve(reader, {"expand": expand})
    assert shown.location.display_name == "Main Street"
    assert shown.action.process_payment_intent.payment_intent.id == intent.id


def test_null_stays_null_when_expanded(simulator):
    intent = simulator.intent(expand=["latest_charge"])
    assert intent.latest_charge is None


def test_what_cannot_be_expanded_is_refused_before_anything_is_done(simulator):
    for path in ("amount", "nonsense", "latest_charge.nonsense"):
        with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
            simulator.intent(expand=[path])
    assert simulator.v1.payment_intents.list().data == []
