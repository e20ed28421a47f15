"""Customers and the cards they keep: https://docs.stripe.com/api/customers, /payment_methods"""

import pytest
import stripe

from .conftest import SHOP, on

REFUSED = stripe.InvalidRequestError


@pytest.fixture
def customers(simulator):
    return simulator.v1.customers


@pytest.fixture
def methods(simulator):
    return simulator.v1.payment_methods


@pytest.fixture
def jane(customers):
    return customers.create({"name": "Jane", "email": "jane@example.com"}).id


def test_a_customer_is_what_was_sent(simulator, customers):
    jane = customers.create(
        {
            "name": "Jane",
            "email": "jane@example.com",
            "address": {"city": "Springfield", "country": "US"},
            "shipping": {"name": "Jane", "address": {"line1": "1 Main St"}},
            "metadata": {"a": "b"},
        }
    )
    assert (jane.address.city, jane.address.line1) == ("Springfield", None)
    assert jane.shipping.address.line1 == "1 Main St"
    assert customers.retrieve(jane.id).metadata.to_dict() == {"a": "b"}
    assert simulator.events() == ["customer.created"]


def test_a_customer_is_found_by_mail_and_in_its_account_only(simulator, customers, jane):
    simulator.account()
    assert [each.id for each in customers.list({"email": "jane@example.com"}).data] == [jane]
    assert customers.list({"email": "john@example.com"}).data == []
    assert customers.list({}, on(SHOP)).data == []
    with pytest.raises(REFUSED) as refused:
        customers.retrieve(jane, {}, on(SHOP))
    assert refused.value.http_status == 404


def test_a_change_tells_what_was_before(simulator, customers, jane):
    assert customers.update(jane, {"name": "Jane Doe", "phone": ""}).name == "Jane Doe"
    event = simulator.v1.events.list({"type": "customer.updated"}).data[0]
    assert event.data.previous_attributes.to_dict() == {"name": "Jane"}


def test_a_deleted_customer_is_still_answered_but_pays_no_more(simulator, customers, methods, jane):
    card = methods.attach("pm_card_visa", {"customer": jane})
    assert customers.delete(jane).deleted
    assert customers.retrieve(jane).deleted
    assert customers.list().data == []
    assert methods.retrieve(card.id).customer is None
    assert simulator.events()[-2:] == ["payment_method.detached", "customer.deleted"]
    with pytest.raises(REFUSED) as refused:
        simulator.intent(customer=jane)
    assert refused.value.param == "customer"


def test_a_card_is_made_of_a_test_number(methods):
    card = {"number": "5555555555554444", "exp_month": 4, "exp_year": 2040, "cvc": "123"}
    made = methods.create({"type": "card", "card": card, "billing_details": {"name": "Jane"}})
    assert (made.card.brand, made.card.last4) == ("mastercard", "4444")
    assert (made.card.exp_month, made.card.exp_year) == (4, 2040)
    assert (made.billing_details.name, made.customer) == ("Jane", None)


def test_a_number_that_is_no_test_card_is_declined(methods):
    card = {"number": "4111111111111112", "exp_month": 4, "exp_year": 2040}
    with pytest.raises(stripe.CardError) as declined:
        methods.create({"type": "card", "card": card})
    assert declined.value.code == "card_declined"


def test_cards_of_a_customer(simulator, customers, methods, jane):
    visa = methods.attach("pm_card_visa", {"customer": jane}).id
    amex = methods.attach("pm_card_amex", {"customer": jane}).id
    of_jane = customers.payment_methods
    assert [each.id for each in of_jane.list(jane).data] == [amex, visa]
    assert [each.id for each in methods.list({"customer": jane, "type": "card"}).data] == [
        amex,
        visa,
    ]
    assert of_jane.retrieve(jane, visa).card.brand == "visa"
    with pytest.raises(REFUSED) as refused:
        of_jane.retrieve(customers.create({}).id, visa)
    assert refused.value.http_status == 404


def test_a_card_is_detached_once_and_never_attached_again(simulator, methods, jane):
    card = methods.attach("pm_card_visa", {"customer": jane}).id
    assert methods.detach(card).customer is None
    event = simulator.v1.events.list({"type": "payment_method.detached"}).data[0]
    assert event.data.previous_attributes.to_dict() == {"customer": jane}
    for again in (lambda: methods.detach(card), lambda: methods.attach(card, {"customer": jane})):
        with pytest.raises(REFUSED):
            again()


def test_a_card_that_its_bank_refuses_is_not_attached(methods, jane):
    with pytest.raises(stripe.CardError):
        methods.attach("pm_card_visa_chargeDeclined", {"customer": jane})


def test_one_card_is_attached_and_refused_only_when_it_pays(simulator, methods, jane):
    card = methods.attach("pm_card_chargeCustomerFail", {"customer": jane}).id
    with pytest.raises(stripe.CardError):
        simulator.intent(
            payment_method_types=["card"], customer=jane, payment_method=card, confirm=True
        )


def test_what_a_reader_read_cannot_be_kept(simulator, methods, jane):
    read = simulator.pay().payment_method
    with pytest.raises(REFUSED):
        methods.attach(read, {"customer": jane})


def test_a_card_can_be_changed(simulator, methods, jane):
    card = methods.attach("pm_card_visa", {"customer": jane}).id
    changed = methods.update(
        card, {"card": {"exp_year": 2041}, "billing_details": {"email": "x@example.com"}}
    )
    assert (changed.card.exp_year, changed.billing_details.email) == (2041, "x@example.com")
    assert simulator.events()[-1] == "payment_method.updated"


@pytest.mark.parametrize("card", ["visa", "mastercard", "eftpos_au_visa_debit"])
def test_a_card_read_can_be_saved_for_the_customer(simulator, customers, jane, card):
    paid = simulator.pay(card=card, customer=jane, setup_future_usage="off_session")
    details = paid.latest_charge.payment_method_details.card_present
    [saved] = customers.payment_methods.list(jane).data
    assert saved.id == details.generated_card
    assert (saved.type, saved.card.last4) == ("card", details.last4)
    assert saved.card.generated_from.charge == paid.latest_charge.id
    assert saved.card.fingerprint == details.fingerprint
    assert paid.latest_charge.customer == jane
    assert paid.payment_method != saved.id
    assert "payment_method.attached" in simulator.events()


@pytest.mark.parametrize("card", ["eftpos_au_debit", "girocard_debit", "jcb"])
def test_a_card_with_a_domestic_network_only_is_not_saved(simulator, customers, jane, card):
    paid = simulator.pay(card=card, customer=jane, setup_future_usage="off_session")
    assert paid.latest_charge.payment_method_details.card_present.generated_card is None
    assert customers.payment_methods.list(jane).data == []


def test_nothing_is_saved_unasked(simulator, customers, jane):
    paid = simulator.pay(customer=jane)
    assert paid.latest_charge.payment_method_details.card_present.generated_card is None
    assert customers.payment_methods.list(jane).data == []


def test_a_card_has_one_owner(simulator, customers, methods, jane):
    card = methods.attach("pm_card_visa", {"customer": jane}).id
    with pytest.raises(REFUSED) as refused:
        methods.attach(card, {"customer": customers.create({}).id})
    assert "already been attached" in str(refused.value)
    assert methods.attach(card, {"customer": jane}).customer == jane
    assert simulator.events().count("payment_method.attached") == 1
