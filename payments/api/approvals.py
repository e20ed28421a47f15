"""Refunds above somebody's limit: asked for by one person, decided by a second."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status

from payments.api.resources import MoneyBackInput, ReturnedLineInput
from payments.models import Approval, ApprovalStatus, Payment
from payments.services import approvals
from stores.api.base import ApiRequest, DetailView, ResourceView, find
from stores.api.commands import command
from stores.api.inputs import StrictSerializer, read
from stores.api.paging import ListView
from stores.api.permissions import check_confirmed


class ApprovalSerializer(serializers.ModelSerializer[Approval]):
    """`waiting` until a second person decides, or `expires_at`."""

    currency = serializers.CharField(source="payment.currency", read_only=True)

    lines = serializers.SerializerMethodField(
        help_text="What would come back; empty where an amount is asked for."
    )

    class Meta:
        model = Approval
        fields = [
            "id",
            "store",
            "payment",
            "amount",
            "currency",
            "lines",
            "reason",
            "note",
            "device",
            "user",
            "created_at",
            "expires_at",
            "status",
            "decided_by",
            "decided_at",
            "answer",
            "refund",
        ]
        read_only_fields = fields

    @extend_schema_field(ReturnedLineInput(many=True))
    def get_lines(self, approval: Approval) -> list[dict[str, int]]:
        return [{"line": line, "quantity": quantity} for line, quantity in approval.pieces.items()]


class RefundRequestInput(MoneyBackInput):
    note = serializers.CharField(max_length=500, help_text="Why, for the one who decides.")


class AnswerInput(StrictSerializer):
    answer = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class ApprovalView(ResourceView[Approval]):
    rows = Approval.objects.select_related("payment")
    name = "approval"
    serializer_class = ApprovalSerializer


class ApprovalList(ApprovalView, ListView[Approval]):
    """What waits for a second person, and what was decided; the newest first."""

    filters = {"store": "store_id", "status": ApprovalStatus}
    newest_first = True


class ApprovalDetail(ApprovalView, DetailView[Approval]):
    """One request."""


class RefundRequests(ApprovalView):
    @extend_schema(request=RefundRequestInput, responses={201: ApprovalSerializer})
    @command(status.HTTP_201_CREATED, creates=True)
    def post(self, request: ApiRequest, pk: int) -> Approval:
        """Ask for a refund above your limit. A manager or an owner other than you decides."""
        payment = find(Payment.objects.for_principal(request.principal), pk)
        form: dict[str, Any] = read(RefundRequestInput, request)
        return approvals.ask(payment, by=request.principal, **form)


class Approve(ApprovalView):
    @extend_schema(request=AnswerInput, responses=ApprovalSerializer)
    @command(status.HTTP_200_OK)
    def post(self, request: ApiRequest, pk: int) -> Approval:
        """Give back what was asked for; you are the second person."""
        approval = self.one(pk)
        form = read(AnswerInput, request)
        check_confirmed(request)
        return approvals.approve(approval, by=request.principal, **form)


class Decline(ApprovalView):
    @extend_schema(request=AnswerInput, responses=ApprovalSerializer)
    @command(status.HTTP_200_OK)
    def post(self, request: ApiRequest, pk: int) -> Approval:
        """Give nothing back. Who asked may take it back with this."""
        approval = self.one(pk)
        return approvals.decline(approval, by=request.principal, **read(AnswerInput, request))
