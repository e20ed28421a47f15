"""Timelines, what is not settled, and the nightly comparisons with Stripe."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from payments.api.resources import (
    CardRuleSerializer,
    CaseSerializer,
    DifferenceSerializer,
    ReconciliationSerializer,
    StatusSerializer,
    TimelineSerializer,
)
from payments.models import CardRule, Difference, Outcome, Payment, PaymentQuerySet, Reconciliation
from payments.services import circuits, unresolved
from payments.services.timeline import timeline
from stores.api.base import ApiRequest, ApiView, ResourceView, shown
from stores.api.paging import ListView
from stores.principals import MANAGERS


class Timeline(ResourceView[Payment]):
    rows = Payment.objects.all()
    name = "payment"
    serializer_class = TimelineSerializer

    @extend_schema(responses=TimelineSerializer)
    def get(self, request: ApiRequest, pk: int) -> Response:
        """Everything that happened to this payment, oldest first, in plain words."""
        payment = self.one(pk)
        told = {"payment": payment.pk, "entries": timeline(payment)}
        return Response(shown(TimelineSerializer, told))


class Status(ApiView[Payment]):
    serializer_class = StatusSerializer

    @extend_schema(responses=StatusSerializer)
    def get(self, request: ApiRequest) -> Response:
        """Whether Stripe answers: the text of a banner, and since when. `live/` tells changes."""
        return Response(stripe_status())


def stripe_status() -> dict[str, Any]:
    """The body of `status/`, and of the live event of that name."""
    trouble = circuits.trouble()
    status: dict[str, Any] = {"stripe": "ok", "message": "", "next_action": "", "since": None}
    if trouble is not None:
        status |= {
            "stripe": trouble.kind,
            "message": trouble.message.spoken,
            "next_action": trouble.next_action.spoken,
            "since": trouble.since,
        }
    return shown(StatusSerializer, status)


class Unresolved(ListView[Payment]):
    """Payments that are not settled, oldest first, each with the one action that settles it."""

    serializer_class = CaseSerializer

    def get_queryset(self) -> PaymentQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Payment.objects.none()
        principal = self.request.principal  # type: ignore[attr-defined]
        return unresolved.payments(principal, timezone.now())

    def paginate_queryset(self, queryset: Any) -> list[Any]:
        page = super().paginate_queryset(queryset) or []
        return [unresolved.case(payment) for payment in page]


class Reconciliations(ListView[Reconciliation]):
    """The nightly comparisons with Stripe, newest first. For managers and the platform."""

    filters = {}
    newest_first = True
    serializer_class = ReconciliationSerializer

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Reconciliation.objects.none()
        principal = self.request.principal  # type: ignore[attr-defined]
        roles = principal.reads_as(MANAGERS)
        own = principal.stores("lines__store_id", roles)
        return Reconciliation.objects.for_principal(principal, roles).annotate(
            seen=Count("lines", filter=own),
            seen_told=Count("lines", filter=own & Q(lines__outcome=Outcome.TOLD)),
        )


class Differences(ListView[Difference]):
    """What the comparisons found in your stores, newest first. For managers and the platform."""

    filters = {
        "store": "store_id",
        "reconciliation": "reconciliation_id",
        "payment": "payment_id",
        "outcome": Outcome,
    }
    newest_first = True
    serializer_class = DifferenceSerializer

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Difference.objects.none()
        principal = self.request.principal  # type: ignore[attr-defined]
        return Difference.objects.for_principal(principal, principal.reads_as(MANAGERS))


class CardRuleList(ListView[CardRule]):
    """The rules about cards that are in force; staff change them in the admin."""

    rows = CardRule.objects.filter(is_active=True)
    name = "card rule"
    serializer_class = CardRuleSerializer
