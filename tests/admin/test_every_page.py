"""Every page that the admin's resolver knows can be seen, so that the browser's tour has no gap."""

from typing import Any

import pytest
from django.utils import timezone

from tests.pages.addresses import asks_nothing, stops
from tests.pages.rows import fill
from tests.pages.tour import Seen, Stop

# To whoever is signed in they lead on.
OPEN_ONLY_BEFORE = {"login"}


def seen(client: Any, stop: Stop) -> Seen:
    for address in stop.addresses:
        answer = client.get(address)
        if answer.streaming:
            answer.getvalue()  # read to its end, a report's file is closed
        if answer.status_code != 302:
            return Seen.PAGE if answer.status_code == 200 else Seen.NO_PAGE
    return Seen.ON_NO_ROW


@pytest.mark.django_db
def test_there_is_a_row_on_which_each_page_can_be_seen(sign_in, store, settings):
    settings.STRIPE_CLIENT_ID = "ca_1"
    fill(store)
    client = sign_in("superuser")
    session = client.session
    session["confirmed_at"] = timezone.now().timestamp()  # else sensitive pages ask first
    session.save()

    unseen = {
        stop.name
        for stop in stops()
        if not asks_nothing(stop) and seen(client, stop) is Seen.ON_NO_ROW
    }

    assert unseen - OPEN_ONLY_BEFORE == set(), "tests/pages/rows.py has no row for these"
