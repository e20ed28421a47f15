"""The list of payments narrowed and added up, their lines, refunds by line, and receipts. It …"""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from payments.models import Dispute, Payment, Refund
from tests import factories, factories_money
from tests.admin.pages import page, url

LIST = reverse("admin:payments_payment_changelist")


def paid(store, total=10_00, **more):
    order = factories.OrderFactory.create(store=store, total_amount=total, net_amount=total)
    return factories_money.PaidPaymentFactory.create(order=order, **more)


def sold(store):
    """A paid order of three coffees for 10.00 and a cake for 5.00."""
    payment = paid(store, 15_00)
    coffees = factories.OrderLineFactory.create(
        order=payment.order, store=store, position=1, description="Coffee", quantity=3,
        unit_amount=3_33, net_amount=9_99, tax_amount=1, total_amount=10_00,
    )  # fmt: skip
    cake = factories.OrderLineFactory.create(
        order=payment.order, store=store, position=2, description="Cake", quantity=1,
        unit_amount=5_00, net_amount=5_00, tax_amount=0, total_amount=5_00,
    )  # fmt: skip
    return payment, coffees, cake


def listed(client, **query):
    answer = client.get(LIST, query)
    assert answer.status_code == 200
    return answer


def test_adds_up_what_is_selected_in_one_statement(sign_in, store):
    paid(store)
    paid(store, 5_00, amount_refunded=1_00)
    html = listed(sign_in("manager")).content.decode()

    assert "<td>15.00 USD</td>" in html
    assert "<td>1.00 USD</td>" in html


def test_adds_up_no_payment_of_another_store(sign_in, store, other_store):
    paid(other_store)

    assert listed(sign_in("manager")).context["totals"] == []


def test_adds_nothing_up_of_more_than_it_counts(sign_in, store, monkeypatch):
    monkeypatch.setattr("stores.admin_base.CountedSoFar.most", 1)
    paid(store)
    paid(store)
    html = listed(sign_in("manager")).content.decode()

    assert "filter, and their totals stand here" in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"amount_from": "50"}, False),
        ({"card__brand": "visa"}, True),
        ({"card__brand": "amex"}, False),
        ({"period": "today"}, True),
        ({"period": "last_month"}, False),
        ({"code": "expired_card"}, False),
        ({"cashier": "2147483646"}, False),
        ({"reader": "9"}, False),
        ({"reader": "99999999999999999999"}, True),
        ({"period": "never"}, True),
        ({"q": "APPR77"}, True),
        ({"q": "4242"}, True),
    ],
)
def test_is_filtered_and_searched(sign_in, store, query, found):
    payment = paid(store)
    factories_money.ReaderFactory.create(location__store=store)
    payment.card["receipt"] = {"authorization_code": "APPR77"}
    payment.save()

    rows = listed(sign_in("manager"), **query).context["cl"].queryset

    assert (payment in rows) is found


def test_offers_the_readers_of_ones_own_stores_by_label(sign_in, store, other_store):
    for label, where in (("Terrace", store), ("Bar", store), ("Elsewhere", other_store)):
        factories_money.ReaderFactory.create(label=label, location__store=where)

    [readers] = [
        each
        for each in listed(sign_in("manager")).context["cl"].filter_specs
        if each.title == "reader"
    ]

    assert [label for _, label in readers.lookup_choices] == ["Bar", "Terrace"]


def test_has_days_of_the_stores_clock(sign_in, store):
    here = type(store).objects.filter(pk=store.pk)
    here.update(timezone="Pacific/Kiritimati")
    payment = paid(store)
    Payment.objects.update(created_at=timezone.now() - timedelta(hours=48))
    client = sign_in("manager")

    assert payment not in listed(client, period="today").context["cl"].queryset


def test_refunds_by_line_what_the_server_computes(sign_in, store):
    payment, coffees, _ = sold(store)
    client = sign_in("superuser")
    session = client.session
    session["confirmed_at"] = timezone.now().timestamp()
    session.save()
    url = page(payment, "refund-lines")
    asked = client.get(url, follow=True)
    stamp = asked.context["question"].stamp
    data = {"stamp": stamp, f"line_{coffees.pk}": "2", "reason": "requested_by_customer"}

    client.post(url, data)
    again = client.post(url, data)

    assert again.status_code == 302
    (refund,) = Refund.objects.all()
    assert refund.amount == 6_66
    assert [(each.line, each.quantity) for each in refund.lines.all()] == [(coffees, 2)]


def test_asks_which_lines_when_none_is_chosen(sign_in, store):
    payment, _, _ = sold(store)
    client = sign_in("superuser")
    url = page(payment, "refund-lines")
    stamp = client.get(url).context["question"].stamp

    html = client.post(url, {"stamp": stamp, "reason": "duplicate"}).content.decode()

    assert "Say how many came back." in html
    assert not Refund.objects.exists()


def refunded(payment, line, quantity, **more):
    refund = factories_money.RefundFactory.create(payment=payment, amount=2_00, **more)
    refund.lines.create(
        store=payment.store, payment=payment, order=payment.order, line=line,
        quantity=quantity, amount=2_00, tax_amount=0,
    )  # fmt: skip
    Payment.objects.filter(pk=payment.pk).update(amount_refunded=2_00)
    return refund


def test_shows_how_much_of_each_line_came_back(sign_in, store):
    payment, coffees, _ = sold(store)
    refund = refunded(payment, coffees, 2)
    client = sign_in("cashier")

    for address in (page(payment), page(payment.order)):
        assert "2 of 3 returned" in client.get(address).content.decode()
    for address in (page(payment), page(refund)):
        assert "2 x Coffee" in client.get(address).content.decode()


def test_shows_nothing_as_returned_by_a_refund_that_failed(sign_in, store):
    payment, coffees, _ = sold(store)
    refunded(payment, coffees, 2, status="failed")

    assert "returned" not in sign_in("cashier").get(page(payment)).content.decode()


def test_asks_for_no_more_pieces_than_are_left(sign_in, store):
    payment, coffees, cake = sold(store)
    refunded(payment, coffees, 2)
    client = sign_in("superuser")
    url = page(payment, "refund-lines")
    asked = client.get(url)
    assert "how many of 3 (10.00 USD), 2 came back already" in asked.content.decode()

    data = {"stamp": asked.context["question"].stamp, "reason": "duplicate"}
    html = client.post(url, data | {f"line_{coffees.pk}": "2"}).content.decode()
    assert "less than or equal to 1" in html

    refunded(payment, coffees, 1)
    refunded(payment, cake, 1)
    assert "all that was sold came back" in client.get(url, follow=True).content.decode()


def test_shows_lines_and_what_the_store_has_of_it(sign_in, store):
    payment, _, _ = sold(store)
    Payment.objects.filter(pk=payment.pk).update(application_fee_amount=1_00)
    html = sign_in("cashier").get(page(payment)).content.decode()

    assert "Coffee" in html
    assert "14.00 USD" in html  # less the fee


def test_prints_the_receipt_again(sign_in, store):
    payment, _, _ = sold(store)
    payment.card["receipt"] = {
        "dedicated_file_name": "A0000000031010",
        "application_cryptogram": "3ADF77",
    }
    payment.card["read_method"] = "contactless_emv"
    payment.save()
    html = sign_in("cashier").get(page(payment, "receipt")).content.decode()

    facts = ("A0000000031010", "3ADF77", "Contactless", "15.00 USD", "Visa •••• 4242")
    for said in ("3 × Coffee", *facts):  # noqa: RUF001
        assert said in html


def test_has_a_receipt_for_ones_own_and_for_what_was_paid_only(sign_in, store, other_store):
    theirs = paid(other_store)
    order = factories.OrderFactory.create(store=store)
    unpaid = factories_money.PaymentFactory.create(order=order)
    client = sign_in("cashier")

    assert client.get(page(theirs, "receipt")).status_code == 404
    assert client.get(page(unpaid, "receipt")).url == page(unpaid)


def test_counts_down_to_the_end_of_a_hold(sign_in, store):
    order = factories.OrderFactory.create(store=store)
    held = factories_money.ApprovedPaymentFactory.create(order=order)
    assert held.capture_before is not None
    html = sign_in("cashier").get(page(held)).content.decode()

    assert f'data-until="{int(held.capture_before.timestamp())}"' in html


def test_disputes_are_listed_by_what_has_to_be_answered_first(sign_in, store):
    soon, later, over = (
        factories_money.DisputeFactory.create(payment__order__store=store) for _ in range(3)
    )
    type(soon).objects.filter(pk=soon.pk).update(respond_before=timezone.now(), amount=12_34)
    type(over).objects.filter(pk=over.pk).update(status="lost", ended_at=timezone.now())
    client = sign_in("manager")

    listed = client.get(url(Dispute, "changelist"))
    assert list(listed.context["cl"].result_list) == [soon, later, over]
    text = listed.content.decode()
    assert "Product not received" in text
    assert "12.34 USD" in text
    assert "Needs response" in text

    open_ones = client.get(url(Dispute, "changelist"), {"over": "no"}).context["cl"].result_list
    assert over not in list(open_ones)
    assert page(soon.payment) in client.get(page(soon)).content.decode()
