"""Who gets into the admin, with what, and for how long. It …"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from stores.errors import SecretRefused, TooManyTries
from stores.models import (
    Device,
    FailedTry,
    LogEntry,
    RecoveryCode,
    Role,
    SupportAccess,
    SupportPerson,
)
from stores.services import second_factor, sessions
from stores.services.tries import Limit, counted
from tests import factories

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
INDEX = "/admin/"
ORDERS = "/admin/stores/order/"


@pytest.fixture
def store():
    return factories.StoreFactory.create()


@pytest.fixture(autouse=True)
def required(settings):
    settings.SECOND_FACTOR_REQUIRED = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def person(store, role, name="anna") -> User:
    user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
    if role is not None:
        factories.MembershipFactory.create(store=store, user=user, role=role)
    return user


def sign_in(client, name="anna", password=PASSWORD, **extra):
    return client.post(
        f"{reverse('admin:login')}?next={ORDERS}",
        {"username": name, "password": password, "next": ORDERS},
        **extra,
    )


def code_of(user, ahead=0):
    device = TOTPDevice.objects.get(user=user)
    totp = TOTP(device.bin_key)
    totp.time = time.time() + 30 * ahead
    return f"{totp.token():06}"


def enrolled(user):
    """So long ago that the code of now was not used."""
    second_factor.enrol(user)
    recovery_codes = second_factor.confirm(user, code_of(user))
    TOTPDevice.objects.filter(user=user).update(last_t=-1)
    return recovery_codes


def stands_in(client):
    return client.get(ORDERS).status_code == 200


def age(client, key, seconds):
    session = client.session
    session[key] -= seconds
    session.save()


def test_lets_a_cashier_in_with_a_password(client, store):
    person(store, Role.CASHIER)

    assert sign_in(client).headers["Location"] == ORDERS
    assert stands_in(client)
    assert LogEntry.objects.get(verb="signed_in", user__username="anna")


@pytest.mark.parametrize("role", [Role.MANAGER, Role.OWNER, "platform owner", "support"])
def test_has_managers_and_up_set_up_a_second_factor_first(client, store, role):
    user = person(store, role if isinstance(role, Role) else None)
    if role == "platform owner":
        User.objects.filter(pk=user.pk).update(is_superuser=True)
    if role == "support":
        SupportPerson.objects.create(user=user)
    sign_in(client)

    assert not stands_in(client)
    assert client.get("/api/v1/orders/").status_code == 401
    page = client.get(client.get(ORDERS).headers["Location"], follow=True)
    text = page.content.decode()
    assert "authenticator app" in text
    assert "<svg" in text
    done = client.post(reverse("admin:second_factor"), {"code": code_of(user), "next": ORDERS})
    assert len(done.context["codes"]) == 10
    assert "no-store" in done.headers["Cache-Control"]
    assert client.get(INDEX).status_code == 200
    assert client.get("/api/v1/stores/").status_code == 200
    assert LogEntry.objects.filter(verb="second_factor_added", user=user).exists()


def test_asks_for_a_code_at_every_sign_in_and_takes_each_once(client, store):
    user = person(store, Role.MANAGER)
    enrolled(user)
    sign_in(client)

    assert not stands_in(client)
    address = reverse("admin:second_factor")
    assert "not right" in client.post(address, {"code": "000000"}).content.decode()
    code = code_of(user)
    assert client.post(address, {"code": code, "next": ORDERS}).headers["Location"] == ORDERS
    assert stands_in(client)
    other = Client()
    sign_in(other)
    other.post(address, {"code": code})
    assert not stands_in(other)


def test_wants_a_code_again_of_who_signs_in_again(client, store):
    user = person(store, Role.MANAGER)
    enrolled(user)
    sign_in(client)
    client.post(reverse("admin:second_factor"), {"code": code_of(user)})
    assert stands_in(client)

    sign_in(client)

    assert not stands_in(client)


def test_shows_the_secret_of_a_second_factor_to_nobody_once_it_is_in_use(client, store):
    user = person(store, Role.MANAGER)
    enrolled(user)
    sign_in(client)

    text = client.get(reverse("admin:second_factor")).content.decode()

    device = TOTPDevice.objects.get(user=user)
    assert second_factor.shown_secret(device) not in text
    assert "pairing-qr" not in text
    with pytest.raises(SecretRefused):
        second_factor.confirm(user, code_of(user, ahead=1))


def test_takes_each_recovery_code_once(client, store):
    user = person(store, Role.MANAGER)
    code, *_ = enrolled(user)

    for tab, gets_in in ((client, True), (Client(), False)):
        sign_in(tab)
        tab.post(reverse("admin:second_factor"), {"code": code.upper()})
        assert stands_in(tab) == gets_in
    assert code.replace("-", "") not in str(list(RecoveryCode.objects.values()))


def test_takes_a_recovery_code_of_nobody_else(client, store):
    enrolled(person(store, Role.MANAGER))
    code, *_ = enrolled(person(store, Role.MANAGER, name="berta"))
    sign_in(client)

    client.post(reverse("admin:second_factor"), {"code": code})

    assert not stands_in(client)
    assert not RecoveryCode.objects.exclude(used_at=None).exists()


@pytest.mark.parametrize("required", [True, False])
def test_asks_everybody_who_has_a_second_factor_for_it(client, store, settings, required):
    settings.SECOND_FACTOR_REQUIRED = required
    user = person(store, Role.CASHIER)
    enrolled(user)
    sign_in(client)

    assert not stands_in(client)
    client.post(reverse("admin:second_factor"), {"code": code_of(user)})
    assert stands_in(client)


def test_takes_a_promoted_cashier_no_further_without_a_second_factor(client, store):
    user = person(store, Role.CASHIER)
    sign_in(client)
    assert stands_in(client)

    user.memberships.update(role=Role.MANAGER)

    assert not stands_in(client)


def test_may_be_told_that_no_second_factor_is_needed_and_says_so_on_every_page(
    client, store, settings
):
    settings.SECOND_FACTOR_REQUIRED = False
    person(store, Role.MANAGER)
    sign_in(client)

    assert "without a second factor" in client.get(ORDERS).content.decode()


def test_sends_nobody_to_a_foreign_page(client, store):
    user = person(store, Role.MANAGER)
    enrolled(user)
    sign_in(client)

    answer = client.post(
        reverse("admin:second_factor"), {"code": code_of(user), "next": "https://evil.example/"}
    )

    assert answer.headers["Location"] == INDEX


# Wrong ones


def test_refuses_a_name_from_an_address_after_five_wrong_passwords_and_says_until_when(
    client, store
):
    person(store, Role.CASHIER)
    person(store, Role.CASHIER, "berta")
    for _ in range(5):
        sign_in(client, password="wrong")

    text = sign_in(client).content.decode()
    assert "Too many wrong tries. Try again at" in text
    assert not stands_in(client)
    sign_in(client, name="berta")
    assert stands_in(client)  # the others of the shop, behind the same address
    elsewhere = Client()
    sign_in(elsewhere, REMOTE_ADDR="10.0.0.9")
    assert stands_in(elsewhere)  # and who has the name is not kept out from elsewhere


def test_counts_by_the_address_that_a_proxy_names(client, store, settings):
    settings.CLIENT_ADDRESS_HEADER = "X-Real-IP"
    person(store, Role.CASHIER)
    for _ in range(6):
        sign_in(client, password="wrong", HTTP_X_REAL_IP="198.51.100.7")
    sign_in(client, HTTP_X_REAL_IP="198.51.100.7")
    assert not stands_in(client)
    elsewhere = Client()  # by the same proxy
    sign_in(elsewhere, HTTP_X_REAL_IP="203.0.113.9")
    assert stands_in(elsewhere)


def test_believes_no_such_header_without_a_proxy(client, store):
    person(store, Role.CASHIER)
    for number in range(6):
        sign_in(client, password="wrong", HTTP_X_REAL_IP=f"198.51.100.{number}")
    sign_in(client, HTTP_X_REAL_IP="203.0.113.9")
    assert not stands_in(client)


def test_lets_in_again_when_the_time_is_over(client, store):
    person(store, Role.CASHIER)
    for _ in range(5):
        sign_in(client, password="wrong")
    oldest = FailedTry.objects.order_by("at").first()
    sign_in(client)  # refused, and not counted
    assert oldest is not None
    FailedTry.objects.filter(pk=oldest.pk).update(at="2020-01-01T00:00Z")
    FailedTry.objects.filter(subject__startswith="sign_in:").delete()

    sign_in(client)

    assert stands_in(client)


def test_writes_no_name_that_was_typed(client, store):
    sign_in(client, name="my-password-in-the-wrong-field")

    assert "my-password" not in str(list(FailedTry.objects.values()))


def test_counts_wrong_codes(store):
    user = person(store, Role.MANAGER)
    enrolled(user)
    for _ in range(5):
        with pytest.raises(SecretRefused):
            second_factor.verify(user, "000000")

    with pytest.raises(TooManyTries):
        second_factor.verify(user, code_of(user))


@pytest.mark.django_db(transaction=True)
def test_lets_no_more_through_when_all_try_at_once():
    limit = Limit("x", 5, timedelta(minutes=5))

    def attempt(_):
        try:
            with counted(limit):
                return True
        except TooManyTries:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(40))) <= 5


# Sessions


@pytest.mark.parametrize(
    ("key", "seconds"), [(sessions.SEEN, 31 * 60), (sessions.SIGNED_IN, 12 * 3600 + 1)]
)
def test_ends_a_session_nobody_used_and_one_of_yesterday(client, store, key, seconds):
    client.force_login(person(store, Role.CASHIER))
    assert stands_in(client)

    age(client, key, seconds)

    assert not stands_in(client)
    assert client.get("/api/v1/orders/").status_code == 401


def test_keeps_a_session_that_is_used_but_not_by_a_page_that_follows_by_itself(client, store):
    client.force_login(person(store, Role.CASHIER))
    age(client, sessions.SEEN, 20 * 60)
    seen = client.session[sessions.SEEN]

    client.get("/admin/payments/payment/1/state/")
    assert client.session[sessions.SEEN] == seen
    stands_in(client)
    assert client.session[sessions.SEEN] > seen


def test_ends_all_sessions_with_a_new_password(client, store):
    user = person(store, Role.CASHIER)
    client.force_login(user)
    user.set_password("another horse entirely")
    user.save()

    assert not stands_in(client)
    assert client.get("/api/v1/orders/").status_code == 401


def test_gives_the_session_a_new_name_at_each_step(client, store):
    user = person(store, Role.MANAGER)
    enrolled(user)
    sign_in(client)
    before = client.session.session_key
    client.post(reverse("admin:second_factor"), {"code": code_of(user)})

    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


# Again


def test_asks_again_before_a_tablet_is_paired(client, store):
    user = person(store, Role.MANAGER)
    enrolled(user)
    sign_in(client)
    client.post(reverse("admin:second_factor"), {"code": code_of(user)})
    device = Device.objects.create(store=store, name="Till", token_hash="0" * 64)
    pairing = reverse("admin:stores_device_pairing", args=[device.pk])
    assert client.get(pairing).status_code == 200

    age(client, sessions.CONFIRMED, 6 * 60)

    for answer in (client.get(pairing), client.post(pairing)):
        assert answer.headers["Location"] == f"{reverse('admin:confirm')}?next={pairing}".replace(
            pairing, pairing.replace("/", "%2F")
        )
    assert not LogEntry.objects.filter(verb="pairing_offered").exists()
    confirm = reverse("admin:confirm")
    assert "not right" in client.post(confirm, {"secret": "wrong"}).content.decode()
    assert client.get(pairing).status_code == 302
    answer = client.post(confirm, {"secret": PASSWORD, "next": pairing})
    assert answer.headers["Location"] == pairing
    assert client.get(pairing).status_code == 200


@pytest.mark.parametrize("model", ["payments_feeplan", "terminal_chargemodelswitch"])
def test_asks_again_before_the_platform_changes_what_a_store_pays_or_how_it_charges(
    client, settings, model
):
    settings.SECOND_FACTOR_REQUIRED = False
    client.force_login(factories.UserFactory.create(is_superuser=True))
    address = reverse(f"admin:{model}_add")
    assert client.get(address).status_code == 200

    age(client, sessions.CONFIRMED, 6 * 60)

    for answer in (client.get(address), client.post(address)):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(reverse("admin:confirm"))


# Support


@pytest.fixture
def as_support(client, store):
    user = person(store, None, "sue")
    SupportPerson.objects.create(user=user)
    enrolled(user)
    sign_in(client, name="sue")
    client.post(reverse("admin:second_factor"), {"code": code_of(user)})
    return client


def test_shows_support_nothing_before_it_says_why(as_support, store):
    factories.OrderFactory.create(store=store)

    assert as_support.get(ORDERS).status_code == 403
    assert as_support.get("/api/v1/orders/").json()["results"] == []
    as_support.post(reverse("admin:support"), {"reason": "short"})
    assert not SupportAccess.objects.exists()


def test_shows_support_all_for_an_hour_and_lets_it_change_nothing(as_support, store):
    order = factories.OrderFactory.create(store=store)
    product = factories.ProductFactory.create(store=store, name="Latte")
    as_support.post(reverse("admin:support"), {"reason": "Ticket 4711: order looks doubled"})

    shown = as_support.get(ORDERS)
    assert list(shown.context["cl"].queryset) == [order]
    assert "Ticket 4711" in shown.content.decode()
    assert len(as_support.get("/api/v1/orders/").json()["results"]) == 1
    entry = LogEntry.objects.get(verb="opened")
    assert (str(entry.user), entry.data["reason"][:11]) == ("sue", "Ticket 4711")
    change = reverse("admin:stores_product_change", args=[product.pk])
    assert as_support.post(change, {"name": "Mocha"}).status_code == 403
    assert as_support.post(f"/api/v1/orders/{order.pk}/cancel/").status_code == 403
    order.refresh_from_db()
    assert order.status == "open"

    SupportAccess.objects.update(ends_at=SupportAccess.objects.get().opened_at.replace(year=2100))
    as_support.post(reverse("admin:support"), {"close": "1"})
    assert as_support.get(ORDERS).status_code == 403
    assert LogEntry.objects.filter(verb="closed").exists()


def test_ends_the_look_of_support_by_itself(as_support, store):
    as_support.post(reverse("admin:support"), {"reason": "Ticket 4711: order looks doubled"})
    access = SupportAccess.objects.get()
    SupportAccess.objects.update(opened_at=access.opened_at.replace(year=2020))

    SupportAccess.objects.update(ends_at=access.opened_at)

    assert as_support.get(ORDERS).status_code == 403


def test_lets_nobody_else_look_as_support(client, store):
    client.force_login(person(store, Role.CASHIER))

    text = client.post(
        reverse("admin:support"), {"reason": "Ticket 4711: order looks doubled"}
    ).content.decode()

    assert "Only the platform&#x27;s support" in text
    assert not SupportAccess.objects.exists()
