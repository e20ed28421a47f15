"""A card is read, looked at, and only then charged; or let go, in time. It …"""

import pytest

from payments.errors import ConfirmRefused, PaymentBusy, PaymentFinal
from payments.models import StripeRequest
from payments.services import captures
from terminal.errors import NoCardCollected
from terminal.services import confirming, sales
from tests.money.conftest import broken_promises, open_shop

OTHERWISE = {
    "collected_action_status": "succeeded",
    "collected_reader_is_busy": False,
    "collection_expiry": "silent",
    "confirm_waits_for_card": True,
}
WAYS = [{}, OTHERWISE, *({name: value} for name, value in OTHERWISE.items())]


@pytest.fixture(params=WAYS, ids=lambda switches: "+".join(switches) or "usual")
def undocumented(request, shop):
    """The ways Stripe may do what it does not document; right code is right under all."""
    shop.simulator.call("switches", request.param)


def collect(shop, card="visa_debit", confirm="manual", **more):
    payment = shop.sell(flow="collect", confirm=confirm, **more)
    assert payment.state == "waiting_for_card"
    shop.tap(card)
    return shop.ring(payment)


def settle(shop, payment):
    """The bank answers; where the reader asks for the card once more, the customer holds it up."""
    if shop.simulator.call("switches")["confirm_waits_for_card"]:
        shop.tap(None)
    shop.simulator.wait_for_reader(shop.reader, "idle")
    return shop.ring(payment)


def confirm(shop, payment):
    confirming.confirm(payment, by=shop.by)
    return settle(shop, shop.converse(payment))


def actions(payment):
    rows = payment.reader_actions.order_by("attempt")
    return [(row.type.partition("_")[0], row.status, row.failure_code) for row in rows]


@pytest.mark.usefixtures("undocumented")
class TestUnderAllThatStripeLeavesOpen:
    def test_a_card_is_looked_at_before_it_is_charged(self, shop):
        payment = collect(shop)

        assert (payment.state, payment.status) == ("collected", "requires_confirmation")
        assert payment.message == "Visa debit •••• 5556 (US). Confirm or ask for another card."
        assert not shop.simulator.objects("charges")

        payment = confirm(shop, payment)

        assert payment.state == "paid"
        assert payment.card["last4"] == "5556"
        assert actions(payment) == [("collect", "succeeded", ""), ("confirm", "succeeded", "")]
        assert len(shop.simulator.objects("payment_intents")) == 1

    def test_a_card_that_nobody_asks_about_is_charged_at_once(self, shop):
        payment = collect(shop, confirm="automatic")
        assert payment.state == "authorizing"

        assert settle(shop, payment).state == "paid"

    def test_another_card_is_asked_for_and_taken_on_the_same_payment_intent(self, shop):
        payment = collect(shop)
        confirming.collect(payment, by=shop.by)
        payment = shop.converse(payment)
        assert (payment.state, payment.status) == ("waiting_for_card", "requires_payment_method")

        shop.tap("mastercard")
        payment = shop.ring(payment)
        assert payment.message.startswith("Mastercard credit •••• 4444 (US).")
        payment = confirm(shop, payment)

        assert payment.state == "paid"
        assert actions(payment)[0] == ("collect", "canceled", "another_card")
        assert len(shop.simulator.objects("payment_intents")) == 1

    def test_a_card_nobody_decides_about_is_let_go_after_20_seconds(self, shop):
        payment = collect(shop)
        payment = shop.later(payment, 19)
        assert payment.state == "collected"

        payment = shop.later(payment, 1)

        assert (payment.state, payment.code) == ("stopped", "expired")
        assert "took too long" in payment.message
        assert payment.status == "requires_payment_method"
        assert actions(payment) == [("collect", "canceled", "expired")]
        shop.simulator.wait_for_reader(shop.reader, "idle")

    def test_after_it_took_too_long_the_card_is_taken_at_the_second_time(self, shop):
        payment = shop.later(collect(shop), 20)
        confirming.collect(payment, by=shop.by)
        payment = shop.converse(payment)
        shop.tap("visa_debit")

        assert confirm(shop, shop.ring(payment)).state == "paid"

    def test_a_card_that_stripe_forgot_while_we_were_away_is_asked_for_again(self, shop):
        payment = collect(shop)
        shop.simulator.call("clock", {"advance": 31})

        payment = shop.ring(payment)

        assert (payment.state, payment.code) == ("stopped", "expired")
        assert payment.status == "requires_payment_method"

    def test_a_card_that_was_read_and_forgotten_while_we_were_away_is_not_charged(self, shop):
        payment = shop.sell(flow="collect")
        shop.tap()
        shop.simulator.call("clock", {"advance": 31})

        payment = shop.ring(payment)

        assert (payment.state, payment.code) == ("stopped", "expired")
        assert not shop.simulator.objects("charges")

    def test_a_confirmation_that_comes_too_late_is_decided_by_the_payment_intent(self, shop):
        payment = collect(shop)
        shop.simulator.call("clock", {"advance": 31})
        confirming.confirm(payment, by=shop.by)

        payment = shop.converse(payment)

        assert (payment.state, payment.code) == ("stopped", "expired")
        assert actions(payment)[-1] == ("confirm", "failed", "expired")

    def test_a_collected_card_can_be_canceled(self, shop):
        payment = collect(shop)
        sales.cancel_payment(payment, by=shop.by)

        payment = shop.converse(payment)

        assert (payment.state, payment.status) == ("canceled", "canceled")
        assert actions(payment) == [("collect", "canceled", "action_canceled")]

    def test_a_declined_confirmation_asks_for_another_card(self, shop):
        payment = confirm(shop, collect(shop, "insufficient_funds"))

        assert (payment.state, payment.code) == ("declined", "insufficient_funds")
        confirming.collect(payment, by=shop.by)
        payment = shop.converse(payment)
        shop.tap()
        assert confirm(shop, shop.ring(payment)).state == "paid"


def test_what_was_seen_of_a_card_is_what_rules_and_screens_need_and_no_more(shop):
    action = collect(shop).reader_actions.get()

    assert {**action.card, "payment_method": "pm"} == {
        "payment_method": "pm",
        "type": "card_present",
        "brand": "visa",
        "funding": "debit",
        "country": "US",
        "last4": "5556",
        "read_method": "contactless_emv",
    }


def test_each_step_has_a_key_that_names_its_attempt(shop):
    payment = confirm(shop, collect(shop))

    keys = StripeRequest.objects.filter(payment=payment).values_list("kind", "idempotency_key")
    assert {
        ("reader.collect_payment_method", f"collect:{payment.uuid}:1"),
        ("reader.confirm_payment_intent", f"confirm:{payment.uuid}:2"),
    } < set(keys)


def test_the_second_confirmation_finds_the_first(shop):
    payment = collect(shop)
    confirming.confirm(payment, by=shop.by)

    with pytest.raises(PaymentBusy):
        confirming.confirm(payment, by=shop.by)
    payment = settle(shop, shop.converse(payment))
    with pytest.raises(PaymentFinal):
        confirming.confirm(payment, by=shop.by)

    assert payment.state == "paid"
    assert len(shop.simulator.objects("charges")) == 1


def test_nothing_is_confirmed_before_a_card_was_read(shop):
    payment = shop.sell(flow="collect", confirm="manual")

    with pytest.raises(NoCardCollected):
        confirming.confirm(payment, by=shop.by)


def test_only_a_collected_card_can_wait_for_the_till(shop):
    with pytest.raises(ConfirmRefused):
        sales.sell(shop.order(), shop.reader, by=shop.by, flow="process", confirm="manual")


def test_a_store_may_look_at_every_card_first(shop):
    shop.store.flow = "collect"
    shop.store.save()

    assert shop.sell().flow == "collect"


def test_a_held_payment_is_captured_afterwards(shop):
    payment = confirm(shop, collect(shop, capture_method="manual"))
    assert payment.state == "approved"

    captures.capture(payment, by=shop.by)
    assert shop.converse(payment).state == "paid"


def test_a_decline_may_be_followed_by_a_card_that_is_charged_at_once(shop):
    payment = confirm(shop, collect(shop, "insufficient_funds"))
    sales.try_again(payment, by=shop.by)
    payment = shop.converse(payment)
    shop.tap()
    payment = shop.ring(payment)

    assert (payment.state, payment.flow) == ("paid", "process")


def test_the_event_of_the_card_costs_one_read(shop):
    payment = shop.sell(flow="collect", confirm="manual")
    shop.tap()
    before = len(shop.simulator.exchanges("GET"))

    shop.ring(payment)

    assert len(shop.simulator.exchanges("GET")) == before + 1


class TestInCanada:
    """Interac is taken at once, whatever the till wants; other cards are held if it wants that."""

    @pytest.mark.parametrize(("card", "state"), [("interac", "paid"), ("visa", "approved")])
    def test_a_collected_card_is_taken_or_held(self, simulator, db, card, state):
        shop = open_shop(simulator, country="CA")
        payment = collect(shop, card, capture_method="manual")
        assert payment.message.endswith("Confirm or ask for another card.")

        payment = confirm(shop, payment)

        assert payment.state == state
        assert payment.card["type"] == ("interac_present" if card == "interac" else "card_present")
        assert not broken_promises(simulator)
