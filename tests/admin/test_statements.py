"""A page's statements are planned for who asks; the money path's are planned once (ADR 0019)."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db
TIMES = 5  # the third of a kind is prepared


def prepared() -> int:
    """How often a prepared statement about payments was carried out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(generic_plans + custom_plans), 0) FROM pg_prepared_statements"
            " WHERE statement LIKE '%FROM \"payments_payment\"%'"
        )
        return int(cursor.fetchone()[0])


def test_no_page_of_the_admin_is_planned_once_for_whoever_comes(sign_in, store):
    client, before = sign_in("manager"), prepared()
    for _ in range(TIMES):
        assert client.get("/admin/payments/payment/?q=1").status_code == 200

    assert prepared() == before


def test_what_a_till_asks_is_planned_once(sign_in, store):
    client = sign_in("manager")
    client.get("/admin/payments/payment/")
    before = prepared()
    for _ in range(TIMES):
        assert client.get("/api/v1/payments/").status_code == 200

    assert prepared() > before


def test_a_page_that_fails_leaves_the_connection_as_it_was(sign_in, store):
    before = connection.connection.prepare_threshold
    assert sign_in("manager").get("/admin/payments/payment/999999/change/").status_code != 200

    assert connection.connection.prepare_threshold == before == 3
