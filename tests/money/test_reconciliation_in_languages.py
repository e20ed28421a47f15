"""What the nightly comparison found, and why a reader could not be read, in the language of whoever
reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from payments.models import Difference, Incident, Payment
from payments.services.reports import day_close
from stores.models import LogEntry
from stores.services import pair_device
from terminal.models import Reader
from terminal.services import attending, fleet
from tests.admin.pages import page, url
from tests.admin.test_buttons import press, said
from tests.api.conftest import Tablet, post
from tests.factories import LocationFactory, UserFactory
from tests.factories_money import FleetDifferenceFactory
from tests.money.test_reconciliation import compare, lost_to_a_restore
from tests.money.test_reports import of, paid

pytestmark = pytest.mark.usefixtures("compared_at_once")

FEE = "The platform's fee is 0.00 USD at Stripe and 1,234.56 USD here."


@pytest.fixture
def owner(db) -> Any:
    return UserFactory.create(is_superuser=True)


def signed_in(owner: Any, language: str) -> Client:
    client = Client(headers={"Accept-Language": language})
    client.force_login(owner)
    return client


def shown_at(owner: Any, address: str, language: str) -> str:
    return plain(unescape(signed_in(owner, language).get(address).content.decode()))


def plain(text: str) -> str:
    """Without the spaces that no line may break at."""
    return text.replace("\xa0", " ")


def everywhere(owner: Any, language: str) -> Iterator[str]:
    """The list, the page and the API."""
    yield shown_at(owner, url(Difference, "changelist"), language)
    yield shown_at(owner, page(Difference.objects.get()), language)
    answer = signed_in(owner, language).get("/api/v1/differences/")
    [shown] = answer.json()["results"]
    yield plain(f"{shown['message']} {shown['resolution']}")


def another_fee(shop) -> Difference:
    payment = paid(shop, 2_000_00)
    Payment.objects.filter(pk=payment.pk).update(application_fee_amount=1_234_56)
    compare(shop)
    return Difference.objects.get()


@pytest.mark.breaks("S3")
def test_what_a_person_was_told_is_stored_in_english_and_said_everywhere_else(shop, owner):
    line = another_fee(shop)

    assert (line.message, line.resolution) == (FEE, f"A person was told. {FEE}")
    in_spanish = "La comisión de la plataforma es 0.00 USD en Stripe y 1,234.56 USD aquí."
    in_french = "La commission de la plateforme est 0,00 USD chez Stripe et 1 234,56 USD ici."
    for shown in everywhere(owner, "es"):
        assert f"Se avisó a una persona. {in_spanish}" in shown
        assert FEE not in shown
    for shown in everywhere(owner, "fr-ca"):
        assert f"Une personne a été prévenue. {in_french}" in shown
        assert FEE not in shown
    with translation.override("es"):
        matters = day_close.look(of(shop)).matters
    found = [each.words for each in matters if each.what == "Difería de Stripe, sin corregir"]
    assert found == [f"{in_spanish} Se avisó a una persona. {in_spanish}"]


def test_states_are_said_in_words_when_reading_anew_mended_it(shop):
    shop.sell()
    shop.tap()
    compare(shop)

    line = Difference.objects.get(kind="news_missed")
    assert line.message == (
        "Stripe says succeeded, here it is requires_payment_method. No webhook told us."
    )
    assert line.resolution == "Read anew: now it is succeeded here as at Stripe."
    with translation.override("es"):
        assert "requires_payment_method" not in line.spoken
        assert line.spoken_resolution == (
            "Leído de nuevo: ahora está completado tanto aquí como en Stripe."
        )


def test_what_nobody_here_knows_is_said_with_what_to_do(shop, owner):
    with lost_to_a_restore():
        paid(shop, 2_000)
    compare(shop)

    for shown in everywhere(owner, "es"):
        assert "No cobre de nuevo esta venta." in shown
        assert "20.00 USD" in shown
        assert "this database" not in shown


@pytest.mark.breaks("X1")
def test_a_second_payment_intent_is_told_to_a_person_in_their_language_too(shop):
    payment = shop.sell()
    Payment.objects.filter(pk=payment.pk).update(payment_intent_id="pi_other")
    compare(shop)

    told = Incident.objects.get(kind="differs_from_stripe")
    assert "(requires_payment_method) for a payment that has pi_other here." in told.message
    with translation.override("fr"):
        assert "for a payment that has" not in told.spoken


@pytest.mark.breaks("S3")
def test_what_was_found_before_there_were_parts_says_what_it_said(shop, owner):
    another_fee(shop)
    Difference.objects.update(said=[], resolution_said=[])

    for shown in everywhere(owner, "es"):
        assert f"A person was told. {FEE}" in shown


def read(reader: Reader) -> None:
    attending.ring(reader.pk)
    attending.attend(reader.pk)
    reader.refresh_from_db()


def test_that_stripe_could_not_be_asked_about_a_reader_is_said_until_it_can(shop, owner):
    shop.simulator.fault("readers.retrieve", "before", "503")
    read(shop.reader)

    why = shop.reader.read_error.removeprefix("Stripe could not be asked: ")
    assert why.startswith(f"/v1/terminal/readers/{shop.reader.stripe_id}: ")
    assert f"No se pudo consultar a Stripe: {why}" in shown_at(owner, page(shop.reader), "es")
    client = Tablet(pair_device(shop.store, "Tablette")[1])
    path = f"/api/v1/readers/{shop.reader.pk}/"
    shown = client.get(path, headers={"Accept-Language": "fr"}).json()
    assert shown["read_error"] == f"Stripe n’a pas pu être interrogé\xa0: {why}"  # noqa: RUF001

    read(shop.reader)
    assert (shop.reader.read_error, shop.reader.spoken_read_error) == ("", "")


def test_a_refusal_says_in_the_tills_language_why_the_reader_is_out_of_use(shop, owner):
    payment = shop.sell()
    shop.tap("insufficient_funds")
    shop.ring(payment)
    there = fleet.create_location(LocationFactory.create(store=shop.store, stripe_id=None))
    shop.simulator.reader(shop.reader, location=there.stripe_id)
    read(shop.reader)

    client = Tablet(pair_device(shop.store, "Tablette")[1])
    path = f"payments/{payment.pk}/process_payment_intent/"
    in_spanish = f"Stripe dice que está en {there.stripe_id}, no donde estaba."
    refused = [post(client, path, {}, accept_language=each).json() for each in ("en", "es")]
    assert [each["detail"] for each in refused] == [
        f"Till 1 is out of use. {shop.reader.read_error}",
        f"Till 1 está fuera de uso. {in_spanish}",
    ]
    assert in_spanish in shown_at(owner, page(shop.reader, "confirm"), "es")
    [entry] = LogEntry.objects.filter(verb="taken_out")
    assert entry.message == f"Till 1 was taken out of use: {shop.reader.read_error}"


def test_what_settled_a_readers_difference_is_said_to_who_did_it_and_on_its_page(shop, owner):
    line = FleetDifferenceFactory.create(reader=shop.reader)
    manager = signed_in(owner, "es")

    pressed = press(manager, line, "leave")

    in_spanish = "Se dejó como está, hasta que difiera de otra manera."
    assert said(pressed, manager) == in_spanish
    assert in_spanish in shown_at(owner, page(line), "es")
    answer = manager.get(f"/api/v1/fleet_differences/{line.pk}/")
    assert answer.json()["resolution"] == in_spanish
    line.refresh_from_db()
    assert line.resolution == "Left as it is, until it differs in another way."
    [entry] = LogEntry.objects.filter(verb="difference_settled")
    assert entry.message.endswith(line.resolution)
