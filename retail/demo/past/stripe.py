"""The same sales at the simulated Stripe, at their moments: what our books name is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests

from payments.models import Payment
from payments.services.intents import create_params
from retail.demo.catalogue import Shop
from retail.demo.past.sales import Sale
from stores.models import Location, Store
from terminal.models import Reader

JSON = dict[str, Any]
PATIENCE = 60.0  # seconds
DECLINED, APPROVED = timedelta(seconds=14), timedelta(seconds=31)
TIME_TO_ANSWER = timedelta(days=30)
CAPTURED = timedelta(minutes=25)  # when the guests have left, and the tip is on the receipt


@dataclass
class Sold:
    """A sale and its rows. `reader_tip` was chosen on the reader, `receipt_tip` written down."""

    sale: Sale
    payment: Payment
    reader: Reader
    reader_tip: int = 0
    receipt_tip: int = 0

    @property
    def ended_at(self) -> datetime:
        if not self.sale.card:
            return self.sale.at
        taken_later = self.sale.is_manual and not self.sale.is_held
        return self.sale.at + (CAPTURED if taken_later else APPROVED)


def tell(base: str, path: str, body: JSON) -> JSON:
    """Have the simulator do what no client of Stripe's can."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(f"{base}/_simulator/{path}", json=body, timeout=PATIENCE)
    answer.raise_for_status()
    told: JSON = answer.json()
    return told


class Acts:
    """What is to be carried out, in whatever order it is said; ids are named by their acts."""

    def __init__(self) -> None:
        self._acts: list[JSON] = []

    def add(self, at: datetime, account: str, **act: Any) -> int:
        self._acts.append({"at": at.timestamp(), "account": account, **act})
        return len(self._acts) - 1

    def carry_out(self, base: str) -> list[JSON]:
        """What each is about, as it is afterwards; payouts leave by themselves, too."""
        tell(base, "switches", {"automatic_payouts": True})
        order = sorted(range(len(self._acts)), key=lambda number: self._acts[number]["at"])
        place = {number: str(position) for position, number in enumerate(order)}
        acts = [_placed(self._acts[number], place) for number in order]
        made: list[JSON] = tell(base, "past", {"acts": acts})["objects"]
        return [made[int(place[number])] for number in range(len(order))]


def _placed(value: Any, place: dict[int, str]) -> Any:
    if isinstance(value, dict):
        return {key: _placed(each, place) for key, each in value.items()}
    if isinstance(value, Made):
        return value.text.replace("{}", f"{{{place[value.act]}}}")
    return value


@dataclass(frozen=True)
class Made:
    """The id of what an act makes, as a part of a text."""

    act: int
    text: str = "{}"


def sell(acts: Acts, sold: Sold) -> int:
    """Say what a card sale is at Stripe; the act that makes its PaymentIntent."""
    sale, payment = sold.sale, sold.payment
    account = payment.stripe_account
    params = create_params(payment, payment.store)
    intent = acts.add(sale.at, account, path="/v1/payment_intents", params=params)
    card: JSON = {"reader": sold.reader.stripe_id, "payment_intent": Made(intent)}
    if sale.declined:
        no = card | {"card": "visa", "decline_code": sale.declined}
        acts.add(sale.at + DECLINED, account, present=no)
    yes = card | {"card": sale.card} | ({"tip": sold.reader_tip} if sold.reader_tip else {})
    acts.add(sale.at + APPROVED, account, present=yes)
    if sale.is_manual and not sale.is_held:
        path = Made(intent, "/v1/payment_intents/{}/capture")
        acts.add(sold.ended_at, account, path=path, params=capture_params(payment, sold))
    return intent


def capture_params(payment: Payment, sold: Sold) -> JSON:
    return {
        "amount_to_capture": payment.amount + sold.receipt_tip,
        "application_fee_amount": payment.application_fee_amount,
    }


def give_back_elsewhere(acts: Acts, sold: Sold, intent: int) -> None:
    """In Stripe's Dashboard, for the nightly comparison to find."""
    at, amount = sold.ended_at + timedelta(minutes=50), sold.payment.amount // 2
    params = {"payment_intent": Made(intent), "amount": amount}
    acts.add(at, sold.payment.stripe_account, path="/v1/refunds", params=params)


def rename(acts: Acts, shop: Shop, store: Store, at: datetime) -> None:
    """In Stripe's Dashboard, which the nightly comparison tells."""
    location = Location.objects.get(store=store, display_name=shop.name)
    if shop.location_elsewhere:
        name = {"display_name": shop.location_elsewhere}
        path = f"/v1/terminal/locations/{location.stripe_id}"
        acts.add(at, store.stripe_account, path=path, params=name)
    if shop.reader_elsewhere:
        reader = Reader.objects.filter(location=location, is_active=True).latest("pk")
        path = f"/v1/terminal/readers/{reader.stripe_id}"
        acts.add(at, store.stripe_account, path=path, params={"label": shop.reader_elsewhere})


def dispute(base: str, payment: Payment) -> None:
    """The cardholder's bank takes the money back, today."""
    body = {"id": payment.payment_intent_id, "reason": "product_not_received"}
    tell(base, "dashboard/dispute", {**body, "account": payment.stripe_account})


def want(base: str, stripe_id: str) -> None:
    """Stripe wants to know something more of an account, in some weeks."""
    body = {"fields": ["company.tax_id"], "deadline_seconds": int(TIME_TO_ANSWER.total_seconds())}
    tell(base, f"accounts/{stripe_id}/requirements", body)
