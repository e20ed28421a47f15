"""How readers are set up: each part is inherited on its own, and Stripe is told what holds. It …"""

import pytest

from payments.models import StripeRequest
from stores.principals import SYSTEM
from terminal.models import SCREENS, Part, ReaderConfiguration, SplashImage
from terminal.services import configurations, configuring, fleet
from terminal.transitions import pictures
from terminal.transitions.configurations import holding, tip_choices, whole
from tests.factories import LocationFactory, StoreFactory
from tests.money.conftest import open_shop

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
    assert whole([near, far], "", ["usd"]) == {
        "reboot_window": {"start_hour": 3, "end_hour": 5},
        "cellular": {"enabled": True},
    }
    offer = {"percentages": [15, 18, 20]}
    assert whole([far], "", ["usd", "cad"])["tipping"] == {"cad": offer, "usd": offer}


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


# Splash screens


def png(width=1080, height=1920):
    header = b"\x00\x00\x00\rIHDR" + width.to_bytes(4) + height.to_bytes(4)
    return b"\x89PNG\r\n\x1a\n" + header + b"\x08\x02\x00\x00\x00"


def show(shop, row, part=Part.S700, name="spring.png", content=None):
    picture = configuring.Picture(name, content or png())
    configuring.change(row, by=SYSTEM, pictures={part: picture})
    configuring.tell_now(shop.store)
    row.refresh_from_db()
    return row


def picture_at(shop, part="stripe_s700"):
    """The bytes of what an idle reader of that type shows."""
    side = {"Stripe-Account": shop.store.stripe_account}
    file = used_at(shop)[part]["splashscreen"]
    return shop.simulator.raw("GET", f"/v1/files/{file}/contents", headers=side).content


@pytest.mark.parametrize("charge_model", ["direct", "destination"])
def test_brings_a_picture_to_stripe_and_to_the_readers(simulator, db, charge_model):
    shop = open_shop(simulator, charge_model)
    row = show(shop, ReaderConfiguration(store=shop.store, **WINDOW))

    id = row.splash_screens["stripe_s700"]["files"][shop.store.stripe_account]
    assert used_at(shop)["stripe_s700"] == {"splashscreen": id}
    assert used_at(shop)["reboot_window"]
    file = shop.simulator.stripe_get(f"files/{id}", shop.store.stripe_account)
    assert (file["purpose"], file["type"], file["size"]) == (
        "terminal_reader_splashscreen",
        "png",
        len(png()),
    )


def test_takes_a_picture_to_what_inherits_and_off_again(shop):
    account = ReaderConfiguration(account=shop.store.account)
    show(shop, account)
    say(shop, store=shop.store, **TIPS)
    assert set(used_at(shop)) == {"stripe_s700", "tipping"}
    first = used_at(shop)["stripe_s700"]

    show(shop, account, content=png() + b"another")
    assert used_at(shop)["stripe_s700"] != first
    assert SplashImage.objects.count() == 1
    configuring.change(account, by=SYSTEM, pictures={Part.S700: None})
    configuring.tell_now(shop.store)
    assert set(used_at(shop)) == {"tipping"}
    assert not SplashImage.objects.exists()


def test_tells_the_rest_where_stripe_refuses_the_picture(shop):
    refusal = {"type": "invalid_request_error", "message": "Too many colours."}
    shop.simulator.fault("files.create", "before", "error", status=400, error=refusal)
    row = show(shop, ReaderConfiguration(store=shop.store, **WINDOW))

    assert set(used_at(shop)) == {"reboot_window"}
    assert configuring.requests_of(row).get(status="refused").error_message == "Too many colours."
    show_again = configuring.change(row, by=SYSTEM)
    configuring.tell_now(shop.store)
    assert show_again.version > 1
    assert set(used_at(shop)) == {"reboot_window", "stripe_s700"}


def test_brings_one_file_where_the_answer_was_lost(shop):
    shop.simulator.fault("files.create", "after", "reset")
    row = show(shop, ReaderConfiguration(store=shop.store))
    StripeRequest.objects.filter(status="planned").update(next_try_at=row.store.created_at)
    configuring.tell_now(shop.store)

    assert used_at(shop)["stripe_s700"]
    assert len(shop.simulator.stripe_get("files", shop.store.stripe_account)["data"]) == 1


JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10"
    + bytes(14)
    + b"\xff\xc0\x00\x11\x08"
    + (1280).to_bytes(2)
    + (720).to_bytes(2)
    + bytes(10)
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (png(720, 1280), ""),
        (JPEG, ""),
        (b"GIF89a" + bytes(100), ""),
        (png(1280, 720), "It must be 720 by 1280 pixels; this is 1280 by 720."),
        (png(720, 1280) + bytes(2_000_000), "It must be smaller than 2 MB."),
        (b"GIF89a" + bytes(4_000_000), "It must be smaller than 4 MB."),
        (JPEG[:24], "This picture cannot be read."),
        (b"\xff\xd8\xff\xe0\x00\x00" * 9, "This picture cannot be read."),
        (b"%PDF-1.7", "Choose a JPG, a PNG or a GIF."),
    ],
)
def test_takes_only_what_the_screen_can_show(content, said):
    assert pictures.refusal(content, SCREENS[Part.WISEPOS_E]) == said
