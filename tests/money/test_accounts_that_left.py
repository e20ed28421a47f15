"""A store's account is disconnected in the middle of a sale, comes back, or is another one."""

from datetime import UTC, datetime

import pytest

from payments import gateway
from payments.models import Incident, Payment
from payments.services import accounts, intents
from stores.models import LogEntry
from terminal.errors import WrongReader
from terminal.services import sales
from tests.factories import AccountFactory


def leave(shop):
    shop.simulator.call(f"accounts/{shop.store.stripe_account}/deauthorize", {})


def come_back(shop):
    shop.simulator.call(f"accounts/{shop.store.stripe_account}/reauthorize", {})


def look(shop):
    accounts.look(shop.store.account_id)
    shop.store.account.refresh_from_db()


def test_open_payments_are_not_to_be_charged_again_and_their_ids_are_told(shop):
    payment = shop.sell()
    leave(shop)
    look(shop)
    payment.refresh_from_db()
    assert payment.state == "needs_attention"
    assert "Do not charge again" in payment.message
    assert payment.payment_intent_id in payment.message
    told = Incident.objects.get(kind="account_deauthorized")
    assert (told.store, told.data["payment_intents"]) == (shop.store, [payment.payment_intent_id])
    assert payment.payment_intent_id in told.message
    with pytest.raises(intents.AccountCannotCharge):
        sales.sell(shop.order(), shop.other_reader, by=shop.by)


def test_a_refusal_in_the_middle_of_a_sale_makes_us_ask_about_the_account(shop):
    payment = shop.sell()
    leave(shop)
    payment = shop.ring(payment)
    assert payment.state == "needs_attention"
    look(shop)
    assert shop.store.account.deauthorized_at is not None


def test_nothing_is_asked_of_it_in_vain_and_when_it_is_back_all_goes_on(shop):
    payment = shop.sell()
    shop.tap()
    leave(shop)
    look(shop)
    payment = shop.ring(payment)
    assert payment.state == "needs_attention"
    asked = len(shop.simulator.exchanges())
    assert shop.converse(payment).state == "needs_attention"
    assert len(shop.simulator.exchanges()) == asked

    come_back(shop)
    look(shop)
    assert shop.store.account.deauthorized_at is None
    assert shop.converse(payment).state == "paid"
    assert not Incident.objects.filter(resolved_at=None).exists()


def test_looking_twice_tells_once(shop):
    shop.sell()
    leave(shop)
    look(shop)
    look(shop)
    assert Incident.objects.filter(kind="account_deauthorized").count() == 1


def test_stripe_away_is_no_sign_that_an_account_left(shop):
    shop.simulator.fault("accounts.retrieve", "before", "503", count=1)
    with pytest.raises(gateway.NoAnswer):
        look(shop)
    assert not Incident.objects.exists()


def test_what_stripe_says_of_the_account_decides_whether_cards_are_taken(shop):
    shop.simulator.call(f"accounts/{shop.store.stripe_account}/restrict", {})
    look(shop)
    with pytest.raises(intents.AccountCannotCharge):
        sales.sell(shop.order(), shop.reader, by=shop.by)


def test_another_account_takes_new_sales_and_leaves_the_old_where_they_are(shop):
    old = shop.sell()
    account = AccountFactory.create()
    shop.simulator.call("accounts", {"id": account.stripe_id, "country": "US"})
    shop.store.account = account
    shop.store.save()
    shop.tap()
    assert shop.ring(old).state == "paid"
    assert old.stripe_account != account.stripe_id
    # The old readers are registered in the old account: they are registered anew.
    with pytest.raises(WrongReader):
        sales.sell(shop.order(), shop.reader, by=shop.by)
    assert Payment.objects.count() == 1


def looked(shop):
    look(shop)
    return shop.store.account


def told_to_stores():
    return set(LogEntry.objects.filter(subject="account").values_list("verb", flat=True))


class TestOfTwoReadings:
    """Two workers read it, and the one who asked first writes last: an account …"""

    def test_that_was_restricted_does_not_take_cards_again_by_an_older_answer(
        self, shop, meanwhile
    ):
        def restrict():
            shop.simulator.call(f"accounts/{shop.store.stripe_account}/restrict", {})
            look(shop)

        meanwhile(f"/v1/accounts/{shop.store.stripe_account}", restrict)
        assert not looked(shop).charges_enabled
        assert told_to_stores() == {"cards_stopped"}

    def test_that_came_back_does_not_leave_by_an_older_answer(self, shop, meanwhile):
        leave(shop)

        def back():
            come_back(shop)
            look(shop)

        meanwhile(f"/v1/accounts/{shop.store.stripe_account}", back)
        assert not looked(shop).has_left
        assert not Incident.objects.exists()

    def test_that_left_does_not_come_back_by_an_older_answer(self, shop, meanwhile):
        def left():
            leave(shop)
            look(shop)

        meanwhile(f"/v1/accounts/{shop.store.stripe_account}", left)
        assert looked(shop).has_left
        assert told_to_stores() == {"disconnected"}

    def test_is_known_as_of_when_stripe_was_asked(self, shop, meanwhile):
        answered = []
        meanwhile(
            f"/v1/accounts/{shop.store.stripe_account}", lambda: answered.append(datetime.now(UTC))
        )
        assert looked(shop).read_at < answered[0]
