"""The virtual reader: a person takes a card from the tray and presses what is on the glass."""

import base64
from typing import Any

from playwright.sync_api import expect

from tests.browser.counter import Counter, form, with_tips

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
NAME_OF_FOCUSED = """
    document.activeElement.ariaLabel ?? document.activeElement.textContent
"""


def test_a_card_is_tapped_and_the_payment_is_made(simulator, page):
    reader = simulator.reader()
    counter = Counter(page, reader)
    counter.shows("splash")
    intent = simulator.intent(4810)
    simulator.process(reader, intent)
    counter.shows("present", "$48.10", "Tap")
    counter.card("visa").click()
    counter.shows("approved", "$48.10")
    assert simulator.read(intent).status == "succeeded"
    charged = simulator.read(intent).latest_charge.payment_method_details.card_present
    assert charged.read_method == "contactless_emv"


def test_an_inserted_card_is_read_by_its_chip_and_may_be_left_in(simulator, page):
    reader = simulator.reader()
    counter = Counter(page, reader)
    intent = simulator.intent(1000)
    simulator.process(reader, intent)
    counter.choose("Insert")
    page.get_by_label("Leave it in").check()
    counter.card("mastercard").click()
    remove = page.get_by_role("button", name="Remove the card")
    expect(remove).to_be_visible()
    charged = simulator.read(intent).latest_charge.payment_method_details.card_present
    assert charged.read_method == "contact_emv"
    remove.click()
    expect(remove).to_be_hidden()
    assert simulator.look(f"readers/{reader}")["condition"] is None


def test_a_card_carried_to_the_glass_taps_and_to_the_slot_is_inserted(simulator, page):
    reader = simulator.reader()
    counter = Counter(page, reader)
    for place, method in ((".display", "contactless_emv"), (".mouth", "contact_emv")):
        intent = simulator.intent(1000)
        simulator.process(reader, intent)
        counter.shows("present")
        counter.card("visa").drag_to(page.locator(f".stand {place}"))
        counter.shows("approved")
        charge = simulator.read(intent).latest_charge
        assert charge.payment_method_details.card_present.read_method == method


def test_a_tip_is_chosen(simulator, page):
    reader = simulator.reader()
    with_tips(simulator)
    counter = Counter(page, reader)
    intent = simulator.intent(2500, capture_method="manual")
    simulator.process(reader, intent)
    counter.shows("tip", "$25.00", "18%", "$4.50")
    counter.display.get_by_role("button", name="18%").click()
    counter.shows("present", "$29.50")
    counter.card("visa").click()
    counter.shows("approved", "$29.50", "$4.50 tip included")
    assert simulator.read(intent).amount_details.tip.amount == 450


def test_a_tip_of_ones_own_is_typed_or_none_is_given(simulator, page):
    reader = simulator.reader()
    with_tips(simulator)
    counter = Counter(page, reader)
    simulator.process(reader, simulator.intent(2000, capture_method="manual"))
    counter.press("Custom")
    for key in "525":
        counter.press(key)
    counter.press("Enter")
    counter.shows("present", "$25.25")
    simulator.process(reader, simulator.intent(3000, capture_method="manual"))
    counter.press("No tip")
    counter.shows("present", "$30.00")


def test_a_customer_cancels_only_where_there_is_a_button(simulator, page):
    reader = simulator.reader()
    counter = Counter(page, reader)
    simulator.process(reader, simulator.intent(1000))
    counter.shows("present")
    expect(counter.display.get_by_role("button", name="Cancel")).to_have_count(0)
    simulator.process(reader, simulator.intent(1000), enable_customer_cancellation=True)
    counter.press("Cancel")
    counter.shows("canceled")
    action: Any = simulator.v1.terminal.readers.retrieve(reader).action
    assert action.failure_code == "customer_canceled"


def test_a_pin_is_typed_on_the_glass_or_on_the_keyboard(simulator, page):
    reader = simulator.reader()
    counter = Counter(page, reader)
    for typed in (True, False):
        simulator.process(reader, simulator.intent(1000))
        counter.shows("present")
        counter.choose("Insert")
        counter.card("offline_pin_cvm").click()
        counter.shows("pin", "$10.00")
        if typed:
            counter.page.locator(".pin__pad").focus()
            counter.page.keyboard.type("1234")
            counter.page.keyboard.press("Enter")
        else:
            for key in ("1", "2", "3", "4", "Enter"):
                counter.press(key)
        counter.shows("approved")


def test_after_a_decline_another_card_pays(simulator, page):
    reader = simulator.reader()
    counter = Counter(page, reader)
    intent = simulator.intent(1000)
    simulator.process(reader, intent)
    counter.card("insufficient_funds").click()
    counter.shows("declined", "insufficient funds")
    simulator.process(reader, intent)
    counter.shows("present")
    counter.card("visa").click()
    counter.shows("approved")
    assert simulator.read(intent).status == "succeeded"


def test_a_form_is_filled_in_and_signed(simulator, page):
    reader = simulator.reader()
    counter = Counter(page, reader)
    club = [{"title": "Join the club", "default_value": "disabled"}]
    choices = [{"id": "yes", "text": "Very good", "style": "primary"}]
    inputs: Any = [
        form("text", "Your name", required=True, toggles=club),
        form("selection", "How was it?", selection={"choices": choices}),
        form("phone", "Your number"),
        form("signature", "Please sign", required=True),
    ]
    simulator.v1.terminal.readers.collect_inputs(reader, {"inputs": inputs})
    counter.shows("form", "Your name")
    expect(counter.display.get_by_role("button", name="Skip")).to_have_count(0)
    for key in ("Shift", "a", "Shift", "d", "a"):
        counter.press(key)
    expect(counter.display.get_by_role("textbox")).to_have_value("Ada")
    counter.display.get_by_role("switch").check(force=True)
    counter.press("Submit")
    counter.shows("form", "How was it?")
    counter.press("Very good")
    counter.shows("form", "Your number")
    counter.press("Skip")
    counter.shows("form", "Please sign")
    submit = counter.display.get_by_role("button", name="Submit")
    expect(submit).to_be_disabled()
    pad = counter.display.get_by_role("img", name="Sign here")
    box: Any = pad.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 30, steps=4)
    page.mouse.up()
    submit.click()
    counter.shows("thanks")
    action: Any = simulator.v1.terminal.readers.retrieve(reader).action
    name, choice, phone, signature = action.collect_inputs.inputs
    assert (name.text.value, name.toggles[0].value) == ("Ada", "enabled")
    assert (choice.selection.id, phone.skipped) == ("yes", True)
    assert signature.signature.value.startswith("file_")


def test_a_cart_is_shown_until_it_is_cleared(simulator, page):
    reader = simulator.reader()
    counter = Counter(page, reader)
    line = {"description": "Flat white", "amount": 840, "quantity": 2}
    cart: Any = {"line_items": [line], "currency": "usd", "total": 900, "tax": 60}
    simulator.v1.terminal.readers.set_reader_display(reader, {"type": "cart", "cart": cart})
    counter.shows("cart", "Flat white", "2", "$8.40", "$0.60", "$9.00")
    simulator.v1.terminal.readers.cancel_action(reader)
    counter.shows("splash")


def test_the_network_plug_is_pulled_and_put_back(simulator, page):
    reader = simulator.reader()
    counter = Counter(page, reader)
    plug = page.get_by_role("button", name="Network")
    plug.click()
    counter.shows("offline")
    expect(plug).to_have_attribute("aria-pressed", "false")
    assert simulator.look(f"readers/{reader}")["condition"] == "offline"
    plug.click()
    counter.shows("splash")
    assert simulator.look(f"readers/{reader}")["condition"] is None


def test_the_power_cord_is_pulled_and_the_reader_boots(simulator, page):
    reader = simulator.reader()
    counter = Counter(page, reader)
    cord = page.get_by_role("button", name="Power")
    cord.click()
    counter.shows("off")
    cord.click()
    counter.shows("booting")
    simulator.tell("clock", advance=300)
    counter.shows("splash")


def test_what_the_simulator_refuses_is_said_in_plain_words(simulator, page):
    counter = Counter(page, simulator.reader())
    counter.card("visa").click()
    expect(page.locator(".toast")).to_contain_text("not waiting for a card")


def test_the_line_breaks_while_the_bank_says_yes(simulator, page):
    reader = simulator.reader()
    counter = Counter(page, reader)
    page.get_by_label("The line breaks; the bank said yes").check()
    expect(page.locator(".next-words")).to_contain_text("the line breaks")
    intent = simulator.intent(1000)
    simulator.process(reader, intent)
    counter.shows("present")
    counter.card("visa").click()
    counter.shows("failed")
    assert simulator.read(intent).status == "succeeded"
    expect(page.locator(".next-words")).to_be_empty()


def test_the_keyboard_alone_is_enough(simulator, page):
    reader = simulator.reader()
    with_tips(simulator)
    counter = Counter(page, reader)
    simulator.process(
        reader, simulator.intent(2000, capture_method="manual"), enable_customer_cancellation=True
    )
    counter.shows("tip")

    def press_at(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(NAME_OF_FOCUSED).startswith(name):
                page.keyboard.press("Enter")
                return
        raise AssertionError(f"Tab never came to {name}")

    press_at("15%")
    counter.shows("present", "$23.00")
    press_at("Visa")
    counter.shows("approved")
    expect(page.locator("#says")).to_contain_text("Approved")


def test_on_a_phone_the_reader_and_its_cards_fit_the_screen(simulator, page):
    page.set_viewport_size({"width": 390, "height": 844})
    reader = simulator.reader()
    counter = Counter(page, reader)
    intent = simulator.intent(1000)
    simulator.process(reader, intent)
    counter.shows("present")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    tray, mouth = page.locator(".tray").bounding_box(), page.locator(".mouth").bounding_box()
    assert mouth["y"] + mouth["height"] < tray["y"]
    counter.card("visa").click()
    counter.shows("approved")


def test_a_reader_that_is_gone_says_so(simulator, page):
    reader = simulator.reader()
    counter = Counter(page, reader)
    counter.shows("splash")
    simulator.v1.terminal.readers.delete(reader)
    expect(page.get_by_role("heading", name="This reader is not there")).to_be_visible()


def test_a_code_is_scanned_in_place_of_a_card(simulator, page):
    reader = simulator.reader()
    counter = Counter(page, reader)
    intent = simulator.intent(4810, payment_method_types=["card_present", "wechat_pay"])
    simulator.process(reader, intent)
    counter.press("Pay with WeChat Pay")
    counter.shows("qr", "WeChat Pay", "$48.10")
    counter.press("Pay")
    counter.shows("approved")
    assert simulator.read(intent).status == "succeeded"


def test_the_splash_screen_is_the_picture_that_was_uploaded(simulator, page):
    reader = simulator.reader()
    file = simulator.http.post(
        "/v1/files",
        auth=("sk_test_x", ""),
        data={"purpose": "terminal_reader_splashscreen"},
        files={"file": ("splash.png", PICTURE)},
    ).json()
    configurations = simulator.v1.terminal.configurations
    (default,) = configurations.list({"is_account_default": True}).data
    configurations.update(default.id, {"bbpos_wisepos_e": {"splashscreen": file["id"]}})
    Counter(page, reader)
    picture = page.get_by_role("img", name="Splash screen")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 1
