"""After a restore of the database nothing is sold until it agrees with Stripe."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from payments.models import Circuit, Incident, Reconciliation
from payments.services import circuits, incidents, reconciliation, restoring, watching
from payments.services.cash import take_cash
from payments.services.circuits import SellingClosed
from stores.principals import SYSTEM
from tests.money.test_reconciliation import lost_to_a_restore, paid


@pytest.fixture(autouse=True)
def reads_enough(settings):
    settings.STRIPE_READS_PER_SECOND = 1000
    circuits.forget()
    yield
    circuits.forget()


def restored():
    call_command("reconcile", after_restore=True)


def test_nothing_is_sold_until_what_is_unknown_here_is_resolved(shop):
    order = shop.order()
    with lost_to_a_restore():
        paid(shop)
    with pytest.raises(CommandError, match="1 differences remain"):
        restored()

    with pytest.raises(SellingClosed, match="may be paid"):
        shop.sell()
    with pytest.raises(SellingClosed):
        take_cash(order, by=shop.by)
    trouble = circuits.trouble()
    assert trouble is not None
    assert trouble.kind == "selling_closed"
    assert not restoring.open_if_clean()

    [incident] = Incident.objects.all()
    incidents.resolve(incident, by=SYSTEM, resolution="Looked up, and entered by hand.")
    assert restoring.open_if_clean()
    assert circuits.trouble() is None
    assert shop.sell().state == "waiting_for_card"


def test_selling_opens_by_itself_when_nothing_differs(shop, capsys):
    payment = paid(shop)
    restored()

    assert "Selling is open." in capsys.readouterr().out
    assert not Circuit.objects.exists()
    assert payment.order.status == "paid"
    assert shop.sell().state == "waiting_for_card"


def test_selling_stays_closed_until_every_account_was_compared(shop):
    now = timezone.now()
    rows = restoring.close(now, 3)
    assert {row.stripe_account for row in rows} == {"", shop.store.stripe_account}
    assert {(row.until, row.since) for row in rows} == {(now, now - timedelta(days=3))}

    for row in rows:
        assert not restoring.open_if_clean()
        with pytest.raises(SellingClosed):
            shop.sell()
        assert reconciliation.carry_on(row.pk)
    assert restoring.open_if_clean()
    assert shop.sell().state == "waiting_for_card"


def test_a_comparison_that_was_at_work_in_the_backup_opens_nothing(shop):
    old = reconciliation.start(shop.store.stripe_account, timezone.now())
    restoring.close(timezone.now(), 3)

    old.refresh_from_db()
    assert old.finished_at is not None
    assert Reconciliation.objects.filter(finished_at=None).count() == 2
    assert not restoring.open_if_clean()


def test_what_was_open_in_the_backup_still_ends(shop):
    payment = shop.sell()
    restoring.close(timezone.now(), 3)
    shop.tap()

    assert shop.ring(payment).state == "paid"


def test_no_calm_opens_it(shop):
    restoring.close(timezone.now(), 3)
    watching.calm_down(timezone.now() + timedelta(hours=9))

    with pytest.raises(SellingClosed):
        shop.sell()
