"""What a person must look at, on every page that tells it, in the language of whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from payments.admin.incidents import TITLES
from payments.models import Incident, Payment
from payments.services import detaching, differences, fees, incidents, watching
from payments.services.dispute_merging import merge_disputes
from payments.services.merging import merge_read
from payments.services.refund_merging import merge_refund
from retail.translations import ROOT
from stores.models import LogEntry, Store
from stores.principals import SYSTEM
from terminal.services import holds, screens
from tests import factories, factories_money
from tests.admin.pages import page
from tests.admin.test_translated_pages import kept, said_alike, said_in_both, words_left

BOARD = reverse("admin:payments_payment_unresolved")
DUE = datetime(2026, 12, 3, 10, 30, tzinfo=UTC)


def paid(store: Store, **more: Any) -> Payment:
    return factories_money.PaidPaymentFactory.create(order__store=store, **more)


def disputed(store: Store) -> None:
    payment = paid(store)
    dispute = {
        "id": "du_1",
        "charge": payment.latest_charge_id,
        "created": int(DUE.timestamp()),
        "status": "needs_response",
        "amount": 1_234_56,
        "reason": "product_not_received",
        "evidence_details": {"due_by": int(DUE.timestamp())},
    }
    merge_disputes(payment, {"latest_charge": {"disputes": [dispute]}})


def failed_refund(store: Store) -> None:
    payment = paid(store)
    refund = {
        "id": "re_1",
        "charge": payment.latest_charge_id,
        "created": int(DUE.timestamp()),
        "status": "failed",
        "amount": 5_00,
        "failure_reason": "expired_or_canceled_card",
    }
    merge_refund(payment, refund)


def second_intent(store: Store) -> None:
    payment = factories_money.PaymentFactory.create(order__store=store)
    merge_read(payment, {"id": "pi_other", "metadata": {"payment": str(payment.uuid)}})
    payment.spoken = payment.attention
    payment.save()


def high_tip(store: Store) -> None:
    payment = paid(store, tip_amount=90_00, reader_tip_amount=90_00)
    payment.amount_received += payment.tip_amount
    payment.save()
    differences.tell_differences(payment)


def held_in_part(store: Store) -> None:
    payment = factories_money.ApprovedPaymentFactory.create(order__store=store)
    payment.amount_capturable -= 1_00
    differences.tell_differences(payment)


def wrong_fee(store: Store) -> None:
    terms = {"fixed_amount": 10, "minimum_amount": 30, "cap_amount": 5_00, "includes_tips": True}
    plan = factories_money.plan_fee(store, 250, **terms)
    payment = paid(store, fee_plan=plan, fee_at_stripe=1, application_fee_amount=1)
    payment.capture_method = "manual"
    fees.inspect(payment)


def expiring(store: Store) -> None:
    payment = factories_money.ApprovedPaymentFactory.create(order__store=store, capture_before=DUE)
    holds.settle(payment.pk, DUE - timedelta(hours=11))


def paid_twice(store: Store) -> None:
    payment = paid(
        store,
        detached_at=DUE,
        detach_reason="…",
        order__status="canceled",
        detached_by=factories.UserFactory.create(),
    )
    detaching.settle(payment)


def moved_reader(store: Store) -> None:
    reader = factories_money.ReaderFactory.create(location__store=store)
    screens.compare_location(reader, {"location": ""})


def wrong_clock(store: Store) -> None:
    watching.forget()
    for _ in range(watching.SEVERAL):
        watching.hear_bad_time(400.0)


MAKERS = (
    disputed,
    failed_refund,
    second_intent,
    high_tip,
    held_in_part,
    wrong_fee,
    expiring,
    paid_twice,
    moved_reader,
    wrong_clock,
)
every_kind = pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)


def test_every_kind_has_a_title_and_is_explained_to_whoever_runs_it():
    text = (ROOT / "docs/operations.md").read_text()
    table = text[text.index("| Kind | What happened |") :].partition("\n\n")[0]
    kinds = [row.split("|")[1] for row in table.splitlines()[2:]]

    assert {kind for each in kinds for kind in re.findall("[a-z_]+", each)} == set(TITLES)


@every_kind
def test_nothing_of_it_is_left_in_english(sign_in, store, make: Callable[[Store], None]):
    make(store)
    incident = Incident.objects.get()
    client = sign_in("superuser")

    data, alike = kept(but=[LogEntry]), said_alike()
    for address in (BOARD, page(incident), page(incident, "resolve")):
        left = {
            text: words
            for text in said_in_both(client, address)
            if (words := words_left(text, data, alike))
        }
        assert not left, address


@every_kind
def test_the_pages_say_it_in_both_languages_and_english_is_kept(sign_in, store, make):
    make(store)
    incident = Incident.objects.get()
    client: Client = sign_in("superuser")

    with translation.override("en"):
        assert incident.spoken == incident.message
    for language in ("es", "fr"):
        with translation.override(language):
            words = incident.spoken
        assert words != incident.message
        shown = client.get(page(incident), headers={"Accept-Language": language})
        assert words in shown.context["incident"].spoken
        found = client.get(BOARD, headers={"Accept-Language": language}).content.decode()
        assert incident.message not in found


def test_amounts_reasons_and_days_are_written_as_the_language_writes_them(store):
    store.timezone = "America/Toronto"
    store.save()
    disputed(store)
    incident = Incident.objects.get()

    assert incident.message == (
        "The customer's bank took 1,234.56 USD back (product not received). Answer it in Stripe's"
        " Dashboard before 3 December 2026, 05:30 EST, or the money is lost. Do not refund it as"
        " well."
    )
    with translation.override("es"):
        assert incident.spoken == (
            "El banco del cliente se llevó de vuelta 1,234.56 USD (producto no recibido). Responda"
            " en el Dashboard de Stripe antes del 3 de diciembre de 2026, 05:30 EST, o el dinero se"
            " pierde. No lo reembolse además."
        )
    with translation.override("fr-ca"):
        assert "1\xa0234,56 USD (produit non reçu)" in incident.spoken
        assert "avant le 3 décembre 2026, 5\xa0h\xa030 EST" in incident.spoken


def test_that_it_is_over_is_said_too_and_a_persons_note_is_what_they_wrote(sign_in, store):
    high_tip(store)
    payment = Payment.objects.get()
    payment.amount_refunded = payment.tip_amount
    differences.close_answered(payment)
    disputed(store)
    incidents.resolve(Incident.objects.latest("pk"), by=SYSTEM, resolution="It was refunded.")

    over, noted = Incident.objects.order_by("pk")
    assert over.resolution == "It was refunded."
    with translation.override("es"):
        assert over.spoken_resolution == "Se reembolsó."
        assert noted.spoken_resolution == "It was refunded."
    shown = sign_in("superuser").get(page(over), headers={"Accept-Language": "fr"})
    assert "Il a été remboursé." in shown.content.decode()


def test_what_was_written_before_there_were_parts_says_what_it_said(sign_in, store):
    disputed(store)
    Incident.objects.update(said=[])

    shown = sign_in("superuser").get(BOARD, headers={"Accept-Language": "es"})

    assert "or the money is lost. Do not refund it as well." in shown.content.decode()
