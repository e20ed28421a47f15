"""Events and endpoints: https://docs.stripe.com/api/events, /webhook_endpoints"""

import pytest
import stripe

from .conftest import PLATFORM, SHOP, eventually, on

REFUSED = stripe.InvalidRequestError
DAY = 24 * 3600


def types(simulator, account="", **params):
    return [event.type for event in simulator.v1.events.list(params, on(account)).data]


def test_an_event_is_frozen_as_it_was(simulator):
    intent = simulator.intent(metadata={"a": "1"})
    simulator.v1.payment_intents.update(intent.id, {"metadata": {"a": "2"}})
    event = simulator.v1.events.list().data[0]
    assert event.type == "payment_intent.created"
    assert event.data.object.id == intent.id
    assert event.data.object.metadata.to_dict() == {"a": "1"}
    assert event.api_version == "2026-08-26.dahlia"
    assert event.created == intent.created
    assert event.livemode is False
    assert simulator.v1.events.retrieve(event.id).to_dict() == event.to_dict()


def test_an_event_names_the_request_that_caused_it(simulator):
    form = "amount=1000&currency=usd&payment_method_types[]=card_present"
    response = simulator.raw("POST", "/v1/payment_intents", form, Idempotency_Key="k")
    caused = simulator.v1.events.list().data[0].to_dict()["request"]
    assert caused == {"id": response.headers["Request-Id"], "idempotency_key": "k"}


def test_what_the_reader_did_was_caused_by_no_request(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    simulator.process(reader, intent)
    simulator.v1.test_helpers.terminal.readers.present_payment_method(reader)
    event = simulator.v1.events.list({"type": "charge.succeeded"}).data[0].to_dict()
    assert event["request"] == {"id": None, "idempotency_key": None}


def test_a_connected_accounts_events_name_it_and_are_its_own(simulator):
    simulator.account()
    simulator.pay(account=SHOP)
    simulator.intent()
    assert types(simulator) == ["payment_intent.created"]
    assert len(types(simulator, SHOP)) == 4
    assert {event.account for event in simulator.v1.events.list({}, on(SHOP)).data} == {SHOP}
    assert "account" not in simulator.v1.events.list().data[0].to_dict()


def test_reader_events_carry_the_reader(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    simulator.process(reader, intent)
    simulator.present(reader, "insufficient_funds")
    event = simulator.v1.events.list({"type": "terminal.reader.*"}).data[0]
    shown = event.data.object
    assert (shown.id, shown.status) == (reader, "online")
    assert shown.last_seen_at > 1_000_000_000_000
    assert shown.action.status == "failed"
    assert shown.action.process_payment_intent.payment_intent == intent.id


def test_events_can_be_listed_by_type(simulator):
    simulator.pay()
    assert types(simulator, type="charge.succeeded") == ["charge.succeeded"]
    assert types(simulator, type="payment_intent.*") == [
        "payment_intent.succeeded",
        "payment_intent.created",
    ]
    wanted = ["charge.succeeded", "terminal.reader.action_succeeded"]
    assert types(simulator, types=wanted) == wanted[::-1]
    assert types(simulator, types=["charge.*"]) == []


def test_type_and_types_exclude_each_other_and_types_has_at_most_twenty(simulator):
    with pytest.raises(REFUSED) as refused:
        types(simulator, type="a", types=["b"])
    assert refused.value.code == "parameters_exclusive"
    with pytest.raises(REFUSED) as refused:
        types(simulator, types=[f"t{number}" for number in range(21)])
    assert refused.value.param == "types"


def test_events_can_be_listed_by_time_and_from_a_cursor_on(simulator):
    simulator.intent()
    first = simulator.v1.events.list().data[0]
    simulator.tell("clock", advance=100)
    for _ in range(3):
        simulator.intent()
    assert len(types(simulator, created={"gt": first.created})) == 3
    page = simulator.v1.events.list({"ending_before": first.id, "limit": 2})
    caught_up = [event.created for event in page.auto_paging_iter()]
    assert len(caught_up) == 3
    assert caught_up == sorted(caught_up)


def test_an_event_is_kept_for_thirty_days(simulator):
    simulator.intent()
    event = simulator.v1.events.list().data[0]
    simulator.tell("clock", advance=30 * DAY - 60)
    assert simulator.v1.events.retrieve(event.id).id == event.id
    simulator.tell("clock", advance=120)
    assert types(simulator) == []
    with pytest.raises(REFUSED) as refused:
        simulator.v1.events.retrieve(event.id)
    assert refused.value.http_status == 404


def test_an_endpoint_shows_its_secret_once(simulator):
    created = simulator.v1.webhook_endpoints.create(
        {"url": "https://shop.example/hook", "enabled_events": ["*"], "description": "all"}
    )
    assert created.secret.startswith("whsec_")
    read = simulator.v1.webhook_endpoints.retrieve(created.id).to_dict()
    assert "secret" not in read
    assert read | {"secret": created.secret} == created.to_dict()
    assert read["status"] == "enabled"
    listed = simulator.v1.webhook_endpoints.list().data
    assert [each.to_dict() for each in listed] == [read]
    assert simulator.v1.webhook_endpoints.update(created.id, {}).to_dict() == read


def test_an_endpoint_can_be_changed_disabled_and_deleted(simulator):
    id = simulator.v1.webhook_endpoints.create(
        {"url": "http://a.example/", "enabled_events": ["*"], "metadata": {"a": "b"}}
    ).id
    changed = simulator.v1.webhook_endpoints.update(
        id, {"url": "http://b.example/", "enabled_events": ["charge.failed"], "disabled": True}
    )
    assert (changed.url, changed.status) == ("http://b.example/", "disabled")
    assert changed.enabled_events == ["charge.failed"]
    assert changed.metadata.to_dict() == {"a": "b"}
    assert simulator.v1.webhook_endpoints.update(id, {"disabled": False}).status == "enabled"
    assert simulator.v1.webhook_endpoints.delete(id).to_dict()["deleted"]
    assert simulator.v1.webhook_endpoints.list().data == []


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ("url=shop.example&enabled_events[]=*", "url"),
        ("url=ftp://shop.example&enabled_events[]=*", "url"),
        ("url=http://shop.example&enabled_events[]=payment_intent.*", "enabled_events[0]"),
        ("url=http://shop.example&enabled_events[]=charge.nonsense", "enabled_events[0]"),
        ("url=http://shop.example", "enabled_events"),
    ],
)
def test_an_endpoint_needs_an_address_and_events_that_exist(simulator, form, param):
    response = simulator.raw("POST", "/v1/webhook_endpoints", form)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == param


@pytest.mark.parametrize(("version", "status"), [("2026-08-26.dahlia", 200), ("2024-06-20", 501)])
def test_payloads_have_one_version(simulator, version, status):
    form = f"url=http://shop.example&enabled_events[]=*&api_version={version}"
    assert simulator.raw("POST", "/v1/webhook_endpoints", form).status_code == status


def test_delivery_success_tells_the_delivered_from_the_rest(simulator, endpoint, listener):
    simulator.intent()
    listener.next()
    eventually(lambda: types(simulator, delivery_success=True) == ["payment_intent.created"])
    simulator.tell("webhooks", drop=1.0)
    lost = simulator.intent(2000)
    undelivered = simulator.v1.events.list({"delivery_success": False}).data
    assert [event.data.object.id for event in undelivered] == [lost.id]
    assert undelivered[0].pending_webhooks == 1


def test_an_event_nobody_listens_to_counts_as_delivered(simulator):
    simulator.intent()
    assert types(simulator, delivery_success=True) == ["payment_intent.created"]
    assert simulator.look("truth")["accounts"][PLATFORM]["webhook_endpoints"] == []


def test_of_a_hash_only_the_keys_that_changed_are_previous_attributes(simulator):
    customers = simulator.v1.customers
    made = customers.create({"name": "Ada", "metadata": {"a": "1", "b": "2", "c": "3"}})
    customers.update(made.id, {"metadata": {"a": "1", "b": "", "c": "4", "d": "5"}})
    [event] = simulator.v1.events.list({"type": "customer.updated"}).data
    previous = {"metadata": {"b": "2", "c": "3", "d": None}}
    assert event.to_dict()["data"]["previous_attributes"] == previous


def test_a_saved_card_tells_what_it_was_before(simulator):
    methods = simulator.v1.payment_methods
    card = methods.create({"type": "card", "card": {"token": "tok_visa"}})
    customer = simulator.v1.customers.create().id
    methods.attach(card.id, {"customer": customer})
    methods.update(card.id, {"card": {"exp_year": card.card.exp_year + 1}})
    [event] = simulator.v1.events.list({"type": "payment_method.updated"}).data
    previous = {"card": {"exp_year": card.card.exp_year}}
    assert event.to_dict()["data"]["previous_attributes"] == previous
