"""The nightly comparison: what differs between Stripe and our rows is mended, or told."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from payments.models import (
    Difference,
    Dispute,
    Incident,
    Payment,
    ReadBudget,
    Reconciliation,
    Refund,
)
from payments.services import captures, reconciliation
from stores.models import Account
from terminal import dispatcher
from tests.factories import AccountFactory, StoreFactory

pytestmark = pytest.mark.usefixtures("compared_at_once")


def compare(shop) -> Reconciliation:
    row = reconciliation.start(shop.store.stripe_account, timezone.now())
    for _ in range(5):
        Reconciliation.objects.filter(pk=row.pk).update(claimed_until=timezone.now())
        if reconciliation.carry_on(row.pk):
            break
    row.refresh_from_db()
    assert row.finished_at is not None
    return row


def paid(shop):
    payment = shop.sell()
    shop.tap()
    return shop.ring(payment)


def outside(shop, act, payment, **more):
    shop.simulator.call(
        f"dashboard/{act}",
        {"account": payment.stripe_account, "id": payment.payment_intent_id, **more},
    )


def kinds(row) -> list[tuple[str, str]]:
    return [(line.kind, line.outcome) for line in row.lines.all()]


@contextmanager
def lost_to_a_restore():
    """What is done herein is at Stripe and nowhere else: the database is as it was before."""
    before = transaction.savepoint()
    yield
    transaction.savepoint_rollback(before)


def test_a_day_without_trouble_has_no_differences(shop):
    paid(shop)
    row = compare(shop)
    of_money = {"payment_intents": 1, "charges": 1, "refunds": 0, "disputes": 0, "payouts": 0}
    assert row.counted == of_money | {"locations": 1, "readers": 2}
    assert (row.differences, row.told) == (0, 0)


def test_a_payment_whose_news_never_came_is_read_anew(shop):
    payment = shop.sell()
    shop.tap()
    row = compare(shop)
    assert ("news_missed", "mended") in kinds(row)
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("act", "kind", "status"),
    [("capture", "captured_outside", "succeeded"), ("cancel", "canceled_outside", "canceled")],
)
def test_what_was_done_in_the_dashboard_is_said_to_be_done_outside(shop, act, kind, status):
    payment = shop.sell(capture_method="manual")
    shop.tap()
    payment = shop.ring(payment)
    outside(shop, act, payment)
    row = compare(shop)
    assert (kind, "mended") in kinds(row)
    payment.refresh_from_db()
    assert payment.status == status


def test_a_capture_of_our_own_is_not_called_done_outside(shop):
    payment = shop.sell(capture_method="manual")
    shop.tap()
    payment = shop.ring(payment)
    captures.capture(payment, by=shop.by)
    shop.converse(payment)
    Payment.objects.filter(pk=payment.pk).update(status="requires_capture", ended_at=None)
    assert {kind for kind, _ in kinds(compare(shop))} == {"news_missed"}


def test_a_refund_and_a_dispute_that_no_webhook_told_are_taken_over(shop):
    payment, disputed = paid(shop), paid(shop)
    outside(shop, "refund", payment, amount=700)
    outside(shop, "dispute", disputed)
    row = compare(shop)
    assert {("refund_unknown", "mended"), ("dispute_unknown", "mended")} <= set(kinds(row))
    assert Refund.objects.get(payment=payment).external
    assert Dispute.objects.get().payment == disputed


def test_a_refund_that_fails_days_later_is_told(shop):
    payment = paid(shop)
    outside(shop, "refund", payment)
    compare(shop)
    refund = Refund.objects.get()
    shop.simulator.call(
        "dashboard/refund_fail", {"account": payment.stripe_account, "id": refund.refund_id}
    )
    assert ("refund_differs", "mended") in kinds(compare(shop))
    assert Incident.objects.get().kind == "refund_failed"


def test_a_hold_of_which_a_part_was_captured_is_no_difference(shop):
    payment = shop.sell(capture_method="manual")
    shop.tap()
    payment = shop.ring(payment)
    shop.simulator.stripe_post(
        f"payment_intents/{payment.payment_intent_id}/capture",
        account=payment.stripe_account,
        amount_to_capture=1000,
    )
    shop.ring(payment)
    assert kinds(compare(shop)) == []


@pytest.mark.breaks("S3")
def test_what_reading_anew_does_not_mend_is_told_once_and_closed_when_it_is_over(shop):
    payment = paid(shop)
    Payment.objects.filter(pk=payment.pk).update(application_fee_amount=7)
    assert kinds(compare(shop)) == [("fee_differs", "told")]
    compare(shop)
    told = Incident.objects.get(kind="differs_from_stripe")
    assert told.payment == payment
    assert "fee" in told.message

    Payment.objects.filter(pk=payment.pk).update(application_fee_amount=0)
    assert kinds(compare(shop)) == []
    told.refresh_from_db()
    assert told.resolved_at is not None


@pytest.mark.breaks("X1", "S6")
def test_a_payment_that_stripe_does_not_know_is_told(shop):
    payment = shop.sell()
    Payment.objects.filter(pk=payment.pk).update(
        payment_intent_id="pi_lost", created_at=timezone.now() - timedelta(hours=5)
    )
    row = compare(shop)
    assert ("missing_at_stripe", "told") in kinds(row)
    told = set(Incident.objects.values_list("kind", flat=True))
    assert "payment_intent_missing" in told


def test_after_a_restore_the_payments_nobody_knows_are_told_by_store(shop):
    with lost_to_a_restore():
        paid(shop)
        shop.sell()
    there = {each["id"] for each in shop.simulator.objects("payment_intents")}
    row = compare(shop)
    assert kinds(row) == [("unknown_here", "told")] * 2
    assert {line.object_id for line in row.lines.all()} == there
    assert {line.store for line in row.lines.all()} == {shop.store}
    [told] = Incident.objects.all()
    assert (told.kind, told.store) == ("unknown_payment_intents", shop.store)
    assert "Do not charge these sales again" in told.message
    assert set(told.data["payment_intents"]) == there


def test_what_other_software_made_in_the_account_is_nothing_to_us(shop):
    shop.simulator.stripe_post(
        "payment_intents",
        account=shop.store.stripe_account,
        amount=1000,
        currency="usd",
        **{"payment_method_types[]": "card_present", "metadata[payment]": "their-own"},
    )
    row = compare(shop)
    assert (row.counted["payment_intents"], row.differences) == (1, 0)


def test_metadata_that_name_another_companys_store_do_not_show_it_there(shop):
    foreign = StoreFactory.create()
    with lost_to_a_restore():
        payment = paid(shop)
    shop.simulator.stripe_post(
        f"payment_intents/{payment.payment_intent_id}",
        account=payment.stripe_account,
        **{"metadata[store]": str(foreign.pk)},
    )
    [line] = compare(shop).lines.all()
    assert line.store is None


def test_pages_are_compared_once_and_the_next_process_goes_on_behind_them(shop, settings):
    for _ in range(3):
        paid(shop)
    settings.STRIPE_READS_PER_SECOND = 2
    ReadBudget.objects.all().delete()
    row = reconciliation.start(shop.store.stripe_account, timezone.now())
    assert reconciliation.carry_on(row.pk) is False
    row.refresh_from_db()
    assert row.step == "refunds"
    assert row.error == ""
    assert reconciliation.carry_on(row.pk) is False  # it waits for its next reads
    settings.STRIPE_READS_PER_SECOND = 1000
    ReadBudget.objects.all().delete()
    assert compare(shop).pk == row.pk
    lists = [each["path"] for each in shop.simulator.exchanges("GET") if "limit" in each["params"]]
    assert lists.count("/v1/payment_intents") == 1


def test_two_processes_never_compare_one_account(shop):
    first = reconciliation.start(shop.store.stripe_account, timezone.now())
    assert reconciliation.start(shop.store.stripe_account, timezone.now()) == first
    Reconciliation.objects.update(claimed_until=timezone.now() + timedelta(minutes=1))
    assert reconciliation.due(timezone.now()) == []
    assert reconciliation.carry_on(first.pk) is False
    assert not [each for each in shop.simulator.exchanges("GET") if "limit" in each["params"]]


def test_stripe_away_costs_a_while_and_not_the_comparison(shop):
    row = reconciliation.start(shop.store.stripe_account, timezone.now())
    shop.simulator.fault("charges.list", "before", "503", count=1)
    assert reconciliation.carry_on(row.pk) is False
    row.refresh_from_db()
    assert row.error
    assert row.step == "charges"
    assert compare(shop).error == ""


@pytest.mark.parametrize(("hour", "starts"), [(8, True), (12, False)])
def test_an_account_is_compared_in_its_own_night(shop, hour, starts):
    """The store is in New York, where it is 3 or 4 in the morning at 8 UTC."""
    shop.store.timezone = "America/New_York"
    shop.store.save()
    now = datetime(2026, 12, 1, hour, tzinfo=UTC)
    Account.objects.update(created_at=now - timedelta(hours=30))
    reconciliation.start_due(now)
    accounts = set(Reconciliation.objects.values_list("stripe_account", flat=True))
    assert (shop.store.stripe_account in accounts) is starts


def test_what_was_not_compared_for_a_day_and_a_half_is_compared_by_day(shop):
    now = datetime(2026, 12, 1, 17, tzinfo=UTC)
    Account.objects.update(created_at=now - timedelta(hours=37))
    reconciliation.start_due(now)
    assert Reconciliation.objects.count() == 2
    reconciliation.start_due(now)
    assert Reconciliation.objects.count() == 2


def test_an_account_that_left_is_not_asked(shop):
    AccountFactory.create(deauthorized_at=timezone.now())
    assert reconciliation.served_accounts() == ["", shop.store.stripe_account]


def test_the_dispatcher_takes_comparisons_up_beside_what_somebody_waits_for(shop):
    row = reconciliation.start(shop.store.stripe_account, timezone.now())
    assert reconciliation.due(timezone.now()) == [row.pk]
    assert "comparison" in dispatcher.SLOW


def test_the_command_compares_now_and_says_what_it_does(shop, capsys):
    shop.sell()
    shop.tap()
    call_command("reconcile", account=shop.store.stripe_account)
    said = capsys.readouterr().out
    assert "payment_intents: 1" in said or "1 payment intents" in said
    assert "Read anew" in said


def test_the_command_ends_badly_when_something_remains(shop):
    with lost_to_a_restore():
        paid(shop)
    with pytest.raises(CommandError, match="1 differences remain"):
        call_command("reconcile")
    assert Difference.objects.get().outcome == "told"
