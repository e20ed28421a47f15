"""Who has a reader, since when, and what is kept behind it. The reader's list and page …"""

from datetime import UTC, datetime

import pytest

from payments.models import Payment, State
from stores.principals import Principal
from terminal.admin.actions import ReasonFilter
from terminal.errors import NothingToCancel
from terminal.models import ActionStatus, Reader, ReaderAction, Stop
from terminal.services import freeing
from tests import factories, factories_money
from tests.admin.pages import make, page, url

AT = datetime(2026, 5, 1, 5, 2, tzinfo=UTC)


@pytest.fixture
def store(db):
    return factories.StoreFactory.create(name="Harbour Street", timezone="Asia/Tokyo")


def taken(store, reader=None, status=ActionStatus.IN_PROGRESS, **who):
    """A reader with a payment of this store, for the store's tablet if nobody else is named."""
    payment = make(Payment, store)
    Payment.objects.filter(pk=payment.pk).update(state=State.WAITING_FOR_CARD)
    return factories_money.ReaderActionFactory.create(
        payment=payment,
        reader=reader or make(Reader, store),
        status=status,
        accepted_at=None if status == ActionStatus.RESERVED else AT,
        requested_at=AT,
        **(who or {"device": payment.device}),
    )


def everywhere(client, reader):
    """The list and the page."""
    return [
        client.get(address).content.decode()
        for address in (url(Reader, "changelist"), page(reader))
    ]


@pytest.mark.parametrize("status", [ActionStatus.IN_PROGRESS, ActionStatus.RESERVED])
def test_name_the_sale_the_tablet_and_the_time_of_the_store(sign_in, store, status):
    held = taken(store, status=status)

    for text in everywhere(sign_in("cashier"), held.reader):
        assert f"Order {held.payment.order.number}" in text
        assert "10.00 USD" in text
        assert f"{held.device.name} since" in text
        assert "May 1, 14:02 JST" in text


def test_name_the_person_where_no_tablet_asked(sign_in, staff, store):
    held = taken(store, user=staff["manager"])

    for text in everywhere(sign_in("cashier"), held.reader):
        assert f"{staff['manager'].get_username()} since" in text


def test_name_the_sale_that_is_next(sign_in, store):
    held = taken(store)
    behind = taken(store, reader=held.reader, status=ActionStatus.RESERVED)

    text = sign_in("cashier").get(page(held.reader)).content.decode()

    assert f"Taken by {held.device.name} since" in text
    assert "After that it is kept for" in text
    assert f"Order {behind.payment.order.number}</a>, by {behind.device.name} since" in text


def test_name_first_what_is_on_the_reader_whichever_came_first(sign_in, store):
    behind = taken(store, status=ActionStatus.RESERVED)
    held = taken(store, reader=behind.reader)

    question = sign_in("cashier").get(page(held.reader, "free")).context["question"]

    assert question.stamp == str(held.pk)


def test_tell_nobody_of_another_store(sign_in, store, other_store):
    theirs = taken(other_store)
    client = sign_in("manager")

    assert client.get(page(theirs.reader)).status_code != 200
    text = client.get(url(Reader, "changelist")).content.decode()
    assert theirs.device.name not in text
    assert f"/payment/{theirs.payment.pk}/" not in text


def test_follow_a_sale_that_gets_in_line(sign_in, store):
    held = taken(store)
    client = sign_in("cashier")
    stamp = client.get(page(held.reader)).context["live"].stamp
    taken(store, reader=held.reader, status=ActionStatus.RESERVED)

    news = client.get(page(held.reader, "state"), {"stamp": stamp}).json()

    assert "After that it is kept for" in news["html"]


def test_free_no_reader_that_is_only_kept(sign_in, store):
    kept = taken(store, status=ActionStatus.RESERVED)
    client = sign_in("cashier")

    answer = client.post(page(kept.reader, "free"), {"stamp": str(kept.pk)}, follow=True)

    number = kept.payment.order.number
    assert f"is kept for order {number}" in answer.content.decode()
    with pytest.raises(NothingToCancel, match=f"kept for order {number} of {kept.device.name}"):
        freeing.cancel_action(kept.reader, by=Principal.of_device(kept.device))
    assert ReaderAction.objects.get().status == ActionStatus.RESERVED


def test_free_no_reader_while_its_order_is_changed(sign_in, store):
    held = taken(store)
    factories_money.ReaderActionFactory.create(
        payment=held.payment,
        reader=held.reader,
        status=ActionStatus.RESERVED,
        accepted_at=None,
        attempt=2,
    )
    client = sign_in("cashier")

    answer = client.post(page(held.reader, "free"), {"stamp": str(held.pk)}, follow=True)

    assert "is about to come to it" in answer.content.decode()
    assert not held.payment.requests.exists()


def test_have_words_for_every_reason_for_which_we_stop_them():
    assert set(Stop) <= ReasonFilter.words.keys()
