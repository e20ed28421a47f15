"""`/api/v1/readers/{id}/`. It …"""

from tests import factories_money
from tests.api.conftest import post


def test_frees_a_reader(tablet, order, reader):
    payment = factories_money.PaymentFactory.create(order=order, state="waiting_for_card")
    factories_money.ReaderActionFactory.create(payment=payment, reader=reader)

    response = post(tablet, f"readers/{reader.pk}/cancel_action/")

    assert (response.status_code, response.json()["id"]) == (202, reader.pk)
    assert payment.requests.get().kind == "reader.cancel_action"


def test_has_nothing_to_free(tablet, reader):
    response = post(tablet, f"readers/{reader.pk}/cancel_action/")

    assert (response.status_code, response.json()["code"]) == (409, "nothing_to_cancel")


def test_has_the_reader_read_anew(tablet, reader):
    response = post(tablet, f"readers/{reader.pk}/refresh/")

    reader.refresh_from_db()
    assert response.status_code == 202
    assert reader.rung_at is not None
