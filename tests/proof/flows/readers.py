"""What a reader does without a payment: a cart, a form, a card that is saved."""

from __future__ import annotations

from stores.services import Line, create_order
from terminal.services import displays, forms, freeing, saving, testing
from tests.proof.flows.running import flow

LINES: list[Line] = [{"description": "Burger", "unit_amount": 4_000, "quantity": 1}]
EMAIL = {"type": "email", "custom_text": {"title": "Your e-mail"}, "required": True}


@flow()
def a_reader_that_is_tested(run):
    shop = run.shop
    testing.test(shop.reader, by=shop.by)
    run.work()
    run.later()
    assert not shop.simulator.call(f"readers/{shop.reader.stripe_id}")["reader"]["action"]
    test = testing.last(shop.reader)
    assert test is not None
    assert test.finished_at is not None


@flow()
def a_cart_on_the_display(run):
    shop = run.shop
    order = create_order(shop.store, LINES, device=shop.device)
    displays.show(order, shop.reader, by=shop.by)
    run.work()
    displays.clear(shop.reader, by=shop.by)
    run.work()
    assert not shop.simulator.call(f"readers/{shop.reader.stripe_id}")["reader"]["action"]


@flow()
def a_form(run):
    shop = run.shop
    order = create_order(shop.store, LINES, device=shop.device)
    action = forms.collect(order, shop.reader, [EMAIL], by=shop.by)
    run.work()
    path = f"readers/{shop.reader.stripe_id}/inputs"
    shop.simulator.call(path, {"value": "jenny@example.com"})
    run.hear()
    action.refresh_from_db()
    assert action.status == "succeeded"


@flow()
def a_form_that_is_taken_back(run):
    shop = run.shop
    order = create_order(shop.store, LINES, device=shop.device)
    action = forms.collect(order, shop.reader, [EMAIL], by=shop.by)
    with run.spared():
        run.work()
    freeing.cancel_action(shop.reader, by=shop.by)
    run.work()
    action.refresh_from_db()
    assert action.status == "canceled"


@flow()
def a_card_that_is_saved(run):
    shop = run.shop
    action = saving.save_card(
        shop.store, shop.reader, allow_redisplay="limited", name="Jenny", by=shop.by
    )
    run.work()
    shop.tap()
    run.hear()
    action.refresh_from_db()
    assert action.status == "succeeded"
