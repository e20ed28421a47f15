"""`/api/v1/payments/{id}/timeline/` and `/api/v1/unresolved/`."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from payments.api.resources import CaseSerializer, TimelineSerializer
from payments.models import Payment, PaymentQuerySet
from payments.services import unresolved
from payments.services.timeline import timeline
from stores.api.base import ApiRequest, ResourceView
from stores.api.paging import ListView


class Timeline(ResourceView[Payment]):
    rows = Payment.objects.all()
    name = "payment"
    serializer_class = TimelineSerializer

    @extend_schema(responses=TimelineSerializer)
    def get(self, request: ApiRequest, pk: int) -> Response:
        """Everything that happened to this payment, oldest first, in plain words."""
        payment = self.one(pk)
        shown = TimelineSerializer({"payment": payment.pk, "entries": timeline(payment)})
        return Response(shown.data)


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
