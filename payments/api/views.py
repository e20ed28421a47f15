"""`/api/v1/payments/{id}/timeline/`."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from payments.api.resources import TimelineSerializer
from payments.models import Payment
from payments.services.timeline import timeline
from stores.api.base import ApiRequest, ResourceView


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
