"""`GET /api/v1/live/`. It …"""

import asyncio
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from datetime import timedelta

import httpx
import psycopg
import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from payments.models import AccountMoney, Payment
from payments.services import accounts
from payments.services.bells import LIVE, notify
from retail.embedded.family import Family
from retail.live.events import load_payments
from retail.live.hub import hub
from retail.live.threads import in_thread
from stores.sentences import said
from stores.services import pair_device, revoke_device
from tests import factories, factories_money, services
from tests.live.conftest import HEARTBEAT, PATIENCE, Stream, change, following, resources, serve

pytestmark = pytest.mark.processes


def test_sends_what_is_open_and_then_every_change(server, headers, payment, reader):
    with following(server, headers) as stream:
        first = stream.until("ready")
        change(payment)
        [event] = stream.until("payment")

    assert stream.response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert [one["id"] for one in resources(first, "payment")] == [payment.pk]
    assert [one["id"] for one in resources(first, "reader")] == [reader.pk]
    assert event["id"] == f"payment:{payment.pk}:2"
    [shown] = resources([event], "payment")
    assert shown == httpx.get(f"{server.url}/payments/{payment.pk}/", headers=headers).json()


def test_says_what_is_new_in_the_language_of_each_who_listens(server, headers, payment):
    payment.spoken = said("Waiting for a card on {reader}.", reader="Till 1")
    payment.save()
    canadian = headers | {"Accept-Language": "fr-CA"}
    words = "En attente d’une carte sur Till 1."  # noqa: RUF001
    with following(server, headers) as english, following(server, canadian) as french:
        assert resources(french.until("ready"), "payment")[0]["message"] == words
        english.until("ready")
        change(payment)
        [told], [dit] = english.until("payment"), french.until("payment")

    assert resources([told], "payment")[0]["message"] == payment.message
    assert resources([dit], "payment")[0]["message"] == words
    polled = httpx.get(f"{server.url}/live/payments/{payment.pk}/", headers=canadian).json()
    assert polled["message"] == words


def test_sends_a_reader_when_a_sale_takes_it(server, headers, payment, reader):
    with following(server, headers) as stream:
        stream.until("ready")
        factories_money.ReaderActionFactory.create(payment=payment, reader=reader)
        change(payment)
        events = stream.until("reader")

    assert resources(events, "reader")[0]["is_busy_with"]["payment"] == payment.pk


def test_sends_nothing_of_other_stores(server, headers, payment):
    foreign = factories_money.PaymentFactory.create()
    with following(server, headers) as stream:
        first = stream.until("ready")
        change(foreign)
        change(payment)
        [event] = stream.until("payment")

    assert [one["id"] for one in resources(first, "payment")] == [payment.pk]
    assert resources([event], "payment")[0]["id"] == payment.pk


def test_leaves_out_what_ended_long_ago(server, headers, device):
    order = factories.OrderFactory.create(store=device.store)
    recent = factories_money.PaidPaymentFactory.create(order=order)
    old = factories_money.PaidPaymentFactory.create(order=order)
    Payment.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(minutes=11))

    with following(server, headers) as stream:
        first = stream.until("ready")

    assert [one["id"] for one in resources(first, "payment")] == [recent.pk]


def test_loads_a_change_once_for_all_clients(payment, monkeypatch):
    """Seen from inside: a hub in this process, in a thread whose signals are nobody's."""
    loads = []

    def counted(keys, languages):
        loads.append((set(keys), languages))
        return load_payments(keys, languages)

    async def watch():
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(hub().subscribe(lambda event: True, language))
                for language in ["en", "fr-ca"] * 10
            ]
            await in_thread(change, payment)
            seen = [await client.take(PATIENCE) for client in clients]
        hub().close()
        await in_thread(connections.close_all)
        return seen

    monkeypatch.setattr("retail.live.hub.load_payments", counted)
    with ThreadPoolExecutor(1) as other:
        seen = other.submit(asyncio.run, watch()).result(timeout=30)

    assert [[event.version for event in events] for events in seen] == [[2]] * 20
    assert loads == [({("payment", payment.pk)}, {"en", "fr-ca"})]


def test_holds_no_database_connection_per_client(server, headers):
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(following(server, headers)).until("ready")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE application_name = 'retail live'), count(*)"
                " FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid()"
            )
            listening, all_of_them = cursor.fetchone()

    assert listening == 1
    assert all_of_them <= 14  # four of them may be those of webhooks


def test_gives_signs_of_life(server, headers):
    with following(server, headers) as stream:
        stream.until("ready")
        started = time.monotonic()
        assert stream.next() == {"comment": "heartbeat"}
        assert stream.next() == {"comment": "heartbeat"}

    assert time.monotonic() - started < 4 * HEARTBEAT


def test_ends_when_the_device_is_revoked(server, headers, device, payment):
    with following(server, headers) as stream:
        stream.until("ready")
        revoke_device(device)
        [event] = stream.until("end")
        assert stream.next() == {"event": "closed"}

    assert resources([event], "end")[0]["code"] == "token_invalid"


def test_ends_at_once_when_the_device_is_revoked(tmp_path, headers, device):
    """Not at the next heartbeat."""
    with (
        Family() as family,
        serve(family, tmp_path, LIVE_HEARTBEAT="60") as patient,
        following(patient, headers) as stream,
    ):
        stream.until("ready")
        revoke_device(device)
        stream.until("end")


def test_ends_when_the_tablet_is_paired_again(server, headers, device):
    from stores.services import pair_again

    with following(server, headers) as stream:
        stream.until("ready")
        pair_again(device)
        stream.until("end")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer rtl_device_wrong"}])
def test_lets_nobody_in_without_a_token(server, headers):
    response = httpx.get(f"{server.url}/live/", headers=headers)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.secrets
def test_takes_no_token_from_the_url(server, paired):
    """Whoever sends it there has written it into every log on the way."""
    response = httpx.get(f"{server.url}/live/?token={paired[1]}&access_token={paired[1]}")

    assert response.status_code == 400
    assert response.json()["code"] == "invalid_request"


def test_takes_nothing_but_get(server, headers):
    response = httpx.post(f"{server.url}/live/", headers=headers)

    assert (response.status_code, response.headers["Allow"]) == (405, "GET")
    assert response.json()["code"] == "method_not_allowed"


class TestStaff:
    """With the admin's session it …"""

    def test_shows_the_stores_they_work_in_until_they_log_out(self, server, payment):
        user = factories.MembershipFactory.create(store=payment.store).user
        factories_money.PaymentFactory.create()
        browser = Client()
        browser.force_login(user)
        cookies = {"sessionid": browser.cookies["sessionid"].value}

        with following(server, {}, cookies=cookies) as stream:
            first = stream.until("ready")
            browser.logout()
            [event] = stream.until("end")

        assert [one["id"] for one in resources(first, "payment")] == [payment.pk]
        assert resources([event], "end")[0]["code"] == "not_authenticated"

    def test_notices_that_a_membership_ended(self, server, payment):
        membership = factories.MembershipFactory.create(store=payment.store)
        browser = Client()
        browser.force_login(membership.user)
        cookies = {"sessionid": browser.cookies["sessionid"].value}

        with following(server, {}, cookies=cookies) as stream:
            stream.until("ready")
            membership.delete()
            stream.next()  # two signs of life: they have been looked up again
            stream.next()
            change(payment)
            assert stream.next() == {"comment": "heartbeat"}


class TestOfAnAccount:
    """`GET /api/v1/live/accounts/{id}/`, for the pages that show one. It …"""

    def test_rings_when_its_money_was_read_and_for_nothing_else(self, server, headers, device):
        account, other = device.store.account, factories.AccountFactory.create()
        with (
            following(server, headers, of=f"accounts/{account.pk}/") as stream,
            following(server, headers) as all_of_it,
        ):
            [first] = resources(stream.until("ready"), "account")
            all_of_it.until("ready")
            change(factories_money.PaymentFactory.create(order__store=device.store))
            read_money(other)
            read_money(account)
            events = stream.until("account")
            told = all_of_it.until("payment")

        assert [event["event"] for event in events] == ["account"]
        [news] = resources(events, "account")
        assert news == {"id": account.pk, "version": accounts.version(account)}
        assert news["version"] > first["version"]
        assert [event["event"] for event in told] == ["payment"]

    def test_ends_when_they_work_there_no_more(self, server):
        membership = factories.MembershipFactory.create()
        browser = Client()
        browser.force_login(membership.user)
        cookies = {"sessionid": browser.cookies["sessionid"].value}
        of = f"accounts/{membership.store.account_id}/"

        with following(server, {}, of=of, cookies=cookies) as stream:
            stream.until("ready")
            membership.delete()
            [event] = stream.until("end")

        assert resources([event], "end")[0]["code"] == "not_found"


def read_money(account) -> None:
    """As a payout's event has it done, in short."""
    with transaction.atomic():
        AccountMoney.objects.update_or_create(account=account, defaults={"read_at": timezone.now()})
        accounts.ring(account)
    account.refresh_from_db()


def test_tells_everything_again_after_the_database_went_away(server, headers, payment):
    with following(server, headers) as stream:
        stream.until("ready")
        with psycopg.connect(services.current().database_url(), autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'retail live' AND datname = current_database()"
            )
            Payment.objects.filter(pk=payment.pk).update(state="paid", version=5)
        events = stream.until("ready")

    assert events[0]["event"] == "resync"
    assert resources(events, "payment")[0]["state"] == "paid"


def test_ignores_what_it_does_not_understand(server, headers, payment):
    with following(server, headers) as stream:
        stream.until("ready")
        notify(LIVE, "nonsense")
        notify(LIVE, "payment", "x", 1)
        notify(LIVE, "payment", 10**9, payment.store_id)
        change(payment)

        assert stream.until("payment")[0]["id"] == f"payment:{payment.pk}:2"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_lets_the_server_stop(headers, payment, tmp_path, number):
    with Family() as family, serve(family, tmp_path) as server, ExitStack() as stack:
        streams = [stack.enter_context(following(server, headers)) for _ in range(3)]
        for stream in streams:
            stream.until("ready")
        started = time.monotonic()
        server.child.process.send_signal(number)

        assert [ended(stream) for stream in streams] == [True] * 3
        server.child.process.wait(timeout=5)

    assert time.monotonic() - started < 3


def ended(stream: Stream) -> bool:
    """Whether the server closed it, and did not go on with signs of life."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and (one := stream.next()).keys() == {"comment"}:
        pass
    return one == {"event": "closed"}


def test_is_not_served_by_a_wsgi_server(client, paired):
    """Django's synchronous test client is one."""
    response = client.get("/api/v1/live/", headers={"Authorization": f"Bearer {paired[1]}"})

    assert (response.status_code, response.json()["code"]) == (501, "live_needs_asgi")


def test_pairs_another_store(server):
    """A stranger's stream is there, and tells of nobody's sales."""
    stranger = pair_device(factories.StoreFactory.create(), "Stranger's")[1]
    factories_money.PaymentFactory.create()

    with following(server, {"Authorization": f"Bearer {stranger}"}) as stream:
        assert [one.get("event") for one in stream.until("ready")] == ["status", "ready"]
