"""How readers are set up: each part is inherited on its own, and Stripe is told what holds. It …"""

import pytest

from stores.principals import SYSTEM
from terminal.models import Part, ReaderConfiguration
from terminal.services import configurations, configuring, fleet
from terminal.transitions.configurations import holding, tip_choices, whole
from tests.factories import LocationFactory, StoreFactory

TIPS = {"asks_for_tips": True, "percentages": [15, 18, 20]}
WINDOW = {"reboot_start_hour": 3, "reboot_end_hour": 5}


def say(shop, row=None, **said):
    """Somebody says it, and Stripe has been told."""
    row = row or ReaderConfiguration()
    for name, value in said.items():
        setattr(row, name, value)
    row.full_clean()
    configuring.change(row, by=SYSTEM)
    configuring.tell_now(shop.store)
    row.refresh_from_db()
    return row


def used_at(shop, location=None):
    """The parts of the Configuration that Stripe uses at a location."""
    location, side = location or shop.reader.location, shop.store.stripe_account
    there = shop.simulator.stripe_get(f"terminal/locations/{location.stripe_id}", side)
    id = there["configuration_overrides"]
    shown = shop.simulator.stripe_get(f"terminal/configurations/{id}", side) if id else {}
    return {name: shown[name] for name in Part.values if name in shown}


def test_keeps_an_accounts_restart_where_a_store_says_its_own_tips(shop):
    say(shop, account=shop.store.account, **WINDOW, **TIPS | {"percentages": [1, 2, 3]})
    say(shop, store=shop.store, **TIPS)

    assert used_at(shop) == {
        "tipping": {"usd": {"percentages": [15, 18, 20]}},
        "reboot_window": {"start_hour": 3, "end_hour": 5},
    }


def test_tells_what_inherits_of_a_change_above(shop):
    account = say(shop, account=shop.store.account, **WINDOW)
    say(shop, store=shop.store, **TIPS)
    say(shop, location=shop.reader.location, cellular_enabled=True)
    say(shop, account, reboot_start_hour=1, reboot_end_hour=2, offline_enabled=False)

    assert used_at(shop) == {
        "tipping": {"usd": {"percentages": [15, 18, 20]}},
        "reboot_window": {"start_hour": 1, "end_hour": 2},
        "offline": {"enabled": False},
        "cellular": {"enabled": True},
    }
    say(shop, account, reboot_start_hour=None, reboot_end_hour=None, offline_enabled=None)
    assert set(used_at(shop)) == {"tipping", "cellular"}


def test_lets_a_location_ask_for_no_tips_and_keep_the_rest(shop):
    say(shop, store=shop.store, **TIPS, **WINDOW)
    own = say(shop, location=shop.reader.location, asks_for_tips=False)
    other = fleet.create_location(LocationFactory.create(store=shop.store, stripe_id=None))
    configuring.tell_now(shop.store)

    assert set(used_at(shop)) == {"reboot_window"}
    assert set(used_at(shop, other)) == {"reboot_window", "tipping"}
    say(shop, own, asks_for_tips=None)
    assert set(used_at(shop)) == {"reboot_window", "tipping"}


def test_tells_a_change_above_although_the_row_below_is_on_its_way(shop):
    account = ReaderConfiguration(account=shop.store.account, **WINDOW)
    configuring.change(account, by=SYSTEM)
    configuring.change(ReaderConfiguration(store=shop.store, **TIPS), by=SYSTEM)
    account.reboot_end_hour = 6
    configuring.change(account, by=SYSTEM)
    configuring.tell_now(shop.store)

    assert used_at(shop)["reboot_window"] == {"start_hour": 3, "end_hour": 6}
    assert used_at(shop)["tipping"]


def test_says_which_level_each_part_comes_from(shop):
    say(shop, account=shop.store.account, **WINDOW, offline_enabled=True)
    say(shop, store=shop.store, **TIPS)
    say(shop, location=shop.reader.location, offline_enabled=False)

    assert configurations.lines_for(shop.reader.location) == [
        ("Tips", "From the store: 15 %, 18 %, 20 %."),
        ("Daily restart", "From the account: from 3:00 to 5:00."),
        ("Payments while offline", "Set here: not allowed."),
    ]


# Pure


def levels():
    store = StoreFactory.build()
    return [
        ReaderConfiguration(store=store, asks_for_tips=False, cellular_enabled=True),
        ReaderConfiguration(account=store.account, **TIPS, **WINDOW, cellular_enabled=False),
    ]


def test_takes_each_part_from_the_nearest_that_says_anything_of_it():
    near, far = levels()
    held = holding([near, far])

    assert {part: holds.row for part, holds in held.items()} == {
        Part.TIPPING: near,
        Part.REBOOT_WINDOW: far,
        Part.CELLULAR: near,
    }
    assert whole([near, far], ["usd"]) == {
        "reboot_window": {"start_hour": 3, "end_hour": 5},
        "cellular": {"enabled": True},
    }
    offer = {"percentages": [15, 18, 20]}
    assert whole([far], ["usd", "cad"])["tipping"] == {"cad": offer, "usd": offer}


SMART = {
    "percentages": [15, 18, 20],
    "fixed_amounts": [100, 200, 300],
    "smart_tip_threshold": 1_000,
}


@pytest.mark.parametrize(
    ("tips", "amount", "buttons"),
    [
        ({}, 2_000, []),
        ({"percentages": [15, 18, 20]}, 2_000, [300, 360, 400]),
        ({"percentages": [15, 18, 20]}, 333, [50, 60, 67]),
        ({"fixed_amounts": [100, 200, 300]}, 2_000, [100, 200, 300]),
        (SMART, 999, [100, 200, 300]),
        (SMART, 1_000, [150, 180, 200]),
    ],
)
def test_knows_the_buttons_of_a_reader(tips, amount, buttons):
    assert tip_choices(tips, amount) == buttons
