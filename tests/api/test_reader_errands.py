"""What a tablet asks of a reader without a payment. The API …"""

import pytest

from payments.models import Customer, SavedCard
from terminal.models import ActionStatus, ReaderAction
from tests.api.conftest import post

EMAIL = {"type": "email", "custom_text": {"title": "Your e-mail"}}
SIZE = {
    "type": "selection",
    "custom_text": {"title": "Size"},
    "selection": {"choices": [{"id": "s", "text": "Small", "style": "primary"}]},
}
SAVE = {"consent": True, "allow_redisplay": "limited"}


def collect(tablet, reader, order, *inputs):
    body = {"order": order.pk, "inputs": list(inputs)}
    return post(tablet, f"readers/{reader.pk}/collect_inputs/", body)


def save(tablet, reader, **body):
    return post(tablet, f"readers/{reader.pk}/process_setup_intent/", body)


def test_promises_a_form_and_says_where_to_follow_it(tablet, reader, order):
    response = collect(tablet, reader, order, EMAIL, SIZE)

    assert response.status_code == 202
    body = response.json()
    assert (body["type"], body["status"]) == ("collect_inputs", "requested")
    assert body["message"] == f"Sending to {reader}."
    assert body["form"] == {
        "order": order.pk,
        "inputs": [],
        "receipt_email": "",
        "receipt_phone": "",
    }
    assert tablet.get(response["Location"]).json() == body
    busy = tablet.get(f"/api/v1/readers/{reader.pk}/").json()["is_busy_with"]
    assert (busy["action"], busy["payment"], busy["order"]) == (body["id"], None, order.pk)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"type": "email", "custom_text": {}}, "inputs.0.custom_text.title"),
        (EMAIL | {"custom_text": {"title": "x" * 41}}, "inputs.0.custom_text.title"),
        (
            EMAIL | {"custom_text": {"title": "x", "description": "x" * 101}},
            "inputs.0.custom_text.description",
        ),
        (
            EMAIL | {"custom_text": {"title": "x", "skip_button": "x" * 15}},
            "inputs.0.custom_text.skip_button",
        ),
        (
            EMAIL | {"custom_text": {"title": "x", "submit_button": "x" * 31}},
            "inputs.0.custom_text.submit_button",
        ),
        (EMAIL | {"type": "card_number"}, "inputs.0.type"),
        (EMAIL | {"selection": SIZE["selection"]}, "inputs.0.selection"),
        (SIZE | {"selection": {"choices": []}}, "inputs.0.selection.choices"),
        (EMAIL | {"toggles": [{}]}, "inputs.0.toggles.0.title"),
        (EMAIL | {"toggles": [{"title": "x"}] * 5}, "inputs.0.toggles"),
        (
            EMAIL | {"toggles": [{"title": "x" * 26, "description": "x"}]},
            "inputs.0.toggles.0.title",
        ),
        (EMAIL | {"amount": 5}, "inputs.0.amount"),
    ],
)
def test_names_what_stripe_would_refuse(tablet, reader, order, wrong, field):
    response = collect(tablet, reader, order, wrong)

    assert response.status_code == 400
    assert any(name.startswith(field) for name in response.json()["errors"]), response.json()
    assert not ReaderAction.objects.exists()


def test_takes_one_to_five_inputs(tablet, reader, order):
    assert "inputs" in collect(tablet, reader, order).json()["errors"]
    assert "inputs" in collect(tablet, reader, order, *[EMAIL] * 6).json()["errors"]
    assert collect(tablet, reader, order, *[EMAIL] * 5).status_code == 202


def test_lets_a_long_text_describe_a_choice(tablet, reader, order):
    text = {"title": "Size", "description": "x" * 500}
    assert collect(tablet, reader, order, SIZE | {"custom_text": text}).status_code == 202


def test_says_what_has_the_reader(tablet, reader, order):
    collect(tablet, reader, order, EMAIL)

    refused = save(tablet, reader, **SAVE)

    assert refused.json()["code"] == "terminal_reader_busy"
    assert f"a form of order {order.number}" in refused.json()["detail"]
    assert not Customer.objects.exists()


def test_shows_a_cart(tablet, reader, order):
    response = post(tablet, f"readers/{reader.pk}/set_reader_display/", {"order": order.pk})

    assert response.status_code == 202
    expected = {"order": order.pk, "is_shown": False, "error_code": ""}
    assert response.json()["display"] == expected

    cleared = post(tablet, f"readers/{reader.pk}/cancel_action/")
    assert (cleared.status_code, cleared.json()["display"]) == (202, None)


def test_saves_a_card_for_a_new_customer_and_for_one_it_knows(tablet, reader):
    first = save(tablet, reader, **SAVE, name="Jenny", email="jenny@example.com").json()
    customer = first["saved_card"]["customer"]
    ReaderAction.objects.update(status=ActionStatus.FAILED, ended_at=first["requested_at"])

    second = save(tablet, reader, **SAVE, customer=customer).json()

    assert second["saved_card"]["customer"] == customer
    shown = tablet.get(f"/api/v1/customers/{customer}/").json()
    assert (shown["name"], len(shown["cards"])) == ("Jenny", 2)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"allow_redisplay": "limited"}, "consent"),
        ({"consent": False, "allow_redisplay": "limited"}, "consent"),
        ({"consent": True}, "allow_redisplay"),
        ({"consent": True, "allow_redisplay": "sometimes"}, "allow_redisplay"),
        ({"consent": True, "allow_redisplay": "limited", "saved_card": 1}, "allow_redisplay"),
        ({"consent": True, "allow_redisplay": "limited", "customer": 1, "name": "J"}, "name"),
    ],
)
def test_saves_no_card_without_consent_or_with_half_a_request(tablet, reader, body, field):
    response = save(tablet, reader, **body)

    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert not SavedCard.objects.exists()


def test_shows_the_cardholder_only_what_stripe_lets_be_shown(tablet, reader):
    action = ReaderAction.objects.get(pk=save(tablet, reader, **SAVE).json()["id"])
    ReaderAction.objects.update(
        status=ActionStatus.FAILED,
        failure_code="setup_intent_authentication_failure",
        ended_at=action.requested_at,
    )

    def told(type):
        SavedCard.objects.update(last_error={"type": type, "message": "Your card was declined."})
        return tablet.get(f"/api/v1/reader_actions/{action.pk}/").json()

    assert told("card_error")["customer_message"] == "Your card was declined."
    assert told("api_error")["customer_message"] == ""
    assert told("api_error")["message"] == "The bank said no. Try again with another card."


def test_does_a_repeated_request_once(tablet, reader, order):
    body = {"order": order.pk, "inputs": [EMAIL]}
    path = f"readers/{reader.pk}/collect_inputs/"
    first = post(tablet, path, body, idempotency_key="k")
    again = post(tablet, path, body, idempotency_key="k")

    assert first.json()["id"] == again.json()["id"]
    assert again["Idempotent-Replayed"] == "true"
    assert ReaderAction.objects.count() == 1
