"""Only what Stripe has signed with this endpoint's secret, just now, is let in."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator

import pytest
from django.core.exceptions import ValidationError
from djstripe.models import WebhookEndpoint

from payments.models import InboundEvent
from tests.hooks.conftest import Door, make_endpoint, make_event, rows, sign


@pytest.fixture
def door(either_door: Door, caplog) -> Iterator[Door]:
    """Every test is made of both ways in; nothing of what is sent gets into the logs."""
    yield either_door
    told = [record.getMessage() for record in caplog.get_records("call")]
    assert all(len(line) <= 300 and "evt_" not in line and "padding" not in line for line in told)


BODY = json.dumps(make_event())
NOW = time.time
ARABIC = "\N{ARABIC-INDIC DIGIT ONE}".encode().decode("latin-1") * 10  # as a header carries it


def mac(body: str = BODY, secret: str = "whsec_right", at: object = None) -> str:
    signed = f"{int(NOW()) if at is None else at}.{body}"
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()


def header(*signatures: str, at: object = None) -> str:
    return ",".join([f"t={int(NOW()) if at is None else at}", *signatures])


# What is sent in Stripe-Signature over BODY; None sends no such header.
REFUSED: dict[str, Callable[[], str | None]] = {
    "none": lambda: None,
    "empty": lambda: "",
    "garbage": lambda: "garbage",
    "only the time": lambda: header(),
    "only the signature": lambda: f"v1={mac()}",
    "a signature without a value": lambda: header("v1"),
    "wrong secret": lambda: sign(BODY, "whsec_wrong"),
    "empty secret": lambda: sign(BODY, ""),
    "v0 only": lambda: header(f"v0={mac()}"),
    "v1 with v0's scheme and a wrong v1": lambda: header(f"v0={mac()}", "v1=0"),
    "another body": lambda: sign(BODY + " "),
    "the body serialised anew": lambda: sign(json.dumps(json.loads(BODY), indent=2)),
    "in upper case": lambda: header(f"v1={mac().upper()}"),
    "truncated": lambda: header(f"v1={mac()[:-1]}"),
    "longer": lambda: header(f"v1={mac()}0"),
    "spaces": lambda: header(f" v1={mac()}"),
    "fifty wrong ones": lambda: header(*[f"v1={n:064x}" for n in range(50)]),
    "two times": lambda: f"t={int(NOW())},{header(f'v1={mac()}')}",
    "two times, the first in disguise": lambda: (
        f"t=9_999_999_999,{header(f'v1={mac(at=9_999_999_999)}')}"
    ),
    "no number": lambda: header(f"v1={mac(at='NaN')}", at="NaN"),
    "negative": lambda: header(f"v1={mac(at=-1)}", at=-1),
    "exponent": lambda: header(f"v1={mac(at='1e99')}", at="1e99"),
    "enormous": lambda: header(f"v1={mac(at=10**30)}", at=10**30),
    "digits of another script": lambda: header(
        f"v1={mac()}", at="١٧٣٠٠٠٠٠٠٠".encode().decode("l1")
    ),
    "superscript digits": lambda: header(f"v1={mac()}", at="1²³"),
    "a signature that is no ASCII": lambda: header("v1=\xe9\xff"),
    "too old": lambda: sign(BODY, at=NOW() - 301),
    "a year old": lambda: sign(BODY, at=NOW() - 365 * 86_400),
    "dated ahead": lambda: sign(BODY, at=NOW() + 302),
    "dated a day ahead": lambda: sign(BODY, at=NOW() + 86_400),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_and_stores_nothing(door, caplog, case):
    before = rows()

    answer = door.post(BODY, REFUSED[case]())

    assert answer.status_code == 400
    assert rows() == before
    assert len(caplog.records) <= 1
    assert all(len(line) <= 300 and "evt_" not in line for line in caplog.messages)


def test_takes_what_is_signed_with_the_endpoints_secret(door):
    assert door.post(BODY, sign(BODY)).status_code == 200

    event = InboundEvent.objects.get()
    assert event.body == BODY
    assert event.endpoint == door.endpoint.djstripe_uuid


@pytest.mark.parametrize("seconds", [-298, 298])
def test_takes_a_delivery_within_five_minutes_of_our_clock(door, seconds):
    assert door.post(BODY, sign(BODY, at=NOW() + seconds)).status_code == 200


def test_takes_one_right_signature_among_several(door):
    """While a secret is rolled, Stripe signs with the old one and the new one."""
    assert door.post(BODY, header(f"v1={'0' * 64}", f"v1={mac()}")).status_code == 200
    assert InboundEvent.objects.count() == 1


def test_refuses_what_another_endpoints_secret_has_signed(door):
    make_endpoint("whsec_other")
    before = rows()

    assert door.post(BODY, sign(BODY, "whsec_other")).status_code == 400
    assert rows() == before


@pytest.mark.parametrize("debug", [False, True])
def test_a_header_cannot_bring_its_own_secret(door, settings, debug):
    """dj-stripe's view takes it from anybody while DEBUG is on."""
    settings.DEBUG = debug
    header = {"x-djstripe-webhook-secret": "whsec_mine"}

    assert door.post(BODY, sign(BODY, "whsec_mine"), headers=header).status_code == 400
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize("validation", ["none", "retrieve_event"])
def test_verifies_whatever_the_endpoints_row_says_about_validation(door, validation):
    WebhookEndpoint.objects.update(
        djstripe_validation_method=validation,
        djstripe_tolerance=0,  # dj-stripe takes this for "any age"
    )

    assert door.post(BODY, "").status_code == 400
    assert door.post(BODY, sign(BODY, at=NOW() - 86_400)).status_code == 400
    assert not InboundEvent.objects.exists()


def test_an_endpoint_without_a_secret_takes_nothing(door):
    WebhookEndpoint.objects.update(secret="")

    assert door.post(BODY, sign(BODY, "")).status_code == 400
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"djstripe_tolerance": 0},
        {"djstripe_validation_method": "none"},
        {"djstripe_validation_method": "retrieve_event"},
        {"secret": ""},
    ],
    ids=str,
)
def test_saves_no_endpoint_that_is_open_to_anybody(door, wrong):
    with pytest.raises(ValidationError):
        make_endpoint(**wrong)
    for name, value in wrong.items():
        setattr(door.endpoint, name, value)
    with pytest.raises(ValidationError):
        door.endpoint.save()


def test_a_rolled_secret_is_known_when_the_minute_is_over(door, monkeypatch):
    assert door.deliver(make_event()).status_code == 200
    door.endpoint.secret = "whsec_new"
    door.endpoint.save()
    both = f"{sign(BODY)},{sign(BODY, 'whsec_new').partition(',')[2]}"

    assert door.post(BODY, both).status_code == 200
    assert door.post(BODY, sign(BODY, "whsec_new")).status_code == 400
    later = time.monotonic() + 61
    monkeypatch.setattr("time.monotonic", lambda: later)
    assert door.post(BODY, sign(BODY, "whsec_new")).status_code == 200
    assert door.post(BODY, both).status_code == 200
    assert door.post(BODY, sign(BODY)).status_code == 400
