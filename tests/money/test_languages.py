"""A payment's words are kept in English, and said in the language of whoever reads them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import translation

from payments.api.resources import RefundSerializer
from payments.services import capture_runs, refunds
from payments.services.refund_outcomes import NOT_REACHED
from payments.transitions import card_words
from payments.transitions.words import declined_message, stopped_message
from stores.models import LogEntry, Role
from stores.principals import SYSTEM, Principal
from stores.sentences import Said, said, said_many, together
from stores.services import cancel_order, pair_device
from terminal.services import sales
from tests.api.conftest import Tablet, post
from tests.factories import MembershipFactory, OrderFactory
from tests.factories_money import RefundFactory

CANADIAN = {"Accept-Language": "fr-CA,fr;q=0.8"}


@pytest.fixture
def tablet(shop):
    return Tablet(pair_device(shop.store, "Tablette")[1])


def read(tablet, payment, language="fr-CA"):
    headers = {"Accept-Language": language}
    return tablet.get(f"/api/v1/payments/{payment.pk}/", headers=headers).json()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Waiting for a card on Till 1."),
        ("es-MX", "Esperando una tarjeta en Till 1."),
        ("fr", "En attente d’une carte sur Till 1."),  # noqa: RUF001
        ("de", "Waiting for a card on Till 1."),
    ],
)
def test_a_state_is_said_in_the_language_that_is_asked_for(shop, tablet, language, words):
    shown = read(tablet, shop.sell(), language)

    assert (shown["state"], shown["message"]) == ("waiting_for_card", words)


def test_a_decline_is_said_in_canadian_french_with_what_to_do(shop, tablet):
    payment = shop.sell()
    shop.tap("insufficient_funds")
    payment = shop.ring(payment)

    shown = read(tablet, payment)

    assert (shown["state"], shown["code"]) == ("declined", "insufficient_funds")
    assert shown["message"] == (
        "Refusée\xa0: pas assez d’argent sur la carte. Demandez une autre carte, ou annulez."  # noqa: RUF001
    )
    assert payment.message.startswith("Declined: not enough money on the card.")


@pytest.mark.parametrize(("language", "word"), [("fr", "code PIN"), ("fr-ca", "NIP")])
def test_canada_has_its_own_words(language, word):
    with translation.override(language):
        assert declined_message("incorrect_pin").spoken.startswith(f"Refusée\xa0: {word} erroné.")


def test_what_is_stored_is_english_whatever_was_asked_in(shop, tablet):
    order = shop.order()
    body = {"reader": shop.reader.pk}
    answer = tablet.post(
        f"/api/v1/orders/{order.pk}/payments/", body, format="json", headers=CANADIAN
    )
    payment = order.payments.get()

    assert answer.json()["message"] == "Envoi au lecteur."
    assert payment.message == "Sending to the reader."
    logged = LogEntry.objects.filter(order=order).order_by("pk")
    with translation.override("fr-ca"):  # whatever the thread of a worker was left with
        shop.converse(payment)
    assert payment.message == "Waiting for a card on Till 1."
    states = [each.message for each in logged if each.verb == "state"]
    assert states == ["Sending to the reader.", payment.message]
    assert any(each.message.startswith("Payment of 25.00 USD") for each in logged)


def test_the_sums_of_a_refund_are_said_in_the_language_of_the_reader(shop, tablet):
    payment = shop.sell()
    shop.tap()
    payment = shop.ring(payment)
    with translation.override("es"):
        refunds.refund(payment, by=SYSTEM, amount=5_00)
        payment = shop.converse(payment)

    assert payment.message == "Paid. 5.00 USD of it was refunded."
    assert read(tablet, payment)["message"] == "Payé. 5,00 USD ont été remboursés."


def test_rows_that_were_written_before_there_were_languages_say_what_they_said(shop, tablet):
    payment = shop.sell()
    payment.said = []
    payment.save()

    assert read(tablet, payment)["message"] == payment.message


def test_a_sentence_is_its_english_and_knows_what_it_is_made_of():
    limit = said_many("{count} minute", "{count} minutes", 2)
    sentence = said(
        "Nobody presented a card for {limit}; canceled. Nothing was charged.", limit=limit
    )

    assert sentence == "Nobody presented a card for 2 minutes; canceled. Nothing was charged."
    with translation.override("es"):
        assert Said(sentence.parts).spoken == (
            "Nadie presentó una tarjeta durante 2 minutos; cancelado. No se cobró nada."
        )
        both = together("As typed: {this}.", "", said("Paid."))
        assert (both, both.spoken) == ("As typed: {this}. Paid.", "As typed: {this}. Pagado.")


def test_a_refusal_is_said_in_canadian_french_and_its_code_is_the_same(shop, tablet):
    payment = shop.sell(capture_method="manual")
    shop.tap()
    payment = shop.ring(payment)
    url = f"payments/{payment.pk}/refunds/"

    english = post(tablet, url, {"amount": 100}).json()
    french = post(tablet, url, {"amount": 100}, accept_language="fr-CA").json()

    assert english["detail"] == (
        "The money is held and was not taken, so there is nothing to refund."
    )
    assert french["detail"] == (
        "L’argent est bloqué et n’a pas été encaissé\xa0: il n’y a rien à rembourser."  # noqa: RUF001
    )
    assert french["next_action"] == "Libérez-le plutôt\xa0: annulez le paiement."
    assert {**english, **french} == english | {
        "detail": french["detail"],
        "next_action": french["next_action"],
    }


def test_a_field_that_is_wrong_is_said_in_the_language_too(shop, tablet):
    payment = shop.sell()

    refused = post(tablet, f"payments/{payment.pk}/refunds/", {"amount": "x"}, accept_language="es")

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")
    assert "entero" in refused.json()["errors"]["amount"][0]


def test_what_is_not_settled_is_said_with_what_settles_it(shop, tablet):
    payment = shop.sell(capture_method="manual")
    shop.tap()
    shop.ring(payment)

    headers = {"Accept-Language": "es"}
    [case] = tablet.get("/api/v1/unresolved/", headers=headers).json()["results"]

    assert (case["kind"], case["action"]) == ("not_captured", "capture")
    assert case["message"] == "25.00 USD aprobados y sin capturar."
    assert case["effect"].startswith("Cobra los 25.00 USD retenidos.")


def test_a_refusal_that_a_worker_writes_down_is_english(shop):
    payment = shop.sell(capture_method="manual")
    shop.tap()
    payment = shop.ring(payment)
    boss = MembershipFactory.create(store=shop.store, role=Role.MANAGER).user
    run = capture_runs.start([payment.pk], by=Principal.of_user(boss), key=uuid4())
    sales.cancel_payment(payment, by=shop.by)
    with translation.override("fr-ca"):
        capture_runs.carry_on(run.pk)

    [row] = run.payments.all()
    assert row.refused.startswith(("Cancel is on its way.", "The payment is"))


def test_who_took_a_reader_over_is_kept_in_english_too(shop, tablet):
    first = shop.sell()
    body = {"reader": shop.reader.pk, "take_over": first.pk}
    path = f"orders/{shop.order(1_000).pk}/payments/"

    answer = post(tablet, path, body, accept_language="fr-CA")

    assert answer.status_code == 202, answer.json()
    taken = first.reader_actions.latest("pk")
    assert taken.notice.startswith("Order ")
    assert taken.notice.endswith(" uses Till 1 now.")
    first.refresh_from_db()
    assert first.message.startswith("Till 1 is to be freed for Order ")
    assert read(tablet, first)["message"].startswith("Till 1 va être libéré pour la commande ")


def test_a_card_is_described_in_the_language_too():
    card = {"brand": "visa", "funding": "debit", "last4": "4242", "wallet": "apple_pay"}

    assert card_words(card) == "Visa debit •••• 4242 in Apple Pay"
    assert card_words({}) == "Card"
    with translation.override("fr"):
        assert card_words(card).spoken == "Visa débit •••• 4242 avec Apple Pay"
        assert card_words({}).spoken == "Carte"


def test_why_a_refund_was_not_made_is_said_in_the_language_too(db):
    refund = RefundFactory.create(message=NOT_REACHED)

    with translation.override("fr"):
        assert RefundSerializer(refund).data["message"] == (
            "Stripe n’a pas pu le faire. Rien n’a été remboursé\xa0; réessayez."  # noqa: RUF001
        )
        refund.message = "Till 1 did not answer. Try again."
        assert refund.spoken == "Till 1 n’a pas répondu. Réessayez."  # noqa: RUF001
    refund.message = "Your {card} was refused."  # Stripe's words
    assert refund.spoken == "Your {card} was refused."


def test_what_another_sale_did_is_said_in_the_language_too():
    """It is stored with the reader's action, in English, and told by the payment's message."""
    notice = "Order 12 of Jenny's tablet uses Till 1 now."

    message = stopped_message("taken_over", "Till 1", notice)

    assert message.startswith(f"{notice} Nothing was charged.")
    with translation.override("fr"):
        assert message.spoken == (
            "Commande 12 de Jenny's tablet utilise Till 1 maintenant. Rien n’a été débité."  # noqa: RUF001
            " Réessayez quand il sera libre, ou utilisez un autre lecteur."
        )


def test_an_order_is_called_in_the_readers_language_and_in_english_by_the_log(db):
    order = OrderFactory.create(number=12)

    with translation.override("fr"):
        cancel_order(order)
        assert str(order) == "Commande 12"

    assert LogEntry.objects.get(subject="order").message == "Order 12 was canceled."
