"""`GET /api/v1/locations/`. It …"""

import pytest

from tests import factories


def test_says_where_readers_stand(tablet, reader):
    place = reader.location
    [shown] = tablet.get("/api/v1/locations/").json()["results"]

    assert (shown["id"], shown["store"]) == (place.pk, place.store_id)
    assert shown["address"]["line1"] == place.line1
    assert shown["address"]["country"] == place.country
    assert (shown["ready"], shown["message"]) == (True, "")
    assert tablet.get(f"/api/v1/locations/{place.pk}/").json() == shown


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"stripe_id": None}, "not created at Stripe yet"),
        ({"stripe_account": "acct_other"}, "another Stripe account"),
    ],
)
def test_says_why_no_reader_can_be_registered_there(tablet, store, changes, why):
    given = {"stripe_account": store.stripe_account} | changes
    place = factories.LocationFactory.create(store=store, **given)
    shown = tablet.get(f"/api/v1/locations/{place.pk}/").json()

    assert not shown["ready"]
    assert why in shown["message"]


def test_knows_no_location_of_another_store(stranger, reader):
    assert stranger.get("/api/v1/locations/").json()["results"] == []
    assert stranger.get(f"/api/v1/locations/{reader.location_id}/").status_code == 404
