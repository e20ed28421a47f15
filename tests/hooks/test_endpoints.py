"""`register_webhook_endpoints`: four at Stripe, and their secrets in dj-stripe's rows only."""

from __future__ import annotations

import io
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from djstripe.models import WebhookEndpoint

from payments import gateway, mirror
from payments.models import InboundEvent, StripeRequest
from payments.services import endpoints, requests
from payments.services.endpoints import DOORS
from tests.hooks.conftest import JSON, Door, make_event
from tests.hooks.test_mirror import tables_holding
from tests.stripe_double import Simulator

BASE = "https://shop.example"


@pytest.fixture(autouse=True)
def stripe_is_the_simulator(simulator: Simulator, db) -> None: ...


def register(base_url: str = BASE) -> str:
    """What the command prints."""
    out = io.StringIO()
    call_command("register_webhook_endpoints", base_url=base_url, stdout=out)
    return out.getvalue()


def at_stripe(simulator: Simulator) -> list[JSON]:
    return simulator.objects("webhook_endpoints")


def test_creates_each_door_for_the_platform_and_for_connected_accounts(simulator, settings):
    printed = register().split()

    there = at_stripe(simulator)
    scopes = sorted((e["metadata"]["door"], e["connect"]) for e in there)
    assert scopes == [("general", False), ("general", True), ("reader", False), ("reader", True)]
    assert sorted(printed) == sorted(e["url"] for e in there)
    for endpoint in there:
        door, name = endpoint["metadata"]["door"], endpoint["metadata"]["djstripe_uuid"]
        assert endpoint["url"] == f"{BASE}/hooks/{door}/{name}/"
        assert endpoint["enabled_events"] == DOORS[door]
        assert endpoint["api_version"] == settings.STRIPE_API_VERSION
        assert endpoint["status"] == "enabled"


def test_the_doors_share_no_event_type_and_use_no_wildcard():
    reader, general = DOORS["reader"], DOORS["general"]
    assert not set(reader) & set(general)
    assert not any("*" in type for type in reader + general)
    assert all(type.startswith(("terminal.reader.", "payment_intent.")) for type in reader)


def test_what_stripe_signs_for_an_endpoint_comes_in_at_its_url(simulator, client):
    register()
    for endpoint in at_stripe(simulator):
        row = WebhookEndpoint.objects.get(id=endpoint["id"])
        row.secret = endpoint["secret"]  # Stripe's own, not what we think it is
        path = urlsplit(endpoint["url"]).path

        door = Door(client, row)
        assert door.path.rpartition("/hooks/")[2].partition("/")[2] in path
        assert door.deliver(make_event()).status_code == 200
    assert InboundEvent.objects.count() == 4


def test_running_it_again_asks_for_nothing(simulator):
    first = register()
    before = len(simulator.exchanges("POST"))
    rows = list(WebhookEndpoint.objects.values_list("id", "secret", "url"))

    assert register() == first

    assert len(simulator.exchanges("POST")) == before
    assert list(WebhookEndpoint.objects.values_list("id", "secret", "url")) == rows


def test_follows_a_changed_base_url_and_keeps_secrets_and_names(simulator):
    register()
    before = {e["id"]: (e["secret"], e["metadata"]) for e in at_stripe(simulator)}

    printed = register("http://127.0.0.1:9000/")

    there = at_stripe(simulator)
    assert {e["id"]: (e["secret"], e["metadata"]) for e in there} == before
    assert all(e["url"].startswith("http://127.0.0.1:9000/hooks/") for e in there)
    assert sorted(printed.split()) == sorted(e["url"] for e in there)
    urls = set(WebhookEndpoint.objects.values_list("url", flat=True))
    assert urls == {e["url"] for e in there}


def test_follows_a_changed_list_of_events(simulator, monkeypatch):
    register()
    monkeypatch.setitem(DOORS, "general", ["charge.succeeded"])

    register()

    types = {e["metadata"]["door"]: e["enabled_events"] for e in at_stripe(simulator)}
    assert types == {"reader": DOORS["reader"], "general": ["charge.succeeded"]}


def test_enables_what_stripe_has_disabled(simulator, client):
    register()
    endpoint = WebhookEndpoint.objects.first()
    assert endpoint is not None
    request = requests.plan_for_platform(
        kind=endpoints.UPDATE,
        path=f"/v1/webhook_endpoints/{endpoint.id}",
        params={"disabled": True},
        key="a person in the dashboard",
    )
    gateway.post(request)
    request.delete()
    assert [e["status"] for e in at_stripe(simulator)].count("disabled") == 1

    register()

    assert {e["status"] for e in at_stripe(simulator)} == {"enabled"}


def test_makes_anew_what_somebody_deleted_at_stripe(simulator):
    register()
    gone = WebhookEndpoint.objects.get(metadata__door="reader", metadata__connect="False")
    key = f"/v1/webhook_endpoints/{gone.id}"
    gateway.client().raw_request("delete", key)

    register()

    assert len(at_stripe(simulator)) == 4
    found = mirror.find_endpoint("reader", connect=False)
    assert found is not None
    assert found.id != gone.id


def test_the_secrets_are_in_dj_stripes_rows_and_nowhere_else(simulator):
    printed = register()

    for endpoint in at_stripe(simulator):
        secret = endpoint["secret"]
        assert secret not in printed
        everywhere = tables_holding(secret, "djstripe", "payments", "terminal", "stores")
        assert everywhere == {"djstripe_webhookendpoint"}
        row = WebhookEndpoint.objects.get(secret=secret)
        assert secret not in str(row.stripe_data) + str(row.metadata)
    assert StripeRequest.objects.filter(kind=endpoints.CREATE).count() == 4


def test_says_what_stripe_refused(simulator):
    with pytest.raises(CommandError, match="explicit scheme"):
        register("shop.example")
    assert not WebhookEndpoint.objects.exists()
