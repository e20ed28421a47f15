"""Receipts by e-mail, with a mail server over a real socket. A receipt …"""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone, translation

from payments import crashpoints
from payments.errors import ReceiptAddressMissing, ReceiptNotDue, TooManyReceipts
from payments.models import ReceiptEmail
from payments.services import receipt_emails
from payments.tasks import forget_addresses, send_receipt
from stores.models import LogEntry
from stores.principals import SYSTEM, Principal
from terminal.models import CollectedInputs
from tests import factories, factories_money, smtp
from tests.aging import grow_older

JENNY = "jenny@example.com"


@pytest.fixture
def mails(settings):
    with smtp.running() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_TIMEOUT = 5.0
        yield server


@pytest.fixture
def store(db):
    return factories.StoreFactory.create(name="Café Größe")


@pytest.fixture
def payment(store):
    order = factories.OrderFactory.create(store=store, net_amount=20_00)
    factories.OrderLineFactory.create(order=order, store=store, description="Espresso")
    return factories_money.PaidPaymentFactory.create(
        order=order,
        amount=20_00,
        card={
            "brand": "visa",
            "last4": "4242",
            "read_method": "contact_emv",
            "receipt": {
                "application_preferred_name": "VISA CREDIT",
                "dedicated_file_name": "A0000000031010",
                "authorization_code": "123456",
                "cardholder_verification_method": "online_pin",
            },
        },
    )


def ask(payment, email=JENNY, by=SYSTEM):
    return receipt_emails.ask(payment, by=by, email=email)


def carried_out(row):
    receipt_emails.carry_out(row.pk)
    row.refresh_from_db()
    return row


def parts(mail):
    return {part.get_content_type(): part.get_content() for part in mail.iter_parts()}


def test_says_in_text_and_html_what_card_networks_ask(mails, payment, store):
    row = carried_out(ask(payment))

    assert (row.status, row.tries, row.failure_code) == ("sent", 1, "")
    (mail,) = mails.taken
    assert mail["To"] == JENNY
    assert mail["From"].addresses[0].display_name == "Café Größe"
    assert mail["Subject"] == "Your receipt from Café Größe"
    assert mail["Auto-Submitted"] == "auto-generated"
    both = parts(mail)
    for words in ("Espresso", "20.00 USD", "VISA CREDIT", "A0000000031010", "123456", "•••• 4242"):
        assert words in both["text/plain"], words
        assert words in both["text/html"], words


def test_carries_what_the_store_says_on_its_receipts(mails, payment, store):
    store.receipt_address = "1 Main Street\nSpringfield"
    store.receipt_footer = "Tax number 12345"
    store.receipt_email = "hello@shop.example"
    store.save()

    carried_out(ask(payment))

    (mail,) = mails.taken
    assert mail["Reply-To"] == "hello@shop.example"
    assert "1 Main Street\nSpringfield\n" in parts(mail)["text/plain"].replace("\r\n", "\n")
    assert "1 Main Street<br>Springfield" in parts(mail)["text/html"]
    assert "Tax number 12345" in parts(mail)["text/html"]


def test_has_the_address_of_the_only_location(store):
    factories.LocationFactory.create(
        store=store, line1="2 Side Street", city="New York", state="NY", postal_code="10001"
    )
    assert store.printed_address == ["2 Side Street", "New York, NY 10001"]

    factories.LocationFactory.create(store=store)
    assert store.printed_address == []


def test_escapes_what_people_typed(mails, payment, store):
    store.receipt_footer = "<script>alert(1)</script>"
    store.name = "Café\r\nBcc: victim@example.com"
    store.save()

    carried_out(ask(payment))

    (mail,) = mails.taken
    assert mail["Bcc"] is None
    assert "<script>" not in parts(mail)["text/html"]


@pytest.mark.parametrize(
    ("chosen", "asked", "subject"),
    [
        ("", "fr", "Votre reçu de Café Größe"),
        ("es", "fr", "Su recibo de Café Größe"),
        ("", "de", "Your receipt from Café Größe"),
    ],
)
def test_speaks_the_stores_language_or_that_of_who_asked(
    mails, payment, store, chosen, asked, subject
):
    store.receipt_language = chosen
    store.save()
    with translation.override(asked):
        row = ask(payment)

    carried_out(row)

    (mail,) = mails.taken
    assert mail["Subject"] == subject
    assert mail["Content-Language"] == row.language


@pytest.mark.parametrize(
    ("language", "tax", "paid_in_cash", "at"),
    [
        ("en", "Tax: 0.00 USD", "Paid: In cash", "Nov. 3, 2026, 9:05 a.m."),
        ("es", "Impuesto: 0.00 USD", "Pagado: En efectivo", "3 de noviembre de 2026 a las 09:05"),
        ("fr", "Taxe\xa0: 0,00 USD", "Payé\xa0: En espèces", "3 novembre 2026 à 09:05"),
        ("fr-ca", "Taxe\xa0: 0,00 USD", "Payé\xa0: Comptant", "3 novembre 2026, 9\xa0h\xa005"),
    ],
)
def test_is_written_as_its_language_is(mails, store, language, tax, paid_in_cash, at):
    order = factories.OrderFactory.create(store=store, net_amount=20_00)
    cash = factories_money.CashPaymentFactory.create(
        order=order, created_at=datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
    )
    store.receipt_language = language
    store.save()

    carried_out(ask(cash))

    text = parts(mails.taken[0])["text/plain"].splitlines()
    assert {tax, paid_in_cash, at} - {*text} == set()


def test_says_of_a_hold_that_nothing_is_charged_yet(mails, store):
    held = factories_money.ApprovedPaymentFactory.create(order__store=store)

    carried_out(ask(held))

    for part in parts(mails.taken[0]).values():
        assert "Not a charge yet: the amount is held" in part
        assert "Held on the card" in part
        assert "Paid" not in part


def test_tells_of_a_refund_that_came_after_it_was_asked_for(mails, payment):
    row = ask(payment)
    type(payment).objects.update(amount_refunded=5_00)

    carried_out(row)

    assert "Refunded: 5.00 USD" in parts(mails.taken[0])["text/plain"]


def test_is_sent_once_however_often_it_is_pressed(mails, payment):
    first = ask(payment)
    assert ask(payment) == first

    for _ in range(3):
        send_receipt(first.pk)

    assert len(mails.taken) == 1


@pytest.mark.django_db(transaction=True)
def test_is_one_row_for_two_who_ask_at_once(payment):
    start, found = threading.Barrier(2), []

    def press():
        start.wait()
        found.append(ask(payment).pk)
        connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 2
    assert len(set(found)) == 1


def test_goes_again_to_whoever_asks_again_and_to_others(mails, payment):
    for email in (JENNY, "john@example.com", JENNY):
        carried_out(ask(payment, email))

    assert [mail["To"] for mail in mails.taken] == [JENNY, "john@example.com", JENNY]
    assert len({mail["Message-ID"] for mail in mails.taken}) == 3


def test_is_sent_once_more_by_the_same_name_after_a_death_before_the_mark(mails, payment):
    row = ask(payment)

    def dies(point):
        if point == "sent:receipt_email":
            raise SystemExit

    crashpoints.watchers.append(dies)
    with pytest.raises(SystemExit):
        receipt_emails.carry_out(row.pk)
    crashpoints.watchers.remove(dies)
    assert carried_out(row).tries == 1, "its claim lasts"
    assert receipt_emails.due(timezone.now()) == []

    grow_older(200)
    assert receipt_emails.due(timezone.now()) == [row.pk]
    assert carried_out(row).status == "sent"
    assert len(mails.taken) == 2
    assert len({mail["Message-ID"] for mail in mails.taken}) == 1


def test_is_not_settled_by_one_who_was_overtaken(mails, payment, monkeypatch):
    row = ask(payment)

    def sleeps(point):
        crashpoints.watchers.clear()
        grow_older(200)
        mails.answers["RCPT"] = "550 gone"
        carried_out(row)

    monkeypatch.setattr(crashpoints, "watchers", [sleeps])
    row = carried_out(row)

    assert (row.status, row.failure_code, row.tries) == ("failed", "address_refused", 2)


@pytest.mark.parametrize(
    ("verb", "answer", "code", "smtp_code"),
    [
        ("RCPT", "550 5.1.1 <jenny@example.com> unknown", "address_refused", 550),
        ("DATA", "554 5.7.1 spam", "mail_refused", 554),
        ("MAIL", "550 5.7.1 not you", "mail_refused", 550),
    ],
)
def test_has_failed_when_the_mail_server_says_no(mails, payment, verb, answer, code, smtp_code):
    mails.answers[verb] = answer

    row = carried_out(ask(payment))

    assert (row.status, row.failure_code, row.smtp_code) == ("failed", code, smtp_code)
    assert all(receipt_emails.reason(row))
    assert carried_out(ask(payment)).pk != row.pk, "it may be sent again"


@pytest.mark.parametrize(
    ("verb", "answer"),
    [("RCPT", "451 later"), ("DATA", "421 busy"), ("EHLO", "hang up"), ("MAIL", "452 full")],
)
def test_is_tried_again_when_the_mail_server_cannot_now(mails, payment, verb, answer):
    mails.answers[verb] = answer
    row = carried_out(ask(payment))
    assert (row.status, row.tries) == ("on_its_way", 1)
    assert carried_out(row).tries == 1, "not before its time"

    mails.answers.clear()
    grow_older(31)
    assert receipt_emails.due(timezone.now()) == [row.pk]

    assert carried_out(row).status == "sent"


def test_is_given_up_after_some_tries_and_told(payment, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens
    row = ask(payment)

    for _ in range(receipt_emails.MOST_TRIES):
        assert row.status == "on_its_way"
        carried_out(row)
        grow_older(3_700)
        row.refresh_from_db()

    assert (row.status, row.failure_code, row.tries) == ("failed", "mail_server_away", 5)
    assert receipt_emails.due(timezone.now()) == []


def test_is_given_up_when_every_worker_dies_of_it(mails, payment):
    row = ask(payment)
    ReceiptEmail.objects.update(tries=receipt_emails.MOST_TRIES)

    assert carried_out(row).status == "failed"
    assert mails.taken == []


def test_is_not_sent_by_a_system_without_a_mail_server(payment, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

    row = carried_out(ask(payment))

    assert (row.status, row.failure_code) == ("failed", "mail_not_set_up")


def test_is_not_sent_of_a_hold_that_was_let_go(mails, payment):
    row = ask(payment)
    type(payment).objects.update(status="canceled")

    assert carried_out(row).failure_code == "receipt_not_due"
    assert mails.taken == []


def test_is_none_of_what_was_not_paid(db):
    with pytest.raises(ReceiptNotDue):
        ask(factories_money.PaymentFactory.create())


def test_goes_to_the_address_that_was_typed_on_a_reader(payment):
    with pytest.raises(ReceiptAddressMissing):
        ask(payment, email="")
    form = factories_money.CollectedInputsFactory.create(action__order=payment.order)
    CollectedInputs.objects.filter(pk=form.pk).update(receipt_email="typed@example.com")

    assert ask(payment, email="").email == "typed@example.com"


def test_goes_to_no_address_that_may_be_another_guests(payment):
    form = factories_money.CollectedInputsFactory.create(action__order=payment.order)
    CollectedInputs.objects.filter(pk=form.pk).update(receipt_email="typed@example.com")
    factories_money.CashPaymentFactory.create(order=payment.order)

    with pytest.raises(ReceiptAddressMissing):
        ask(payment, email="")


def test_floods_nobodys_inbox(payment):
    for number in range(5):
        ask(payment, f"jenny{number}@example.com")
    with pytest.raises(TooManyReceipts):
        ask(payment)

    grow_older(3_601)
    assert ask(payment)


def test_forgets_its_address_some_weeks_after_its_end(mails, payment):
    old, waiting = carried_out(ask(payment)), ask(payment)
    past = timezone.now() - timedelta(days=36)
    ReceiptEmail.objects.filter(pk=old.pk).update(ended_at=past)

    forget_addresses()

    kept = dict(ReceiptEmail.objects.values_list("pk", "email"))
    assert kept == {old.pk: "", waiting.pk: JENNY}


def test_leaves_no_address_in_the_log_nor_in_the_lines_of_workers(mails, payment, caplog):
    mails.answers["RCPT"] = f"550 <{JENNY}> unknown"
    device = factories.DeviceFactory.create(store=payment.store)
    carried_out(ask(payment, by=Principal.of_device(device)))

    entries = LogEntry.objects.of_payment(payment.pk)
    assert [(each.verb, each.device) for each in entries] == [
        ("receipt_asked", device),
        ("receipt_failed", None),
    ]
    assert not any(JENNY in str((each.message, each.data)) for each in entries)
    assert JENNY not in caplog.text
