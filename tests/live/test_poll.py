"""`GET /api/v1/live/payments/{id}/?version=N&timeout=S`. It …"""

import threading
import time

import httpx
import pytest
from django.db import connection

from stores.services import pair_device
from tests import factories
from tests.live.conftest import change

pytestmark = pytest.mark.processes


def poll(server, headers, pk, **parameters):
    url = f"{server.url}/live/payments/{pk}/"
    return httpx.get(url, headers=headers, params=parameters, timeout=20)


def change_and_close(payment):
    """In another thread, which has a database connection of its own."""
    change(payment)
    connection.close()


def test_answers_at_once_when_the_version_has_passed(server, headers, payment):
    started = time.monotonic()

    response = poll(server, headers, payment.pk, version=0)

    assert (response.status_code, response.headers["ETag"]) == (200, '"1"')
    assert response.json()["id"] == payment.pk
    assert time.monotonic() - started < 2


def test_answers_when_the_version_passes(server, headers, payment):
    poll(server, headers, payment.pk)
    timer = threading.Timer(0.5, change_and_close, [payment])
    timer.start()
    started = time.monotonic()

    response = poll(server, headers, payment.pk, version=1, timeout=15)
    took = time.monotonic() - started
    timer.join()

    assert (response.json()["version"], response.json()["state"]) == (2, "declined")
    assert 0.3 < took < 3


def test_answers_with_the_same_when_the_time_is_over(server, headers, payment):
    started = time.monotonic()

    response = poll(server, headers, payment.pk, version=1, timeout=1)

    assert (response.status_code, response.json()["version"]) == (200, 1)
    assert 0.9 < time.monotonic() - started < 3


def test_knows_no_payment_of_another_store(server, payment):
    stranger = pair_device(factories.StoreFactory.create(), "Stranger's")[1]
    headers = {"Authorization": f"Bearer {stranger}"}

    foreign = poll(server, headers, payment.pk)
    unknown = poll(server, headers, 10**9)

    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.content == unknown.content


@pytest.mark.parametrize(
    "parameters", [{"version": "x"}, {"version": -1}, {"timeout": 31}, {"timeout": "1e9"}]
)
def test_refuses_what_is_no_number(server, headers, payment, parameters):
    response = poll(server, headers, payment.pk, **parameters)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    assert list(response.json()["errors"]) == list(parameters)


def test_lets_nobody_in_without_a_token(server, payment):
    assert poll(server, {}, payment.pk).status_code == 401
