"""A cart on the screen: https://docs.stripe.com/terminal/features/display"""

import pytest
import stripe

CART = {
    "currency": "usd",
    "line_items": [{"amount": 5100, "description": "Red t-shirt", "quantity": 1}],
    "tax": 100,
    "total": 5200,
}


def display(simulator, reader, cart=CART):
    params = {"type": "cart", "cart": cart}
    return simulator.v1.terminal.readers.set_reader_display(reader, params)


def screen(simulator, reader):
    return simulator.look(f"readers/{reader}")["screen"]


def test_a_cart_is_shown_until_it_is_cleared(simulator, reader):
    shown = display(simulator, reader)
    assert (shown.action.type, shown.action.status) == ("set_reader_display", "in_progress")
    assert shown.action.set_reader_display.to_dict() == {"cart": CART, "type": "cart"}
    assert screen(simulator, reader)["kind"] == "cart"
    assert screen(simulator, reader)["cart"] == CART
    assert simulator.v1.terminal.readers.cancel_action(reader).action is None
    assert screen(simulator, reader)["kind"] == "splash"
    assert simulator.events() == []


def test_a_cart_without_tax_says_so(simulator, reader):
    cart = {name: value for name, value in CART.items() if name != "tax"}
    shown = display(simulator, reader, cart).action.set_reader_display.cart
    assert shown.to_dict() == CART | {"tax": None}


def test_a_cart_replaces_a_payment_that_waits_and_tells_nobody(simulator, reader):
    intent = simulator.intent()
    simulator.process(reader, intent)
    display(simulator, reader)
    simulator.tell(f"readers/{reader}/present", status=400)
    assert simulator.read(intent).status == "requires_payment_method"
    assert simulator.events() == ["payment_intent.created"]


def test_a_cart_replaces_the_record_of_an_ended_payment(simulator, reader):
    simulator.process(reader, simulator.intent())
    simulator.present(reader)
    display(simulator, reader)
    assert "process_payment_intent" not in simulator.v1.terminal.readers.retrieve(reader).action


def test_a_payment_replaces_a_cart(simulator, reader):
    simulator.tell("switches", replaced_action_emits_failed=True)
    display(simulator, reader)
    simulator.process(reader, simulator.intent())
    assert screen(simulator, reader)["kind"] == "present"
    assert "terminal.reader.action_failed" not in simulator.events()


@pytest.mark.parametrize(
    ("changed", "param"),
    [
        ({"total": -1}, "cart[total]"),
        ({"tax": -1}, "cart[tax]"),
        ({"currency": "dollars"}, "currency"),
        (
            {"line_items": [{"amount": 1, "description": "x", "quantity": -1}]},
            "cart[line_items][0][quantity]",
        ),
    ],
)
def test_a_cart_must_make_sense(simulator, reader, changed, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        display(simulator, reader, CART | changed)
    assert refused.value.param == param


def test_a_display_needs_its_cart(simulator, reader):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.v1.terminal.readers.set_reader_display(reader, {"type": "cart"})
    assert refused.value.param == "cart"
