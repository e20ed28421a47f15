"""`GET /api/v1/readers/{id}/configuration/`: how a reader is set up. It …"""

from terminal.models import ReaderConfiguration
from tests import factories_money


def configuration_of(client, reader):
    return client.get(f"/api/v1/readers/{reader.pk}/configuration/")


def test_says_what_holds_and_which_level_says_so(tablet, store, reader):
    factories_money.ReaderConfigurationFactory.create(
        store=store,
        splash_screens={"stripe_s700": {"name": "spring.png", "image": 1, "files": {}}},
    )
    ReaderConfiguration.objects.create(
        account=store.account, asks_for_tips=False, reboot_start_hour=3, reboot_end_hour=5
    )
    ReaderConfiguration.objects.create(location=reader.location, cellular_enabled=False)

    assert configuration_of(tablet, reader).json() == {
        "reader": reader.pk,
        "location": reader.location_id,
        "tipping": {
            "level": "store",
            "percentages": [15, 18, 20],
            "fixed_amounts": [],
            "smart_tip_threshold": None,
        },
        "reboot_window": {"level": "account", "start_hour": 3, "end_hour": 5},
        "offline": None,
        "cellular": {"level": "location", "enabled": False},
        "bbpos_wisepos_e": None,
        "stripe_s700": {"level": "store", "splashscreen": "spring.png"},
        "stripe_s710": None,
    }


def test_tells_no_tips_from_nothing_said(tablet, reader):
    assert configuration_of(tablet, reader).json()["tipping"] is None
    ReaderConfiguration.objects.create(location=reader.location, asks_for_tips=False)

    tips = configuration_of(tablet, reader).json()["tipping"]
    assert (tips["level"], tips["percentages"], tips["fixed_amounts"]) == ("location", [], [])


def test_does_not_exist_for_a_strangers_tablet(stranger, reader):
    assert configuration_of(stranger, reader).status_code == 404
