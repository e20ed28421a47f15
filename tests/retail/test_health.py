"""/healthz and /readyz: what a load balancer asks."""

import pytest
from django.db import OperationalError, connection


@pytest.fixture
def database_away():
    def refuse(execute, sql, params, many, context):
        raise OperationalError("connection refused at 10.0.0.7")

    with connection.execute_wrapper(refuse):
        yield


def test_lives_without_asking_the_database(client):
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.content == b"ok\n"


def test_is_ready_when_the_database_answers(client, db, django_assert_num_queries):
    with django_assert_num_queries(2):  # the second finds alarms
        answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"


def test_is_not_ready_without_the_database_and_tells_strangers_nothing_of_it(
    client, db, database_away
):
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.content == b"the database is away\n"
    assert client.get("/healthz").status_code == 200
