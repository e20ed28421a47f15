"""A store's rules look at a card that was read: it is refused, asked about, or taken. It …"""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from payments.transitions import card_words, first_match
from terminal.errors import NoCardCollected
from terminal.services import confirming, sales
from tests.factories_money import CardRuleFactory
from tests.money.test_collect_and_confirm import (  # noqa: F401
    actions,
    collect,
    confirm,
    settle,
    undocumented,
)

REFUSE, ASK = "refuse", "ask"
VISA = {"brand": "visa", "funding": "credit", "country": "US", "last4": "4242"}


def rule(shop, effect=REFUSE, **more):
    return CardRuleFactory.create(store=shop.store, effect=effect, **{"funding": "", **more})


@pytest.mark.usefixtures("undocumented")
class TestUnderAllThatStripeLeavesOpen:
    def test_a_refused_card_is_let_go_and_another_is_asked_for(self, shop):
        rule(shop, funding="prepaid", sentence="Prepaid cards are not taken.")

        payment = collect(shop, "mastercard_prepaid", confirm="automatic")

        assert (payment.state, payment.code) == ("declined", "card_refused")
        assert payment.message == "Prepaid cards are not taken. Ask for another card, or cancel."
        assert payment.customer_message == ""
        assert payment.status == "requires_payment_method"
        assert actions(payment) == [("collect", "canceled", "card_refused")]
        shop.simulator.wait_for_reader(shop.reader, "idle")
        assert not shop.simulator.exchanges("POST", "confirm_payment_intent")

        confirming.collect(payment, by=shop.by)
        shop.converse(payment)
        shop.tap()
        assert settle(shop, shop.ring(payment)).state == "paid"
        assert len(shop.simulator.objects("payment_intents")) == 1

    def test_a_card_that_is_asked_about_waits_for_the_cashier(self, shop):
        rule(shop, ASK, country="abroad", sentence="Have you seen a document?")

        payment = collect(shop, "jcb", confirm="automatic")

        assert payment.state == "collected"
        assert payment.message == (
            "Jcb credit •••• 0505 (JP). Have you seen a document? Confirm or ask for another card."
        )
        assert confirm(shop, payment).state == "paid"


def test_a_card_that_fits_no_rule_is_charged_at_once(shop):
    rule(shop, funding="prepaid")
    rule(shop, ASK, country="abroad")

    payment = collect(shop, "visa", confirm="automatic")

    assert settle(shop, payment).state == "paid"


def test_the_first_rule_decides(shop):
    rule(shop, ASK, brand="amex", position=1)
    rule(shop, REFUSE, brand="amex", position=2)

    assert collect(shop, "amex").state == "collected"


def test_a_rule_that_is_switched_off_or_another_stores_decides_nothing(shop):
    rule(shop, brand="visa", is_active=False)
    CardRuleFactory.create(funding="", brand="visa")

    assert settle(shop, collect(shop, "visa", confirm="automatic")).state == "paid"


def test_a_refused_card_can_never_be_confirmed(shop):
    rule(shop, brand="visa")
    shop.simulator.fault("readers.cancel_action", "before", "503", count=-1)
    payment = collect(shop, "visa", confirm="automatic")
    assert payment.state == "collected"
    assert "is not charged" in payment.message

    for time in ("while it is let go", "after it was"):
        with pytest.raises(Exception, match=r"on its way|No card waits"):
            confirming.confirm(payment, by=shop.by)
        if time == "while it is let go":
            shop.simulator.unfault()
            payment = shop.later(payment)

    assert (payment.state, payment.code) == ("declined", "card_refused")


def test_a_refused_card_on_a_reader_that_went_away_is_forgotten_by_stripe(shop):
    rule(shop, brand="visa")
    payment = shop.sell(flow="collect")
    shop.tap()
    shop.simulator.fault("readers.cancel_action", "before", "error", error={
        "code": "terminal_reader_offline"
    })  # fmt: skip
    payment = shop.ring(payment)

    assert (payment.state, payment.code) == ("checking", "card_refused")
    with pytest.raises(Exception, match=r"lets go|No card waits"):
        confirming.confirm(payment, by=shop.by)
    shop.simulator.call("clock", {"advance": 31})
    payment = shop.later(payment, 2)
    assert (payment.state, payment.code) == ("declined", "card_refused")


def test_a_rule_changed_while_a_card_waits_is_not_about_it(shop):
    payment = collect(shop)
    rule(shop, brand="visa")

    assert confirm(shop, payment).state == "paid"


def test_the_cashier_may_cancel_what_is_asked_about(shop):
    rule(shop, ASK, brand="visa")
    payment = collect(shop)
    sales.cancel_payment(payment, by=shop.by)

    payment = shop.converse(payment)

    assert payment.state == "canceled"
    with pytest.raises(Exception, match="canceled"):
        confirming.confirm(payment, by=shop.by)


def test_what_a_rule_said_is_in_the_timeline(shop):
    about = rule(shop, ASK, brand="visa", sentence="Is it signed?")

    payment = collect(shop)

    [said] = payment.order.log.filter(verb="card_rule")
    assert said.message == "Ask the cashier: Visa. Is it signed?"
    assert said.data["rule"] == about.pk


def test_expired_is_not_called_refused(shop):
    rule(shop, ASK, brand="visa")
    payment = shop.later(collect(shop), 20)

    assert payment.code == "expired"
    with pytest.raises(NoCardCollected):
        confirming.confirm(payment, by=shop.by)


class TestMatching:
    """Plain functions over a rule and what was seen of a card."""

    @pytest.mark.parametrize(
        ("conditions", "card", "fits"),
        [
            ({}, {}, True),
            ({"brand": "visa"}, {}, True),
            ({"brand": "amex"}, {}, False),
            ({"funding": "credit"}, {}, True),
            ({"funding": "credit"}, {"funding": "unknown"}, False),
            ({"country": "US"}, {}, True),
            ({"country": "US"}, {"country": ""}, False),
            ({"country": "abroad"}, {}, False),
            ({"country": "abroad"}, {"country": "JP"}, True),
            ({"country": "abroad"}, {"country": ""}, False),
            ({"wallet": "any"}, {}, False),
            ({"wallet": "any"}, {"wallet": "link"}, True),
            ({"wallet": "none"}, {}, True),
            ({"wallet": "none"}, {"wallet": "apple_pay"}, False),
            ({"wallet": "apple_pay"}, {"wallet": "apple_pay"}, True),
            ({"wallet": "apple_pay"}, {"wallet": "google_pay"}, False),
            ({"wallet": "apple_pay"}, {}, False),
            ({"brand": "visa", "funding": "debit"}, {}, False),
        ],
    )
    def test_a_card_must_fit_all_conditions(self, conditions, card, fits):
        about = CardRuleFactory.build(store=None, effect=ASK, **{"funding": "", **conditions})

        found = first_match([about], VISA | card, "US")

        assert (found is about) == fits

    @pytest.mark.parametrize(
        ("card", "words"),
        [
            (VISA, "Visa credit •••• 4242 (US)"),
            ({"brand": "cartes_bancaires", "last4": "1"}, "Cartes bancaires •••• 1"),
            (VISA | {"wallet": "apple_pay"}, "Visa credit •••• 4242 (US) in Apple Pay"),
            ({}, "Card"),
            ({"funding": "unknown"}, "Card"),
        ],
    )
    def test_a_card_is_called_by_what_is_known_of_it(self, card, words):
        assert card_words(card) == words


@pytest.mark.django_db
class TestARule:
    def test_is_not_kept_when_it_refuses_every_card(self):
        with pytest.raises(IntegrityError):
            CardRuleFactory.create(funding="")

    def test_says_in_plain_words_what_is_wrong(self):
        with pytest.raises(ValidationError, match="Say which ones"):
            CardRuleFactory.build(store=None, funding="").validate_constraints()
        for country in ("us", "USA", "abroad "):
            with pytest.raises(ValidationError, match="Two capital letters"):
                CardRuleFactory.build(store=None, country=country).clean_fields(exclude=["store"])

    def test_is_called_by_what_it_does(self):
        assert str(CardRuleFactory.build(store=None)) == "Refuse the card: prepaid"
        ask = CardRuleFactory.build(
            store=None, effect=ASK, brand="visa", country="abroad", wallet="none"
        )
        assert str(ask) == "Ask the cashier: Visa, prepaid, from abroad, no wallet"


@pytest.mark.parametrize("asked", ["", "process"])
def test_no_till_gets_round_the_rules_by_asking_for_an_immediate_charge(shop, asked):
    rule(shop, funding="prepaid", sentence="Prepaid cards are not taken.")

    payment = shop.sell(flow=asked)
    assert payment.flow == "collect"
    shop.tap("mastercard_prepaid")
    payment = settle(shop, shop.ring(payment))

    assert (payment.state, payment.code) == ("declined", "card_refused")
    assert not shop.simulator.exchanges("POST", "/process_payment_intent")


def test_nor_by_trying_again(shop):
    payment = shop.sell()
    assert payment.flow == "process"
    shop.tap("charge_declined")
    payment = shop.ring(payment)
    rule(shop, funding="prepaid", sentence="Prepaid cards are not taken.")

    payment = shop.converse(sales.try_again(payment, by=shop.by))
    assert payment.flow == "collect"
    shop.tap("mastercard_prepaid")
    payment = settle(shop, shop.ring(payment))

    assert (payment.state, payment.code) == ("declined", "card_refused")
    assert not shop.simulator.objects("charges")[0]["paid"]


def test_a_rule_that_is_not_in_force_changes_no_flow(shop):
    rule(shop, brand="visa", is_active=False)
    payment = shop.sell()
    assert payment.flow == "process"
    shop.tap()

    assert shop.ring(payment).state == "paid"
