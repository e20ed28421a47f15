"""payment_intent.… rings the payment it is about, straight from the inbox, and moves nothing."""

from contextlib import closing
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from djstripe.models import Event

from payments.models import EventStatus, InboundEvent, Payment
from payments.services import bells, inbox
from payments.services.lease import claim
from tests.factories import StoreFactory
from tests.factories_money import ApprovedPaymentFactory, PaidPaymentFactory, PaymentFactory
from tests.hooks.conftest import JSON, Door, make_event

BOOKKEEPING = {"rung_at", "updated_at"}


@pytest.fixture
def waiting(db) -> Payment:
    return PaymentFactory.create(state="waiting_for_card")


def about(payment: Payment, type: str = "payment_intent.succeeded", **thing: object) -> JSON:
    intent = {
        "id": payment.payment_intent_id,
        "object": "payment_intent",
        "status": "succeeded",
        "amount_received": payment.amount,
        "metadata": {"payment": str(payment.uuid)},
    }
    return make_event(type, intent | thing, account=payment.stripe_account or None)


@pytest.mark.django_db(transaction=True)
def test_an_event_that_comes_while_its_payment_is_written_finds_it():
    payment = PaymentFactory.create(payment_intent_id=None)
    found = []

    def hear() -> None:
        with closing(connection), transaction.atomic():
            found.append(
                bells.ring_for_event(
                    "payment_intent.created", "pi_new", payment.stripe_account, str(payment.uuid)
                )
            )

    hearing = Thread(target=hear)
    with transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(payment_intent_id="pi_new")
        hearing.start()
        while hearing.is_alive() and not somebody_waits():
            pass
    hearing.join()

    assert found == [True]
    payment.refresh_from_db()
    assert payment.canary_at is not None


def somebody_waits() -> bool:
    """Whether another transaction waits for a row that this one holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def arrive(door: Door, event: JSON) -> InboundEvent:
    """Stripe delivers it, it rings, and the mirror takes it in."""
    assert door.deliver(event).status_code == 200
    row = InboundEvent.objects.get(event_id=event["id"], stripe_account=event["account"] or "")
    handle(row.pk)
    row.refresh_from_db()
    return row


def handle(pk: int) -> None:
    """As the dispatcher has it handled, and a worker what it leaves to the mirror."""
    inbox.handle(pk)
    if InboundEvent.objects.filter(pk=pk, status="received", rung_at__isnull=False).exists():
        inbox.handle(pk)


def is_rung(payment: Payment) -> bool:
    payment.refresh_from_db()
    return payment.rung_at is not None


def facts(payment: Payment) -> JSON:
    return dict(Payment.objects.filter(pk=payment.pk).values().get())


@pytest.mark.parametrize(
    "type",
    [
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.amount_capturable_updated",
        "payment_intent.canceled",
        "payment_intent.requires_action",
        "payment_intent.processing",
        "payment_intent.of_next_year",
    ],
)
def test_rings_the_payment_and_changes_nothing_else(door, waiting, type):
    before = facts(waiting)

    row = arrive(door, about(waiting, type))

    assert row.status == EventStatus.HANDLED
    assert is_rung(waiting)
    after = facts(waiting)
    assert {k for k in after if after[k] != before[k]} <= BOOKKEEPING


def test_a_second_bell_moves_the_mark_and_wakes_nobody(door, waiting):
    """Whoever was woken by the first has not read yet, or reads again."""
    arrive(door, about(waiting))
    waiting.refresh_from_db()
    first = waiting.rung_at

    with CaptureQueriesContext(connection) as statements:
        arrive(door, about(waiting))

    waiting.refresh_from_db()
    assert waiting.rung_at > first
    assert not [s for s in statements if f"payment:{waiting.pk}" in s["sql"]]


def test_a_bell_that_rings_while_a_worker_comes_does_not_keep_it_from_claiming(waiting):
    """It wakes nobody else, and its mark may be younger than the moment it came."""
    Payment.objects.filter(pk=waiting.pk).update(rung_at=timezone.now() + timedelta(seconds=5))
    assert claim(waiting.pk) is not None


def test_asks_neither_stripe_nor_dj_stripe(door, waiting):
    """Nothing listens where tests think Stripe is: a call would fail."""
    assert arrive(door, about(waiting)).status == EventStatus.HANDLED
    assert not Event.objects.exists()


def test_created_is_the_canary_and_rings_nothing(door, waiting):
    soon = timezone.now() + timedelta(seconds=2)
    Payment.objects.filter(pk=waiting.pk).update(next_read_at=soon)

    row = arrive(door, about(waiting, "payment_intent.created"))

    assert row.status == EventStatus.HANDLED
    assert not is_rung(waiting)
    assert waiting.canary_at is not None
    assert waiting.next_read_at > soon + timedelta(seconds=20)  # webhooks work: no hurry


def test_a_second_canary_changes_nothing(door, waiting):
    arrive(door, about(waiting, "payment_intent.created"))
    before = facts(waiting)
    arrive(door, about(waiting, "payment_intent.created"))
    assert facts(waiting) == before


def test_finds_a_payment_whose_create_is_not_committed_yet(door, db):
    """The webhook overtook the answer to our POST."""
    payment = PaymentFactory.create(payment_intent_id=None, status="", state="sending")
    event = about(payment, id="pi_quick")

    assert arrive(door, event).status == EventStatus.HANDLED
    assert is_rung(payment)
    assert payment.payment_intent_id is None  # what Stripe made is written by who asked for it


@pytest.mark.parametrize("final", [PaidPaymentFactory, ApprovedPaymentFactory])
@pytest.mark.parametrize(
    "type",
    ["payment_intent.amount_capturable_updated", "payment_intent.payment_failed"],
)
def test_what_is_known_is_not_read_again(door, db, final, type):
    payment = final.create()
    before = facts(payment)

    assert arrive(door, about(payment, type)).status == EventStatus.HANDLED
    assert facts(payment) == before


@pytest.mark.parametrize("type", ["payment_intent.succeeded", "payment_intent.canceled"])
def test_the_end_of_a_hold_is_read(door, db, type):
    payment = ApprovedPaymentFactory.create()
    arrive(door, about(payment, type))
    assert is_rung(payment)


# Strangers


@pytest.mark.parametrize("account", [None, "acct_stranger"])
def test_another_accounts_event_about_the_same_id_does_nothing(door, waiting, account):
    before = facts(waiting)
    stranger = StoreFactory.create(account__stripe_id="acct_stranger")
    assert stranger.stripe_account != waiting.stripe_account

    row = arrive(door, about(waiting) | {"account": account})

    assert row.status == EventStatus.RECEIVED  # parked: it names one of our payments
    assert facts(waiting) == before


def test_metadata_naming_another_payment_rings_what_the_id_says(door, waiting):
    """Metadata is the customer's to write; an id is Stripe's."""
    other = PaymentFactory.create(order__store=waiting.store)

    arrive(door, about(waiting, metadata={"payment": str(other.uuid)}))

    assert is_rung(waiting)
    assert not is_rung(other)


def test_metadata_does_not_ring_a_payment_that_has_a_payment_intent(door, waiting):
    row = arrive(door, about(waiting, id="pi_of_a_stranger"))

    assert not is_rung(waiting)
    assert row.status == EventStatus.RECEIVED


@pytest.mark.parametrize("metadata", [None, {}, {"payment": ""}, {"order": "7"}])
def test_a_payment_intent_of_some_other_software_is_ignored(door, waiting, metadata):
    row = arrive(door, about(waiting, id="pi_foreign", metadata=metadata))

    assert (row.status, row.reason) == (EventStatus.IGNORED, "not a payment of ours")
    assert row.handled_at is not None


@pytest.mark.parametrize("name", ["7", "not-a-uuid", "0" * 5_000, "{}", "\x00"])
def test_odd_metadata_is_no_error(door, waiting, name):
    row = arrive(door, about(waiting, id="pi_foreign", metadata={"payment": name}))
    assert row.status == EventStatus.RECEIVED
    assert row.reason == "an unknown payment, parked"


def test_an_unknown_payment_is_looked_for_at_1_5_30_and_300_seconds(door, db):
    gone = PaymentFactory.build(payment_intent_id="pi_soon", store=StoreFactory.create())
    row = arrive(door, about(gone) | {"account": "acct_x"})
    waits = []
    while row.status == EventStatus.RECEIVED:
        waits.append(round((row.next_try_at - timezone.now()).total_seconds()))
        inbox.handle(row.pk)  # too early: somebody swept it up before its time
        row.refresh_from_db()
        assert len(waits) == row.tries
        InboundEvent.objects.update(claimed_until=timezone.now(), next_try_at=timezone.now())
        inbox.handle(row.pk)
        row.refresh_from_db()

    assert waits == [1, 5, 30, 300]
    assert (row.status, row.reason) == (EventStatus.IGNORED, "not a payment of ours")


def test_a_parked_event_rings_once_its_payment_is_there(door, db):
    payment = PaymentFactory.build(payment_intent_id="pi_late", store=StoreFactory.create())
    row = arrive(door, about(payment) | {"account": payment.store.stripe_account})
    assert row.status == EventStatus.RECEIVED

    there = PaymentFactory.create(
        uuid=payment.uuid, payment_intent_id="pi_late", order__store=payment.store
    )
    InboundEvent.objects.update(claimed_until=timezone.now())
    inbox.handle(row.pk)
    row.refresh_from_db()

    assert row.status == EventStatus.HANDLED
    assert is_rung(there)


def test_what_is_handled_is_not_handled_again(door, waiting):
    row = arrive(door, about(waiting))
    Payment.objects.update(rung_at=None)

    inbox.handle(row.pk)
    inbox.handle(row.pk)

    assert not is_rung(waiting)
    assert InboundEvent.objects.get().tries == 1


def test_what_another_worker_has_is_left_to_it(door, waiting):
    door.deliver(about(waiting))
    InboundEvent.objects.update(claimed_until=timezone.now() + timedelta(seconds=20))

    inbox.handle(InboundEvent.objects.get().pk)

    assert not is_rung(waiting)


def test_an_error_of_ours_is_tried_again_later_and_then_shown(door, waiting, monkeypatch):
    def fail(*args: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(inbox, "ring_for_event", fail)
    row = arrive(door, about(waiting))
    assert (row.status, row.reason) == (EventStatus.RECEIVED, "RuntimeError: broken")
    assert row.next_try_at > timezone.now()

    for _ in range(inbox.MOST_TRIES):
        InboundEvent.objects.update(claimed_until=timezone.now())
        inbox.handle(row.pk)
    row.refresh_from_db()
    assert (row.status, row.tries) == (EventStatus.FAILED, inbox.MOST_TRIES)
