"""The pages as they leave the simulator; what they do is for tests/browser to find out."""

import re

import pytest

PAGES = ("", "readers/tmr_unknown/", "log/", "deliveries/", "faults/", "accounts/")
HTML = {"Accept": "text/html,*/*;q=0.8"}
REFERENCE = re.compile(r'(?:href|src)="(/_simulator/static/[^"]+)"')
IMPORT = re.compile(r'from "\./([a-z]+\.js)"')


def fetch(simulator, path, **headers):
    return simulator.http.get(f"/_simulator/{path}", headers=HTML | headers)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_comes_with_all_it_needs_and_may_load_nothing_else(simulator, path):
    page = fetch(simulator, path)
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "style=" not in page.text
    assert "onclick=" not in page.text
    wanted = REFERENCE.findall(page.text)
    assert len(wanted) > 3
    for address in wanted:
        file = simulator.http.get(address)
        assert file.status_code == 200, address
        assert file.headers["Content-Security-Policy"] == page.headers["Content-Security-Policy"]
        for name in IMPORT.findall(file.text) if address.endswith(".js") else ():
            assert simulator.http.get(f"/_simulator/static/js/{name}").status_code == 200, name


def test_what_stands_in_an_address_is_text(simulator):
    page = fetch(simulator, "readers/%22%3E%3Cscript%3E/")
    assert "<script>" not in page.text
    assert "&#34;&gt;&lt;script&gt;" in page.text


def test_the_same_address_is_a_page_for_browsers_and_text_for_terminals(simulator):
    assert fetch(simulator, "").headers["Content-Type"].startswith("text/html")
    assert fetch(simulator, "", Accept="*/*").text.startswith("A local Stripe")
    assert simulator.http.get("/", headers=HTML).headers["Location"] == "/_simulator/"
    assert simulator.http.get("/").text.startswith("A local Stripe")


def test_a_page_is_not_in_the_way_of_the_control_api(simulator):
    reader = simulator.reader()
    answer = fetch(simulator, f"readers/{reader}")
    assert answer.json()["id"] == reader


def test_every_switch_has_a_control_and_its_meaning(simulator):
    page = fetch(simulator, "faults/").text
    for name in simulator.look("switches"):
        assert f'data-switch="{name}"' in page
    assert "<p></p>" not in page  # what a switch means stands in the table of README.md


def test_accounts_are_listed_with_their_locations_and_payments(simulator):
    shop = simulator.account()
    location = simulator.location(shop)
    paid = simulator.pay(2500, account=shop)
    platform, listed = simulator.look("accounts")["accounts"]
    assert (platform["platform"], listed["platform"]) == (True, False)
    assert (listed["id"], listed["name"], listed["country"]) == (shop, "Shop", "US")
    assert listed["locations"][location] == "Main Street"
    assert (listed["readers"], listed["payments"]) == (1, 1)
    (payment,) = simulator.look(f"accounts/{shop}/payments", limit=1)["payments"]
    assert payment["payment_intent"]["id"] == paid.id
    assert payment["charge"]["id"] == paid.latest_charge.id
    assert simulator.http.get("/_simulator/accounts/acct_none/payments").status_code == 404


def test_the_latest_exchanges_can_be_had_alone(simulator):
    for _ in range(3):
        simulator.raw("GET", "/v1/account")
    everything = simulator.look("exchanges")["exchanges"]
    assert simulator.look("exchanges", limit=2)["exchanges"] == everything[1:]
