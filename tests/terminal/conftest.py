"""Readers at a real simulator, and the hands that attend to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from payments.models import StripeRequest
from stores.services import Line, create_order
from terminal.models import Reader, ReaderAction, ReaderDisplay
from terminal.services import attending
from tests.money.conftest import Shop, running_simulator, shop, simulator  # noqa: F401


class Counter:
    """A shop whose readers are attended to by the test itself."""

    def __init__(self, of: Shop) -> None:
        self.shop = of
        self.reader = of.reader
        self.by = of.by
        self.simulator = of.simulator

    def cart(self, *amounts: int):
        lines: list[Line] = [
            {"description": f"Thing {n}", "unit_amount": amount, "quantity": 2}
            for n, amount in enumerate(amounts, start=1)
        ]
        return create_order(self.shop.store, lines, device=self.shop.device)

    def attend(self, action=None):
        """Do what is due; the action afresh."""
        attending.attend(self.reader.pk)
        return self.fresh(action)

    def ring(self, action=None):
        """A webhook of the reader came."""
        attending.ring(self.reader.pk)
        return self.attend(action)

    def later(self, action=None, seconds: float = 60):
        """Let so much time pass for what waits on the reader, and attend to it."""
        back = timedelta(seconds=seconds)
        for model, field, rows in (
            (StripeRequest, "next_try_at", {"reader_id": self.reader.pk, "status": "planned"}),
            (StripeRequest, "created_at", {"reader_id": self.reader.pk, "status": "planned"}),
            (Reader, "next_read_at", {"pk": self.reader.pk}),
            (ReaderDisplay, "next_try_at", {"reader": self.reader}),
        ):
            for row in model.objects.filter(**rows):
                if getattr(row, field) is not None:
                    setattr(row, field, getattr(row, field) - back)
                    row.save(update_fields=[field])
        ReaderAction.objects.filter(reader=self.reader).update(accepted_at=F("accepted_at") - back)
        return self.attend(action)

    def fresh(self, row):
        return None if row is None else type(row).objects.get(pk=row.pk)

    def shown(self, reader=None) -> Any:
        """What the reader's own screen shows."""
        reader = reader or self.reader
        return self.simulator.call(f"readers/{reader.stripe_id}")["screen"]

    def answer(self, **body):
        self.simulator.call(f"readers/{self.reader.stripe_id}/inputs", body)

    def sent(self, verb: str) -> list[Any]:
        return self.simulator.exchanges("POST", verb)


@pytest.fixture
def counter(shop) -> Counter:  # noqa: F811
    return Counter(shop)
