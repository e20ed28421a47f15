"""Tablets and their tokens: stores/services/devices.py. It …"""

import base64
import hashlib
from datetime import timedelta

import pytest
from django.utils.timezone import now

from stores import services
from stores.models import Device, LogEntry
from stores.principals import Principal
from stores.services import devices


def test_keeps_only_the_hash_of_a_token_of_256_bits(store):
    device, token = services.pair_device(store, "Till 1")

    prefix, secret = token[:11], token[11:]
    assert prefix == "rtl_device_"
    assert len(base64.urlsafe_b64decode(secret + "=")) >= 32
    device.refresh_from_db()
    assert device.token_hash == hashlib.sha256(token.encode()).hexdigest()
    row = Device.objects.filter(pk=device.pk).values().get()
    assert secret not in str(row)
    assert secret not in str(list(LogEntry.objects.values()))


def test_never_gives_a_token_twice(store):
    tokens = {services.pair_device(store, f"Till {n}")[1] for n in range(20)}

    assert len(tokens) == 20


def test_knows_a_device_by_its_token(store, django_assert_num_queries):
    device, token = services.pair_device(store, "Till 1")
    services.authenticate_device(token)

    with django_assert_num_queries(1):
        known = services.authenticate_device(token)
        assert known is not None
        assert known.store.account == store.account

    assert known == device


@pytest.mark.parametrize("wrong", ["", "rtl_device_", "rtl_device_" + "x" * 43, "Bearer", "\x00"])
def test_knows_nobody_by_a_wrong_token(store, wrong):
    services.pair_device(store, "Till 1")

    assert services.authenticate_device(wrong) is None


def test_does_not_take_the_hash_for_the_token(store):
    device, _ = services.pair_device(store, "Till 1")

    assert services.authenticate_device(device.token_hash) is None


def test_no_longer_knows_a_revoked_device(store, manager):
    device, token = services.pair_device(store, "Till 1")

    assert services.revoke_device(device, by=Principal.of_user(manager)) is True
    assert services.revoke_device(device) is False

    assert services.authenticate_device(token) is None
    assert device.revoked_at is not None
    assert list(LogEntry.objects.order_by("id").values_list("verb", "user")) == [
        ("paired", None),
        ("revoked", manager.pk),
    ]


def test_pairs_a_device_again_and_forgets_its_old_token(store):
    device, old = services.pair_device(store, "Till 1")
    services.revoke_device(device)

    new = services.pair_again(device)

    assert services.authenticate_device(old) is None
    assert services.authenticate_device(new) == device


def test_pairs_a_device_again_and_forgets_the_token_before_its_last_one(store):
    device, first = services.pair_device(store, "Till 1")
    second, _ = devices.rotate_token(device, first)
    assert services.authenticate_device(first) == device
    device.refresh_from_db()

    services.pair_again(device)

    assert services.authenticate_device(first) is None
    assert services.authenticate_device(second) is None


def test_notes_at_most_once_a_minute_that_a_device_was_seen(store, django_assert_num_queries):
    device, token = services.pair_device(store, "Till 1")
    with django_assert_num_queries(2):
        services.authenticate_device(token)
    first = Device.objects.get().last_seen_at
    with django_assert_num_queries(1):
        services.authenticate_device(token)
    assert Device.objects.get().last_seen_at == first

    Device.objects.update(last_seen_at=now() - timedelta(seconds=61))
    with django_assert_num_queries(2):
        services.authenticate_device(token)

    seen = Device.objects.get(pk=device.pk).last_seen_at
    assert seen is not None
    assert seen > now() - timedelta(seconds=5)
