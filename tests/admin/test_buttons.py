"""The buttons of payments, readers and incidents: each makes one call into a service. It …

That they work for both ways to charge is in test_to_stripe.py.
"""

import pytest
from django.db import connection, connections
from django.forms import ValidationError

from payments.admin.capture import TipField
from payments.models import Incident, Payment, State, StripeRequest
from payments.services import captures, incidents
from stores.models import LogEntry
from stores.models.log import ActorKind
from stores.principals import Principal
from stores.services import Line, create_order
from terminal.models import ActionStatus, Reader
from tests import factories, factories_money
from tests.admin.pages import BUTTONS, make, page

every_button = pytest.mark.parametrize(
    ("model", "button"), BUTTONS, ids=[f"{model.__name__}-{button}" for model, button in BUTTONS]
)


@pytest.fixture
def approved(store):
    order = factories.OrderFactory.create(store=store, total_amount=30_00, net_amount=30_00)
    return factories_money.ApprovedPaymentFactory.create(order=order)


@pytest.fixture
def held(store):
    """A reader that waits for a card, for a payment of this store."""
    payment = make(Payment, store)
    Payment.objects.filter(pk=payment.pk).update(state=State.WAITING_FOR_CARD)
    return factories_money.ReaderActionFactory.create(payment=payment)


def press(client, row, button, **data):
    """Press as a person does: look at the question first, then answer what it asked."""
    asked = client.get(page(row, button))
    if asked.status_code == 200:
        data = {"stamp": asked.context["question"].stamp} | data
    return client.post(page(row, button), data)


def said(answer, client):
    return " ".join(str(message) for message in client.get(answer.url).context["messages"])


@every_button
def test_does_not_exist_for_a_stranger(sign_in, store, model, button):
    row = make(model, store)
    client = sign_in("stranger")

    for answer in (client.get(page(row, button)), client.post(page(row, button))):
        assert answer.status_code == 404
        assert store.name not in answer.content.decode()
    assert not StripeRequest.objects.exists()


@every_button
def test_asks_who_is_there_first(client, store, model, button):
    answer = client.post(page(make(model, store), button))

    assert answer.status_code == 302
    assert answer.url.startswith("/admin/login/")


@every_button
def test_takes_no_press_from_another_site(sign_in, store, model, button):
    client = sign_in("superuser")
    client.handler.enforce_csrf_checks = True

    assert client.post(page(make(model, store), button)).status_code == 403


@every_button
def test_changes_nothing_when_it_is_only_looked_at(sign_in, store, held, approved, model, button):
    row = {Reader: held.reader, Payment: approved}.get(model) or make(model, store)
    before = list(Payment.objects.order_by("pk").values())

    sign_in("manager").get(page(row, button))

    assert list(Payment.objects.order_by("pk").values()) == before
    assert not StripeRequest.objects.exists()
    assert Incident.objects.filter(resolved_at__isnull=False).count() == 0


# Capture


@pytest.mark.parametrize("name", ["cashier", "manager", "superuser"])
def test_captures_the_whole_hold(sign_in, staff, store, approved, name):
    client = sign_in(name)

    answer = press(client, approved, "capture")

    request = StripeRequest.objects.get()
    assert request.kind == "payment_intent.capture"
    assert request.params["amount_to_capture"] == 30_00
    assert request.stripe_account == store.stripe_account
    assert answer.url == page(approved)
    assert "Capture requested." in said(answer, client)
    log = LogEntry.objects.get(verb="capture_requested")
    assert (log.actor_kind, log.user) == (ActorKind.USER, staff[name])


def test_says_what_will_be_captured_and_until_when(sign_in, approved):
    text = sign_in("cashier").get(page(approved, "capture")).content.decode()

    assert "Capture 30.00 USD?" in text
    assert "Visa •••• 4242" in text
    assert f"Order {approved.order.number}" in text
    assert approved.capture_before.isoformat() in text


def test_warns_when_the_hold_may_have_ended(sign_in, approved):
    Payment.objects.filter(pk=approved.pk).update(capture_before="2020-01-01T00:00:00Z")

    assert "has passed" in sign_in("cashier").get(page(approved, "capture")).content.decode()


@pytest.mark.parametrize("button", ["capture", "capture-with-tip", "release"])
def test_finds_at_the_second_press_that_it_is_on_its_way(sign_in, approved, button):
    client = sign_in("manager")
    question = client.get(page(approved, button)).context["question"].stamp
    data = {"stamp": question, "tip": "5.00"}

    client.post(page(approved, button), data)
    second = client.post(page(approved, button), data)

    assert "already on its way" in said(second, client)
    assert StripeRequest.objects.count() == 1


@pytest.mark.parametrize("button", ["capture", "capture-with-tip", "release"])
@pytest.mark.parametrize("status", ["requires_payment_method", "processing", ""])
def test_gives_no_money_away_that_is_not_held(sign_in, approved, button, status):
    Payment.objects.filter(pk=approved.pk).update(status=status, state=State.STOPPED)
    client = sign_in("manager")

    answer = press(client, approved, button, tip="1.00")

    assert "not waiting for a capture" in said(answer, client)
    assert not StripeRequest.objects.exists()
    assert f"/{button}/" not in client.get(page(approved)).content.decode()


# Tips


@pytest.mark.parametrize(
    ("typed", "tip"),
    [("12.34", 12_34), ("12", 12_00), ("12,3", 12_30), (" 5.00 ", 5_00), ("50.00", 50_00)],
)
def test_captures_with_the_tip_on_the_receipt(sign_in, approved, typed, tip):
    press(sign_in("manager"), approved, "capture-with-tip", tip=typed)

    approved.refresh_from_db()
    assert approved.tip_amount == tip
    assert StripeRequest.objects.get().params["amount_to_capture"] == 30_00 + tip


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0",
        "0.00",
        "-1",
        "+1",
        "1,234",
        "1.234",
        "1.",
        ".5",
        "1e2",
        "ten",
        "$5",
        "١٢",
        "1 2",
        "9" * 19,
    ],
)
def test_refuses_what_is_no_tip(sign_in, approved, typed):
    answer = press(sign_in("manager"), approved, "capture-with-tip", tip=typed)

    assert answer.status_code == 200
    assert answer.context["form"].errors["tip"]
    assert not StripeRequest.objects.exists()


def test_says_the_highest_tip_and_holds_to_it(sign_in, approved):
    client = sign_in("manager")

    assert "50.00 USD" in client.get(page(approved, "capture-with-tip")).content.decode()
    answer = press(client, approved, "capture-with-tip", tip="50.01")

    assert "the tip may be up to 50.00 USD" in answer.content.decode()
    assert not StripeRequest.objects.exists()


def test_takes_half_of_a_large_hold_as_tip(sign_in, approved):
    Payment.objects.filter(pk=approved.pk).update(
        amount=400_00, amount_authorized=400_00, amount_capturable=400_00
    )

    press(sign_in("manager"), approved, "capture-with-tip", tip="200.00")

    assert StripeRequest.objects.get().params["amount_to_capture"] == 600_00


@pytest.mark.parametrize("change", [{"overcapture_supported": False}, {"store": "GB"}])
def test_offers_no_tip_where_stripe_takes_none(sign_in, approved, change):
    if "store" in change:
        approved.store.country = change["store"]
        approved.store.save()
    else:
        Payment.objects.filter(pk=approved.pk).update(**change)
    client = sign_in("manager")

    assert "capture-with-tip" not in client.get(page(approved)).content.decode()
    answer = press(client, approved, "capture-with-tip", tip="1.00")

    assert "takes no tip" in said(answer, client)
    assert not StripeRequest.objects.exists()


@pytest.mark.parametrize(
    ("currency", "typed", "amount"),
    [("jpy", "500", 500), ("jpy", "5.0", None), ("kwd", "1.500", 1_500)],
)
def test_reads_a_tip_in_the_decimals_of_the_currency(currency, typed, amount):
    field = TipField(currency, most=10_000)
    if amount is None:
        with pytest.raises(ValidationError):
            field.clean(typed)
    else:
        assert field.clean(typed) == amount


@pytest.mark.parametrize("button", ["capture-with-tip", "release"])
def test_leaves_tips_and_releases_to_managers(sign_in, approved, button):
    client = sign_in("cashier")

    assert client.get(page(approved, button)).status_code == 403
    assert client.post(page(approved, button), {"tip": "1.00"}).status_code == 403
    assert f"/{button}/" not in client.get(page(approved)).content.decode()
    assert not StripeRequest.objects.exists()


# Release, cancel, check


def test_releases_a_hold(sign_in, staff, store, approved):
    press(sign_in("manager"), approved, "release")

    request = StripeRequest.objects.get()
    assert request.kind == "payment_intent.cancel"
    assert request.stripe_account == store.stripe_account
    approved.refresh_from_db()
    assert approved.cancel_requested_at is not None
    assert LogEntry.objects.get(verb="cancel_requested").user == staff["manager"]


def test_cancels_an_open_payment(sign_in, store):
    payment = make(Payment, store)
    client = sign_in("cashier")

    assert "Cancel requested." in said(press(client, payment, "cancel"), client)
    assert "already on its way" in said(press(client, payment, "cancel"), client)
    assert StripeRequest.objects.get().kind == "payment_intent.cancel"


def test_cancels_nothing_that_was_approved_meanwhile(sign_in, approved):
    client = sign_in("cashier")

    answer = press(client, approved, "cancel")

    assert "Too late" in said(answer, client)
    assert not StripeRequest.objects.exists()


def test_rings_to_check_with_stripe(sign_in, store):
    payment = make(Payment, store)
    client = sign_in("cashier")

    answer = press(client, payment, "check-status")

    payment.refresh_from_db()
    assert payment.rung_at is not None
    assert "Stripe is being asked" in said(answer, client)


# Readers


@pytest.mark.parametrize("name", ["cashier", "manager"])
def test_has_a_reader_read_anew(sign_in, store, name):
    reader = make(Reader, store)
    client = sign_in(name)

    answer = press(client, reader, "refresh")

    reader.refresh_from_db()
    assert reader.rung_at is not None
    assert answer.url == page(reader)
    assert "Stripe is being asked about this reader" in client.get(answer.url).content.decode()


def test_has_all_chosen_readers_read_anew_but_no_others(sign_in, store, other_store):
    mine, theirs = make(Reader, store), make(Reader, other_store)
    chosen = {"action": "refresh_all", "_selected_action": [mine.pk, theirs.pk]}

    sign_in("cashier").post("/admin/terminal/reader/", chosen)

    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert mine.rung_at is not None
    assert theirs.rung_at is None


def test_names_the_sale_that_freeing_a_reader_stops(sign_in, held):
    text = sign_in("cashier").get(page(held.reader, "free")).content.decode()

    assert f"Stop order {held.payment.order.number} on {held.reader.label}?" in text
    assert "10.00 USD" in text
    assert "Waiting for a card" in text
    assert "it is too late" in text


@pytest.mark.parametrize("name", ["cashier", "manager"])
def test_frees_a_reader(sign_in, staff, store, held, name):
    client = sign_in(name)

    first = said(press(client, held.reader, "free"), client)
    second = said(press(client, held.reader, "free"), client)

    request = StripeRequest.objects.get()
    assert request.kind == "reader.cancel_action"
    assert request.path == f"/v1/terminal/readers/{held.reader.stripe_id}/cancel_action"
    assert request.stripe_account == store.stripe_account
    assert f"order {held.payment.order.number}" in first
    assert "being freed already" in second
    assert LogEntry.objects.get(verb="cancel_action_requested").user == staff[name]


def test_stops_no_other_sale_than_the_one_that_was_shown(sign_in, held):
    client = sign_in("cashier")
    stamp = client.get(page(held.reader, "free")).context["question"].stamp
    held.status, held.ended_at = ActionStatus.FAILED, held.requested_at
    held.save()
    next_payment = make(Payment, held.store)
    factories_money.ReaderActionFactory.create(payment=next_payment, reader=held.reader)

    answer = client.post(page(held.reader, "free"), {"stamp": stamp})

    assert answer.status_code == 200
    assert f"Stop order {next_payment.order.number} on" in answer.content.decode()
    assert not StripeRequest.objects.exists()


def test_warns_when_a_card_was_presented_already(sign_in, held):
    Payment.objects.filter(pk=held.payment.pk).update(state=State.AUTHORIZING)

    text = sign_in("cashier").get(page(held.reader, "free")).content.decode()

    assert "probably too late" in text


@pytest.mark.parametrize("status", [ActionStatus.REQUESTED, ActionStatus.UNKNOWN])
def test_frees_no_reader_that_has_not_taken_the_payment(sign_in, held, status):
    held.status, held.accepted_at = status, None
    held.save()
    client = sign_in("cashier")

    answer = press(client, held.reader, "free")

    assert "has not taken the payment yet" in said(answer, client)
    assert f"/{held.reader.pk}/free/" not in client.get(page(held.reader)).content.decode()
    assert not StripeRequest.objects.exists()


def test_frees_nothing_where_nothing_is(sign_in, store):
    reader = make(Reader, store)
    client = sign_in("manager")

    answer = press(client, reader, "free")

    assert "Nothing to free" in said(answer, client)
    assert f"/{reader.pk}/free/" not in client.get(page(reader)).content.decode()


# Incidents


def test_resolves_an_incident_with_a_note(sign_in, staff, store):
    incident = make(Incident, store)
    client = sign_in("manager")

    empty = press(client, incident, "resolve", resolution=" ")
    press(client, incident, "resolve", resolution="Asked Stripe; the charge is right.")
    again = press(client, incident, "resolve", resolution="Other words")

    assert "Write what was found" in empty.content.decode()
    incident.refresh_from_db()
    assert incident.resolved_by == staff["manager"]
    assert incident.resolution == "Asked Stripe; the charge is right."
    assert "resolved already" in said(again, client)
    assert LogEntry.objects.get(subject="incident").user == staff["manager"]


def test_keeps_the_note_of_who_was_first(staff, store):
    incident = make(Incident, store)
    by = Principal.of_user(staff["manager"])

    incidents.resolve(incident, by=by, resolution="First")
    with pytest.raises(incidents.IncidentResolved):
        incidents.resolve(incident, by=by, resolution="Second")

    incident.refresh_from_db()
    assert incident.resolution == "First"


def test_leaves_incidents_to_managers(sign_in, store):
    incident = make(Incident, store)
    client = sign_in("cashier")

    assert client.post(page(incident, "resolve"), {"resolution": "x"}).status_code == 403
    assert "/resolve/" not in client.get(page(incident)).content.decode()


def test_leaves_incidents_of_no_store_to_the_superuser(sign_in, staff):
    incident = factories_money.IncidentFactory.create(payment=None, store=None, stripe_account="")

    assert sign_in("manager").get(page(incident, "resolve")).status_code == 404
    press(sign_in("superuser"), incident, "resolve", resolution="Done")

    incident.refresh_from_db()
    assert incident.resolved_by == staff["superuser"]


# Transactions


@pytest.mark.django_db(transaction=True)
def test_opens_no_transaction_around_a_service(sign_in, approved, monkeypatch):
    """A service commits its promise itself, even where every other view is one transaction."""
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    seen = []

    def capture(*args, **kwargs):
        seen.append(connection.in_atomic_block)

    monkeypatch.setattr(captures, "capture", capture)

    press(sign_in("manager"), approved, "capture")

    assert seen == [False]


def test_asks_about_a_high_tip_before_it_captures(sign_in, approved):
    Payment.objects.filter(pk=approved.pk).update(
        reader_tip_amount=444_444, amount_capturable=30_00 + 444_444
    )
    client = sign_in("cashier")

    html = client.get(page(approved)).content.decode()
    assert page(approved, "capture-keeping-tip") in html
    assert f'"{page(approved, "capture")}"' not in html
    press(client, approved, "capture-without-tip")

    assert StripeRequest.objects.get().params["amount_to_capture"] == 30_00


def test_captures_the_lines_that_were_delivered(sign_in, store):
    lines: list[Line] = [
        {"description": "Burger", "unit_amount": 20_00, "quantity": 1},
        {"description": "Pie", "unit_amount": 10_00, "quantity": 1},
    ]
    payment = factories_money.ApprovedPaymentFactory.create(order=create_order(store, lines))
    burger = payment.order.lines.get(description="Burger")

    press(sign_in("manager"), payment, "capture-part", lines=[burger.pk])

    assert StripeRequest.objects.get().params["amount_to_capture"] == 20_00
