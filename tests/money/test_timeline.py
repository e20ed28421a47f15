"""The timeline of a payment is read by people: what was asked of whom, what came of it. It …"""

import pytest
from django.utils import timezone, translation

from payments.models import StripeRequest
from payments.services import account_links, captures, customers, endpoints, onboarding, parts
from payments.services.endpoints import DOORS
from payments.services.timeline import of_order, timeline
from payments.transitions import asked, told
from payments.transitions.asking import KINDS
from stores.models import LogEntry
from stores.principals import SYSTEM
from terminal.services import attending
from tests import factories_money

CREATED = "payment_intent.create"


def test_knows_every_request_that_there_is():
    others = {
        *(customers.CREATE_CUSTOMER, customers.CREATE_SETUP_INTENT),
        *(endpoints.CREATE, endpoints.UPDATE, onboarding.CREATE, account_links.LINK),
    }
    assert {*parts.KINDS, *attending.KINDS, *others} - {*KINDS} == set()


@pytest.mark.parametrize("kind", sorted(parts.KINDS))
def test_says_what_was_asked_about_a_payment_in_a_sentence_of_its_own(kind):
    params = {"amount": 12_00, "amount_to_capture": 12_00}
    said = asked(StripeRequest(kind=kind, params=params, status="planned"), "usd")
    assert said.endswith(". It waits to be sent.")
    assert said.startswith(("Asked Stripe to ", "Asked the reader to "))
    assert "{" not in said


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"status": "sent", "tries": 1}, "No answer yet."),
        ({"status": "succeeded", "tries": 1, "milliseconds": 210}, "Done in 210 ms."),
        ({"status": "succeeded", "tries": 2}, "Done. Tried 2 times."),
        (
            {"status": "refused", "tries": 1, "error_code": "x", "error_message": "It is gone."},
            "Refused: It is gone.",
        ),
        (
            {"status": "refused", "tries": 1, "error_code": "resource_missing"},
            "Refused: resource_missing.",
        ),
        ({"status": "abandoned"}, "Given up."),
    ],
)
def test_says_what_came_of_it(row, said):
    request = StripeRequest(kind="payment_intent.capture", params={"amount_to_capture": 5}, **row)
    assert asked(request, "jpy") == f"Asked Stripe to capture 5 JPY. {said}"


def test_says_of_a_request_without_an_amount_what_it_was():
    request = StripeRequest(kind="payment_intent.capture", params={}, status="succeeded")
    assert asked(request, "usd") == "Asked Stripe: Capture. Done."


@pytest.mark.django_db
def test_is_read_in_the_language_of_whoever_asks():
    payment = factories_money.PaidPaymentFactory.create()
    factories_money.StripeRequestFactory.create(
        payment=payment,
        kind=CREATED,
        params={"amount": 12_00},
        status="succeeded",
        finished_at=timezone.now(),
    )
    factories_money.InboundEventFactory.create(
        object_id=payment.payment_intent_id, stripe_account=payment.stripe_account
    )
    with translation.override("es"):
        entries = [(entry.text, entry.actor) for entry in timeline(payment)]
    assert entries == [
        ("Se pidió a Stripe crear un pago de 12.00 USD. Hecho.", "Sistema"),
        ("Stripe avisó de que el pago se completó.", "Stripe"),
    ]


def test_what_people_and_readers_did_is_said_in_the_readers_language_and_kept_in_english(shop):
    payment = shop.sell(capture_method="manual")
    shop.tap()
    payment = captures.capture(shop.ring(payment), by=SYSTEM)

    kept = [row.message for row in LogEntry.objects.of_payment(payment.pk)]
    with translation.override("fr"):
        told = [entry.text for entry in timeline(payment) if entry.kind == "log"]
        order = [entry.text for entry in of_order(payment.order)]

    assert kept[:3] == ["Payment of 25.00 USD.", "Till 1 was asked for.", "Sending to the reader."]
    assert told[:3] == ["Paiement de 25,00 USD.", "Till 1 a été demandé.", "Envoi au lecteur."]
    assert "En attente d’une carte sur Till 1." in told  # noqa: RUF001
    assert "Till 1\xa0: essai 1 réussi." in told
    assert "Capture demandée." in told
    assert {*told} <= {*order}


@pytest.mark.parametrize(
    "event",
    [
        each
        for types in DOORS.values()
        for each in types
        if each.startswith(("payment_", "refund."))
    ],
)
def test_has_words_for_every_event_about_a_payment(event):
    assert event not in told(event)
