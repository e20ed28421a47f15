"""What a reader does is about one thing, and rows of two stores never mix. The database …"""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from payments.models import Customer, SavedCard, StripeRequest
from terminal.models import ActionType, CollectedInputs, ReaderAction, ReaderDisplay
from tests.factories import OrderFactory
from tests.factories_money import PaymentFactory, ReaderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    return ReaderFactory.create()


def card(store):
    customer = Customer.objects.create(store=store)
    return SavedCard.objects.create(
        store=store, customer=customer, allow_redisplay="limited", consent_at=timezone.now()
    )


def act(reader, **about):
    return ReaderAction.objects.create(store=reader.store, reader=reader, **about)


def refused(constraint, make):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make()


def test_takes_an_errand_without_a_payment(reader):
    order = OrderFactory.create(store=reader.store)
    form = act(reader, type=ActionType.COLLECT_INPUTS, order=order)
    assert form.about == f"a form of order {order.number}"
    refused(
        "one_active_per_reader",
        lambda: act(reader, type=ActionType.PROCESS_SETUP_INTENT, saved_card=card(reader.store)),
    )


@pytest.mark.parametrize("type", ActionType.values)
def test_takes_no_action_about_nothing(reader, type):
    refused("is_about_one|names_its_refund", lambda: act(reader, type=type))


def test_takes_no_action_about_two_things(reader):
    order = OrderFactory.create(store=reader.store)
    payment = PaymentFactory.create(store=reader.store, order=order)
    refused(
        "is_about_one",
        lambda: act(reader, type=ActionType.COLLECT_INPUTS, order=order, payment=payment),
    )


def test_takes_no_order_of_another_store(reader):
    order = OrderFactory.create()
    refused("order_id_store_id_tied", lambda: act(reader, type="collect_inputs", order=order))
    refused(
        "order_id_store_id_tied",
        lambda: ReaderDisplay.objects.create(store=reader.store, reader=reader, order=order),
    )
    own = act(reader, type="collect_inputs", order=OrderFactory.create(store=reader.store))
    refused(
        "order_id_store_id_tied",
        lambda: CollectedInputs.objects.create(
            store=reader.store, action=own, order=order, asked=[]
        ),
    )


def test_takes_no_card_or_customer_of_another_store(reader):
    other = ReaderFactory.create().store
    refused(
        "saved_card_id_store_id_tied",
        lambda: act(reader, type="process_setup_intent", saved_card=card(other)),
    )
    refused(
        "customer_id_store_id_tied",
        lambda: SavedCard.objects.create(
            store=reader.store,
            customer=Customer.objects.create(store=other),
            allow_redisplay="limited",
            consent_at=timezone.now(),
        ),
    )


def test_takes_no_request_for_a_reader_of_another_store(reader):
    refused(
        "reader_id_store_id_tied",
        lambda: StripeRequest.objects.create(
            store=ReaderFactory.create().store,
            reader_id=reader.pk,
            kind="reader.collect_inputs",
            path="/v1/terminal/readers/tmr_1/collect_inputs",
            idempotency_key="x",
        ),
    )
