"""Locations and readers: https://docs.stripe.com/api/terminal/readers, /locations"""

import pytest
import stripe

from .conftest import ADDRESS, SHOP, on

REFUSED = stripe.InvalidRequestError


def test_a_location_is_kept_as_it_was_given(simulator):
    params = {
        "display_name": "Main Street",
        "address": ADDRESS | {"line2": "Floor 2", "state": "IL"},
        "phone": "+15555550100",
        "metadata": {"store": "7"},
    }
    created = simulator.v1.terminal.locations.create(params)
    read = simulator.v1.terminal.locations.retrieve(created.id)
    assert read.to_dict() == created.to_dict()
    assert read.object == "terminal.location"
    assert read.address.to_dict() == params["address"]
    assert (read.display_name, read.phone) == ("Main Street", "+15555550100")
    assert read.configuration_overrides is None


@pytest.mark.parametrize(
    ("params", "missing"),
    [
        ({"address": ADDRESS}, "display_name"),
        ({"display_name": "x"}, "address"),
        ({"display_name": "x", "address": {"line1": "1 Main St"}}, "address[country]"),
        ({"display_name": "x", "address": {"country": "US"}}, "address[line1]"),
    ],
)
def test_a_location_needs_a_name_and_an_address(simulator, params, missing):
    with pytest.raises(REFUSED) as refused:
        simulator.v1.terminal.locations.create(params)
    assert refused.value.code == "parameter_missing"
    assert refused.value.param == missing


def test_in_japan_a_location_needs_no_first_line(simulator):
    params = {"display_name": "x", "address": {"country": "JP"}}
    assert simulator.v1.terminal.locations.create(params).address.country == "JP"


def test_a_name_has_at_most_1000_characters(simulator):
    with pytest.raises(REFUSED) as refused:
        simulator.v1.terminal.locations.create({"display_name": "x" * 1001, "address": ADDRESS})
    assert refused.value.param == "display_name"


def test_everything_about_a_location_can_change_but_its_country(simulator):
    id = simulator.location()
    changed = simulator.v1.terminal.locations.update(
        id, {"display_name": "Side Street", "address": {"country": "US", "line1": "2 Side St"}}
    )
    assert changed.display_name == "Side Street"
    assert changed.address.line1 == "2 Side St"
    assert changed.address.city == "Springfield"
    with pytest.raises(REFUSED) as refused:
        simulator.v1.terminal.locations.update(id, {"address": {"country": "CA"}})
    assert refused.value.param == "address[country]"


def test_a_deleted_location_is_gone_and_its_readers_stand_nowhere(simulator):
    reader = simulator.reader()
    location = simulator.v1.terminal.readers.retrieve(reader).location
    deleted = simulator.v1.terminal.locations.delete(location)
    assert deleted.to_dict() == {"id": location, "object": "terminal.location", "deleted": True}
    assert simulator.v1.terminal.readers.retrieve(reader).location is None
    assert simulator.v1.terminal.locations.retrieve(location).to_dict() == deleted.to_dict()
    with pytest.raises(REFUSED) as refused:
        simulator.v1.terminal.locations.update(location, {"display_name": "Side Street"})
    assert refused.value.http_status == 404


def test_a_location_with_readers_can_be_kept_from_deletion(simulator):
    simulator.tell("switches", deleting_a_location_detaches_readers=False)
    location = simulator.v1.terminal.readers.retrieve(simulator.reader()).location
    with pytest.raises(REFUSED):
        simulator.v1.terminal.locations.delete(location)
    assert simulator.v1.terminal.locations.retrieve(location).id == location


@pytest.mark.parametrize(
    ("code", "device"),
    [
        ("simulated-wpe", "simulated_wisepos_e"),
        ("simulated-s700", "simulated_stripe_s700"),
        ("simulated-s710", "simulated_stripe_s710"),
    ],
)
def test_a_registration_code_makes_a_fresh_reader(simulator, code, device):
    id = simulator.reader(registration_code=code, metadata={"till": "1"})
    reader = simulator.v1.terminal.readers.retrieve(id)
    assert reader.device_type == device
    assert reader.label == code
    assert reader.serial_number.startswith(code)
    assert (reader.status, reader.action, reader.livemode) == ("online", None, False)
    assert (reader.ip_address, reader.device_sw_version) == ("0.0.0.0", "")
    assert reader.metadata.to_dict() == {"till": "1"}


def test_an_unknown_code_is_refused(simulator):
    with pytest.raises(REFUSED) as refused:
        simulator.reader(registration_code="puppies-plug-could")
    assert refused.value.param == "registration_code"


def test_the_s710_can_be_unknown(simulator):
    simulator.tell("switches", simulated_s710=False)
    with pytest.raises(REFUSED):
        simulator.reader(registration_code="simulated-s710")


def test_a_reader_needs_a_location_that_exists(simulator):
    for location, code in (("", "parameter_missing"), ("tml_none", "resource_missing")):
        with pytest.raises(REFUSED) as refused:
            simulator.reader(location=location)
        assert refused.value.code == code
        assert refused.value.param == "location"


def test_a_label_and_metadata_can_change_a_location_cannot(simulator):
    id = simulator.reader(label="Till 1")
    changed = simulator.v1.terminal.readers.update(id, {"label": "Till 2", "metadata": {"a": "b"}})
    assert (changed.label, changed.metadata.to_dict()) == ("Till 2", {"a": "b"})
    response = simulator.raw("POST", f"/v1/terminal/readers/{id}", {"location": "tml_1"})
    assert response.json()["error"]["code"] == "parameter_unknown"


def test_a_deleted_reader_is_gone(simulator):
    id = simulator.reader()
    deleted = simulator.v1.terminal.readers.delete(id)
    assert deleted.to_dict() == {
        "id": id,
        "object": "terminal.reader",
        "deleted": True,
        "device_type": "simulated_wisepos_e",
        "serial_number": deleted.serial_number,
    }
    assert simulator.v1.terminal.readers.list().data == []
    with pytest.raises(REFUSED) as refused:
        simulator.v1.terminal.readers.cancel_action(id)
    assert refused.value.code == "resource_missing"


def test_a_deleted_reader_still_answers_that_it_was_deleted(simulator):
    simulator.account()
    id = simulator.reader(SHOP)
    deleted = simulator.v1.terminal.readers.delete(id, None, on(SHOP))
    assert simulator.v1.terminal.readers.retrieve(id, None, on(SHOP)).to_dict() == deleted.to_dict()
    with pytest.raises(REFUSED) as refused:
        simulator.v1.terminal.readers.retrieve(id)
    assert refused.value.code == "resource_missing"


def test_a_reader_deleted_while_it_authorises_charges_nonetheless(simulator):
    id, intent = simulator.reader(), simulator.intent()
    simulator.tell(f"readers/{id}", authorization_ms=1000)
    simulator.process(id, intent)
    simulator.present(id)
    simulator.v1.terminal.readers.delete(id)
    simulator.tell("clock", advance=1)
    assert simulator.v1.terminal.readers.retrieve(id).deleted


def test_readers_can_be_listed_by_what_they_are(simulator):
    wisepos = simulator.reader()
    s700 = simulator.reader(registration_code="simulated-s700")
    simulator.tell("switches", offline_status_lags=False)
    simulator.tell(f"readers/{s700}", condition="offline")

    def listed(**params):
        return [reader.id for reader in simulator.v1.terminal.readers.list(params).data]

    one = simulator.v1.terminal.readers.retrieve(wisepos)
    assert listed() == [s700, wisepos]
    assert listed(device_type="simulated_wisepos_e") == [wisepos]
    assert listed(location=one.location) == [wisepos]
    assert listed(serial_number=one.serial_number) == [wisepos]
    assert listed(status="offline") == [s700]


def test_last_seen_is_in_milliseconds(simulator):
    reader = simulator.v1.terminal.readers.retrieve(simulator.reader())
    assert abs(reader.last_seen_at - simulator.look("clock")["now"]) < 5000


def test_an_unplugged_reader_is_shown_offline_after_two_minutes_of_silence(simulator):
    id = simulator.reader()
    simulator.tell(f"readers/{id}", condition="offline")
    before = simulator.v1.terminal.readers.retrieve(id)
    simulator.tell("clock", advance=119)
    assert simulator.v1.terminal.readers.retrieve(id).status == "online"
    simulator.tell("clock", advance=2)
    after = simulator.v1.terminal.readers.retrieve(id)
    assert after.status == "offline"
    assert after.last_seen_at == before.last_seen_at
    simulator.tell(f"readers/{id}", condition=None)
    assert simulator.v1.terminal.readers.retrieve(id).status == "online"


KANJI = {
    "country": "JP",
    "postal_code": "1600022",
    "state": "東京都",
    "city": "新宿区",
    "town": "新宿 3丁目",
    "line1": "1-1",
}


def test_in_japan_a_location_has_its_name_and_address_in_kanji_and_kana(simulator):
    sent = {
        "display_name_kanji": "本店",
        "display_name_kana": "ホンテン",
        "address_kanji": KANJI,
        "address_kana": {"country": "JP", "line1": "1-1"},
    }
    made = simulator.v1.terminal.locations.create(sent)
    assert {name: made.to_dict()[name] for name in sent} == sent
    assert (made.display_name, made.address.city) == ("本店", "新宿区")
    changed = simulator.v1.terminal.locations.update(made.id, {"display_name_kanji": "支店"})
    assert changed.display_name_kanji == "支店"


def test_elsewhere_it_has_not(simulator):
    params = {"display_name": "x", "address": ADDRESS, "display_name_kana": "ホンテン"}
    with pytest.raises(REFUSED) as refused:
        simulator.v1.terminal.locations.create(params)
    assert refused.value.param == "display_name_kana"


@pytest.mark.parametrize(
    ("country", "missing"), [("US", "state"), ("GB", None), ("SG", None), ("TH", None)]
)
def test_what_an_address_needs_can_depend_on_its_country(simulator, country, missing):
    simulator.tell("switches", location_addresses="by_country")
    params = {"display_name": "x", "address": ADDRESS | {"country": country}}
    if missing is None:
        assert simulator.v1.terminal.locations.create(params).id
        return
    with pytest.raises(REFUSED) as refused:
        simulator.v1.terminal.locations.create(params)
    assert refused.value.param == f"address[{missing}]"


def test_a_wisepos_e_is_not_activated_in_japan(simulator):
    location = simulator.location(country="JP")
    with pytest.raises(REFUSED) as refused:
        simulator.reader(location=location)
    assert refused.value.code == "terminal_reader_invalid_location_for_activation"
    assert simulator.reader(location=location, registration_code="simulated-s700")
