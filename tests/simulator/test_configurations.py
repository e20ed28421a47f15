"""How readers are set up: https://docs.stripe.com/terminal/fleet/configurations-overview"""

import pytest
import stripe

from .conftest import SHOP, on

REFUSED = stripe.InvalidRequestError


def create(simulator, account="", **params):
    return simulator.v1.terminal.configurations.create(params, on(account))


def refusal(call, *args, **params):
    with pytest.raises(REFUSED) as refused:
        call(*args, **params)
    return refused.value


def test_every_account_has_one_default_which_stays(simulator):
    simulator.account()
    configurations = simulator.v1.terminal.configurations
    for account in ("", SHOP):
        mine = create(simulator, account, name="Bar")
        listed = configurations.list({}, on(account)).data
        assert [each.is_account_default for each in listed] == [False, True]
        (default,) = configurations.list({"is_account_default": True}, on(account)).data
        (other,) = configurations.list({"is_account_default": False}, on(account)).data
        assert (default.name, other.id) == (None, mine.id)
        refusal(configurations.delete, default.id, {}, on(account))


def test_a_configuration_shows_what_is_set_and_nothing_else(simulator):
    made = create(
        simulator,
        name="Bar",
        offline={"enabled": True},
        cellular={"enabled": False},
        reboot_window={"start_hour": 2, "end_hour": 4},
        tipping={"usd": {"fixed_amounts": [100, 200, 300]}},
    )
    assert made.to_dict() == {
        "id": made.id,
        "object": "terminal.configuration",
        "is_account_default": False,
        "livemode": False,
        "name": "Bar",
        "offline": {"enabled": True},
        "cellular": {"enabled": False},
        "reboot_window": {"start_hour": 2, "end_hour": 4},
        "tipping": {"usd": {"fixed_amounts": [100, 200, 300]}},
    }
    changed = simulator.v1.terminal.configurations.update(
        made.id, {"tipping": "", "offline": "", "name": "Terrace"}
    )
    assert not {"tipping", "offline"} & set(changed.to_dict())
    assert (changed.name, changed.cellular.enabled) == ("Terrace", False)
    read = simulator.v1.terminal.configurations.retrieve(made.id)
    assert read.to_dict() == changed.to_dict()


def test_the_secrets_of_a_network_are_never_shown(simulator):
    wifi = {
        "type": "personal_psk",
        "personal_psk": {"ssid": "Shop", "password": "opensesame"},
    }
    made = create(simulator, wifi=wifi)
    shown = simulator.v1.terminal.configurations.retrieve(made.id).wifi
    assert shown.personal_psk.ssid == "Shop"
    assert "opensesame" not in str(shown)
    assert "opensesame" not in str(simulator.look("truth")["accounts"])


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"reboot_window": {"start_hour": 3, "end_hour": 3}}, "reboot_window[end_hour]"),
        ({"reboot_window": {"start_hour": 3, "end_hour": 24}}, "reboot_window[end_hour]"),
        ({"wifi": {"type": "personal_psk"}}, "wifi[personal_psk]"),
        ({"tipping": {"usd": {"percentages": [10]}}}, "tipping[usd][percentages]"),
        (
            {"tipping": {"usd": {"percentages": [1, 2, 3], "fixed_amounts": [1, 2, 3]}}},
            "tipping[usd][smart_tip_threshold]",
        ),
        (
            {
                "tipping": {
                    "usd": {"percentages": [1, 2, 3]},
                    "cad": {"fixed_amounts": [1, 2, 3]},
                }
            },
            "tipping",
        ),
        ({"bbpos_wisepos_e": {"splashscreen": "file_none"}}, "bbpos_wisepos_e[splashscreen]"),
    ],
)
def test_settings_must_make_sense(simulator, params, param):
    assert refusal(create, simulator, **params).param == param


def test_a_location_is_attached_and_detached(simulator):
    made = create(simulator)
    locations = simulator.v1.terminal.locations
    id = simulator.location()
    attached = locations.update(id, {"configuration_overrides": made.id})
    assert attached.configuration_overrides == made.id
    assert locations.update(id, {"configuration_overrides": ""}).configuration_overrides is None
    locations.update(id, {"configuration_overrides": made.id})
    deleted = simulator.v1.terminal.configurations.delete(made.id)
    assert deleted.to_dict() == {
        "id": made.id,
        "object": "terminal.configuration",
        "deleted": True,
    }
    assert simulator.v1.terminal.configurations.retrieve(made.id).deleted
    assert locations.retrieve(id).configuration_overrides is None


def test_only_an_own_configuration_that_is_no_default_is_attached(simulator):
    simulator.account()
    locations = simulator.v1.terminal.locations
    default = simulator.v1.terminal.configurations.list().data[0].id
    for id in (default, create(simulator, SHOP).id, "tmc_none"):
        params = {"configuration_overrides": id}
        error = refusal(locations.update, simulator.location(), params)
        assert error.param == "configuration_overrides"


def test_a_connection_token_is_a_secret_for_one_location_or_all(simulator):
    tokens = simulator.v1.terminal.connection_tokens
    anywhere = tokens.create()
    assert anywhere.secret.startswith("pst_test_")
    assert "location" not in anywhere.to_dict()
    location = simulator.location()
    scoped = tokens.create({"location": location})
    assert (scoped.object, scoped.location) == ("terminal.connection_token", location)
    assert scoped.secret != anywhere.secret
    assert refusal(tokens.create, {"location": "tml_none"}).param == "location"
