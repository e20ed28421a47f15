"""The list of readers, the request log, the deliveries, the faults panel, the accounts."""

from typing import Any

import httpx
import pytest
import stripe
from playwright.sync_api import expect

from tests.simulator.conftest import SHOP, end, start

PAGES = ("", "log/", "deliveries/", "faults/", "accounts/")


def test_all_readers_of_all_accounts_are_listed_with_what_they_show(simulator, page):
    simulator.account()
    till = simulator.reader(label="Till")
    simulator.reader(SHOP, label="Bar", registration_code="simulated-s700")
    page.goto("/_simulator/")
    expect(page.locator(".tile")).to_have_count(2)
    expect(page.get_by_role("heading", name="Shop")).to_be_visible()
    simulator.process(till, simulator.intent(4810))
    tile = page.get_by_role("link", name="Till")
    expect(tile).to_contain_text("$48.10")
    page.get_by_role("searchbox").fill("s700 bar")
    expect(page.locator(".tile")).to_have_count(1)
    page.get_by_role("searchbox").fill("no such thing")
    expect(page.get_by_text("No reader matches")).to_be_visible()
    page.get_by_role("searchbox").fill("")
    tile.click()
    expect(page.locator(".stand .screen--present")).to_be_visible()


def test_without_readers_the_page_says_how_to_register_one(simulator, page):
    page.goto("/_simulator/")
    expect(page.get_by_text("None is registered yet.")).to_be_visible()
    curl = page.locator("#curl")
    expect(curl).to_contain_text(f"curl {simulator.url}/v1/terminal/readers")
    page.get_by_role("button", name="Copy").click()
    expect(page.locator(".toast")).to_contain_text("Copied")
    assert "registration_code=simulated-wpe" in page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("radio", name="S710").check(force=True)
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_role("link", name="Counter")).to_be_visible()
    (row,) = simulator.look("readers")["readers"]
    assert row["reader"]["device_type"] == "simulated_stripe_s710"


def test_the_log_shows_a_request_and_its_answer_as_it_comes(simulator, page):
    page.goto("/_simulator/log/")
    expect(page.get_by_text("No request yet")).to_be_visible()
    intent = simulator.intent(4810, metadata={"order": "</pre><script>1</script>"})
    row = page.locator(".item", has_text="payment_intents.create")
    expect(row).to_contain_text("200")
    row.locator("summary").first.click()
    expect(row.locator(".json").first).to_contain_text('"amount": 4810')
    expect(row.locator(".json").first).to_contain_text("</pre><script>1</script>")
    expect(row.locator(".json").last).to_contain_text(intent.id)
    row.get_by_role("button", name="Copy as curl").click()
    expect(page.locator(".toast")).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"curl '{simulator.url}/v1/payment_intents'")
    assert "-d 'amount=4810'" in copied


def test_the_log_can_be_narrowed(simulator, page):
    simulator.intent()
    with pytest.raises(stripe.InvalidRequestError):
        simulator.intent(amount=-1)
    page.goto("/_simulator/log/")
    expect(page.locator(".item")).to_have_count(2)
    page.get_by_label("Answer").select_option("4")
    expect(page.locator(".item")).to_have_count(1)
    expect(page.locator(".item")).to_contain_text("400")
    page.get_by_label("Answer").select_option("")
    page.get_by_label("Method").select_option("GET")
    expect(page.locator(".item")).to_have_count(0)


def test_a_delivery_is_sent_again(simulator, page, endpoint, listener):
    page.goto("/_simulator/deliveries/")
    simulator.intent()
    sent = listener.next_event()
    row = page.locator(".item", has_text="payment_intent.created")
    expect(row).to_contain_text("delivered")
    row.locator("summary").first.click()
    expect(row.locator(".json").last).to_contain_text(sent["id"])
    row.get_by_role("button", name="Resend").click()
    assert listener.next_event()["id"] == sent["id"]
    expect(row).to_contain_text("2 attempts")


def test_held_deliveries_are_released(simulator, page, endpoint, listener):
    page.goto("/_simulator/faults/")
    page.get_by_label("Hold them back").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".toast")).to_contain_text("Applied")
    simulator.intent()
    page.goto("/_simulator/deliveries/")
    expect(page.locator("#held")).to_contain_text("One delivery is held back.")
    page.get_by_role("button", name="Send in order").click()
    assert listener.next_event()["type"] == "payment_intent.created"
    expect(page.locator("#held")).to_be_hidden()


def test_what_is_being_filled_in_stays_when_somebody_else_changes_the_webhooks(simulator, page):
    page.goto("/_simulator/faults/")
    late = page.get_by_label("Late by")
    late.fill("500")
    with page.expect_response("**/_simulator/webhooks"):
        simulator.tell("webhooks", duplicate=2)
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".toast")).to_contain_text("Applied")
    policy = simulator.look("webhooks")
    assert (policy["delay_ms"], policy["duplicate"]) == (500, 0)
    page.get_by_role("button", name="Back to normal").click()
    expect(late).to_have_value("0")


def test_a_fault_is_planned_and_strikes_and_is_cleared(simulator, page):
    page.goto("/_simulator/faults/")
    page.get_by_role("button", name="The next PaymentIntent is locked").click()
    row = page.locator(".planned li")
    expect(row).to_contain_text("payment_intents.*")
    with pytest.raises(stripe.RateLimitError):
        simulator.intent()
    expect(row).to_contain_text("1 hit")
    expect(row).to_contain_text("spent")
    page.get_by_role("button", name="Clear all").click()
    expect(row).to_have_count(0)
    assert simulator.look("faults")["faults"] == []


def test_a_fault_of_ones_own_is_planned_from_the_form(simulator, page):
    page.goto("/_simulator/faults/")
    page.get_by_text("One of your own").click()
    page.locator("#own [name=what]").select_option("503")
    page.get_by_label("Operation").fill("accounts.*")
    page.get_by_label("How often").fill("2")
    page.get_by_role("button", name="Plan it").click()
    expect(page.locator(".planned li")).to_contain_text("2 left")
    (planned,) = simulator.look("faults")["faults"]
    assert (planned["operation"], planned["what"]) == ("accounts.*", "503")


def test_the_clock_is_moved_and_a_switch_is_thrown(simulator, page):
    page.goto("/_simulator/faults/")
    before = simulator.look("clock")["now"]
    page.get_by_role("button", name="+ 1 day", exact=True).click()
    expect(page.locator("#moment-more")).to_contain_text("ahead of this machine")
    assert simulator.look("clock")["now"] >= before + 86_400_000
    switch = page.locator("[data-switch=test_amounts]")
    switch.get_by_role("radio", name="no").check(force=True)
    expect(switch).to_have_attribute("data-changed", "")
    assert simulator.look("switches")["test_amounts"] is False
    page.get_by_role("button", name="Back to the defaults").click()
    expect(switch).not_to_have_attribute("data-changed", "")
    assert simulator.look("switches")["test_amounts"] is True


def test_accounts_are_listed_with_their_payments(simulator, page):
    simulator.account()
    page.goto("/_simulator/accounts/")
    intent = simulator.pay(2500, account=SHOP)
    shop = page.locator(".account", has_text=SHOP)
    expect(shop).to_contain_text("1 payment")
    shop.locator("summary").click()
    expect(shop).to_contain_text(intent.id)
    expect(shop).to_contain_text("$25.00")


def test_an_account_is_restricted_and_let_go(simulator, page):
    simulator.account()
    page.goto("/_simulator/accounts/")
    shop = page.locator(".account", has_text=SHOP)
    shop.locator("summary").click()
    shop.get_by_role("button", name="Restrict").click()
    expect(shop).to_contain_text("takes no payments")
    shop.get_by_role("button", name="Lift the restriction").click()
    expect(shop).to_contain_text("takes payments")
    shop.get_by_role("button", name="Deauthorize").click()
    expect(shop).to_contain_text("deauthorized")


def test_an_account_is_onboarded_on_its_page(simulator, page):
    created = simulator.v1.accounts.create({"country": "US"})
    page.goto("/_simulator/accounts/")
    account = page.locator(".account", has_text=created.id)
    account.locator("summary").click()
    account.get_by_role("button", name="Onboarding page").click()
    expect(page).not_to_have_url(f"{simulator.url}/_simulator/accounts/")
    expect(page.get_by_role("heading").first).to_be_visible()


def test_what_the_dashboard_does_is_done_from_the_list_of_payments(simulator, page):
    held = simulator.pay(2500, capture_method="manual")
    page.goto("/_simulator/accounts/")
    page.get_by_role("button", name="Capture").click()
    expect(page.locator(".payments")).to_contain_text("succeeded")
    assert simulator.read(held).status == "succeeded"
    page.get_by_role("button", name="Refund").click()
    expect(page.locator(".payments")).to_contain_text("refunded")
    assert simulator.read(held).latest_charge.refunded


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_a_phone(simulator, page, path):
    simulator.account()
    simulator.pay(2500, account=SHOP)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/_simulator/{path}")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_terminal_gets_text_and_a_browser_the_pages(simulator, page):
    assert "A local Stripe" in simulator.http.get("/").text
    assert "GET    /_simulator/health" in simulator.http.get("/_simulator/").text
    page.goto("/")
    expect(page).to_have_url(f"{simulator.url}/_simulator/")


def test_a_page_goes_on_by_itself_when_the_simulator_comes_back(browser):
    process, url = start()
    page = browser.new_page()
    page.goto(f"{url}/_simulator/")
    expect(page.locator("#line")).to_contain_text("Live")
    end(process)
    expect(page.get_by_text("The simulator is gone.")).to_be_visible()
    process, again = start("--port", url.rpartition(":")[2])
    assert again == url
    code: Any = {"registration_code": "simulated-wpe", "label": "New"}
    with httpx.Client(base_url=url, trust_env=False, auth=("sk_test_x", "")) as shop:
        address = {"address[country]": "US", "address[line1]": "1 Main St"}
        place = shop.post("/v1/terminal/locations", data={"display_name": "Shop", **address}).json()
        shop.post("/v1/terminal/readers", data=code | {"location": place["id"]})
    expect(page.get_by_text("The simulator is gone.")).to_be_hidden()
    expect(page.get_by_role("link", name="New")).to_be_visible()
    page.close()
    end(process)
